use std::time::Duration;

/// How requests are sent through nginx while anything is activated, and what of them may be lost. The host finds by itself
/// which server hands them to the app, as far as nothing is said here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Where to connect; `None`: nginx's own server of the upstream, on the host itself.
    pub at: Option<Place>,
    /// The `Host:` of the requests; `None`: the name of the server.
    pub host: Option<String>,
    pub path: String,
    pub method: String,
    /// Requests a second.
    pub rate: u32,
    /// The status that is right; `None`: any below 500.
    pub expect: Option<u16>,
    /// A header of the answer that says which release gave it; answers are counted by its value.
    pub header: Option<String>,
    /// How many may fail.
    pub max_failed: u32,
    /// How long one may wait, beyond what a restart announces.
    pub max_stall: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `http` or `https`.
    pub scheme: String,
    pub address: String,
    pub port: u16,
}

impl Default for Witness {
    fn default() -> Witness {
        Witness {
            at: None,
            host: None,
            path: "/".to_owned(),
            method: "GET".to_owned(),
            rate: 20,
            expect: None,
            header: None,
            max_failed: 0,
            max_stall: Duration::from_secs(1),
        }
    }
}

impl Witness {
    /// The words of the manifest's line, in its order.
    pub(super) fn words(&self) -> Vec<String> {
        let (scheme, address, port) = match &self.at {
            Some(Place { scheme, address, port }) => (scheme.clone(), address.clone(), port.to_string()),
            None => Default::default(),
        };
        vec![
            "witness".to_owned(),
            scheme,
            address,
            port,
            self.host.clone().unwrap_or_default(),
            self.path.clone(),
            self.method.clone(),
            self.rate.to_string(),
            self.expect.map(|status| status.to_string()).unwrap_or_default(),
            self.header.clone().unwrap_or_default(),
            self.max_failed.to_string(),
            self.max_stall.as_millis().to_string(),
        ]
    }
}

/// What the witness has counted; times in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Witnessed {
    /// The unit of the app that was asked; `None` where a host has only one at stake.
    pub about: Option<String>,
    pub sent: u64,
    pub failed: u64,
    pub p50: u64,
    pub p99: u64,
    pub longest: u64,
    /// How long one was allowed to wait; `None`: a restart whose length nobody knew.
    pub allowed: Option<u64>,
    /// How many failed in which way: `status-502`, `refused`, `broken`, `timeout`.
    pub kinds: Vec<(String, u64)>,
    /// How many were answered by which release, where a header tells.
    pub answers: Vec<(String, u64)>,
    /// The site did not answer before anything was done: nothing is judged.
    pub excused: bool,
}

impl Witnessed {
    /// `-`, or `word:number` with commas between.
    pub(super) fn counts(text: &str) -> Option<Vec<(String, u64)>> {
        if text == "-" {
            return Some(Vec::new());
        }
        let pair = |pair: &str| {
            let (word, number) = pair.rsplit_once(':')?;
            Some((word.to_owned(), number.parse().ok()?))
        };
        text.split(',').map(pair).collect()
    }

    /// Both together, as of two parts of one transaction.
    pub fn and(mut self, other: Witnessed) -> Witnessed {
        self.sent += other.sent;
        self.failed += other.failed;
        self.p50 = self.p50.max(other.p50);
        self.p99 = self.p99.max(other.p99);
        self.longest = self.longest.max(other.longest);
        self.allowed = self.allowed.and_then(|allowed| other.allowed.map(|other| other.max(allowed)));
        for (ours, theirs) in [(&mut self.kinds, other.kinds), (&mut self.answers, other.answers)] {
            for (word, number) in theirs {
                match ours.iter_mut().find(|(known, _)| *known == word) {
                    Some((_, sum)) => *sum += number,
                    None => ours.push((word, number)),
                }
            }
        }
        self.excused |= other.excused;
        if self.about != other.about {
            self.about = None;
        }
        self
    }
}
