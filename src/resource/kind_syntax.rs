/// What one word must look like to name a thing on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// Letters, digits, `_`, `.`, `-`; begins with none of the last two.
    Name,
    /// Absolute and normal: no `.`, `..`, `//`, no slash at the end.
    Path,
    /// One line of anything.
    Text,
    /// Three or four octal digits.
    Mode,
    User,
    Group,
    /// A systemd unit, of the system or, as `USER/UNIT`, of that user's own systemd; without a suffix, a service.
    Unit,
    /// The name of a systemd unit that runs a process: a service, and of a template one instance.
    Service,
}

/// Why a word is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordFault {
    Empty,
    TooLong {
        limit: usize,
    },
    /// A line break, a tab, an escape…: it could end one line and begin another.
    Control(char),
    NotAbsolute,
    /// It holds `.`, `..` or an empty part, or ends in `/`.
    NotNormal,
    Character(char),
    /// Not three or four octal digits.
    NotMode,
    /// A unit's name that is nothing but its suffix.
    NotUnit,
    /// A unit that is no service.
    NotService,
    /// `app@.service`: only its instances run.
    NoInstance,
    /// Below the folder in which zdt keeps its record of the host.
    Reserved,
}

const PATH_LIMIT: usize = 4095;
const NAME_LIMIT: usize = 128;
const ACCOUNT_LIMIT: usize = 32;
/// Where zdt keeps a host's transactions: a role that wrote there could undo what makes an undo possible.
const RESERVED: &str = "/var/lib/zdt";
const UNIT_LIMIT: usize = 255;
const TEXT_LIMIT: usize = 65_536;
const SUFFIXES: &[&str] =
    &[".service", ".socket", ".timer", ".target", ".path", ".mount", ".automount", ".slice", ".scope", ".swap"];

impl Syntax {
    /// The word as it is used from here on, or why it is refused.
    pub fn check(self, word: &str) -> Result<String, WordFault> {
        if let Some(control) = word.chars().find(|character| character.is_control()) {
            return Err(WordFault::Control(control));
        }
        if word.is_empty() && self != Syntax::Text {
            return Err(WordFault::Empty);
        }
        let limit = match self {
            Syntax::Name => NAME_LIMIT,
            Syntax::Path => PATH_LIMIT,
            Syntax::Text | Syntax::Mode => TEXT_LIMIT,
            Syntax::User | Syntax::Group => ACCOUNT_LIMIT,
            Syntax::Unit | Syntax::Service => UNIT_LIMIT,
        };
        if word.len() > limit {
            return Err(WordFault::TooLong { limit });
        }
        match self {
            Syntax::Text => Ok(word.to_owned()),
            Syntax::Path => path(word),
            Syntax::Mode => mode(word),
            Syntax::Name | Syntax::User | Syntax::Group => plain(word, "_.-", "_"),
            Syntax::Unit => unit(word),
            Syntax::Service => service(word),
        }
    }
}

fn path(word: &str) -> Result<String, WordFault> {
    let Some(rest) = word.strip_prefix('/') else { return Err(WordFault::NotAbsolute) };
    if rest.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(WordFault::NotNormal);
    }
    if word.strip_prefix(RESERVED).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        return Err(WordFault::Reserved);
    }
    Ok(word.to_owned())
}

fn mode(word: &str) -> Result<String, WordFault> {
    let digits = matches!(word.len(), 3 | 4) && word.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    if digits { Ok(format!("{word:0>4}")) } else { Err(WordFault::NotMode) }
}

/// ASCII letters, digits and `extra`; the first character a letter, a digit or one of `first`.
fn plain(word: &str, extra: &str, first: &str) -> Result<String, WordFault> {
    for (index, character) in word.chars().enumerate() {
        let allowed = if index == 0 { first } else { extra };
        if !character.is_ascii_alphanumeric() && !allowed.contains(character) {
            return Err(WordFault::Character(character));
        }
    }
    Ok(word.to_owned())
}

/// No unit's name has a slash in it.
fn unit(word: &str) -> Result<String, WordFault> {
    match word.split_once('/') {
        Some((user, name)) => Ok(format!("{}/{}", Syntax::User.check(user)?, unit_name(name)?)),
        None => unit_name(word),
    }
}

fn unit_name(word: &str) -> Result<String, WordFault> {
    if word.is_empty() {
        return Err(WordFault::Empty);
    }
    let word = plain(word, "_.-:@\\", "_")?;
    match SUFFIXES.iter().find_map(|suffix| word.strip_suffix(suffix)) {
        Some("") => Err(WordFault::NotUnit),
        Some(_) => Ok(word),
        None => Ok(format!("{word}.service")),
    }
}

