//! Each checker finds the defect that it is for, planted into the history of a run in which nothing is wrong,
//! and no other checker takes it for one of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

use hypercache_gossip::{Change, ChangeKind, Doubt, Record, Status};
use hypercache_sim::{Advertised, CHECKERS, Entry, History, Pid, Plan, Preset, What, World, check};

/// Six members; at the end one has left and one has crashed.
fn clean() -> History {
    static CLEAN: OnceLock<History> = OnceLock::new();
    CLEAN.get_or_init(|| World::play(Plan::quiet(1, Preset::Lan, 6), false)).clone()
}

fn end(history: &History) -> Duration {
    history.snapshots.last().expect("there are two").at
}

/// Who leaves, who crashes, and two who stay.
fn cast(history: &History) -> (Pid, Pid, Pid, Pid) {
    let who = |is: fn(&What) -> bool| {
        history.entries.iter().find(|entry| is(&entry.what)).map(|entry| entry.process).expect("it happened")
    };
    let leaver = who(|what| matches!(what, What::LeaveCalled));
    let victim = who(|what| matches!(what, What::Crashed));
    let mut staying = history.snapshots.last().expect("there are two").known.keys();
    (leaver, victim, *staying.next().expect("many stay"), *staying.next().expect("many stay"))
}

/// What a process shows of another one at the end.
fn shown(history: &History, observer: Pid, other: Pid) -> (String, Record) {
    let id = history.processes[other].id.clone();
    let record = history.snapshots.last().expect("there are two").known[&observer].view[&id].record.clone();
    (id, record)
}

fn tell(
    history: &mut History,
    process: Pid,
    kind: ChangeKind,
    status: Status,
    (id, record): (String, Record),
) {
    let at = end(history);
    let what = What::Changed(vec![Change { kind, id, status, record }]);
    history.entries.push(Entry { at, process, what });
}

/// Plants a defect, and sees who finds it.
fn found_by(plant: impl FnOnce(&mut History)) -> BTreeSet<&'static str> {
    let mut history = clean();
    plant(&mut history);
    check(&history).into_iter().map(|violation| violation.checker).collect()
}

type Plant = fn(&mut History);

fn plants() -> BTreeMap<&'static str, Plant> {
    let mut plants: BTreeMap<&'static str, Plant> = plants_of_snapshots();
    plants.extend(plants_of_changes());
    plants.extend(plants_of_following());
    plants.extend(plants_of_talk());
    plants
}

fn plants_of_snapshots() -> BTreeMap<&'static str, Plant> {
    let mut plants: BTreeMap<&'static str, Plant> = BTreeMap::new();
    plants.insert("agreement", |history| {
        let (.., one, other) = cast(history);
        let id = history.processes[other].id.clone();
        let known = history.snapshots[0].known.get_mut(&one).expect("it stays");
        known.view.get_mut(&id).expect("it stays").record.weight = 9.0;
    });
    plants.insert("rings", |history| {
        let (.., one, _) = cast(history);
        history.snapshots[0].known.get_mut(&one).expect("it stays").ring = Some(1);
    });
    plants.insert("health", |history| {
        let (.., one, _) = cast(history);
        history.snapshots[1].known.get_mut(&one).expect("it stays").problems = vec!["no seed".into()];
    });
    plants.insert("addresses", |history| {
        let (.., one, other) = cast(history);
        let (from, to) = (history.processes[one].id.clone(), history.processes[other].id.clone());
        for known in history.snapshots[0].known.values_mut() {
            let address = known.view[&from].record.address.clone();
            known.view.get_mut(&to).expect("it stays").record.address = address;
        }
    });
    plants.insert("suspicion", |history| {
        let (.., one, other) = cast(history);
        let id = history.processes[other].id.clone();
        let known = history.snapshots[0].known.get_mut(&one).expect("it stays");
        known.view.get_mut(&id).expect("it stays").status = Status::Suspected;
    });
    plants.insert("unreachable", |history| {
        let (.., other) = cast(history);
        let host = history.processes[other].host;
        history.plan.hosts[host].advertised = Advertised::Nowhere;
    });
    plants.insert("the dead", |history| {
        let (_, victim, one, _) = cast(history);
        let id = history.processes[victim].id.clone();
        history.snapshots[1].known.get_mut(&one).expect("it stays").view.remove(&id);
    });
    plants
}

