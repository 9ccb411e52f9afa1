use super::Subject;
use super::kind::{self, Field, FieldSyntax, Kind, Presence};
use super::kind_syntax::Syntax;

/// A path where nothing shall be.
pub(super) const ABSENT: Kind = Kind {
    name: "absent",
    subject: Subject::Path,
    identity: "path",
    fields: &[Field { name: "path", syntax: FieldSyntax::Word(Syntax::Path), presence: Presence::Required }],
    desired: |fields| kind::state_of("absent", fields),
    edit: None,
};
