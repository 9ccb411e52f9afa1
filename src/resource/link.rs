use super::kind::{self, Field, FieldSyntax, Kind, Presence};
use super::kind_syntax::Syntax;
use super::{Attribute, Subject};

/// A symbolic link. The target is text: it may be relative, and need not exist.
pub(super) const LINK: Kind = Kind {
    name: "link",
    subject: Subject::Path,
    identity: "path",
    fields: &[
        Field { name: "path", syntax: FieldSyntax::Word(Syntax::Path), presence: Presence::Required },
        Field { name: "target", syntax: FieldSyntax::Word(Syntax::Text), presence: Presence::Required },
        kind::owner(Presence::Optional),
        kind::group(Presence::Optional),
    ],
    desired: |fields| {
        kind::state_of("link", fields).with_word(Attribute::Target, fields.word("target").unwrap_or_default())
    },
    edit: None,
};
