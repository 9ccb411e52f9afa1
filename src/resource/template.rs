use super::Subject;
use super::kind::{self, Field, FieldSyntax, Kind, Presence};
use super::kind_syntax::Syntax;

/// A regular file whose content is a template of the role.
pub(super) const TEMPLATE: Kind = Kind {
    name: "template",
    subject: Subject::Path,
    identity: "dest",
    fields: &[
        Field { name: "src", syntax: FieldSyntax::Template, presence: Presence::Required },
        Field { name: "dest", syntax: FieldSyntax::Word(Syntax::Path), presence: Presence::Required },
        kind::owner(Presence::Default("root")),
        kind::group(Presence::Default("root")),
        kind::mode(Presence::Required),
    ],
    desired: |fields| kind::with_content(kind::state_of("file", fields), fields),
    edit: None,
};
