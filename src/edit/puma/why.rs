use super::Under;

/// Why a puma.rb cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It is not Ruby, as the parser says.
    Syntax {
        message: String,
    },
    /// This machine had no thread left to read it in.
    NotRead,
    TooLarge {
        bytes: usize,
        most: usize,
    },
    TooDeep {
        most: usize,
    },
    /// What is wanted here is made by `what` (`load "more.rb"`, `eval`, `send(name)`), and nobody sees what that sets.
    Unseen {
        what: String,
    },
    /// The file defines a method of a setting's name.
    Redefined {
        name: String,
    },
    /// The setting is made only under a condition, which begins at `line`.
    Conditional {
        name: String,
        under: Under,
        line: usize,
    },
    /// The file listens here, and what is wanted does not: it would vanish unasked.
    Listener {
        source: String,
    },
    /// Whether this `bind` is a Unix socket or something else is known to nobody who only reads it.
    ListenerUntold {
        source: String,
    },
    /// A `return` may end the file before the place of a new setting.
    Ends,
    /// The statement goes on behind its own line, where something else stands too.
    Tangled {
        name: String,
    },
    /// What is to be put into the file is not ASCII, and the file is in this encoding.
    Encoding {
        name: String,
    },
    /// The fragment holds something that is no call of a setting.
    NoSetting {
        source: String,
    },
    /// No Puma from 5.6 to 8.0 has a setting of this name.
    Unknown {
        name: String,
    },
    /// The edited text does not read back as it should, so it was thrown away.
    NotTaken,
}
