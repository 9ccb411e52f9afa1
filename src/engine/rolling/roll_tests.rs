use proptest::prelude::*;

use super::{End, InService, Ramp, Roll, Rules, Size, WhyNot};

/// A fleet as data: of each host the groups it is in, by number; whether it is known; how it ends.
#[derive(Debug, Clone)]
struct Fleet {
    hosts: Vec<(Vec<usize>, bool, End)>,
    keeps: [Size; 3],
    ramps: Vec<Ramp>,
    allowed: Option<usize>,
}

impl Fleet {
    fn in_service(&self) -> Vec<Vec<InService>> {
        let size = |group| self.hosts.iter().filter(|(groups, ..)| groups.contains(&group)).count();
        let one = |group: &usize| {
            let size = size(*group);
            InService { group: group.to_string(), size, keep: self.keeps[*group].at_least(size) }
        };
        self.hosts.iter().map(|(groups, ..)| groups.iter().map(one).collect()).collect()
    }

    fn roll(&self, in_service: &[Vec<InService>]) -> Roll {
        let known = |index: &usize| self.hosts[*index].1;
        let indices = 0..self.hosts.len();
        let work = indices.clone().filter(known).map(|index| (index, &in_service[index][..]));
        let unknown = indices.filter(|index| !known(index)).map(|index| &in_service[index][..]);
        Roll::new(Rules { ramps: self.ramps.clone(), allowed: self.allowed }, work, unknown)
    }

    /// The batches, as they would really go.
    fn batches(&self) -> (Vec<Vec<usize>>, Roll) {
        let in_service = self.in_service();
        let mut roll = self.roll(&in_service);
        let mut batches = Vec::new();
        while let Some(batch) = roll.next() {
            batch.iter().for_each(|index| roll.ended(*index, self.hosts[*index].2));
            batches.push(batch);
        }
        (batches, roll)
    }

    fn out_of(&self, group: usize, hosts: impl Iterator<Item = usize>) -> usize {
        hosts.filter(|index| self.hosts[*index].0.contains(&group)).count()
    }
}

fn sizes() -> impl Strategy<Value = Size> {
    prop_oneof![(0usize..6).prop_map(Size::Hosts), (0u8..=100).prop_map(Size::Percent)]
}

fn ramps() -> impl Strategy<Value = Vec<Ramp>> {
    let ramp = prop::collection::vec(sizes(), 1..4).prop_filter_map("no batch is empty", Ramp::of);
    prop::collection::vec(prop_oneof![Just(Ramp::default()), ramp], 1..3)
}

fn fleets() -> impl Strategy<Value = Fleet> {
    let end = prop_oneof![6 => Just(End::Well), 1 => Just(End::Failed), 1 => Just(End::Unreachable)];
    let groups = prop::sample::subsequence(vec![0, 1, 2], 0..=3);
    let hosts = prop::collection::vec((groups, prop::bool::weighted(0.9), end), 0..24);
    let allowed = prop_oneof![Just(None), (0usize..4).prop_map(Some)];
    let fleet = |(hosts, keeps, ramps, allowed)| Fleet { hosts, keeps, ramps, allowed };
    (hosts, [sizes(), sizes(), sizes()], ramps(), allowed).prop_map(fleet)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn every_host_begins_once_in_order_or_it_is_said_why_not(fleet in fleets()) {
        let (batches, roll) = fleet.batches();
        prop_assert!(batches.iter().all(|batch| !batch.is_empty()));
        let begun: Vec<usize> = batches.concat();
        prop_assert!(begun.is_sorted_by(|a, b| a < b));
        for (index, (_, known, _)) in fleet.hosts.iter().enumerate() {
            let has_reason = roll.why_not(index).is_some();
            if begun.contains(&index) {
                prop_assert!(known);
            } else if *known {
                prop_assert!(has_reason, "{index}");
            }
        }
    }

    #[test]
    fn no_batch_is_larger_than_any_ramp_allows(fleet in fleets()) {
        let work = fleet.hosts.iter().filter(|(_, known, _)| *known).count();
        let mut step = 0;
        for batch in fleet.batches().0 {
            for ramp in &fleet.ramps {
                prop_assert!(batch.len() <= ramp.at(step, work), "{batch:?} at {step} of {ramp}");
            }
            step += usize::from(batch.iter().any(|index| fleet.hosts[*index].2 == End::Well));
        }
    }

    #[test]
    fn nothing_begins_over_the_budget(fleet in fleets()) {
        let unknown = fleet.hosts.iter().filter(|(_, known, _)| !known).count();
        let (batches, _) = fleet.batches();
        let mut bad = unknown;
        for batch in batches {
            prop_assert!(fleet.allowed.is_none_or(|allowed| bad <= allowed));
            bad += batch.iter().filter(|index| fleet.hosts[**index].2 != End::Well).count();
        }
    }

    #[test]
    fn of_no_group_more_are_out_than_may_be(fleet in fleets()) {
        let in_service = fleet.in_service();
        let mut out: Vec<usize> = (0..fleet.hosts.len()).filter(|index| !fleet.hosts[*index].1).collect();
        for batch in fleet.batches().0 {
            out.extend(&batch);
            for group in batch.iter().flat_map(|index| &in_service[*index]) {
                let number = group.group.parse().expect("a number");
                let now = fleet.out_of(number, out.iter().copied());
                prop_assert!(now + group.keep <= group.size, "{batch:?}: {now} out of {group:?}");
            }
            out.retain(|index| !fleet.hosts[*index].1 || fleet.hosts[*index].2 != End::Well);
        }
    }

    #[test]
    fn the_way_back_is_whole_and_no_wider_than_the_way_there(fleet in fleets()) {
        let (batches, roll) = fleet.batches();
        let changed: Vec<usize> =
            batches.concat().into_iter().filter(|index| fleet.hosts[*index].2 == End::Well).collect();
        let widest = batches.iter().map(Vec::len).max().unwrap_or_default();
        let mut back = roll.back(changed.iter().copied());
        let mut taken = Vec::new();
        while let Some(batch) = back.next() {
            prop_assert!(batch.len() <= widest);
            // The worst case: none of them can be taken back.
            batch.iter().for_each(|index| back.ended(*index, End::Failed));
            taken.extend(batch);
        }
        prop_assert_eq!(taken, changed);
    }
}

