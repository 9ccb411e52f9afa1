use std::sync::Arc;

use crate::edit::Fault;

use super::{Attribute, Content, Desired, Fields, Id, KINDS, Observation, Resource, State, Unseen, Value};

/// How a part of a file that somebody else owns is set, and told. Both are pure: of the whole file, our fragment of it, and
/// the names of what shall not be in it.
#[derive(Debug)]
pub struct Editor {
    /// As saved plans name it.
    pub name: &'static str,
    pub edit: Editing,
    pub part: Editing,
}

pub type Editing = fn(&[u8], &[u8], &[&str]) -> Result<Vec<u8>, Fault>;

/// What a part of a file shall be. Who owns the file and what else it holds is nobody's concern here.
#[derive(Debug, Clone)]
pub struct Edit {
    editor: &'static Editor,
    pub fragment: Arc<[u8]>,
    pub remove: Vec<String>,
}

/// A part of a file that cannot be set: the host is not touched then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmade {
    pub id: Id,
    pub role: String,
    pub why: Hindrance,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hindrance {
    /// There is no file of which it could be a part.
    Absent,
    OtherType {
        seen: String,
        target: Option<String>,
    },
    /// It is too large to be looked into.
    TooLarge,
    Fault(Fault),
}

impl Edit {
    pub(super) const FRAGMENT: &str = "src";
    pub(super) const REMOVE: &str = "remove";

    pub fn of(editor: &'static Editor, fields: &Fields) -> Edit {
        let (fragment, _) = fields.content().unwrap_or((b"", false));
        // A word that comes out empty names nothing: so a role can say that it depends.
        let remove = fields.words(Edit::REMOVE).unwrap_or_default().iter().filter(|word| !word.is_empty());
        Edit { editor, fragment: Arc::from(fragment), remove: remove.cloned().collect() }
    }

    /// As a saved plan has it; `None` where no kind has an editor of that name.
    pub fn named(editor: &str, fragment: &[u8], remove: Vec<String>) -> Option<Edit> {
        let editor = KINDS.iter().filter_map(|kind| kind.edit).find(|known| known.name == editor)?;
        Some(Edit { editor, fragment: Arc::from(fragment), remove })
    }

    pub fn name(&self) -> &'static str {
        self.editor.name
    }

    /// `whole` as it shall be.
    fn edited(&self, whole: &[u8]) -> Result<Content, Fault> {
        self.run(self.editor.edit, whole)
    }

    /// What `whole` says of our part, in one spelling.
    fn part(&self, whole: &[u8]) -> Result<Content, Fault> {
        self.run(self.editor.part, whole)
    }

    fn run(&self, editing: Editing, whole: &[u8]) -> Result<Content, Fault> {
        let remove: Vec<&str> = self.remove.iter().map(String::as_str).collect();
        editing(whole, &self.fragment, &remove).map(|bytes| Content::new(&bytes))
    }
}

impl PartialEq for Edit {
    fn eq(&self, other: &Edit) -> bool {
        (self.name(), &self.fragment, &self.remove) == (other.name(), &other.fragment, &other.remove)
    }
}

impl Eq for Edit {}

impl Desired {
    /// As all is wanted of a host that answered so: what is a part of a file becomes the whole file with that part set. What
    /// cannot be set is wanted no more, but `unmade`.
    #[must_use]
    pub fn settle(mut self, observation: &Observation) -> Desired {
        let mut unmade = Vec::new();
        self.resources.retain_mut(|resource| match resource.settle(observation) {
            Ok(()) => true,
            Err(why) => {
                unmade.push(Unmade { id: resource.id.clone(), role: resource.role.clone(), why });
                false
            }
        });
        self.unmade.extend(unmade);
        self
    }
}

impl Resource {
    fn settle(&mut self, observation: &Observation) -> Result<(), Hindrance> {
        let Some(edit) = &self.edit else { return Ok(()) };
        // That it could not be looked at is told by whoever looks next.
        let Ok(seen) = observation.state(&self.id) else { return Ok(()) };
        match seen.word(Attribute::Type) {
            Some("file") => {}
            Some("absent") | None => return Err(Hindrance::Absent),
            Some(other) => {
                let target = seen.word(Attribute::Target).map(str::to_owned);
                return Err(Hindrance::OtherType { seen: other.to_owned(), target });
            }
        }
        let bytes = seen.content().and_then(|content| content.bytes.as_deref()).ok_or(Hindrance::TooLarge)?;
        let whole = edit.edited(bytes).map_err(Hindrance::Fault)?;
        let part = whole.bytes.as_deref().map(|whole| edit.part(whole)).transpose().map_err(Hindrance::Fault)?;
        let desired = std::mem::take(&mut self.desired).with(Attribute::Content, Value::Content(whole));
        self.desired = match part {
            Some(part) => desired.with(Attribute::Part, Value::Content(part)),
            None => desired,
        };
        Ok(())
    }

    /// Its state as it was seen, with the part of it that this resource is about. Where that cannot be read (a saved plan meets
    /// a file that was broken since) there is none, which differs from any that is wanted: the whole file tells what changed.
    pub fn observed(&self, observation: &Observation) -> Result<State, Unseen> {
        let state = observation.state(&self.id)?;
        let bytes = state.content().and_then(|content| content.bytes.as_deref());
        let part = self.edit.as_ref().zip(bytes).and_then(|(edit, bytes)| edit.part(bytes).ok());
        Ok(match part {
            Some(part) => state.with(Attribute::Part, Value::Content(part)),
            None => state,
        })
    }
}
