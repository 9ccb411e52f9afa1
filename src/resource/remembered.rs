use serde::{Deserialize, Serialize};

use super::{Check, Disruption, Handler};

/// A handler as the host keeps it beside a path: when no role names the path any more, nobody else knows it.
#[derive(Serialize, Deserialize)]
struct RememberedHandler {
    name: String,
    kind: String,
    arguments: Vec<String>,
    says: String,
}

#[derive(Serialize, Deserialize)]
struct RememberedCheck {
    name: String,
    argv: Vec<String>,
    user: Option<String>,
}

/// The text under which the host keeps `handlers`.
pub fn remember_handlers<'a>(handlers: impl IntoIterator<Item = &'a Handler>) -> String {
    let kept = handlers.into_iter().map(|handler| RememberedHandler {
        name: handler.name.clone(),
        kind: handler.kind.clone(),
        arguments: handler.arguments.clone(),
        says: handler.says.clone(),
    });
    text(kept.collect::<Vec<_>>())
}

/// The text under which the host keeps `checks`.
pub fn remember_checks<'a>(checks: impl IntoIterator<Item = &'a Check>) -> String {
    let kept = checks.into_iter().map(|check| RememberedCheck {
        name: check.name.clone(),
        argv: check.argv.clone(),
        user: check.user.clone(),
    });
    text(kept.collect::<Vec<_>>())
}

/// The handlers of `role` in a text of `remember_handlers`; `None` where it is no such text.
pub fn recall_handlers(text: &str, role: &str) -> Option<Vec<Handler>> {
    let kept: Vec<RememberedHandler> = recalled(text)?;
    let handler = |one: RememberedHandler| Handler {
        name: one.name,
        role: role.to_owned(),
        // What ran when it was kept need not be what runs now.
        cost: Disruption::at_most(&one.kind),
        kind: one.kind,
        arguments: one.arguments,
        says: one.says,
        took: None,
    };
    Some(kept.into_iter().map(handler).collect())
}

/// The checks of `role` in a text of `remember_checks`; `None` where it is no such text.
pub fn recall_checks(text: &str, role: &str) -> Option<Vec<Check>> {
    let kept: Vec<RememberedCheck> = recalled(text)?;
    let check = |one: RememberedCheck| Check {
        name: one.name,
        role: role.to_owned(),
        argv: one.argv,
        user: one.user,
        paths: Vec::new(),
    };
    Some(kept.into_iter().map(check).collect())
}

fn text(kept: Vec<impl Serialize>) -> String {
    if kept.is_empty() {
        return String::new();
    }
    // Texts and lists of texts have no way to fail; were there one, nothing is remembered rather than half of it.
    serde_json::to_string(&kept).unwrap_or_default()
}

fn recalled<T: for<'a> Deserialize<'a>>(text: &str) -> Option<Vec<T>> {
    if text.is_empty() { Some(Vec::new()) } else { serde_json::from_str(text).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_recalled() {
        let handler = Handler {
            name: "reload nginx".to_owned(),
            role: "r".to_owned(),
            kind: "nginx_reload".to_owned(),
            arguments: vec!["nginx \"x\"\n".to_owned()],
            says: String::new(),
            took: None,
            cost: Disruption::Reload,
        };
        let check = Check {
            name: "nginx -t".to_owned(),
            role: "r".to_owned(),
            argv: vec!["nginx".to_owned(), "-t".to_owned()],
            user: Some("www-data".to_owned()),
            paths: vec![],
        };
        assert_eq!(recall_handlers(&remember_handlers([&handler]), "r"), Some(vec![handler]));
        assert_eq!(recall_checks(&remember_checks([&check]), "r"), Some(vec![check]));
        assert_eq!((remember_handlers([]), recall_handlers("", "r")), (String::new(), Some(vec![])));
        assert_eq!((recall_handlers("{", "r"), recall_checks("[{}]", "r")), (None, None));
    }
}
