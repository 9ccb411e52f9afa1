use crate::engine::Ready;
use crate::plan::Refusal;
use crate::report::host_block::refusal_text;
use crate::report::printable;
use crate::resource::Level;
use crate::transaction::Verdict;

/// Why one thing is refused, without any style.
pub fn refusal_words(refusal: &Refusal) -> String {
    anstream::adapter::strip_str(&refusal_text(refusal)).to_string()
}

/// Why a host is refused, a line a reason, without any style: it is kept.
pub fn refused_because(ready: &Ready) -> String {
    let mut reasons: Vec<String> = ready.plan.refusals.iter().map(refusal_text).collect();
    for checked in &ready.checked {
        match &checked.verdict {
            // What it printed may quote a secret.
            Verdict::Failed { code, .. } => reasons.push(format!("`{}` says no (exit {code})", checked.name)),
            Verdict::NotRun { reason } if !ready.sandbox => {
                reasons.push(format!("`{}` could not run: {reason}", checked.name));
            }
            _ => {}
        }
    }
    let notices = ready.plan.notices.iter().filter(|notice| notice.level == Level::Refusal);
    reasons.extend(notices.map(|notice| notice.text.clone()));
    // Our own styles go, what a host said stays visible.
    printable(&anstream::adapter::strip_str(&reasons.join("\n")).to_string())
}
