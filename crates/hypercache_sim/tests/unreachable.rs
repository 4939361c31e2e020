//! Members that cannot be reached where they say that they are: they say so themselves, and nobody else is
//! suspected because of them.

use std::collections::BTreeSet;

use hypercache_gossip::{ChangeKind, Doubt};
use hypercache_sim::{Action, Advertised, Fault, History, Plan, Preset, World, check};

type Told = (String, ChangeKind, Option<Doubt>);

/// What each member was told of itself and the others, but for joins, leaves, updates and the last acts.
fn told(history: &History) -> Vec<Vec<Told>> {
    let mut told = vec![Vec::new(); history.plan.member_count];
    for (at, observer, change) in history.changes() {
        let is_of_health =
            matches!(change.kind, ChangeKind::Suspected | ChangeKind::Recovered | ChangeKind::Failed);
        if is_of_health && at < history.snapshots[0].at {
            told[observer].push((change.id.clone(), change.kind, change.record.doubt));
        }
    }
    told
}

/// The last of so many members is not where it says that it is.
fn misplaced(seed: u64, preset: Preset, member_count: usize, advertised: Advertised) -> History {
    let mut plan = Plan::quiet(seed, preset, member_count);
    plan.hosts[member_count - 1].advertised = advertised;
    plan.calm_at += plan.timing().probe_interval * 30;
    World::play(plan, false)
}

/// What is wrong, and who is suspected besides the last member.
fn suspects(history: &History) -> BTreeSet<String> {
    assert_eq!(check(history), [], "seed {}", history.plan.seed);
    told(history).into_iter().flatten().map(|(id, ..)| id).collect()
}

#[test]
fn a_wrong_address_is_found_out_by_the_member_that_has_it() {
    for preset in Preset::ALL {
        for (seed, count) in [(1, 3), (2, 5), (3, 9), (4, 20)] {
            let history = misplaced(seed, preset, count, Advertised::Nowhere);
            assert_eq!(suspects(&history), BTreeSet::from([format!("n{}", count - 1)]), "{preset:?}");
        }
    }
}

#[test]
fn of_two_members_at_one_address_the_one_that_is_not_there_finds_out() {
    for preset in Preset::ALL {
        for (seed, count) in [(1, 3), (2, 5), (3, 9), (4, 20)] {
            for other in 0..2 {
                let history = misplaced(seed, preset, count, Advertised::Of(other));
                assert_eq!(suspects(&history), BTreeSet::from([format!("n{}", count - 1)]), "{preset:?}");
            }
        }
    }
}

/// What members are told of the last of so many while such faults are on, and after.
fn told_of_last(count: usize, faults: &[Fault]) -> Vec<Vec<Told>> {
    let mut plan = Plan::quiet(7, Preset::Lan, count);
    for (number, fault) in faults.iter().enumerate() {
        plan.add(10.0, Action::Begin(number, fault.clone()));
        plan.add(50.0, Action::End(number));
    }
    plan.calm_at += plan.timing().probe_interval * 10;
    let history = World::play(plan, false);
    assert_eq!(check(&history), []);
    told(&history)
}

fn suspected_and_back(id: &str) -> [Told; 2] {
    [(id.into(), ChangeKind::Suspected, Some(Doubt::Unreachable)), (id.into(), ChangeKind::Recovered, None)]
}

#[test]
fn one_that_only_streams_reach_says_so_and_takes_it_back() {
    for told in told_of_last(5, &[Fault::Deaf(4)]) {
        assert_eq!(told, suspected_and_back("n4"));
    }
}

/// As a member that listens by IPv6 alone, among others that listen by IPv4.
#[test]
fn one_that_no_datagram_reaches_or_leaves_says_so_and_takes_it_back() {
    for told in told_of_last(5, &[Fault::Deaf(4), Fault::Mute(4)]) {
        assert_eq!(told, suspected_and_back("n4"));
    }
}

#[test]
fn of_two_members_between_which_datagrams_pass_one_way_the_deaf_one_doubts_itself() {
    for told in told_of_last(2, &[Fault::Deaf(1)]) {
        assert_eq!(told, suspected_and_back("n1"));
    }
}

#[test]
fn one_whose_datagrams_are_lost_is_there_as_its_streams_show() {
    for told in told_of_last(5, &[Fault::Mute(4)]) {
        assert_eq!(told, []);
    }
}

/// The one that is left hears no datagram any more, and no stream.
#[test]
fn of_two_members_one_still_finds_the_other_dead_in_time() {
    for preset in Preset::ALL {
        for is_off in [false, true] {
            let mut plan = Plan::quiet(5, preset, 2);
            plan.last_acts = (None, None);
            plan.add(10.0, Action::Crash(1, is_off));
            plan.away.insert(1);
            let crashed_at = plan.actions.last().expect("the crash").0;
            plan.calm_at += plan.preset.detection_max(2);
            let history = World::play(plan, false);
            let died = history.changes().find(|(_, _, change)| change.kind == ChangeKind::Failed);
            let (at, observer, change) = died.expect("a death");
            let observer = history.processes[observer].id.as_str();
            assert_eq!((observer, change.id.as_str(), change.record.doubt), ("n0", "n1", None));
            assert!(at - crashed_at <= preset.detection_max(2), "{preset:?}: {:?}", at - crashed_at);
        }
    }
}
