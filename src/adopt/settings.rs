use serde_json::{Value, json};

use super::config::{Config, Setting};
use super::expression::Worth;
use super::puma::Puma;
use super::{Given, Note};

/// The variables that say what stands in a `puma.rb`, or how Puma runs where it does not.
pub struct Settings<'a, 'p> {
    puma: &'a Puma<'p>,
    pub given: Vec<Given>,
    pub notes: &'a mut Vec<Note>,
}

/// Options of Puma's command line that go before its file.
const OPTIONS: [(&str, &str, &str); 7] = [
    ("-w", "--workers", "workers"),
    ("-t", "--threads", "threads"),
    ("-b", "--bind", "bind"),
    ("-p", "--port", "port"),
    ("-S", "--state", "state_path"),
    ("-e", "--environment", "environment"),
    ("--control", "--control-url", "activate_control_app"),
];

impl<'a, 'p> Settings<'a, 'p> {
    pub fn of(puma: &'a Puma<'p>, notes: &'a mut Vec<Note>) -> Settings<'a, 'p> {
        Settings { puma, given: Vec::new(), notes }
    }

    /// The one unix socket to which requests come. What runs tells it best; else the file does.
    pub fn socket(&mut self) -> Option<String> {
        let puma = self.puma;
        let (binds, from) = match puma.told.one("binds") {
            Some(binds) => (binds.split(',').map(str::to_owned).collect(), "what Puma is bound to".to_owned()),
            None => self.binds_of_file()?,
        };
        let sockets: Vec<&String> = binds.iter().filter(|bind| bind.starts_with("unix:")).collect();
        let others: Vec<&str> = binds.iter().filter(|bind| !bind.starts_with("unix:")).map(String::as_str).collect();
        if !others.is_empty() {
            let what = if sockets.is_empty() { "and on no unix socket" } else { "beside its socket" };
            let text =
                format!("it listens on {} {what}: zdt has a variable for one unix socket alone", others.join(", "));
            self.notes.push(Note::not_mapped(puma.unit, text));
        }
        let [socket] = sockets.as_slice() else {
            if sockets.len() > 1 {
                let text =
                    format!("it listens on several sockets ({}): which is nginx's is not guessed", binds.join(", "));
                self.notes.push(Note::not_mapped(puma.unit, text));
            }
            return None;
        };
        let rest = socket.trim_start_matches("unix:");
        let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
        // Behind two strokes a path begins that may be relative, as in `unix://tmp/puma.sock`.
        let path = path.strip_prefix("//").unwrap_or(path);
        if !path.starts_with('/') {
            let text = format!(
                "its socket {socket} is named from where Puma runs ({from}): zdt needs the whole path in the bind"
            );
            self.notes.push(Note::not_mapped(puma.unit, text));
            return None;
        }
        let path = path.replace("%20", " ");
        let mut place = from.clone();
        if let Some((config, setting)) = puma.config.as_ref().and_then(|config| Some((config, config.last("bind")?))) {
            place = format!("{from}, {}", config.place(setting));
        }
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("umask", mode)) => self.given.push(Given::new("puma_socket_umask", mode, place.as_str())),
                _ => self.notes.push(Note::not_mapped(puma.unit, format!("`{option}` behind its socket ({place})"))),
            }
        }
        self.given.push(Given::new("puma_socket_path", path.as_str(), place));
        // Its neighbours lie where it does.
        if let Some((shared, "sockets")) = path.rsplit_once('/').and_then(|(folder, _)| folder.rsplit_once('/')) {
            let from = "the folder above its socket's";
            self.given.insert(0, Given::new("puma_shared_path", shared, from));
        }
        Some(path)
    }

    fn binds_of_file(&mut self) -> Option<(Vec<String>, String)> {
        let config = self.puma.config.as_ref()?;
        let binds: Vec<&Setting> = config.all("bind").filter(|setting| !setting.doubtful).collect();
        let mut found = Vec::new();
        for bind in binds {
            match config.worth(bind) {
                Some(worth) => found.push(worth.text),
                None => self.not_understood(bind),
            }
        }
        (!found.is_empty()).then(|| (found, "Puma does not run".to_owned()))
    }

    /// All the others.
    pub fn read(&mut self) {
        let puma = self.puma;
        if let Some(why) = puma.told.one("config_untold") {
            let file = puma.told.one("config").unwrap_or_default();
            self.notes.push(Note::untold(file, format!("{why}, and {} reads it", puma.unit)));
            return;
        }
        let Some(config) = &puma.config else { return };
        self.command_line();
        self.environment(config);
        self.workers(config);
        self.threads(config);
        self.path(config, "state_path", "puma_state_path", "");
        self.path(config, "control", "puma_control_socket_path", "unix:");
        for (setting, variable) in [("shutdown", "puma_worker_shutdown_timeout")] {
            if let Some((worth, setting)) = self.worth(config, setting) {
                match worth.text.parse::<u32>() {
                    Ok(number) => self.give(variable, number, config, setting),
                    Err(_) => self.not_understood(setting),
                }
            }
        }
        if let Some((worth, setting)) = self.worth(config, "state_permission") {
            let mode = worth.text.trim_start_matches("0o").trim_start_matches('0').to_owned();
            self.give("puma_state_permission", format!("0{mode}"), config, setting);
        }
        self.directory(config);
        let doubtful: Vec<&Setting> = config.doubtful().collect();
        for setting in doubtful {
            let text = format!(
                "`{}` depends on something or stands within a block ({}): it was not taken",
                setting.name,
                config.place(setting)
            );
            self.notes.push(Note::doubt(puma.unit, text));
        }
    }

    /// What stands on Puma's command line counts whatever its file says.
    fn command_line(&mut self) {
        let words: Vec<&str> = self.puma.told.all("ExecStart").flat_map(|line| line.split(' ')).collect();
        let mut words = words.into_iter().skip_while(|word| !word.ends_with("puma")).peekable();
        while let Some(word) = words.next() {
            let option = word.split('=').next().unwrap_or(word);
            let Some((_, _, setting)) = OPTIONS.iter().find(|(short, long, _)| option == *short || option == *long)
            else {
                continue;
            };
            let value = word.split_once('=').map(|(_, value)| value).or_else(|| words.peek().copied());
            let value = value.unwrap_or_default().trim_end_matches(['"', '\'']);
            let text = format!(
                "its command line has `{option} {value}` ({}), which counts over `{setting}` in its file: as long as it is \
                 there, zdt's variable has no effect",
                self.puma.at("ExecStart")
            );
            self.notes.push(Note::doubt(self.puma.unit, text));
            if *setting == "environment" && !value.is_empty() {
                self.given.push(Given::new("puma_environment", value, self.puma.at("ExecStart")));
            }
        }
    }

    fn environment(&mut self, config: &Config) {
        if self.given.iter().any(|given| given.name == "puma_environment") {
            return;
        }
        if let Some((worth, setting)) = self.worth(config, "environment") {
            self.give("puma_environment", worth.text, config, setting);
            return;
        }
        let named =
            ["APP_ENV", "RACK_ENV", "RAILS_ENV"].into_iter().find_map(|name| Some((name, config.environment(name)?)));
        let given = match named {
            Some((name, value)) => Given::new("puma_environment", value, format!("{name} of {}", self.puma.unit)),
            None => Given::new("puma_environment", "development", "nothing sets it: Puma's own default"),
        };
        self.given.push(given);
    }

    fn workers(&mut self, config: &Config) {
        let puma = self.puma;
        let runs = puma.told.one("workers").and_then(|number| number.parse::<u32>().ok());
        if let Some((worth, setting)) = self.worth(config, "workers") {
            match worth.text.parse::<u32>() {
                Ok(number) => {
                    if let Some(runs) = runs.filter(|runs| *runs != number) {
                        let text = format!("{runs} workers run, and {} says {number}", config.place(setting));
                        self.notes.push(Note::doubt(puma.unit, text));
                    }
                    self.give("puma_workers", number, config, setting);
                }
                Err(_) => self.not_understood(setting),
            }
            return;
        }
        let set = config.all("workers").next();
        match (runs, config.environment("WEB_CONCURRENCY"), set) {
            (Some(runs @ 1..), variable, _) => {
                let from = match variable {
                    Some(_) => "WEB_CONCURRENCY of the unit, and what runs".to_owned(),
                    None => "what runs".to_owned(),
                };
                self.given.push(Given::new("puma_workers", runs, from));
            }
            (_, _, Some(_)) => {}
            _ => {
                let text =
                    format!("{} sets no `workers`: Puma runs in single mode, which cannot restart phased", config.file);
                self.notes.push(Note::doubt(puma.unit, text));
                if puma.keep == super::Keep::AsIs {
                    self.given.push(Given::new("puma_workers", 0, "nothing sets it: Puma's own default"));
                }
            }
        }
    }

    fn threads(&mut self, config: &Config) {
        let Some(setting) = config.last("threads") else {
            if config.all("threads").next().is_none() {
                self.given.push(Given::new("puma_threads", json!([0, 5]), "nothing sets it: Puma's own default"));
            }
            return;
        };
        let worths = config.worths(setting).unwrap_or_default();
        worths.iter().for_each(|worth| self.note_environment(worth, config, setting));
        let numbers: Result<Vec<u32>, _> = worths.iter().map(|worth| worth.text.parse()).collect();
        match numbers.as_deref() {
            Ok([both]) => self.give("puma_threads", json!([both, both]), config, setting),
            Ok([least, most]) => self.give("puma_threads", json!([least, most]), config, setting),
            _ => self.not_understood(setting),
        }
    }

    /// A phased restart goes where this leads by then.
    fn directory(&mut self, config: &Config) {
        let Some(setting) = config.last("directory") else { return };
        let wanted = format!("{}/current", self.puma.root);
        let said = match config.worth(setting) {
            Some(worth) if worth.text.trim_end_matches('/') == wanted => return,
            Some(worth) => format!("comes to {}", worth.text),
            None => "is an expression that only Ruby could work out".to_owned(),
        };
        let text = format!(
            "`directory {}` ({}) {said}: with anything but {wanted} a phased restart takes up no new release",
            setting.argument,
            config.place(setting)
        );
        self.notes.push(Note::doubt(self.puma.unit, text));
    }

    fn path(&mut self, config: &Config, setting: &str, variable: &str, scheme: &str) {
        let Some((worth, setting)) = self.worth(config, setting) else { return };
        let path = worth.text.split('?').next().unwrap_or_default();
        let Some(path) = path.strip_prefix(scheme) else {
            let text = format!(
                "`{}` is {path} ({}): zdt has a variable for a unix socket alone",
                setting.name,
                config.place(setting)
            );
            self.notes.push(Note::not_mapped(self.puma.unit, text));
            return;
        };
        let path = path.strip_prefix("//").filter(|_| !scheme.is_empty()).unwrap_or(path);
        if path.starts_with('/') {
            self.give(variable, path, config, setting);
            return;
        }
        // Puma takes it from where it runs.
        let whole = format!("{}/current/{path}", self.puma.root);
        self.give(variable, whole, config, setting);
    }

    /// What setting `name` comes to, where it is in effect and understood.
    fn worth<'c>(&mut self, config: &'c Config, name: &str) -> Option<(Worth, &'c Setting)> {
        let setting = config.last(name)?;
        match config.worth(setting) {
            Some(worth) => {
                self.note_environment(&worth, config, setting);
                Some((worth, setting))
            }
            None => {
                self.not_understood(setting);
                None
            }
        }
    }

    fn note_environment(&mut self, worth: &Worth, config: &Config, setting: &Setting) {
        let Some(name) = worth.environment.first() else { return };
        let value = if worth.defaulted.contains(name) {
            "the unit does not set it, so that it is"
        } else {
            "the unit sets it to"
        };
        let text = format!(
            "`{}` comes from {name} ({}); {value} {}. A file that is not zdt's keeps its own words for it",
            setting.name,
            config.place(setting),
            worth.text
        );
        let note = Note::doubt(self.puma.unit, text);
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn not_understood(&mut self, setting: &Setting) {
        let file = self.puma.told.one("config").unwrap_or_default();
        let text = format!(
            "`{} {}` ({file}:{}) is an expression that only Ruby could work out: it was not taken",
            setting.name, setting.argument, setting.line
        );
        self.notes.push(Note::not_mapped(self.puma.unit, text));
    }

    fn give(&mut self, name: &str, value: impl Into<Value>, config: &Config, setting: &Setting) {
        self.given.push(Given::new(name, value, config.place(setting)));
    }
}
