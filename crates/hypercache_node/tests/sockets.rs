//! Members over real sockets of this machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hypercache_core::{HashFunction, Ring, RingOptions, StatusSet};
use hypercache_gossip::{
    Change, ChangeKind, EngineOptions, PROTOCOL_VERSION_MAX, Record, Refusal, SharedOptions, Status, Timing,
};
use hypercache_node::{Event, Node, Patience, Runtime, Sockets};

const PATIENCE: Duration = Duration::from_secs(20);

struct Member {
    runtime: Runtime,
    ring: Arc<Ring>,
    address: String,
    view: BTreeMap<String, Change>,
    seen: Vec<(ChangeKind, String)>,
    told: Vec<Event>,
}

/// How long an application may be silent here. Only one that has renewed its lease once can stall.
const STALL_TIMEOUT: Duration = Duration::from_millis(400);

fn ring() -> Arc<Ring> {
    let hash = HashFunction::new("xxhash64", 0).expect("it exists");
    let options = RingOptions::new(hash, 64.0, StatusSet::default(), false).expect("legal options");
    Ring::new(options, Vec::new(), 0.0).expect("no nodes").into()
}

fn options(id: &str, sockets: &Sockets) -> EngineOptions {
    static STARTED: AtomicU64 = AtomicU64::new(1);
    let started = STARTED.fetch_add(1, Ordering::Relaxed);
    EngineOptions {
        id: id.into(),
        address: sockets.address,
        started_at_ms: started,
        record: Record::new(sockets.address.ip().to_string(), sockets.address.port()),
        cluster_name: "test".into(),
        keys: vec![[7; 32]],
        shared: SharedOptions(vec![("hash_function".into(), "xxhash64".into())]),
        timing: Timing {
            probe_interval: Duration::from_millis(100),
            probe_timeout: Duration::from_millis(40),
            gossip_interval: Duration::from_millis(20),
            sync_interval: Duration::from_millis(200),
            sync_timeout: Duration::from_secs(2),
            ..Timing::default()
        },
        protocol_version: PROTOCOL_VERSION_MAX,
        random_seed: [u8::try_from(started % 256).expect("small"); 32],
    }
}

impl Member {
    fn start(id: &str, seeds: &[&str], change: impl FnOnce(&mut EngineOptions)) -> Self {
        let sockets = Sockets::bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let address = sockets.address.to_string();
        let mut options = options(id, &sockets);
        change(&mut options);
        let runtime = Runtime::new(Node::new(id, || {}));
        runtime.node().configure(Patience { divergence: PATIENCE, stall_timeout: STALL_TIMEOUT });
        let ring = ring();
        runtime.node().follow(ring.clone(), 0.0);
        runtime.open_gossip(options, sockets).expect("a runtime");
        runtime.join(seeds.iter().map(|seed| (*seed).into()).collect());
        Self { runtime, ring, address, view: BTreeMap::new(), seen: Vec::new(), told: Vec::new() }
    }

    /// Who is on its ring, and how, whether or not anybody has taken its events.
    fn on_ring(&self) -> Vec<(String, Status)> {
        self.ring.snapshot().nodes().map(|(_, node)| (node.id.to_string(), node.status)).collect()
    }

    fn look(&mut self) {
        for event in self.runtime.node().take(1_000) {
            if let Event::Changed(changes) = &event {
                for change in changes {
                    self.seen.push((change.kind, change.id.clone()));
                    match change.kind {
                        ChangeKind::Left | ChangeKind::Reaped => drop(self.view.remove(&change.id)),
                        _ => drop(self.view.insert(change.id.clone(), change.clone())),
                    }
                }
            }
            self.told.push(event);
        }
    }

    fn sees(&mut self, wanted: &[(&str, Status)]) -> bool {
        self.look();
        let seen = self.view.values().map(|change| (change.id.as_str(), change.status));
        seen.eq(wanted.iter().copied())
    }
}

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn three() -> [Member; 3] {
    let first = Member::start("a", &[], |_| {});
    let second = Member::start("b", &[&first.address], |_| {});
    let third = Member::start("c", &[&second.address], |_| {});
    let mut members = [first, second, third];
    let all = [("a", Status::Alive), ("b", Status::Alive), ("c", Status::Alive)];
    wait_for("all see all", || members.iter_mut().all(|member| member.sees(&all)));
    members
}

