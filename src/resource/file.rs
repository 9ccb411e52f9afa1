use super::Subject;
use super::kind::{self, Field, FieldSyntax, Kind, Presence};
use super::kind_syntax::Syntax;

/// A regular file whose content stands in the role itself.
pub(super) const FILE: Kind = Kind {
    name: "file",
    subject: Subject::Path,
    identity: "path",
    fields: &[
        Field { name: "path", syntax: FieldSyntax::Word(Syntax::Path), presence: Presence::Required },
        Field { name: "content", syntax: FieldSyntax::Content, presence: Presence::Required },
        kind::owner(Presence::Default("root")),
        kind::group(Presence::Default("root")),
        kind::mode(Presence::Required),
    ],
    desired: |fields| kind::with_content(kind::state_of("file", fields), fields),
    edit: None,
};
