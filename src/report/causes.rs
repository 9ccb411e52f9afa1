use std::collections::BTreeMap;

use crate::plan::{Cause, Change, HostPlan, LeftOut};
use crate::report::printable;
use crate::report::style::{CHANGED, FAINT, STRONG, paint};

/// Whether causes are worth their room: where nothing was ever left, as at a first apply, all is new.
pub(super) fn are_worth_telling(plan: &HostPlan) -> bool {
    let told = |change: &Change| !matches!(change.cause, None | Some(Cause::New));
    !plan.left_out.is_empty() || plan.changes.iter().any(told)
}

/// `drifted: changed on the server`, to stand behind a change.
pub(super) fn beside(cause: Cause) -> String {
    let text = match cause {
        Cause::Drifted => "drifted: changed on the server",
        Cause::Pending => "pending: changed by us",
        Cause::Conflict => "conflict: changed on both sides",
        Cause::New => "new",
        Cause::Runtime => "runtime: what runs is not what the files say",
        Cause::InSync | Cause::ConvergedByHand | Cause::Orphaned => cause.name(),
    };
    let style = if matches!(cause, Cause::Pending | Cause::New) { FAINT } else { CHANGED };
    format!("  {}", paint(style, text))
}

/// `2 pending, 1 conflict`.
pub(super) fn counted(causes: &BTreeMap<Cause, usize>) -> String {
    let counted: Vec<String> = causes.iter().map(|(cause, number)| format!("{number} {}", cause.name())).collect();
    counted.join(", ")
}

/// What a plan leaves as it is, a line each.
pub(super) fn left_out_lines(left_out: &[LeftOut]) -> String {
    if left_out.is_empty() {
        return String::new();
    }
    let mut causes = BTreeMap::new();
    for left in left_out {
        *causes.entry(left.cause).or_default() += 1;
    }
    let mut out = format!("  {}\n", paint(FAINT, format!("left out by --only: {}", counted(&causes))));
    for left in left_out {
        let id = paint(STRONG, printable(&left.id.to_string()));
        out.push_str(&format!("    {} {id}{}{}\n", paint(CHANGED, "·"), beside(left.cause), why(left)));
    }
    out
}

fn why(left: &LeftOut) -> String {
    match (left.cause, &left.evidence) {
        (_, Some(evidence)) => format!(": {}; no handler mends it", printable(evidence)),
        (Cause::Conflict, None) => "; look at it: `zdt apply` without `--only` overwrites it".to_owned(),
        (Cause::New, None) => ": the host remembers nothing of it, so who changed it cannot be told".to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Id;

    #[test]
    fn what_is_left_out_is_counted_and_named_with_its_reason() {
        let left = |path: &str, cause| LeftOut { id: Id::path(path), cause, evidence: None };
        let runtime = LeftOut {
            id: Id::unit("puma.service"),
            cause: Cause::Runtime,
            evidence: Some("it is an \u{1b}[0mother".to_owned()),
        };
        let lines = left_out_lines(&[
            left("/a", Cause::Pending),
            left("/b", Cause::Conflict),
            left("/c", Cause::Pending),
            left("/d", Cause::New),
            runtime,
        ]);
        let shown = anstream::adapter::strip_str(&lines).to_string();
        assert_eq!(
            shown,
            "  left out by --only: 2 pending, 1 conflict, 1 new, 1 runtime\n    \
             · /a  pending: changed by us\n    \
             · /b  conflict: changed on both sides; look at it: `zdt apply` without `--only` overwrites it\n    \
             · /c  pending: changed by us\n    \
             · /d  new: the host remembers nothing of it, so who changed it cannot be told\n    \
             · unit puma.service  runtime: what runs is not what the files say: it is an ␛[0mother; no handler mends it\n"
        );
        assert_eq!(left_out_lines(&[]), "");
    }
}
