/// Something that was seen and did not become a variable, or did so only by a choice that a person should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub matter: Matter,
    /// What it is about: a unit, an upstream, a file.
    pub about: String,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// It could not be looked at: what is there is not known.
    Untold,
    /// It is there, and no variable says it.
    NotMapped,
    /// A variable says it, and somebody should look whether rightly so.
    Doubt,
}

impl Matter {
    pub fn words(self) -> &'static str {
        match self {
            Matter::Untold => "could not look",
            Matter::NotMapped => "not mapped",
            Matter::Doubt => "please check",
        }
    }
}

impl Note {
    pub fn untold(about: impl Into<String>, text: impl Into<String>) -> Note {
        Note { matter: Matter::Untold, about: about.into(), text: text.into() }
    }

    pub fn not_mapped(about: impl Into<String>, text: impl Into<String>) -> Note {
        Note { matter: Matter::NotMapped, about: about.into(), text: text.into() }
    }

    pub fn doubt(about: impl Into<String>, text: impl Into<String>) -> Note {
        Note { matter: Matter::Doubt, about: about.into(), text: text.into() }
    }
}
