//! Something breaks while zdt applies, at each phase: the cable, zdt itself. The host settles it, alone or with the zdt that
//! comes back, and zdt tells the truth about it.

use std::time::Duration;

use serde_json::Value;

use super::fixture::Snapshot;
use super::hold::{Held, Phase, site_of};

/// What a host does before it waits to be confirmed.
const AT_WORK: [Phase; 8] = [
    Phase::Guard,
    Phase::Begin,
    Phase::Stage,
    Phase::Compare,
    Phase::Check,
    Phase::Swap,
    Phase::Activate,
    Phase::PutBack,
];
const ALL: [Phase; 10] = [
    Phase::Guard,
    Phase::Begin,
    Phase::Stage,
    Phase::Compare,
    Phase::Check,
    Phase::Swap,
    Phase::Activate,
    Phase::Confirm,
    Phase::PutBack,
    Phase::Commit,
];
/// ssh notices within 15 s that nobody answers.
const NOTICED: Duration = Duration::from_secs(40);
const ENDED: Duration = Duration::from_secs(120);

fn snapshots(held: &[Held]) -> Vec<Snapshot> {
    held.iter().map(|one| one.host.snapshot().settled()).collect()
}

#[track_caller]
fn all_settled_alone(held: &[Held], before: &[Snapshot]) {
    for (one, before) in held.iter().zip(before) {
        one.settled_alone(before, ENDED);
    }
}

