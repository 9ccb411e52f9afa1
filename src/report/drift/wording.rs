use crate::plan::{Cause, OrphanState};

/// What is said of a finding, and what would mend it.
pub(super) struct Words {
    pub says: &'static str,
    pub mend: &'static str,
}

/// `is_gone`: nothing stands at the path any more.
pub(super) fn of_cause(cause: Cause, is_gone: bool) -> Words {
    let (says, mend) = match cause {
        Cause::Drifted if is_gone => ("somebody removed it from the server", PUT_BACK),
        Cause::Drifted => ("somebody changed it on the server", PUT_BACK),
        Cause::Conflict if is_gone => {
            ("somebody removed it from the server, and our own files have changed too", OVERWRITE)
        }
        Cause::Conflict => ("somebody changed it on the server, and our own files have changed too", OVERWRITE),
        Cause::New if is_gone => ("it is not there, and the host remembers nothing of it", BRING_ABOUT),
        Cause::New => {
            ("it is not as wanted, and the host remembers nothing of it: who changed it cannot be told", BRING_ABOUT)
        }
        Cause::Pending => ("our own files have changed and are not applied yet", BRING_ABOUT),
        Cause::ConvergedByHand => ("somebody did by hand what is wanted now", "nothing is to be done"),
        Cause::Orphaned => ("no role wants it any more", "look at it, then keep it or remove it by hand"),
        Cause::Runtime => ("what runs is not what the files say", "look at it, then restart what runs"),
        Cause::InSync => ("it is as wanted", "nothing is to be done"),
    };
    Words { says, mend }
}

const PUT_BACK: &str = "`zdt apply --only drifted` puts it back; `zdt accept` takes it over";
const OVERWRITE: &str = "look at it, then `zdt apply` overwrites it";
const BRING_ABOUT: &str = "`zdt apply` brings it about";

/// `handler`: what would have the file read again.
pub(super) fn runtime_mend(handler: Option<&str>) -> String {
    match handler {
        Some(handler) => format!("`zdt apply --only drifted` mends it: {handler}"),
        None => of_cause(Cause::Runtime, false).mend.to_owned(),
    }
}

/// Only what is as it was left is ever removed.
pub(super) fn orphan_mend(state: &OrphanState) -> &'static str {
    match state {
        OrphanState::AsLeft => "`zdt apply --prune` removes it",
        _ => of_cause(Cause::Orphaned, false).mend,
    }
}
