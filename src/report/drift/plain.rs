use super::report::{Diff, Finding};

/// A finding as lines without any style: what moved, who may have done it, and what would mend it.
pub(super) fn plain(finding: &Finding) -> String {
    let mut lines = vec![finding.says.clone()];
    for attribute in finding.attributes.iter().filter(|attribute| attribute.name != "content") {
        let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        lines.push(format!("{}: {} → {}", attribute.name, word(&attribute.desired), word(&attribute.observed)));
    }
    match &finding.diff {
        None => {}
        Some(Diff::Hidden(why)) => lines.push(why.clone()),
        Some(Diff::Lines(diff)) => lines.extend(diff.iter().map(|line| match line.sign {
            '@' => line.text.clone(),
            sign => format!("{sign}{}", line.text),
        })),
    }
    lines.extend(finding.hints.iter().map(|hint| format!("who: {hint}")));
    lines.push(finding.mend.clone());
    lines.join("\n")
}
