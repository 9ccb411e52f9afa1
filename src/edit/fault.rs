use super::{nginx, puma};

/// Why a file cannot be edited, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub at: Option<Place>,
    pub why: Why,
}

/// Line and column of a text, both from 1; a column counts bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub text: Text,
    pub line: usize,
    pub column: usize,
}

/// Whose text a place is in: the file of somebody else, or what we want in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    Whole,
    Fragment,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    Nginx(nginx::Why),
    Puma(puma::Why),
}

impl Place {
    /// Where byte `offset` of `bytes` stands.
    pub fn of(text: Text, bytes: &[u8], offset: usize) -> Place {
        let before = &bytes[..offset.min(bytes.len())];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|&&byte| byte != b'\n').count() + 1;
        Place { text, line, column }
    }
}

impl From<puma::Why> for Why {
    fn from(why: puma::Why) -> Why {
        Why::Puma(why)
    }
}