fn plants_of_changes() -> BTreeMap<&'static str, Plant> {
    let mut plants: BTreeMap<&'static str, Plant> = BTreeMap::new();
    plants.insert("reaped", |history| {
        let (_, victim, one, _) = cast(history);
        let dead = shown(history, one, victim);
        history.snapshots.last_mut().expect("there are two").at += Duration::from_secs(3_600);
        tell(history, one, ChangeKind::Reaped, Status::Dead, dead.clone());
        tell(history, one, ChangeKind::Joined, Status::Alive, dead);
    });
    plants.insert("false deaths", |history| {
        let (.., one, other) = cast(history);
        let living = shown(history, one, other);
        tell(history, one, ChangeKind::Failed, Status::Dead, living);
    });
    plants.insert("detection", |history| {
        let (_, victim, one, _) = cast(history);
        let id = history.processes[victim].id.clone();
        for entry in history.entries.iter_mut().filter(|entry| entry.process == one) {
            if let What::Changed(changes) = &mut entry.what {
                changes.retain(|change| change.id != id || change.kind != ChangeKind::Failed);
            }
        }
    });
    plants.insert("replay", |history| {
        let (.., one, other) = cast(history);
        let there = shown(history, one, other);
        tell(history, one, ChangeKind::Joined, Status::Alive, there);
    });
    plants.insert("versions", |history| {
        let (.., one, other) = cast(history);
        let (id, mut record) = shown(history, one, other);
        record.version.counter = 0;
        tell(history, one, ChangeKind::Updated, Status::Alive, (id, record));
    });
    plants.insert("records", |history| {
        let (.., one, other) = cast(history);
        let (id, mut record) = shown(history, one, other);
        record.weight = 9.0;
        tell(history, one, ChangeKind::Updated, Status::Alive, (id, record));
    });
    plants.insert("left", |history| {
        let (leaver, _, one, _) = cast(history);
        let gone = history.changes().find(|(_, observer, change)| {
            *observer == one && change.kind == ChangeKind::Left && change.id == history.processes[leaver].id
        });
        let (_, _, change) = gone.expect("it was told");
        let (id, record) = (change.id.clone(), change.record.clone());
        tell(history, one, ChangeKind::Joined, Status::Alive, (id, record));
    });
    plants.insert("leave", |history| {
        let (leaver, _, one, _) = cast(history);
        let id = history.processes[leaver].id.clone();
        for entry in history.entries.iter_mut().filter(|entry| entry.process == one) {
            let What::Changed(changes) = &mut entry.what else { continue };
            for change in
                changes.iter_mut().filter(|change| change.id == id && change.kind == ChangeKind::Left)
            {
                (change.kind, change.status) = (ChangeKind::Failed, Status::Dead);
            }
        }
    });
    plants
}

fn plants_of_following() -> BTreeMap<&'static str, Plant> {
    let mut plants: BTreeMap<&'static str, Plant> = BTreeMap::new();
    plants.insert("flapping", |history| {
        let (.., one, other) = cast(history);
        let living = shown(history, one, other);
        for (kind, status) in [
            (ChangeKind::Suspected, Status::Suspected),
            (ChangeKind::Recovered, Status::Alive),
            (ChangeKind::Suspected, Status::Suspected),
        ] {
            tell(history, one, kind, status, living.clone());
        }
    });
    plants.insert("following", |history| {
        let (.., one, other) = cast(history);
        let id = history.processes[other].id.clone();
        let following = history.snapshots[0].following.get_mut(&one).expect("it stays");
        following.on_ring.insert(id, Status::Dead);
    });
    plants.insert("order", |history| {
        let (.., process, _) = cast(history);
        let moved = |entry: &Entry| entry.process == process && matches!(entry.what, What::RingMoved(_));
        let at = history.entries.iter().position(moved).expect("its ring has moved");
        let told = |entry: &Entry| entry.process == process && matches!(entry.what, What::MembersTold(_));
        let before = history.entries[..at].iter().rposition(told).expect("members were told before");
        history.entries.swap(at, before);
    });
    plants.insert("giving up", |history| {
        let (.., one, other) = cast(history);
        let (id, mut record) = shown(history, one, other);
        record.version.counter += 1;
        record.doubt = Some(Doubt::GaveUp);
        tell(history, one, ChangeKind::Failed, Status::Dead, (id, record));
    });
    plants
}

fn plants_of_talk() -> BTreeMap<&'static str, Plant> {
    let mut plants: BTreeMap<&'static str, Plant> = BTreeMap::new();
    plants.insert("broadcast once", |history| {
        let heard = history.entries.iter().find(|entry| matches!(entry.what, What::Heard(_)));
        let again = heard.expect("something was heard").clone();
        history.entries.push(again);
    });
    plants.insert("broadcast to all", |history| {
        let (.., one, _) = cast(history);
        let is_last = |entry: &Entry| entry.process == one && matches!(entry.what, What::Heard(_));
        let last = history.entries.iter().rposition(is_last).expect("something was heard");
        history.entries.remove(last);
    });
    plants.insert("clusters", |history| {
        let (.., one, other) = cast(history);
        let (_, mut record) = shown(history, one, other);
        record.metadata.insert("cluster".into(), "1".into());
        record.metadata.insert("process".into(), "99".into());
        tell(history, one, ChangeKind::Joined, Status::Alive, ("stranger".into(), record));
    });
    plants.insert("identities", |history| {
        let (.., process, _) = cast(history);
        let what = What::Conflict(history.processes[process].address);
        history.entries.push(Entry { at: end(history), process, what });
    });
    plants.insert("quiet", |history| history.busiest.0 = 10_000);
    plants
}

#[test]
fn a_run_in_which_nothing_is_wrong_has_nothing_wrong() {
    assert_eq!(check(&clean()), []);
}

#[test]
fn every_checker_has_a_planted_defect() {
    let checkers: BTreeSet<&str> = CHECKERS.iter().map(|(name, _)| *name).collect();
    assert_eq!(plants().into_keys().collect::<BTreeSet<_>>(), checkers);
}

#[test]
fn each_checker_finds_the_defect_that_it_is_for_and_no_other_does() {
    for (checker, plant) in plants() {
        assert_eq!(found_by(plant), BTreeSet::from([checker]));
    }
}

#[test]
fn a_member_that_everybody_has_forgotten_is_missed() {
    let found = found_by(|history| {
        let (.., other) = cast(history);
        let id = history.processes[other].id.clone();
        for (pid, known) in &mut history.snapshots[0].known {
            if *pid != other {
                known.view.remove(&id);
            }
        }
    });
    assert_eq!(found, BTreeSet::from(["agreement"]));
}

#[test]
fn two_live_processes_with_one_id_are_noticed() {
    let found = found_by(|history| {
        let (.., one, other) = cast(history);
        let id = history.processes[one].id.clone();
        history.processes[other].id = id;
    });
    assert!(found.contains("agreement"), "{found:?}");
}
