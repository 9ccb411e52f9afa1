use crate::plan::{Orphan, OrphanState};
use crate::report::printable;
use crate::report::style::{CHANGED, FAINT, STRONG, paint};

/// What zdt once left and nobody wants any more: a line each. One that somebody removed is nobody's matter.
pub(super) fn lines(orphans: &[Orphan]) -> String {
    let shown: Vec<&Orphan> = orphans.iter().filter(|orphan| orphan.is_there()).collect();
    if shown.is_empty() {
        return String::new();
    }
    let mut out = format!("  {}\n", paint(FAINT, "no longer wanted by any role:"));
    for orphan in &shown {
        let left = &orphan.left;
        let path = paint(STRONG, printable(&left.path));
        let (kind, role) = (printable(&left.kind), paint(FAINT, printable(&left.role)));
        out.push_str(&format!("    {} {path}  {kind}  {role}: {}\n", paint(CHANGED, "?"), state(&orphan.state)));
    }
    if shown.iter().any(|orphan| orphan.state == OrphanState::AsLeft) {
        out.push_str(&format!("    {}\n", paint(FAINT, "`--prune` removes what is as zdt left it.")));
    }
    out
}

pub(super) fn state(state: &OrphanState) -> String {
    match state {
        OrphanState::AsLeft => "as zdt left it".to_owned(),
        OrphanState::Changed(what) => {
            format!("changed since (its {}), so it stays: keep it or remove it by hand", what.join(" and its "))
        }
        OrphanState::Holds(name) => format!("stays, for it holds `{}`", printable(name)),
        OrphanState::Unreadable(why) => format!("stays, for it could not be looked at: {}", printable(why)),
        OrphanState::Gone => "gone".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::AppliedPath;

    #[test]
    fn each_is_told_with_its_role_and_what_became_of_it() {
        let orphan = |path: &str, state| {
            let words = |text: &str| text.to_owned();
            let left =
                AppliedPath { path: words(path), kind: words("file"), role: words("old"), ..AppliedPath::default() };
            Orphan { left, state }
        };
        let shown = |orphans: &[Orphan]| anstream::adapter::strip_str(&lines(orphans)).to_string();
        assert_eq!(shown(&[orphan("/g", OrphanState::Gone)]), "");
        let changed = shown(&[orphan("/c", OrphanState::Changed(vec!["content", "mode"]))]);
        assert!(changed.contains("/c  file  old: changed since (its content and its mode)"), "{changed}");
        assert!(!changed.contains("--prune"), "{changed}");
        let left = shown(&[orphan("/a", OrphanState::AsLeft)]);
        assert!(left.contains("/a  file  old: as zdt left it\n") && left.contains("`--prune` removes"), "{left}");
    }
}
