use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::state::{BytesDoc, PathDoc, StateDoc, Vault};
use super::work::{Call, Step, Steps};
use super::{Address, Made, SavedHost, SavedPlan, SavedRolling, SavedState, Work, World};
use crate::plan::Action;
use crate::resource::{
    Attribute, Check, Desired, Edit, FactQuery, Facts, Handler, Id, Notice, ObserveRequest, PathQuery, Resource,
};

/// Why what a seal vouched for is no plan all the same: another zdt wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undecodable {
    Malformed {
        why: String,
    },
    NoSuchSecret {
        number: usize,
    },
    /// From what this host was and what is wanted of it, this zdt would make other steps.
    OtherSteps {
        host: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanDoc {
    zdt: String,
    made: u64,
    inventory: String,
    hosts: Vec<HostDoc>,
    without_roles: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HostDoc {
    host: String,
    address: AddressDoc,
    root: Option<String>,
    state: StateOfHostDoc,
    /// Plans that were made before there was any have none.
    #[serde(default)]
    rolling: SavedRolling,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateOfHostDoc {
    Planned(Box<WorkDoc>),
    Refused(String),
    Unknown(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressDoc {
    connection: String,
    host: String,
    port: Option<u16>,
    user: Option<String>,
    private_key: Option<String>,
    common_args: Vec<String>,
    r#become: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkDoc {
    changes: Vec<StepDoc>,
    runs_checks: Vec<String>,
    runs_handlers: Vec<Vec<String>>,
    wanted: Vec<ResourceDoc>,
    checks: Vec<Check>,
    handlers: Vec<Handler>,
    notices: Vec<Notice>,
    asked: AskedDoc,
    seen: SeenDoc,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepDoc {
    id: Id,
    action: Action,
    attributes: Vec<Attribute>,
    /// The number of its hash among what is sealed: it is of somebody else's file.
    becomes: Option<usize>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResourceDoc {
    id: Id,
    role: String,
    notify: Vec<String>,
    settings: bool,
    desired: StateDoc,
    edit: Option<EditDoc>,
}

/// A part of a file that somebody else owns.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EditDoc {
    by: String,
    fragment: BytesDoc,
    remove: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedDoc {
    paths: Vec<PathQuery>,
    units: Vec<String>,
    facts: Vec<FactQuery>,
    users: Vec<String>,
    groups: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeenDoc {
    paths: BTreeMap<String, PathDoc>,
    units: BTreeMap<String, Vec<String>>,
    facts: Facts,
    missing_users: Vec<String>,
    missing_groups: Vec<String>,
    in_effect: Vec<String>,
}

impl SavedPlan {
    /// What may be read by whoever may read the file, and what must be sealed.
    pub fn encode(&self) -> Result<(String, Vec<u8>), serde_json::Error> {
        let mut vault = Vault::default();
        let document = PlanDoc {
            zdt: self.made.zdt.clone(),
            made: self.made.seconds,
            inventory: self.made.inventory.clone(),
            hosts: self.hosts.iter().map(|host| HostDoc::of(host, &mut vault)).collect(),
            without_roles: self.without_roles.clone(),
        };
        Ok((serde_json::to_string_pretty(&document)?, serde_json::to_vec(&vault)?))
    }

    /// From what `encode` gave, once it is certain that nobody has altered it.
    pub fn decode(plan: &str, secrets: &[u8]) -> Result<SavedPlan, Undecodable> {
        let malformed = |error: serde_json::Error| Undecodable::Malformed { why: error.to_string() };
        let vault: Vault = serde_json::from_slice(secrets).map_err(malformed)?;
        let document: PlanDoc = serde_json::from_str(plan).map_err(malformed)?;
        Ok(SavedPlan {
            made: Made { zdt: document.zdt, seconds: document.made, inventory: document.inventory },
            hosts: document.hosts.into_iter().map(|host| host.read(&vault)).collect::<Result<_, _>>()?,
            without_roles: document.without_roles,
        })
    }
}

impl HostDoc {
    fn of(host: &SavedHost, vault: &mut Vault) -> HostDoc {
        let Address { connection, host: name, port, user, private_key, common_args, r#become } = host.address.clone();
        HostDoc {
            host: host.name.clone(),
            address: AddressDoc { connection, host: name, port, user, private_key, common_args, r#become },
            root: host.root.clone(),
            rolling: host.rolling.clone(),
            state: match &host.state {
                SavedState::Planned(work) => StateOfHostDoc::Planned(Box::new(WorkDoc::of(work, vault))),
                SavedState::Refused(why) => StateOfHostDoc::Refused(why.clone()),
                SavedState::Unknown(why) => StateOfHostDoc::Unknown(why.clone()),
            },
        }
    }

    fn read(self, vault: &Vault) -> Result<SavedHost, Undecodable> {
        let AddressDoc { connection, host, port, user, private_key, common_args, r#become } = self.address;
        let state = match self.state {
            StateOfHostDoc::Planned(work) => SavedState::Planned(Box::new(work.read(&self.host, &self.root, vault)?)),
            StateOfHostDoc::Refused(why) => SavedState::Refused(why),
            StateOfHostDoc::Unknown(why) => SavedState::Unknown(why),
        };
        let address = Address { connection, host, port, user, private_key, common_args, r#become };
        Ok(SavedHost { name: self.host, address, root: self.root, state, rolling: self.rolling })
    }
}

impl EditDoc {
    fn read(self) -> Result<Edit, Undecodable> {
        let EditDoc { by, fragment, remove } = self;
        let unknown = || Undecodable::Malformed { why: format!("this zdt has no editor `{by}`") };
        Edit::named(&by, &fragment.read()?, remove).ok_or_else(unknown)
    }
}

impl WorkDoc {
    fn of(work: &Work, vault: &mut Vault) -> WorkDoc {
        let secret = work.secret_paths();
        let resource = |vault: &mut Vault, resource: &Resource| ResourceDoc {
            id: resource.id.clone(),
            role: resource.role.clone(),
            notify: resource.notify.clone(),
            settings: resource.settings,
            desired: vault.state(&resource.desired, secret.contains(resource.id.name.as_str())),
            edit: resource.edit.as_ref().map(|edit| EditDoc {
                by: edit.name().to_owned(),
                fragment: BytesDoc::of(&edit.fragment),
                remove: edit.remove.clone(),
            }),
        };
        let step = |vault: &mut Vault, step: &Step| StepDoc {
            id: step.id.clone(),
            action: step.action,
            attributes: step.attributes.clone(),
            becomes: step.becomes.as_deref().map(|sha256| vault.put(sha256, None)),
        };
        let call = |call: &Call| [std::slice::from_ref(&call.kind), &call.arguments].concat();
        let ObserveRequest { paths, units, facts, users, groups, .. } = work.request.clone();
        WorkDoc {
            changes: work.steps.changes.iter().map(|one| step(vault, one)).collect(),
            runs_checks: work.steps.checks.clone(),
            runs_handlers: work.steps.handlers.iter().map(call).collect(),
            wanted: work.desired.resources.iter().map(|one| resource(vault, one)).collect(),
            checks: work.desired.checks.clone(),
            handlers: work.desired.handlers.clone(),
            notices: work.desired.notices.clone(),
            asked: AskedDoc { paths, units, facts, users, groups },
            seen: SeenDoc {
                paths: work.world.paths.iter().map(|(path, seen)| (path.clone(), vault.path(seen))).collect(),
                units: work.world.units.clone(),
                facts: work.world.facts.clone(),
                missing_users: work.world.missing_users.clone(),
                missing_groups: work.world.missing_groups.clone(),
                in_effect: work.world.in_effect.clone(),
            },
        }
    }

    fn read(self, host: &str, root: &Option<String>, vault: &Vault) -> Result<Work, Undecodable> {
        let resource = |document: ResourceDoc| {
            let ResourceDoc { id, role, notify, settings, desired, edit } = document;
            let edit = edit.map(EditDoc::read).transpose()?;
            Ok(Resource { id, role, notify, settings, desired: vault.read_state(desired)?, edit })
        };
        let step = |StepDoc { id, action, attributes, becomes }: StepDoc| {
            let becomes = becomes.map(|number| vault.secret(number)).transpose()?.map(|content| content.sha256);
            Ok(Step { id, action, attributes, becomes })
        };
        let call = |words: Vec<String>| {
            let mut words = words.into_iter();
            Call { kind: words.next().unwrap_or_default(), arguments: words.collect() }
        };
        let AskedDoc { paths, units, facts, users, groups } = self.asked;
        let seen = self.seen;
        let seen_paths = seen.paths.into_iter().map(|(path, seen)| Ok((path, vault.read_path(seen)?)));
        let work = Work {
            request: ObserveRequest {
                root: root.clone(),
                paths,
                units,
                facts,
                users,
                groups,
                ..ObserveRequest::default()
            },
            desired: Desired {
                resources: self.wanted.into_iter().map(resource).collect::<Result<_, _>>()?,
                checks: self.checks,
                handlers: self.handlers,
                notices: self.notices,
                unmade: Vec::new(),
            },
            world: World {
                paths: seen_paths.collect::<Result<_, _>>()?,
                units: seen.units,
                facts: seen.facts,
                missing_users: seen.missing_users,
                missing_groups: seen.missing_groups,
                in_effect: seen.in_effect,
            },
            steps: Steps {
                changes: self.changes.into_iter().map(step).collect::<Result<_, _>>()?,
                checks: self.runs_checks,
                handlers: self.runs_handlers.into_iter().map(call).collect(),
            },
        };
        match work.plan() {
            Ok(plan) if Steps::of(&plan) == work.steps => Ok(work),
            _ => Err(Undecodable::OtherSteps { host: host.to_owned() }),
        }
    }
}
