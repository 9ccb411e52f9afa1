use crate::plan::{Check, Handler, Level, Notice, Wanted};
use crate::role::{self, Desired};

/// A role's words in the plan's types: the plan knows no roles.
pub(super) fn wanted(desired: Desired) -> Wanted {
    Wanted {
        resources: desired.resources,
        checks: desired
            .checks
            .into_iter()
            .map(|check| Check {
                name: check.name,
                role: check.role,
                argv: check.argv,
                user: check.user,
                paths: check.paths,
            })
            .collect(),
        handlers: desired
            .handlers
            .into_iter()
            .map(|handler| Handler {
                name: handler.name,
                role: handler.role,
                kind: handler.kind,
                arguments: handler.arguments,
                says: handler.says,
            })
            .collect(),
        notices: desired
            .notices
            .into_iter()
            .map(|notice| Notice {
                role: notice.role,
                level: match notice.level {
                    role::Level::Warning => Level::Warning,
                    role::Level::Info => Level::Info,
                },
                text: notice.text,
            })
            .collect(),
    }
}
