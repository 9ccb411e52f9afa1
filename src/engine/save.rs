//! Jobs become a saved plan, and a saved plan becomes jobs.

use std::path::{Path, PathBuf};

use crate::engine::rolling::Wishes;
use crate::engine::{Job, Planned, Prepared, Problem, Wanted};
use crate::host;
use crate::inventory::{self, Texts};
use crate::plan::saved::{Address, Made, SavedHost, SavedPlan, SavedState, Work};
use crate::resource::{Disruption, Facts};
use crate::source::Source;
use crate::transaction::Witness;

/// All that applying needs, of every host. `why` words what came to no plan.
pub fn save<'a>(
    jobs: impl IntoIterator<Item = (&'a Job, &'a Planned)>,
    made: Made,
    without_roles: Vec<String>,
    why: impl Fn(&str, &Planned) -> String,
) -> SavedPlan {
    let host = |(job, planned): (&Job, &Planned)| SavedHost {
        name: job.host.clone(),
        address: address(&job.target),
        root: job.root.clone(),
        rolling: job.rolling.saved(),
        state: match planned {
            Planned::Ready(ready) if ready.open.is_some() => SavedState::Unknown(why(&job.host, planned)),
            Planned::Ready(ready) if !ready.is_refused() => match job.rendered(&ready.observation.facts) {
                Ok(desired) => match Work::of(job.request(), desired, &ready.observation) {
                    Ok(work) => SavedState::Planned(Box::new(work)),
                    Err(unknown) => {
                        let names: Vec<String> = unknown.iter().map(|one| one.id.to_string()).collect();
                        SavedState::Unknown(format!("{} could not be looked at", names.join(", ")))
                    }
                },
                // It could be rendered a moment ago, from the same facts.
                Err(_) => SavedState::Unknown("its roles gave different results twice".to_owned()),
            },
            Planned::Ready(_) | Planned::Faulty(_) => SavedState::Refused(why(&job.host, planned)),
            Planned::Unknown(_) => SavedState::Unknown(why(&job.host, planned)),
        },
    };
    SavedPlan { made, hosts: jobs.into_iter().map(host).collect(), without_roles }
}

/// The work that a saved plan holds. `limit` chooses among its hosts; there are no groups.
pub fn jobs_of(plan: SavedPlan, limit: Option<&str>) -> Result<Prepared, Vec<Problem>> {
    let names: serde_json::Map<_, _> =
        plan.hosts.iter().map(|host| (host.name.clone(), serde_json::Value::Null)).collect();
    // JSON is YAML: the hosts as an inventory, so that patterns mean what they mean everywhere.
    let text = serde_json::json!({"all": {"hosts": names}}).to_string();
    let texts = Texts { main: vec![Source::new("the saved plan", text)], ..Texts::default() };
    let problems = |faults: Vec<inventory::Fault>| faults.into_iter().map(Problem::Inventory).collect::<Vec<_>>();
    let inventory = inventory::parse(&texts).map_err(problems)?;
    let selected: Vec<String> = inventory.select(limit).map_err(problems)?.into_iter().map(str::to_owned).collect();
    let chosen = plan.hosts.into_iter().filter(|host| selected.contains(&host.name));
    let job = |host: SavedHost| Job {
        rolling: Wishes::of_saved(host.rolling),
        target: target(host.address),
        host: host.name,
        root: host.root,
        pretended: Facts::new(),
        most: None,
        bound: Wanted::Saved(host.state),
        witness: Some(Witness::default()),
    };
    let without_roles = if limit.is_none() { plan.without_roles } else { Vec::new() };
    Ok(Prepared { jobs: chosen.map(job).collect(), without_roles, unused_files: Vec::new() })
}

/// What a saved plan says, as it said it when it was made; no host is looked at.
pub fn saved_as_planned(jobs: &[Job], most: Option<Disruption>) -> Vec<Planned> {
    jobs.iter().filter_map(|job| job.bound.as_planned(job.root.is_some(), most)).collect()
}

fn address(target: &host::Target) -> Address {
    // It may be applied from another folder.
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Address {
        connection: match target.kind {
            host::Kind::Ssh => "ssh".to_owned(),
            host::Kind::Local => "local".to_owned(),
        },
        host: target.host.clone(),
        port: target.port,
        user: target.user.clone(),
        private_key: target.private_key.as_ref().map(|path| absolute(path).to_string_lossy().into_owned()),
        common_args: target.common_args.clone(),
        r#become: target.r#become.clone(),
    }
}

fn target(address: Address) -> host::Target {
    host::Target {
        kind: if address.connection == "local" { host::Kind::Local } else { host::Kind::Ssh },
        host: address.host,
        port: address.port,
        user: address.user,
        private_key: address.private_key.map(PathBuf::from),
        common_args: address.common_args,
        r#become: address.r#become,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_host_is_kept_whole() {
        let ssh = host::Target {
            kind: host::Kind::Ssh,
            host: "10.0.0.1".to_owned(),
            port: Some(2222),
            user: Some("deploy".to_owned()),
            private_key: Some(PathBuf::from("/keys/one")),
            common_args: vec!["-o".to_owned(), "ProxyJump=bastion".to_owned()],
            r#become: Some("root".to_owned()),
        };
        for before in [ssh, host::Target::local()] {
            assert_eq!(format!("{:?}", target(address(&before))), format!("{before:?}"));
        }
        let relative = host::Target { private_key: Some(PathBuf::from("keys/one")), ..host::Target::local() };
        let kept = target(address(&relative)).private_key;
        assert!(kept.is_some_and(|path| path.is_absolute() && path.ends_with("keys/one")));
    }
}