/// After all that, an apply comes to its end.
#[track_caller]
fn converge(held: &[Held]) {
    held.iter().for_each(Held::works_again);
    let (site, inventory) = site_of(held);
    site.apply(&inventory).ended_with(0);
    site.plan(&inventory).ended_with(0);
    for one in held {
        one.host.nothing_is_left();
        one.serves();
    }
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn zdt_killed_at_any_phase_is_made_good_by_the_host() {
    let held = Held::each("trixie", &ALL);
    let (site, inventory) = site_of(&held);
    let before = snapshots(&held);
    let zdt = site.start(&["apply", "--yes", "--batch", "100%", "--confirm-timeout", "8"], &inventory);
    held.iter().for_each(Held::comes);
    zdt.kill();
    held.iter().for_each(Held::goes_on);
    all_settled_alone(&held, &before);
    converge(&held);
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_cable_cut_while_hosts_are_at_work_leaves_them_to_themselves() {
    let held = Held::each("trixie", &AT_WORK);
    let (site, inventory) = site_of(&held);
    let before = snapshots(&held);
    let mut zdt = site.start(&["apply", "--yes", "--batch", "100%", "--confirm-timeout", "8"], &inventory);
    held.iter().for_each(Held::comes);
    held.iter().for_each(|one| one.host.cut());
    held.iter().for_each(Held::goes_on);
    for one in &held {
        let words =
            format!("{}: the connection broke while it was at work; trying again. Left alone, it ", one.host.name);
        zdt.says(&words, NOTICED);
    }
    // It would ask on until the hosts have had all the time that they may take. Whoever has seen enough leaves.
    zdt.signal("INT");
    zdt.says("those at work settle", NOTICED);
    zdt.signal("INT");
    let ran = zdt.ends(NOTICED);
    ran.ended_with(4);
    for one in &held {
        ran.says(&format!("{} was at work: it undoes itself by ", one.host.name));
    }
    all_settled_alone(&held, &before);
    held.iter().for_each(|one| one.host.mend());
    converge(&held);
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_cable_cut_while_hosts_wait_makes_them_lost() {
    let held = Held::each("trixie", &[Phase::Confirm, Phase::Commit]);
    let (site, inventory) = site_of(&held);
    let before = snapshots(&held);
    let zdt = site.start(&["apply", "--yes", "--batch", "100%", "--confirm-timeout", "20"], &inventory);
    held.iter().for_each(Held::comes);
    held.iter().for_each(|one| one.host.cut());
    held.iter().for_each(Held::goes_on);
    let ran = zdt.ends(ENDED);
    ran.ended_with(4);
    let lost = |index: usize| format!("{}: the connection broke while the host was at work", held[index].host.name);
    ran.says(&lost(0)).says("it has undone itself, since ");
    // Whether the word has reached it, zdt cannot know.
    ran.says(&lost(1)).says("it has committed or undone itself by now, since ");
    all_settled_alone(&held, &before);
    held.iter().for_each(|one| one.host.mend());
    converge(&held);
}

#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn a_cable_mended_in_time_is_found_and_the_end_told() {
    let held = Held::each("trixie", &ALL);
    let (site, inventory) = site_of(&held);
    let before = snapshots(&held);
    let mut zdt = site.start(&["apply", "--yes", "--batch", "100%", "--json"], &inventory);
    held.iter().for_each(Held::comes);
    held.iter().for_each(|one| one.host.cut());
    // The connections are over, and zdt knows it, before they can be had again.
    for one in held.iter().filter(|one| !matches!(one.phase, Phase::Confirm | Phase::Commit)) {
        zdt.says(&format!("{}: the connection broke", one.host.name), NOTICED);
    }
    held.iter().for_each(|one| one.host.mend());
    held.iter().for_each(Held::goes_on);
    let ran = zdt.ends(ENDED);
    ran.ended_with(5);
    let document: Value = serde_json::from_str(&ran.stdout).expect("a document");
    let told = document["applied"].as_array().expect("a list");
    assert_eq!(told.len(), held.len(), "{}", ran.all());
    for (one, before) in held.iter().zip(&before) {
        let told = told.iter().find(|told| told["host"] == one.host.name.as_str()).expect("every host is told of");
        let is_put_back = one.phase == Phase::PutBack;
        let expected = if is_put_back { "put back" } else { "committed" };
        assert_eq!(told["outcome"], expected, "{:?}: {}", one.phase, ran.all());
        let difference = before.difference(&one.host.snapshot().settled());
        assert_eq!(difference.is_empty(), is_put_back, "{:?}:\n{difference}", one.phase);
        one.host.nothing_is_left();
    }
    converge(&held);
}

/// The second waits and says for whom; then there is nothing left to do. One that will not wait is told who it is.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn of_two_zdt_at_once_one_waits_and_finds_the_work_done() {
    let held = [Held::at("trixie", Phase::Stage)];
    let (site, inventory) = site_of(&held);
    let (second_site, second_inventory) = site_of(&held);
    let first = site.start(&["apply", "--yes"], &inventory);
    held[0].comes();
    let machine = host_name();
    let impatient = second_site.zdt(&["apply", "--yes", "--lock-timeout", "2"], &second_inventory);
    impatient.ended_with(4).says("waiting, held by transaction ").says("is at work there");
    for words in ["since 20", &format!("@{machine} from 10.77.")] {
        impatient.says(words);
    }
    let mut second = second_site.start(&["apply", "--yes"], &second_inventory);
    second.says("waiting, held by transaction ", NOTICED);
    held[0].goes_on();
    first.ends(ENDED).ended_with(0);
    second.ends(ENDED).ended_with(0).says("in sync");
    let ended = held[0].host.sh("cat /var/lib/zdt/history/*/ended");
    assert_eq!(ended.lines().count(), 1, "{ended}");
    converge(&held);
}

/// The first is killed: the second waits until the host has put that back, and does the work.
#[test]
#[ignore = "boots hosts: needs root, see tests/run"]
fn of_two_zdt_at_once_the_second_goes_on_when_the_first_dies() {
    let held = [Held::at("trixie", Phase::Swap)];
    let (site, inventory) = site_of(&held);
    let (second_site, second_inventory) = site_of(&held);
    let first = site.start(&["apply", "--yes", "--confirm-timeout", "5"], &inventory);
    held[0].comes();
    let mut second = second_site.start(&["apply", "--yes", "--lock-timeout", "90"], &second_inventory);
    second.says("waiting, held by transaction ", NOTICED);
    first.kill();
    held[0].goes_on();
    second.ends(ENDED).ended_with(0).says("committed");
    let ended = held[0].host.sh("cat /var/lib/zdt/history/*/ended");
    let outcomes = ended.lines().filter_map(|line| line.split('\u{1f}').next()).collect::<Vec<_>>();
    assert_eq!(outcomes, ["put-back", "committed"], "{ended}");
    converge(&held);
}

/// How this machine is called.
fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
