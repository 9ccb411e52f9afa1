use super::Subject;
use super::kind::{self, Field, FieldSyntax, Kind, Presence};
use super::kind_syntax::Syntax;

/// A directory. What it holds is not managed, nor are attributes that the role leaves out.
pub(super) const DIRECTORY: Kind = Kind {
    name: "directory",
    subject: Subject::Path,
    identity: "path",
    fields: &[
        Field { name: "path", syntax: FieldSyntax::Word(Syntax::Path), presence: Presence::Required },
        kind::owner(Presence::Optional),
        kind::group(Presence::Optional),
        kind::mode(Presence::Optional),
    ],
    desired: |fields| kind::state_of("directory", fields),
    edit: None,
};