fn six(keep: Size, ramp: &str, allowed: Option<usize>, ends: [End; 6]) -> Fleet {
    let hosts = ends.into_iter().map(|end| (vec![0], true, end)).collect();
    let ramps = vec![Ramp::parse(ramp).expect("a ramp")];
    Fleet { hosts, keeps: [keep, keep, keep], ramps, allowed }
}

#[test]
fn batches_grow_stop_and_are_cut() {
    use End::{Failed as F, Unreachable as U, Well as W};
    let none = Size::Hosts(0);
    for (what, fleet, batches) in [
        ("the proof", six(none, "1, 100%", Some(0), [W; 6]), &[&[0][..], &[1, 2, 3, 4, 5]][..]),
        ("a ramp", six(none, "1, 2", Some(0), [W; 6]), &[&[0], &[1, 2], &[3, 4], &[5]]),
        ("a bad third stops", six(none, "1, 2", Some(0), [W, W, F, W, W, W]), &[&[0], &[1, 2]]),
        ("one out of reach stops too", six(none, "2", Some(0), [W, U, W, W, W, W]), &[&[0, 1]]),
        ("a budget is used up", six(none, "2", Some(1), [W, F, F, W, W, W]), &[&[0, 1], &[2, 3]]),
        ("and not reached", six(none, "2", Some(2), [W, F, F, W, W, W]), &[&[0, 1], &[2, 3], &[4, 5]]),
        ("a bad first proves nothing", six(none, "1, 100%", None, [F, W, W, W, W, W]), &[&[0], &[1], &[2, 3, 4, 5]]),
        ("a minimum cuts", six(Size::Percent(60), "1, 100%", Some(0), [W; 6]), &[&[0], &[1, 2], &[3, 4], &[5]]),
        ("what failed is out", six(Size::Hosts(4), "2", None, [W, F, W, W, W, W]), &[&[0, 1], &[2], &[3], &[4], &[5]]),
        ("none is left to take out", six(Size::Hosts(4), "2", None, [F, F, W, W, W, W]), &[&[0, 1]]),
        ("all must stay", six(Size::Percent(100), "1", None, [W; 6]), &[]),
    ] {
        assert_eq!(fleet.batches().0, batches, "{what}");
    }
}

#[test]
fn who_does_not_begin_has_a_reason() {
    let fleet = six(Size::Hosts(4), "2", Some(1), [End::Failed; 6]);
    let (_, roll) = fleet.batches();
    assert_eq!(roll.why_not(5), Some(WhyNot::Budget { failed: 2, unreachable: 0, allowed: 1 }));
    let fleet = six(Size::Hosts(4), "2", None, [End::Unreachable; 6]);
    let (_, roll) = fleet.batches();
    let minimum = WhyNot::Minimum { group: "0".to_owned(), size: 6, keep: 4, out: 2 };
    assert_eq!(roll.why_not(5), Some(minimum));
}

#[test]
fn the_forecast_is_what_happens_if_all_goes_well() {
    let mut fleet = six(Size::Hosts(4), "1, 100%", Some(1), [End::Well; 6]);
    fleet.hosts[2].1 = false;
    let in_service = fleet.in_service();
    let forecast = fleet.roll(&in_service).forecast();
    assert_eq!((forecast.batches, forecast.held), (fleet.batches().0, Vec::new()));
    fleet.allowed = Some(0);
    let forecast = fleet.roll(&in_service).forecast();
    let budget = WhyNot::Budget { failed: 0, unreachable: 1, allowed: 0 };
    assert_eq!(forecast.batches, Vec::<Vec<usize>>::new());
    assert_eq!(forecast.held, [0, 1, 3, 4, 5].map(|index| (index, budget.clone())));
}
