use crate::plan::saved::Versions;
use crate::report::host_block::{Detail, described, shown};
use crate::report::style::{FAINT, paint};
use crate::report::{content, printable};
use crate::resource::{Attribute, State};

/// What a thing was when the plan was made, is now, and shall be; then what happened to its content since, and what the
/// plan wants of it.
pub(super) fn lines(versions: &Versions, detail: Detail) -> String {
    let Versions { then, now, wanted, folders } = versions;
    let mut out = String::new();
    let mut line = |indent: usize, text: &str| out.push_str(&format!("{:indent$}{text}\n", ""));
    let unseen = || "could not be looked at".to_owned();
    line(4, &format!("then:   {}", then.as_ref().map_or_else(unseen, in_words)));
    line(4, &format!("now:    {}", now.as_ref().map_or_else(unseen, in_words)));
    line(4, &format!("wanted: {}", in_words(wanted)));
    if let Some((before, after)) = folders {
        line(4, &format!("its folder: {} → {}", printable(before), printable(after)));
    }
    let (Some(then), Some(now)) = (then, now) else { return out };
    for (what, other) in [("then → now", now), ("then → wanted", wanted)] {
        if same_content(then, other) {
            continue;
        }
        out.push_str(&format!("    {}\n", paint(FAINT, format!("content, {what}:"))));
        if detail == Detail::Brief {
            out.push_str("      changes\n");
        } else {
            out.push_str(&content::diff(then.content(), other.content(), "      "));
        }
    }
    out
}

/// `file root:root 0644`, `absent`; of a unit what it does.
fn in_words(state: &State) -> String {
    match state.get(Attribute::ExecReload) {
        Some(commands) => format!("{}: {}", Attribute::ExecReload.name(), shown(commands)),
        None if state.iter().next().is_none() => "not managed".to_owned(),
        None => described(state),
    }
}

/// A thing whose content is not managed is not said to lose it.
fn same_content(one: &State, other: &State) -> bool {
    let managed = |state: &State| state.content().is_some() || state.word(Attribute::Type) == Some("absent");
    if !managed(one) || !managed(other) {
        return true;
    }
    one.content().map(|content| &content.sha256) == other.content().map(|content| &content.sha256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{Content, Value};

    fn file(content: &str, secret: bool) -> State {
        let content = Content { secret, ..Content::new(content.as_bytes()) };
        State::default()
            .with_word(Attribute::Type, "file")
            .with_word(Attribute::Mode, "0644")
            .with(Attribute::Content, Value::Content(content))
    }

    fn plain(then: State, now: State, wanted: State) -> String {
        let versions = Versions { then: Some(then), now: Some(now), wanted, folders: None };
        anstream::adapter::strip_str(&lines(&versions, Detail::Full)).to_string()
    }

    #[test]
    fn all_three_versions_are_told_apart() {
        let shown =
            plain(file("a\n", false), file("b\n", false).with_word(Attribute::Mode, "0600"), file("c\n", false));
        let expected = "    then:   file 0644\n    now:    file 0600\n    wanted: file 0644\n    content, then → now:\n      @@ -1 +1 @@\n      -a\n      +b\n    content, then → wanted:\n      @@ -1 +1 @@\n      -a\n      +c\n";
        assert_eq!(shown, expected);
        let absent = State::default().with_word(Attribute::Type, "absent");
        let shown = plain(absent.clone(), file("b\n", false), absent);
        assert!(shown.contains("+b") && !shown.contains("then → wanted"), "{shown}");
    }

    #[test]
    fn no_version_of_a_secret_is_shown() {
        for (then, now, wanted) in [(false, false, true), (true, true, true), (true, false, true)] {
            let shown = plain(file("hunter2\n", then), file("hunter3\n", now || wanted), file("hunter4\n", wanted));
            assert!(!shown.contains("hunter") && shown.contains("secret"), "{shown}");
        }
    }
}
