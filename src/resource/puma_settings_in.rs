use super::kind::{Field, FieldSyntax, Kind, Presence};
use super::kind_syntax::Syntax;
use super::{Attribute, Edit, Editor, State, Subject};
use crate::edit;

/// Settings in a `puma.rb` that somebody else owns.
pub(super) const PUMA_SETTINGS_IN: Kind = Kind {
    name: "puma_settings_in",
    subject: Subject::Path,
    identity: "path",
    fields: &[
        Field { name: "path", syntax: FieldSyntax::Word(Syntax::Path), presence: Presence::Required },
        Field { name: Edit::FRAGMENT, syntax: FieldSyntax::Template, presence: Presence::Required },
        Field { name: Edit::REMOVE, syntax: FieldSyntax::Words(Syntax::Text), presence: Presence::Optional },
    ],
    desired: |_| State::default().with_word(Attribute::Type, "file"),
    edit: Some(&EDITOR),
};

static EDITOR: Editor = Editor { name: "puma_settings_in", edit: edit::puma::edit, part: edit::puma::part };
