use super::config::Config;
use super::name::app_name;
use super::seen::Thing;
use super::settings::Settings;
use super::upstream::{Upstream, Way};
use super::{App, Given, Keep, Note, roles};

/// One Puma of a host, on its way to being an app.
pub struct Puma<'a> {
    pub told: &'a Thing,
    pub unit: &'a str,
    /// The account whose manager has the unit; `None`: the system's.
    pub owner: Option<&'a str>,
    /// Capistrano's `deploy_to`.
    pub root: &'a str,
    pub config: Option<Config>,
    pub keep: Keep,
}

/// The one upstream that leads to a Puma.
pub enum Led<'a> {
    By(&'a Upstream),
    /// None does, or several do; a note says so.
    Not,
}

/// The app that this Puma runs, in zdt's variables; `None` where there is too little to go by.
pub fn app(
    told: &Thing,
    (way, nginx): (&Way, &Thing),
    keep: Keep,
    taken: &[String],
    notes: &mut Vec<Note>,
) -> Option<App> {
    let unit = told.one("unit")?;
    if let Some(why) = told.one("untold") {
        notes.push(Note::untold(unit, why));
        return None;
    }
    let Some(root) = told.one("root") else {
        notes.push(Note::not_mapped(
            unit,
            format!(
                "no folder with a link `current` was found around it ({}): the roles need Capistrano's layout",
                told.one("WorkingDirectory").unwrap_or("it has no WorkingDirectory"),
            ),
        ));
        return None;
    };
    let puma = Puma { told, unit, owner: told.one("owner"), root, config: Config::of(told), keep };
    let mut settings = Settings::of(&puma, notes);
    let socket = settings.socket();
    let led = match &socket {
        // What nginx has was not seen, which is said of nginx itself.
        Some(_) if nginx.has("untold") => Led::Not,
        Some(socket) => puma.upstream(way, socket, settings.notes),
        None => Led::Not,
    };
    let upstream = match led {
        Led::By(upstream) => Some(upstream),
        Led::Not => None,
    };
    let (name, why) = app_name(upstream.map(|it| (it.name.as_str(), it.place.as_str())), root, unit, taken);
    settings.read();
    let Settings { given: of_settings, notes, .. } = settings;
    let mut given = vec![Given::new("app_name", name.as_str(), why), Given::new("app_path", root, puma.root_from())];
    given.extend(puma.accounts());
    given.push(Given::new("puma_service", unit, told.one("FragmentPath").unwrap_or("systemd")));
    given.extend(of_settings);
    if let Some(group) = nginx_group(nginx) {
        given.push(group);
    }
    puma.of_unit(notes);
    let roles = roles::of(&puma, upstream, &mut given, notes);
    Some(App { name, unit: unit.to_owned(), given, roles })
}

impl<'a> Puma<'a> {
    /// `FILE:LINE` of a property of the unit, or who says it.
    pub fn at(&self, property: &str) -> String {
        match self.told.one(&format!("at_{property}")) {
            Some(place) => place.to_owned(),
            None => format!("systemd, {}", self.unit),
        }
    }

    fn root_from(&self) -> String {
        match self.told.one("root_from") {
            Some("cwd") => "where Puma runs".to_owned(),
            Some("config") => "where its configuration lies".to_owned(),
            _ => self.at("WorkingDirectory"),
        }
    }

    fn accounts(&self) -> Vec<Given> {
        let told = self.told;
        let (user, from) = match (self.owner, told.one("User")) {
            (Some(owner), _) => (owner, "the account whose manager has the unit".to_owned()),
            (None, Some(user)) => (user, self.at("User")),
            (None, None) => match told.one("ran_as") {
                Some(user) => (user, "whom Puma runs as".to_owned()),
                None => ("root", "the unit names no User".to_owned()),
            },
        };
        let mut given = vec![Given::new("app_user", user, from)];
        let group = told.one("Group").map(|group| (group, self.at("Group")));
        let group = group.or_else(|| Some((told.one("primary_group")?, format!("the group of {user}"))));
        given.extend(group.map(|(group, from)| Given::new("app_group", group, from)));
        if let Some(owner) = self.owner {
            let from = format!("a unit of {owner}'s own systemd");
            given.push(Given::new("puma_service_scope", "user", from.as_str()));
            given.extend(told.one("home").map(|home| Given::new("puma_service_home", home, "the account's home")));
        }
        given
    }

    /// The upstream that leads to `socket`, and to nothing else.
    fn upstream<'w>(&self, way: &'w Way, socket: &str, notes: &mut Vec<Note>) -> Led<'w> {
        let leading: Vec<&Upstream> = way.upstreams.iter().filter(|upstream| upstream.reaches(socket)).collect();
        let upstream = match leading.as_slice() {
            [upstream] => *upstream,
            [] => {
                let direct = way.direct.iter().find(|(target, _)| target == socket);
                notes.push(Note::not_mapped(self.unit, match direct {
                    Some((_, place)) => format!(
                        "`proxy_pass` names its socket without an upstream ({place}): the role `nginx_upstream` needs one to send to"
                    ),
                    None => format!("no upstream of nginx leads to its socket {socket}"),
                }));
                return Led::Not;
            }
            several => {
                let places: Vec<&str> = several.iter().map(|upstream| upstream.place.as_str()).collect();
                let text = format!(
                    "several upstreams lead to its socket ({}): which is the app's is not guessed",
                    places.join(", ")
                );
                notes.push(Note::not_mapped(self.unit, text));
                return Led::Not;
            }
        };
        let addresses = upstream.addresses();
        if addresses.len() > 1 {
            let text = format!(
                "it has several backends ({}; {}), and the role writes one: the others would be gone",
                addresses.join(", "),
                upstream.place
            );
            notes.push(Note::not_mapped(format!("upstream {}", upstream.name), text));
            return Led::Not;
        }
        Led::By(upstream)
    }

    /// What of the unit is out of the ordinary.
    fn of_unit(&self, notes: &mut Vec<Note>) {
        if let Some(socket) = self.told.one("TriggeredBy").filter(|units| units.contains(".socket")) {
            notes.push(Note::not_mapped(self.unit, format!(
                "{socket} holds a socket for it; the role `puma_socket` would write a unit of its own, so it is left as it is"
            )));
        }
        for file in self.told.all("env_untold") {
            notes.push(Note::untold(self.unit, format!("its EnvironmentFile {file} cannot be read")));
        }
        if let Some(owner) = self.owner.filter(|_| self.told.has("lingers")) {
            notes.push(Note::doubt(self.unit, format!(
                "the systemd of {owner} ends with the last session, and Puma with it: `loginctl enable-linger {owner}`"
            )));
        }
        if self.told.one("ActiveState") != Some("active") {
            let state = self.told.one("ActiveState").unwrap_or("in a state that systemd does not tell");
            notes.push(Note::doubt(self.unit, format!("it is {state}: only its files were read")));
        }
    }
}

/// The group of nginx's workers, where it is not what the roles take.
fn nginx_group(nginx: &Thing) -> Option<Given> {
    let groups = nginx.one("worker_groups")?;
    let mut all = groups.split(',');
    let group = all.clone().find(|group| *group == "www-data").or_else(|| all.next())?;
    Some(Given::new("nginx_group", group, format!("the groups of nginx's workers: {groups}")))
}