#[test]
fn members_find_each_other_and_see_one_leave() {
    let [mut a, mut b, mut c] = three();
    c.runtime.leave();
    let left = [("a", Status::Alive), ("b", Status::Alive)];
    wait_for("it has left", || a.sees(&left) && b.sees(&left));
    wait_for("its leave is over", || {
        c.look();
        c.told.iter().any(|event| matches!(event, Event::Left))
    });
    let free = Sockets::bind(c.address.parse().expect("an address"));
    assert!(free.is_ok(), "who has left has closed its sockets");
    assert!(!a.seen.iter().chain(&b.seen).any(|(kind, _)| *kind == ChangeKind::Failed));
}

#[test]
fn who_ends_without_a_word_is_suspected_and_then_dead_and_may_return() {
    let [mut a, mut b, c] = three();
    drop(c);
    let dead = [("a", Status::Alive), ("b", Status::Alive), ("c", Status::Dead)];
    wait_for("it is dead", || a.sees(&dead) && b.sees(&dead));
    assert!(a.seen.contains(&(ChangeKind::Suspected, "c".into())), "{:?}", a.seen);
    let mut c = Member::start("c", &[&a.address], |_| {});
    let all = [("a", Status::Alive), ("b", Status::Alive), ("c", Status::Alive)];
    wait_for("it is back", || a.sees(&all) && b.sees(&all) && c.sees(&all));
    assert!(a.seen.contains(&(ChangeKind::Recovered, "c".into())), "{:?}", a.seen);
}

#[test]
fn what_members_say_reaches_all() {
    let mut members = three();
    let [a, ..] = &members;
    let mut record = members[1].view["a"].record.clone();
    record.metadata.insert("big".into(), "x".repeat(4_096));
    record.weight = 3.0;
    a.runtime.update(record).expect("it is small enough");
    a.runtime.broadcast("greeting".into(), "\"hello\"".into(), 9).expect("it is small enough");
    wait_for("all know it", || {
        members.iter_mut().all(|member| {
            member.look();
            member.view["a"].record.weight == 3.0
        })
    });
    let told = members[0].ring.snapshot().checksum();
    wait_for("both others have heard", || {
        members[1..].iter_mut().all(|member| {
            member.look();
            let heard = member.told.iter().filter(|event| matches!(event, Event::Broadcast(_))).count();
            let has_ring = |event: &Event| match event {
                Event::RingTold(id, checksum) => id == "a" && *checksum == told,
                _ => false,
            };
            heard == 1 && member.told.iter().any(has_ring)
        })
    });
    let huge = Record { zone: Some("z".repeat(70_000)), ..members[0].view["a"].record.clone() };
    assert!(members[0].runtime.update(huge).is_err());
    let refused = members[0].runtime.broadcast("n".into(), "x".repeat(512), 1).expect_err("it is too large");
    assert!(refused.to_string().contains("513 bytes; at most 512"), "{refused}");
}

