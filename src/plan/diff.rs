use crate::plan::{Action, AttributeChange, Change, Sense};
use crate::resource::{Attribute, Resource, State, Subject, Value};

/// What of `resource` differs from `observed`; `None` when all that is managed is as wanted.
/// Plan, drift and verify all ask this one function.
pub fn diff(resource: &Resource, observed: &State) -> Option<Change> {
    let attributes: Vec<AttributeChange> = resource
        .desired
        .iter()
        // A part differs just where the content does.
        .filter(|(attribute, after)| *attribute != Attribute::Part && !same(observed.get(*attribute), after))
        .map(|(attribute, after)| AttributeChange {
            attribute,
            before: observed.get(attribute).cloned(),
            after: after.clone(),
        })
        .collect();
    if attributes.is_empty() {
        return None;
    }
    let sense = sense(resource, observed, &attributes);
    Some(Change {
        id: resource.id.clone(),
        action: action(resource, observed),
        attributes,
        observed: observed.clone(),
        desired: resource.desired.clone(),
        notify: resource.notify.clone(),
        role: resource.role.clone(),
        cause: None,
        evidence: None,
        sense,
    })
}

/// Another owner or mode is nothing that a setting could tell.
fn sense(resource: &Resource, observed: &State, attributes: &[AttributeChange]) -> Sense {
    let contents = observed.content().zip(resource.desired.content());
    let of_content = |changed: &AttributeChange| changed.attribute == Attribute::Content;
    match contents.and_then(|(before, after)| before.bytes.as_deref().zip(after.bytes.as_deref())) {
        Some((before, after)) if resource.settings && attributes.iter().any(of_content) => {
            match Sense::of(before, after) {
                Sense::Comments { .. } if !attributes.iter().all(of_content) => Sense::Untold,
                sense => sense,
            }
        }
        _ => Sense::Untold,
    }
}

fn action(resource: &Resource, observed: &State) -> Action {
    if resource.id.subject == Subject::Unit {
        return Action::Effect;
    }
    match (observed.word(Attribute::Type), resource.desired.word(Attribute::Type)) {
        (_, Some("absent")) => Action::Remove,
        (Some("absent"), _) => Action::Create,
        _ => Action::Update,
    }
}

fn same(before: Option<&Value>, after: &Value) -> bool {
    match (before, after) {
        (Some(Value::Content(before)), Value::Content(after)) => before.sha256 == after.sha256,
        (Some(before), after) => before == after,
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::resource::{Content, Id};

    fn file(content: &[u8], mode: &str) -> State {
        State::default()
            .with_word(Attribute::Type, "file")
            .with_word(Attribute::Mode, mode)
            .with(Attribute::Content, Value::Content(Content::new(content)))
    }

    fn resource(desired: State) -> Resource {
        Resource { id: Id::path("/etc/x"), desired, notify: vec![], role: "r".to_owned(), settings: false, edit: None }
    }

    #[test]
    fn only_what_differs_is_a_change() {
        let change = diff(&resource(file(b"a", "0644")), &file(b"a", "0600")).expect("the mode differs");
        assert_eq!(change.action, Action::Update);
        let names: Vec<_> = change.attributes.iter().map(|a| a.attribute).collect();
        assert_eq!(names, [Attribute::Mode]);
    }

    #[test]
    fn content_is_compared_by_hash_also_where_the_bytes_stayed_on_the_host() {
        let mut observed = Content::new(b"a");
        observed.bytes = None;
        let observed = file(b"", "0644").with(Attribute::Content, Value::Content(observed));
        assert_eq!(diff(&resource(file(b"a", "0644")), &observed), None);
    }

    #[test]
    fn an_attribute_that_is_not_desired_is_not_managed() {
        let observed = file(b"a", "0644").with_word(Attribute::Owner, "somebody");
        assert_eq!(diff(&resource(file(b"a", "0644")), &observed), None);
    }

    #[test]
    fn absent_wanted_and_absent_seen_is_nothing_to_do() {
        let absent = State::default().with_word(Attribute::Type, "absent");
        assert_eq!(diff(&resource(absent.clone()), &absent), None);
        let change = diff(&resource(absent), &file(b"a", "0644")).expect("it is there");
        assert_eq!(change.action, Action::Remove);
    }

    proptest! {
        #[test]
        fn a_state_never_differs_from_itself(content in proptest::collection::vec(any::<u8>(), 0..64), mode in "0[0-7]{3}") {
            let state = file(&content, &mode);
            prop_assert_eq!(diff(&resource(state.clone()), &state), None);
        }

        #[test]
        fn two_contents_differ_exactly_when_their_bytes_do(a in proptest::collection::vec(any::<u8>(), 0..8), b in proptest::collection::vec(any::<u8>(), 0..8)) {
            let change = diff(&resource(file(&a, "0644")), &file(&b, "0644"));
            prop_assert_eq!(change.is_some(), a != b);
        }
    }
}
