use super::kind::{Field, FieldSyntax, Kind, Presence};
use super::kind_syntax::Syntax;
use super::{Attribute, State, Subject, Value};

/// What systemd really does with a unit, whatever files say: a drop-in that another one overrides is not enough.
pub(super) const UNIT: Kind = Kind {
    name: "unit",
    subject: Subject::Unit,
    identity: "name",
    fields: &[
        Field { name: "name", syntax: FieldSyntax::Word(Syntax::Unit), presence: Presence::Required },
        Field { name: "exec_reload", syntax: FieldSyntax::Words(Syntax::Text), presence: Presence::Required },
    ],
    desired: |fields| {
        let commands = fields.words("exec_reload").unwrap_or_default().to_vec();
        State::default().with(Attribute::ExecReload, Value::Words(commands))
    },
    edit: None,
};