#[test]
fn many_messages_at_once_all_arrive_and_more_than_can_wait_are_refused() {
    let mut members = three();
    let mut sent = 0;
    let refused = loop {
        match members[0].runtime.broadcast("count".into(), sent.to_string(), 1) {
            Ok(_) => sent += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused.code(), "ERR_HYPERCACHE_TOO_MANY_BROADCASTS");
    assert!(sent >= 1_000, "{sent}");
    for member in &mut members[1..] {
        wait_for("all have arrived", || {
            member.look();
            member.told.iter().filter(|event| matches!(event, Event::Broadcast(_))).count() >= sent
        });
        let heard = member.told.iter().filter_map(|event| match event {
            Event::Broadcast(broadcast) => Some(broadcast.number),
            _ => None,
        });
        let mut numbers: Vec<u64> = heard.collect();
        numbers.sort_unstable();
        assert!(numbers.iter().copied().eq(1..=sent as u64), "each once");
    }
}

#[test]
fn another_option_another_key_and_another_name_stay_outside() {
    let mut a = Member::start("a", &[], |_| {});
    let mut other_option = Member::start("b", &[&a.address], |options| {
        options.shared = SharedOptions(vec![("hash_function".into(), "sha256".into())]);
    });
    let mut other_key = Member::start("c", &[&a.address], |options| options.keys = vec![[8; 32]]);
    let mut other_name = Member::start("d", &[&a.address], |options| options.cluster_name = "other".into());
    wait_for("it is refused", || {
        other_option.look();
        other_option.told.iter().any(|event| match event {
            Event::JoinEnded(Err(Refusal::OtherOption { option, .. })) => option == "hash_function",
            _ => false,
        })
    });
    for member in [&mut other_key, &mut other_name] {
        wait_for("it is told that no seed answers", || {
            member.look();
            member.told.iter().any(|event| matches!(event, Event::Problems(lines) if lines.len() == 1))
        });
    }
    wait_for("a has told of both strangers", || {
        a.look();
        let strange =
            |what| a.told.iter().any(|event| matches!(event, Event::Stranger(_, told) if *told == what));
        strange("other key") && strange("other cluster")
    });
    assert!(a.sees(&[("a", Status::Alive)]));
}

#[test]
fn fifty_members_of_one_process_find_each_other_and_end() {
    let begun = Instant::now();
    let first = Member::start("n00", &[], |options| options.timing = Timing::default());
    let seed = first.address.clone();
    let mut members = vec![first];
    for number in 1..50 {
        let slow = |options: &mut EngineOptions| options.timing = Timing::default();
        members.push(Member::start(&format!("n{number:02}"), &[&seed], slow));
    }
    wait_for("all see all", || {
        members.iter_mut().all(|member| {
            member.look();
            member.view.len() == 50
        })
    });
    println!("50 members converged in {:?}", begun.elapsed());
    let addresses: Vec<String> = members.iter().map(|member| member.address.clone()).collect();
    let counts = Arc::new(members[0].runtime.counts());
    assert!(counts.dropped.is_empty(), "{:?}", counts.dropped);
    drop(members);
    for address in addresses {
        assert!(Sockets::bind(address.parse().expect("an address")).is_ok(), "{address} is free again");
    }
}

#[test]
fn rings_follow_their_members_though_nobody_takes_events() {
    let mut members = three();
    let wanted = |statuses: [Status; 3]| -> Vec<(String, Status)> {
        ["a", "b", "c"].map(String::from).into_iter().zip(statuses).collect()
    };
    wait_for("all rings are the same", || {
        members.iter().all(|member| member.on_ring() == wanted([Status::Alive; 3]))
    });
    let checksums = members.each_ref().map(|member| member.ring.snapshot().checksum());
    assert!(checksums.iter().all(|checksum| *checksum == checksums[0]));
    let [a, b, c] = &mut members;
    a.look();
    c.runtime.end_gossip();
    let dead = wanted([Status::Alive, Status::Alive, Status::Dead]);
    wait_for("it is dead on both rings", || a.on_ring() == dead && b.on_ring() == dead);
    let seen_before = a.seen.len();
    a.look();
    assert!(a.seen[seen_before..].contains(&(ChangeKind::Failed, "c".into())), "told when it is taken");
}

#[test]
fn a_change_of_members_is_told_before_the_change_of_the_ring_that_it_caused() {
    let mut members = three();
    let [a, _, c] = &mut members;
    c.runtime.end_gossip();
    wait_for("it is dead", || {
        a.look();
        a.view["c"].status == Status::Dead
            && matches!(a.told.last(), Some(Event::RingChanged(_) | Event::RingTold(..)))
    });
    let has_failed = |event: &Event| match event {
        Event::Changed(changes) => changes.iter().any(|change| change.status == Status::Dead),
        _ => false,
    };
    let failed_at = a.told.iter().position(has_failed).expect("it was told");
    let moved = |event: &Event| match event {
        Event::RingChanged(change) => change.transfers.iter().any(|transfer| transfer.from.is_some()),
        _ => false,
    };
    let moved_at = a.told.iter().rposition(moved).expect("keys moved");
    assert!(failed_at < moved_at, "{failed_at} {moved_at}");
}

#[test]
fn an_application_that_stands_still_gives_up_its_keys_and_takes_them_back() {
    let mut members = three();
    let [a, b, c] = &mut members;
    c.runtime.node().renew_lease();
    let status =
        |member: &Member| member.on_ring().into_iter().find(|(id, _)| id == "c").map(|(_, status)| status);
    wait_for("it has given up its keys everywhere", || {
        [&*a, &*b, &*c].iter().all(|member| status(member) == Some(Status::Dead))
    });
    a.look();
    let said = [ChangeKind::Suspected, ChangeKind::Failed].map(|kind| (kind, "c".to_string()));
    let of_c = || a.seen.iter().filter(|(kind, id)| id == "c" && *kind != ChangeKind::Joined);
    assert!(of_c().eq(&said), "{:?}", a.seen);
    assert_eq!(a.view["c"].record.doubt.map(|doubt| doubt.name()), Some("stalled"));
    wait_for("it has its keys back", || {
        c.runtime.node().renew_lease();
        [&*a, &*b, &*c].iter().all(|member| status(member) == Some(Status::Alive))
    });
    a.look();
    let last = a.seen.iter().rfind(|(_, id)| id == "c").map(|(kind, _)| *kind);
    assert_eq!(last, Some(ChangeKind::Recovered));
    c.runtime.node().drop_lease();
}
