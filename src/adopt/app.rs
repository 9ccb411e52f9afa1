use serde_json::Value;

/// One app of a server, in the variables of zdt's roles.
#[derive(Debug, Clone, PartialEq)]
pub struct App {
    pub name: String,
    /// The unit that runs it.
    pub unit: String,
    pub given: Vec<Given>,
    pub roles: Vec<RoleUse>,
}

/// A variable, and where its value was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    pub name: String,
    pub value: Value,
    pub from: String,
}

/// A role that the app is given.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleUse {
    pub role: String,
    /// What this role is given beyond the app's variables; of several ways the first that does as the server does now.
    pub ways: Vec<Vec<Given>>,
}

impl Given {
    pub fn new(name: &str, value: impl Into<Value>, from: impl Into<String>) -> Given {
        Given { name: name.to_owned(), value: value.into(), from: from.into() }
    }
}

impl RoleUse {
    /// A role that needs nothing but the app's variables.
    pub fn plain(role: &str) -> RoleUse {
        RoleUse { role: role.to_owned(), ways: vec![Vec::new()] }
    }
}

impl App {
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.given.iter().find(|given| given.name == name).map(|given| &given.value)
    }
}
