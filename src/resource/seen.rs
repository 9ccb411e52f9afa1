use crate::resource::{Attribute, Content, Id, Observation, PathSeen, State, Subject, Value};

/// Why a thing's state is not known. Never to be read as "absent" or "in sync".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unseen {
    /// The host looked and was refused, or the thing was odd; its own words.
    #[error("{0}")]
    Unreadable(String),
    /// The answer does not speak of it at all.
    #[error("the host's answer does not mention it")]
    Unanswered,
}

impl Observation {
    /// The observed state of `id`, in the attributes that desired states use.
    pub fn state(&self, id: &Id) -> Result<State, Unseen> {
        match id.subject {
            Subject::Path => {
                let seen = self.paths.get(&id.name).ok_or(Unseen::Unanswered)?;
                path_state(seen)
            }
            Subject::Unit => {
                let seen = self.units.get(&id.name).ok_or(Unseen::Unanswered)?;
                match &seen.error {
                    Some(reason) => Err(Unseen::Unreadable(reason.clone())),
                    None => Ok(State::default().with(Attribute::ExecReload, Value::Words(seen.exec_reload.clone()))),
                }
            }
        }
    }
}

fn path_state(seen: &PathSeen) -> Result<State, Unseen> {
    if seen.kind == "unreadable" {
        let reason = seen.error.clone().unwrap_or_else(|| "it could not be read".to_owned());
        return Err(Unseen::Unreadable(reason));
    }
    let mut state = State::default().with_word(Attribute::Type, &seen.kind);
    if seen.kind == "absent" {
        return Ok(state);
    }
    state = state
        .with_word(Attribute::Mode, &seen.mode)
        .with_word(Attribute::Owner, &seen.owner)
        .with_word(Attribute::Group, &seen.group);
    if let Some(target) = &seen.target {
        state = state.with_word(Attribute::Target, String::from_utf8_lossy(target));
    }
    if seen.kind == "file" {
        let sha256 =
            seen.sha256.clone().ok_or_else(|| Unseen::Unreadable("its content could not be read".to_owned()))?;
        let content = Content { sha256, bytes: seen.content.clone(), secret: false };
        state = state.with(Attribute::Content, Value::Content(content));
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_answered_or_not_readable_is_never_absent() {
        let mut observation = Observation::default();
        let id = Id::path("/etc/x");
        assert_eq!(observation.state(&id), Err(Unseen::Unanswered));

        let seen = PathSeen {
            kind: "unreadable".to_owned(),
            error: Some("Permission denied".to_owned()),
            ..PathSeen::default()
        };
        observation.paths.insert("/etc/x".to_owned(), seen);
        assert_eq!(observation.state(&id), Err(Unseen::Unreadable("Permission denied".to_owned())));
    }

    #[test]
    fn a_file_without_a_hash_is_unreadable() {
        let mut observation = Observation::default();
        let seen = PathSeen { kind: "file".to_owned(), mode: "0644".to_owned(), ..PathSeen::default() };
        observation.paths.insert("/etc/x".to_owned(), seen);
        assert!(matches!(observation.state(&Id::path("/etc/x")), Err(Unseen::Unreadable(_))));
    }
}
