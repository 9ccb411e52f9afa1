use super::fit;
use crate::adopt::{App, HostEntry, Note, RoleEntry, RoleUse};
use crate::role::Library;

/// The role that holds what the others share.
const BARE: &str = "app";

/// One host's part of an inventory, app by app.
pub(super) struct Assembly<'a> {
    library: &'a Library,
    roles: Vec<RoleEntry>,
    notes: Vec<Note>,
    before: usize,
}

impl Assembly<'_> {
    pub fn new(library: &Library, notes: Vec<Note>) -> Assembly<'_> {
        Assembly { library, roles: Vec::new(), notes, before: 0 }
    }

    /// The app without variables that no role has; each is said.
    pub fn begin(&mut self, mut app: App) -> App {
        self.before = self.roles.len();
        let (library, notes, unit) = (self.library, &mut self.notes, app.unit.clone());
        app.given.retain(|given| {
            let is_known = fit::is_known(library, &given.name);
            if !is_known {
                let text = format!("`{}: {}` ({}): no role has this variable", given.name, given.value, given.from);
                notes.push(Note::not_mapped(&unit, text));
            }
            is_known
        });
        app
    }

    pub fn put(&mut self, app: &App, wanted: &RoleUse, found: Result<RoleEntry, String>) {
        match found {
            Ok(entry) => self.roles.push(entry),
            Err(why) => self.notes.push(Note::not_mapped(&app.unit, format!("role `{}`: {why}", wanted.role))),
        }
    }

    pub fn end(&mut self, app: &App) {
        if self.roles.len() == self.before {
            // Its variables at least: this role manages nothing.
            self.roles.extend(fit::entry(self.library, app, BARE, &[]));
        }
    }

    pub fn finish(mut self, host: &str) -> HostEntry {
        let variables = fit::shared(self.library, &mut self.roles);
        self.notes.sort_by_key(|note| note.matter);
        let (roles, notes) = (self.roles, self.notes);
        HostEntry { name: host.to_owned(), variables, roles, notes, ..HostEntry::default() }
    }
}