fn service(word: &str) -> Result<String, WordFault> {
    let word = unit_name(word)?;
    match word.strip_suffix(".service") {
        None => Err(WordFault::NotService),
        Some(name) if name.ends_with('@') => Err(WordFault::NoInstance),
        Some(_) => Ok(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_as_they_are_or_refused() {
        let cases: &[(Syntax, &str, Result<&str, WordFault>)] = &[
            (Syntax::Path, "/srv/shop", Ok("/srv/shop")),
            (Syntax::Path, "/srv/my shop's", Ok("/srv/my shop's")),
            (Syntax::Path, "srv", Err(WordFault::NotAbsolute)),
            (Syntax::Path, "/", Err(WordFault::NotNormal)),
            (Syntax::Path, "/srv/", Err(WordFault::NotNormal)),
            (Syntax::Path, "/srv//a", Err(WordFault::NotNormal)),
            (Syntax::Path, "/srv/../etc", Err(WordFault::NotNormal)),
            (Syntax::Path, "/srv/./etc", Err(WordFault::NotNormal)),
            (Syntax::Path, "/srv/a\nb", Err(WordFault::Control('\n'))),
            (Syntax::Path, "/srv/\u{9b}", Err(WordFault::Control('\u{9b}'))),
            (Syntax::Path, "", Err(WordFault::Empty)),
            (Syntax::Name, "shop-2.x", Ok("shop-2.x")),
            (Syntax::Name, "-rf", Err(WordFault::Character('-'))),
            (Syntax::Name, "..", Err(WordFault::Character('.'))),
            (Syntax::Name, "a/b", Err(WordFault::Character('/'))),
            (Syntax::Name, "a$(b)", Err(WordFault::Character('$'))),
            (Syntax::Mode, "644", Ok("0644")),
            (Syntax::Mode, "2750", Ok("2750")),
            (Syntax::Mode, "0999", Err(WordFault::NotMode)),
            (Syntax::Mode, "420 ", Err(WordFault::NotMode)),
            (Syntax::User, "www-data", Ok("www-data")),
            (Syntax::User, "a b", Err(WordFault::Character(' '))),
            (Syntax::Unit, "puma", Ok("puma.service")),
            (Syntax::Unit, "shop.puma", Ok("shop.puma.service")),
            (Syntax::Unit, "app@1.service", Ok("app@1.service")),
            (Syntax::Unit, "puma.socket", Ok("puma.socket")),
            (Syntax::Unit, "puma@my\\x2dapp.service", Ok("puma@my\\x2dapp.service")),
            (Syntax::Unit, "shop/puma", Ok("shop/puma.service")),
            (Syntax::Unit, "shop/", Err(WordFault::Empty)),
            (Syntax::Unit, "/puma", Err(WordFault::Empty)),
            (Syntax::Unit, "a b/puma", Err(WordFault::Character(' '))),
            (Syntax::Unit, "shop/puma/x", Err(WordFault::Character('/'))),
            (Syntax::Service, "shop/puma", Err(WordFault::Character('/'))),
            (Syntax::Service, "puma", Ok("puma.service")),
            (Syntax::Service, "app@1.service", Ok("app@1.service")),
            (Syntax::Service, "puma.socket", Err(WordFault::NotService)),
            (Syntax::Service, "app@.service", Err(WordFault::NoInstance)),
            (Syntax::Service, "app@", Err(WordFault::NoInstance)),
            (Syntax::Path, "/var/lib/zdt", Err(WordFault::Reserved)),
            (Syntax::Path, "/var/lib/zdt/last/x", Err(WordFault::Reserved)),
            (Syntax::Path, "/var/lib/zdtx", Ok("/var/lib/zdtx")),
            (Syntax::Unit, "--user", Err(WordFault::Character('-'))),
            (Syntax::Unit, ".service", Err(WordFault::Character('.'))),
            (Syntax::Text, "", Ok("")),
            (Syntax::Text, "$(x) `y` 'z' \"", Ok("$(x) `y` 'z' \"")),
            (Syntax::Text, "a\tb", Err(WordFault::Control('\t'))),
        ];
        for (syntax, word, expected) in cases {
            assert_eq!(syntax.check(word), expected.map(str::to_owned), "{syntax:?} {word:?}");
        }
    }

    #[test]
    fn overlong_words_are_refused() {
        assert_eq!(Syntax::Path.check(&format!("/{}", "a".repeat(4095))), Err(WordFault::TooLong { limit: 4095 }));
    }
}
