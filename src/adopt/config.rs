use super::expression::{Scope, Worth, arguments_of};
use super::seen::Thing;

/// The settings in a `puma.rb` for which zdt has variables, as the host has read them line by line: the whole file may hold secrets
/// and does not leave it, and the host has no parser of Ruby that runs nothing. What the editor's parser (`edit::puma`) finds to
/// depend on something is doubtful here too; tests/shell/import.rs holds the two against each other.
#[derive(Debug)]
pub struct Config {
    pub file: String,
    settings: Vec<Setting>,
    scope: Scope,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub name: String,
    pub line: String,
    /// It is indented or has a condition: it may be in effect or not.
    pub doubtful: bool,
    pub argument: String,
}

impl Config {
    pub fn of(puma: &Thing) -> Option<Config> {
        let file = puma.one("config")?.to_owned();
        let real = puma.one("config_real").unwrap_or(&file);
        let folder = real.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let lets = puma.all("let").filter_map(|line| {
            let mut fields = line.splitn(3, '\t');
            let (name, _, expression) = (fields.next()?, fields.next()?, fields.next()?);
            Some((name.to_owned(), expression.to_owned()))
        });
        let environment = puma.all("env").filter_map(|pair| pair.split_once('='));
        let scope = Scope {
            file: file.clone(),
            folder,
            lets: lets.collect(),
            environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        };
        let settings = puma.all("set").filter_map(Setting::of).collect();
        Some(Config { file, settings, scope })
    }

    /// The setting that is in effect for sure: of several the last.
    pub fn last(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().rfind(|setting| setting.name == name && !setting.doubtful)
    }

    /// The first of this name, in effect or not.
    pub fn first(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.name == name)
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Setting> {
        self.settings.iter().filter(move |setting| setting.name == name)
    }

    pub fn doubtful(&self) -> impl Iterator<Item = &Setting> {
        self.settings.iter().filter(|setting| setting.doubtful)
    }

    /// `FILE:LINE` of a setting.
    pub fn place(&self, setting: &Setting) -> String {
        format!("{}:{}", self.file, setting.line)
    }

    /// What each argument of a setting comes to; `None` where one is not understood.
    pub fn worths(&self, setting: &Setting) -> Option<Vec<Worth>> {
        arguments_of(&setting.argument).into_iter().map(|argument| self.scope.worth(argument)).collect()
    }

    /// What the first argument comes to: the others are options.
    pub fn worth(&self, setting: &Setting) -> Option<Worth> {
        self.scope.worth(arguments_of(&setting.argument).first()?)
    }

    pub fn environment(&self, name: &str) -> Option<&str> {
        self.scope.environment.get(name).map(String::as_str)
    }
}

impl Setting {
    /// Whether it is written as plain values, so that whoever writes the same changes nothing.
    pub fn is_literal(&self) -> bool {
        arguments_of(&self.argument).iter().all(|argument| {
            let is_number = !argument.is_empty() && argument.bytes().all(|byte| byte.is_ascii_digit());
            let is_text = argument.starts_with(['"', '\'']) && !argument.contains("#{") && !argument.contains("ENV");
            is_number || is_text || argument.is_empty()
        })
    }

    fn of(line: &str) -> Option<Setting> {
        let mut fields = line.splitn(4, '\t');
        let (name, line, doubt) = (fields.next()?, fields.next()?, fields.next()?);
        let argument = fields.next().unwrap_or_default().trim().to_owned();
        Some(Setting { name: name.to_owned(), line: line.to_owned(), doubtful: doubt != "no", argument })
    }
}
