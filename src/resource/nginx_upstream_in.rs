use super::kind::{Field, FieldSyntax, Kind, Presence};
use super::kind_syntax::Syntax;
use super::{Attribute, Edit, Editor, State, Subject};
use crate::edit;

/// An `upstream` in a file of nginx that somebody else owns.
pub(super) const NGINX_UPSTREAM_IN: Kind = Kind {
    name: "nginx_upstream_in",
    subject: Subject::Path,
    identity: "path",
    fields: &[
        Field { name: "path", syntax: FieldSyntax::Word(Syntax::Path), presence: Presence::Required },
        Field { name: Edit::FRAGMENT, syntax: FieldSyntax::Template, presence: Presence::Required },
    ],
    desired: |_| State::default().with_word(Attribute::Type, "file"),
    edit: Some(&EDITOR),
};

static EDITOR: Editor = Editor {
    name: "nginx_upstream_in",
    edit: |whole, fragment, _| edit::nginx::edit(whole, fragment),
    part: |whole, fragment, _| edit::nginx::part(whole, fragment),
};
