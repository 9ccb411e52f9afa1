//! The matrix itself, and what shows that it would see a fault.

use std::sync::Mutex;

use crate::explore::{Next, Tally, essence, explore, fail, fail_recovery, finish};
use crate::judge::End;
use crate::rig::{Answer, Rig, Shell, When};
use crate::scenario::{Ending, Kind, STATE, Scenario, verb};

const SHELLS: [Shell; 2] = [Shell::Dash, Shell::Busybox];

/// Works on all of it with every processor.
fn each<T: Send>(all: Vec<T>, work: impl Fn(T) -> Tally + Sync) -> Tally {
    let all = Mutex::new(all);
    let sum = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some(one) = all.lock().unwrap().pop() else { break };
                    let tally = work(one);
                    sum.lock().unwrap().add(tally);
                }
            });
        }
    });
    sum.into_inner().unwrap()
}

fn show(torn: &[String]) -> String {
    torn.iter().take(20).map(|line| format!("{line}\n")).collect()
}

#[test]
fn whatever_dies_and_whatever_fails_a_host_is_as_planned_or_as_it_was() {
    use {Ending::*, Kind::*};
    let mut all = Vec::new();
    for shell in SHELLS {
        for kind in [Changed, Created, Deleted, Elsewhere] {
            for ending in [Commits, CheckFails, HandlerFails, TimesOut] {
                if ending != TimesOut || kind == Changed {
                    all.push((shell, kind, ending));
                }
            }
        }
    }
    let wanted = all.len();
    let done = Mutex::new(0);
    let sum = each(all, |(shell, kind, ending)| {
        let mut tally = Tally::default();
        let Some(rig) = Rig::new(shell, |text| text) else { return tally };
        let scenario = Scenario::new(kind, ending);
        // Services read their files anew at a restart: units before recovery, the others after it or, late, before.
        let nexts: &[Next] = match (kind, ending) {
            (Created, Commits) => &[Next::Recovery, Next::Zdt, Next::Boot, Next::LateBoot],
            _ => &[Next::Recovery, Next::Confirm, Next::Revert],
        };
        explore(&rig, &scenario, nexts, usize::MAX, &mut tally);
        if ending == Commits || (ending == HandlerFails && matches!(kind, Changed | Elsewhere)) {
            fail(&rig, &scenario, &mut tally);
        }
        if shell == Shell::Dash && matches!((kind, ending), (Changed, Commits) | (Elsewhere, HandlerFails)) {
            fail_recovery(&rig, &scenario, &mut tally);
        }
        *done.lock().unwrap() += 1;
        tally
    });
    println!(
        "fault matrix: {} cases, {} torn: {} ended as before, {} as planned; {} after a second kill or a later one, {} \
         with a command that failed; they stand for {} pairs of a step killed and a step of its recovery killed",
        sum.cases,
        sum.torn.len(),
        sum.ends[0],
        sum.ends[1],
        sum.again,
        sum.failed,
        sum.pairs
    );
    assert!(sum.torn.is_empty(), "{}", show(&sum.torn));
    // Where a shell is missing, that was said aloud.
    if done.into_inner().unwrap() == wanted {
        assert!(sum.cases >= 5000 && sum.ends[0] > 1000 && sum.ends[1] > 500, "{sum:?}");
    }
}

/// What a kill leaves is what was on the disk when it came: else the matrix would be about another world.
#[test]
fn a_real_kill_leaves_what_the_matrix_recovers_from() {
    for shell in SHELLS {
        let Some(rig) = Rig::new(shell, |text| text) else { continue };
        let scenario = Scenario::new(Kind::All, Ending::Commits);
        let call = scenario.run(&rig);
        let mut moments = Vec::new();
        scenario.before.lay(&rig.folder);
        rig.play(&call, |when, _| {
            if when != When::Reading {
                moments.push(essence(&rig.world()));
            }
            Answer::Go
        });
        let mut tally = Tally::default();
        for (place, moment) in moments.iter().enumerate().step_by(9) {
            scenario.before.lay(&rig.folder);
            let mut passed = 0;
            rig.play(&call, |when, _| {
                passed += usize::from(when != When::Reading);
                if passed == place + 1 { Answer::Kill } else { Answer::Go }
            });
            // The last of them may still be ending.
            let free = (0..500).any(|_| {
                std::thread::sleep(std::time::Duration::from_millis(2));
                rig.is_free()
            });
            assert!(free, "the dead hold the lock");
            let mut world = rig.world();
            assert_eq!(essence(&world).difference(moment), "", "{shell:?} {place}");
            let recovery = Next::Recovery.prepare(&rig, &mut world);
            rig.play(&recovery, |_, _| Answer::Go);
            finish(&rig, &scenario, &format!("really killed at {place}"), None, &mut tally);
        }
        assert!(tally.torn.is_empty() && tally.ends[0] > 5 && tally.ends[1] > 1, "{}", show(&tally.torn));
    }
}

