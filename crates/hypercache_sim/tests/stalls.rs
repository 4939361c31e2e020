//! Applications that stand still while their process goes on: what the others see of it.

use hypercache_gossip::{ChangeKind, Doubt, Status};
use hypercache_sim::{Action, History, Plan, Preset, Theme, World, check};

/// Five members; the application of the last one stands still for so many probe intervals. It may for ten.
fn stalled_for(intervals: f64) -> History {
    let mut plan = Plan::quiet(1, Preset::Lan, 5);
    plan.add(10.0, Action::Stall(4));
    plan.add(10.0 + intervals, Action::Resume(4));
    plan.calm_at += plan.timing().probe_interval * 5;
    World::play(plan, false)
}

type Told = (ChangeKind, Status, Option<Doubt>);

/// What each of the members was told of the last one until the calm, but for its joins and updates.
fn told_of_the_last(history: &History) -> Vec<Vec<Told>> {
    let mut told = vec![Vec::new(); 5];
    for (at, observer, change) in history.changes() {
        let is_its = change.id == "n4" && !matches!(change.kind, ChangeKind::Joined | ChangeKind::Updated);
        if is_its && at < history.plan.calm_at {
            told[observer].push((change.kind, change.status, change.record.doubt));
        }
    }
    told
}

const SUSPECTED: Told = (ChangeKind::Suspected, Status::Suspected, Some(Doubt::Stalled));
const FAILED: Told = (ChangeKind::Failed, Status::Dead, Some(Doubt::GaveUp));
const RECOVERED: Told = (ChangeKind::Recovered, Status::Alive, None);

#[test]
fn one_that_stalls_is_suspected_then_gives_up_its_keys_and_takes_them_back() {
    let history = stalled_for(25.0);
    assert_eq!(check(&history), []);
    for (observer, told) in told_of_the_last(&history).into_iter().enumerate() {
        assert_eq!(told, [SUSPECTED, FAILED, RECOVERED], "member {observer}");
    }
}

#[test]
fn one_that_turns_again_within_a_second_term_has_been_suspected_only() {
    let history = stalled_for(15.0);
    assert_eq!(check(&history), []);
    for (observer, told) in told_of_the_last(&history).into_iter().enumerate() {
        assert_eq!(told, [SUSPECTED, RECOVERED], "member {observer}");
    }
}

#[test]
fn one_that_turns_again_within_its_term_is_told_of_to_nobody() {
    let history = stalled_for(8.0);
    assert_eq!(check(&history), []);
    assert!(told_of_the_last(&history).iter().all(Vec::is_empty));
}

#[test]
fn a_process_that_was_stopped_has_not_stalled() {
    let mut plan = Plan::quiet(1, Preset::Lan, 5);
    plan.add(10.0, Action::Freeze(4));
    plan.add(100.0, Action::Thaw(4));
    plan.theme = Theme::Chaos;
    plan.calm_at += plan.timing().probe_interval * 5;
    let history = World::play(plan, false);
    assert_eq!(check(&history), []);
    let told = told_of_the_last(&history);
    assert!(told.iter().flatten().all(|(.., doubt)| doubt.is_none()), "{told:?}");
    // The others have heard nothing of it for so long that they took it for dead.
    let has_failed = |told: &&Vec<Told>| told.iter().any(|(kind, ..)| *kind == ChangeKind::Failed);
    assert_eq!(told.iter().filter(has_failed).count(), 4, "{told:?}");
}
