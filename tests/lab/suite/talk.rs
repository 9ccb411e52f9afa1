//! The host programs themselves on a real host: what zdt's engine would say to them, said by a test.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zdt::host::{Kind, Options, Program, Session, Target, connect};
use zdt::resource::{FactQuery, Observation, ObserveRequest, PathQuery};
use zdt::transaction::journal::{self, Line};
use zdt::transaction::{Checked, Checking, Entry, Header, Manifest, Outcome, Progress, Put, Seen, Verdict};

use super::fixture::{Host, Site};

/// One host of the lab, and a session with the host programs on it, without anything between.
pub struct Talk {
    pub host: Host,
    session: Session,
    /// Holds the connection's socket.
    _site: Site,
}

impl Talk {
    pub async fn with(suite: &str) -> Talk {
        let (host, site) = (Host::naive(suite), Site::new());
        let session = session(&site, &host, None, None).await;
        Talk { host, session, _site: site }
    }

    /// Comes in again, as another user.
    pub async fn again_as(self, user: &str, r#become: Option<&str>) -> Talk {
        let site = Site::new();
        let session = session(&site, &self.host, Some(user), r#become).await;
        Talk { session, _site: site, ..self }
    }

    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    pub async fn observe(&mut self, paths: &[&str]) -> Observation {
        self.session.start(Program::OBSERVE);
        let fact = |name: &str, arguments: &[&str]| FactQuery {
            name: name.to_owned(),
            kind: name.to_owned(),
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        };
        let request = ObserveRequest {
            paths: paths.iter().map(|path| PathQuery { path: (*path).to_owned(), content: true }).collect(),
            units: ["puma.service", "nginx.service", "no-such.service"].map(str::to_owned).to_vec(),
            facts: vec![fact("nginx", &[]), fact("puma", &["puma.service", "/srv/shop/current"])],
            users: vec!["shop".to_owned(), "nobody-here".to_owned()],
            ..ObserveRequest::default()
        };
        let mut lines = Vec::new();
        self.session.call("observe", &request.encode(), |line| lines.push(line.to_vec())).await.unwrap();
        Observation::decode(&request, &lines).unwrap()
    }

    pub async fn manifest(&mut self, files: &[(&str, Option<&str>)]) -> Manifest {
        let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        let observation = self.observe(&paths).await;
        let mut entries = Vec::new();
        for (path, content) in files {
            let seen = observation.paths[*path].clone();
            let put = match content {
                None => Put::Remove,
                Some("") => Put::Directory {
                    mode: "0755".to_owned(),
                    owner: Some("root".to_owned()),
                    group: Some("root".to_owned()),
                },
                Some(content) => Put::File {
                    content: Arc::from(content.as_bytes()),
                    mode: "0644".to_owned(),
                    owner: Some("root".to_owned()),
                    group: Some("root".to_owned()),
                },
            };
            let detail = seen.sha256.unwrap_or_default();
            let (kind, mode, owner, group) = (seen.kind, seen.mode, seen.owner, seen.group);
            let seen = Seen { kind, mode, owner, group, detail, parent: seen.parent };
            entries.push(Entry { path: (*path).to_owned(), put, seen });
        }
        let id = format!("lab-{}", std::process::id());
        Manifest { entries, ..Manifest::new(Header::of(&id, None)) }
    }

    async fn talk(&mut self, verb: &str, input: &[u8]) -> (Vec<Progress>, Option<Outcome>) {
        self.session.start(Program::OBSERVE);
        self.session.start(Program::PREFLIGHT);
        self.session.start(Program::RUN);
        let (mut progress, mut outcome, mut faults) = (Vec::new(), None, Vec::new());
        let limit = Duration::from_secs(300);
        self.session
            .call_within(limit, verb, input, |line| match journal::decode(line) {
                Ok(Some(Line::Progress(event))) => progress.push(event),
                Ok(Some(Line::Outcome(end))) => outcome = Some(end),
                Ok(Some(Line::Record(record))) => panic!("{record:?}"),
                Ok(None) => {}
                Err(fault) => faults.push(fault),
            })
            .await
            .unwrap();
        assert!(faults.is_empty(), "{}: {faults:?}", self.host.name);
        (progress, outcome)
    }

    pub async fn preflight(&mut self, manifest: &Manifest) -> BTreeMap<String, Verdict> {
        let (progress, _) = self.talk("preflight", &manifest.encode()).await;
        let verdict = |event| match event {
            Progress::Checked(Checked { name, verdict }) => Some((name, verdict)),
            _ => None,
        };
        progress.into_iter().filter_map(verdict).collect()
    }

    pub async fn run(&mut self, manifest: &Manifest) -> Outcome {
        let start = Instant::now();
        let (progress, outcome) = self.talk("run", &manifest.encode_for_run(Checking::Done)).await;
        eprintln!("{} {:?} {outcome:?}\n  {progress:?}", self.host.name, start.elapsed());
        outcome.unwrap()
    }
}

async fn session(site: &Site, host: &Host, user: Option<&str>, r#become: Option<&str>) -> Session {
    let target = Target {
        kind: Kind::Ssh,
        host: host.address.clone(),
        common_args: site.ssh_arguments(),
        user: Some(user.unwrap_or("root").to_owned()),
        r#become: r#become.map(str::to_owned),
        ..Target::local()
    };
    let options = Options { control_directory: Some(site.path("run")), ..Options::default() };
    connect(&target, &options).await.unwrap()
}