/// Who says yes or no hears how it really ended, at whatever moment that comes, and whoever dies just then.
#[test]
fn a_word_comes_in_time_or_too_late_and_never_half() {
    let mut all = Vec::new();
    for shell in SHELLS {
        for word in ["confirm", "revert"] {
            all.extend([None, Some(1), Some(4)].map(|killed| (shell, word, killed)));
        }
    }
    let sum = each(all, |(shell, word, killed)| {
        let mut tally = Tally::default();
        let Some(rig) = Rig::new(shell, |text| text) else { return tally };
        let scenario = Scenario::new(Kind::Changed, Ending::TimesOut);
        let call = scenario.run(&rig);
        let mut steps = 0;
        let mut waiting = Vec::new();
        scenario.before.lay(&rig.folder);
        let said = rig.play(&call, |_, _| {
            steps += 1;
            if rig.folder.join(STATE).join("open/awaiting").exists() {
                waiting.push(steps);
            }
            Answer::Go
        });
        assert!(waiting.len() > 10, "{steps} {waiting:?} {said}");
        for place in waiting.into_iter().step_by(3) {
            scenario.before.lay(&rig.folder);
            let other = rig.beside();
            let said = std::thread::scope(|scope| {
                let mut speaker = None;
                let mut passed = 0;
                rig.play(&call, |_, _| {
                    passed += 1;
                    if passed == place {
                        let say = verb(&other, word);
                        let other = &other;
                        speaker = Some(scope.spawn(move || other.play(&say, |_, _| Answer::Go)));
                    }
                    if killed.is_some_and(|later| passed == place + later) { Answer::Kill } else { Answer::Go }
                });
                speaker.unwrap().join().unwrap()
            });
            // One who came when all was over leaves it to the guard, if the one who died did.
            let mut world = rig.world();
            if world.has(&format!("{STATE}/open")) || world.has(&format!("{STATE}/program")) {
                let recovery = Next::Recovery.prepare(&rig, &mut world);
                rig.play(&recovery, |_, _| Answer::Go);
            }
            let heard = if said.contains("outcome\x1fcommitted") {
                Some(End::After)
            } else if said.contains("outcome\x1fput-back") {
                Some(End::Before)
            } else {
                None
            };
            tally.cases += 1;
            let trail = format!("{word} at step {place}, killed {killed:?} later, heard `{said}`");
            finish(&rig, &scenario, &trail, heard, &mut tally);
            if heard.is_none() {
                tally.torn.push(format!("{trail}: nobody told how it ended"));
            }
        }
        tally
    });
    println!("words at any moment: {} cases, {} torn", sum.cases, sum.torn.len());
    assert!(sum.torn.is_empty(), "{}", show(&sum.torn));
}

/// The matrix must see a program that is wrong.
#[test]
fn a_program_that_tears_is_caught() {
    let faults = [
        // Written over instead of renamed: the saved old file is another name of it.
        (
            Kind::Changed,
            "try mv -fT \"$place/$number.new\" \"./$name\"",
            "try cp -f \"$place/$number.new\" \"./$name\"",
        ),
        // Recovery that forgets what was swapped, or what was activated.
        (Kind::Changed, "lines_of swapped", "lines=''"),
        (Kind::Changed, "lines_of activated", "lines=''"),
        // A guard that stays.
        (Kind::Created, "rm -f \"$guard_wants/zdt-recover.service\" \"$guard_unit\"", ":"),
        // A removal that is not undone.
        (Kind::Deleted, "remove:directory) [ -d \"./$name\" ] || try mv", "remove:directory) : || try mv"),
    ];
    each(faults.to_vec(), |(kind, right, wrong)| {
        let found = Mutex::new(false);
        let mend = |text: String| {
            *found.lock().unwrap() |= text.contains(right);
            text.replace(right, wrong)
        };
        let rig = Rig::new(Shell::Dash, mend);
        let Some(rig) = rig else { return Tally::default() };
        assert!(found.into_inner().unwrap(), "the program has no `{right}` to spoil");
        let mut tally = Tally::default();
        explore(&rig, &Scenario::new(kind, Ending::Commits), &[Next::Recovery], 1, &mut tally);
        assert!(!tally.torn.is_empty(), "with `{wrong}` nothing was torn");
        Tally::default()
    });
}
