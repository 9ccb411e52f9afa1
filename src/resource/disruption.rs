use serde::{Deserialize, Serialize};

/// What it costs those who use a host that a handler runs, from nothing to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disruption {
    None,
    /// Something starts that does not run: there is nobody to interrupt.
    Start,
    /// nginx takes new settings: nothing waits.
    Reload,
    /// Puma's workers are replaced one by one: nothing waits.
    Phased,
    /// Puma starts anew and keeps its sockets: requests wait for a boot, none fails.
    Hot,
    /// It ends and is started: requests fail meanwhile, unless systemd holds the socket.
    Restart,
}

impl Disruption {
    pub const ALL: [Disruption; 6] = [
        Disruption::None,
        Disruption::Start,
        Disruption::Reload,
        Disruption::Phased,
        Disruption::Hot,
        Disruption::Restart,
    ];

    /// As roles, the command line and JSON have it.
    pub fn word(self) -> &'static str {
        match self {
            Disruption::None => "none",
            Disruption::Start => "start",
            Disruption::Reload => "reload",
            Disruption::Phased => "phased",
            Disruption::Hot => "hot",
            Disruption::Restart => "restart",
        }
    }

    /// As people say it.
    pub fn name(self) -> &'static str {
        match self {
            Disruption::None => "no disruption",
            Disruption::Start => "start",
            Disruption::Reload => "reload",
            Disruption::Phased => "phased restart",
            Disruption::Hot => "hot restart",
            Disruption::Restart => "full restart",
        }
    }

    pub fn of_word(word: &str) -> Option<Disruption> {
        Disruption::ALL.into_iter().find(|one| one.word() == word)
    }

    /// The most that a kind of handler can cost: where nobody says what it does on this host, as in what a host remembers
    /// of roles that are gone. A kind that is not known here may do anything.
    pub fn at_most(kind: &str) -> Disruption {
        match kind {
            "daemon_reload" | "puma_listen" => Disruption::None,
            "nginx_reload" => Disruption::Reload,
            "puma_phased" => Disruption::Phased,
            "puma_restart" => Disruption::Hot,
            _ => Disruption::Restart,
        }
    }

    /// Whether it is more than `most` allows. A start is always allowed.
    pub fn exceeds(self, most: Disruption) -> bool {
        self != Disruption::Start && self > most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_refuses_what_is_worse_and_no_start() {
        let refused = |most: Disruption| {
            let worse = Disruption::ALL.into_iter().filter(|one| one.exceeds(most));
            worse.map(Disruption::word).collect::<Vec<_>>().join(" ")
        };
        let cases = [
            (Disruption::None, "reload phased hot restart"),
            (Disruption::Reload, "phased hot restart"),
            (Disruption::Phased, "hot restart"),
            (Disruption::Hot, "restart"),
            (Disruption::Restart, ""),
        ];
        for (most, worse) in cases {
            assert_eq!(refused(most), worse, "{most:?}");
        }
    }

    #[test]
    fn a_word_comes_back_and_others_do_not() {
        for one in Disruption::ALL {
            assert_eq!(Disruption::of_word(one.word()), Some(one));
        }
        assert_eq!(Disruption::of_word("Hot"), None);
        assert_eq!(Disruption::of_word(""), None);
    }
}
