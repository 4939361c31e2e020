//! The follow step and the node around it: what comes in by either door is on the ring, and is told in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hypercache_core::{HashFunction, NodeSpec, Ring, RingOptions, StatusSet, Token};
use hypercache_gossip::{Change, ChangeKind, Event as GossipEvent, Record, RingMark, Status, Version};
use hypercache_node::{Event, Follow, Node, Patience, Place, Refusal, Sight, Tokens, Verdict};

fn ring_with(hash: HashFunction, virtual_node_count: f64) -> Arc<Ring> {
    let options =
        RingOptions::new(hash, virtual_node_count, StatusSet::default(), false).expect("legal options");
    Ring::new(options, Vec::new(), 0.0).expect("no nodes").into()
}

fn ring() -> Arc<Ring> {
    ring_with(HashFunction::new("xxhash64", 0).expect("it exists"), 16.0)
}

fn place(weight: f64) -> Place {
    let (capabilities, metadata) = Default::default();
    Place { address: "10.0.0.1:7946".into(), weight, zone: None, capabilities, metadata, tokens: None }
}

fn sight(status: Status) -> Sight {
    Sight { status, load: None }
}

fn on(ring: &Ring) -> Vec<(String, Status, f64)> {
    let snapshot = ring.snapshot();
    snapshot.nodes().map(|(_, node)| (node.id.to_string(), node.status, node.weight)).collect()
}

fn change(kind: ChangeKind, id: &str, status: Status, counter: u64) -> Change {
    let version = Version { started_at_ms: 1, counter };
    Change { kind, id: id.into(), status, record: Record { version, ..Record::new("10.0.0.1", 7946) } }
}

fn joined(id: &str) -> Change {
    change(ChangeKind::Joined, id, Status::Alive, 1)
}

/// What each event is, in a few words.
fn words(events: &[Event]) -> Vec<String> {
    let ids =
        |changes: &[Change]| changes.iter().map(|change| change.id.clone()).collect::<Vec<_>>().join(" ");
    let word = |event: &Event| match event {
        Event::Changed(changes) => format!("{:?} {}", changes[0].kind, ids(changes)),
        Event::Applied(number) => format!("applied {number}"),
        Event::RingChanged(change) => format!("ring {}", change.version),
        Event::Refused(refusals) => {
            format!(
                "refused {}",
                refusals.iter().map(|refusal| refusal.id.as_str()).collect::<Vec<_>>().join(" ")
            )
        }
        other => format!("{other:?}"),
    };
    events.iter().map(word).collect()
}

#[test]
fn where_a_member_is_and_whether_it_answers_are_two_things() {
    let ring = ring();
    let mut follow = Follow::new(ring.clone());
    follow.observe("a", Some(sight(Status::Dead)));
    assert_eq!(follow.step(0.0), []);
    assert_eq!(on(&ring), [], "who is seen, and is not on the ring, is not on the ring");
    follow.place("a", Some(place(2.0)));
    follow.place("b", Some(place(1.0)));
    follow.step(0.0);
    assert_eq!(on(&ring), [("a".into(), Status::Dead, 2.0), ("b".into(), Status::Alive, 1.0)]);
    follow.observe("a", Some(sight(Status::Alive)));
    follow.step(0.0);
    assert_eq!(on(&ring)[0], ("a".into(), Status::Alive, 2.0));
    follow.place("a", None);
    follow.step(0.0);
    assert_eq!(on(&ring), [("b".into(), Status::Alive, 1.0)]);
}

#[test]
fn all_that_has_changed_is_one_change_of_the_ring() {
    let ring = ring();
    let mut follow = Follow::new(ring.clone());
    for number in 0..20 {
        follow.place(&format!("n{number}"), Some(place(1.0)));
    }
    let before = ring.snapshot().version();
    follow.step(0.0);
    assert_eq!(ring.snapshot().version(), before + 1);
    let count = ring.change_count();
    follow.place("n0", Some(place(1.0)));
    follow.step(0.0);
    assert_eq!(ring.change_count(), count, "nothing has changed");
}

#[test]
fn a_member_that_the_ring_refuses_keeps_no_other_out_and_is_tried_again() {
    // Dead nodes have no points that are searched, and count all the same: so this takes no time.
    let ring = ring_with(HashFunction::new("xxhash64", 0).expect("it exists"), 65_536.0);
    let mut follow = Follow::new(ring.clone());
    let heavy = |follow: &mut Follow, id: &str| {
        follow.place(id, Some(place(200.0)));
        follow.observe(id, Some(sight(Status::Dead)));
    };
    heavy(&mut follow, "a");
    heavy(&mut follow, "b");
    follow.place("c", Some(place(1.0)));
    let refusals = follow.step(0.0);
    assert_eq!(refusals.iter().map(|refusal| refusal.id.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(refusals[0].error.code(), "ERR_HYPERCACHE_TOO_MANY_POINTS");
    assert_eq!(on(&ring).len(), 2);
    follow.place("d", Some(place(0.5)));
    assert_eq!(follow.step(0.0), [], "what is told once is not told again");
    assert_eq!(follow.refused().len(), 1);
    ring.remove_nodes(&["a"], 0.0).expect("it is there");
    follow.step(0.0);
    assert!(follow.refused().is_empty());
    assert_eq!(on(&ring).iter().map(|(id, ..)| id.as_str()).collect::<Vec<_>>(), ["b", "c", "d"]);
}

#[test]
fn how_a_member_is_seen_counts_though_its_new_place_is_refused() {
    let ring = ring_with(HashFunction::new("xxhash64", 0).expect("it exists"), 65_536.0);
    let mut follow = Follow::new(ring.clone());
    follow.place("a", Some(place(1.0)));
    follow.step(0.0);
    follow.place("a", Some(place(1e9)));
    follow.observe("a", Some(sight(Status::Suspected)));
    let refusals = follow.step(0.0);
    assert!(matches!(&refusals[..], [Refusal { id, .. }] if id == "a"), "{refusals:?}");
    assert_eq!(on(&ring), [("a".into(), Status::Suspected, 1.0)]);
    follow.place("a", Some(place(2.0)));
    follow.step(0.0);
    assert_eq!((on(&ring), follow.refused().len()), (vec![("a".into(), Status::Suspected, 2.0)], 0));
}

#[test]
fn any_course_of_places_and_sights_ends_where_their_last_words_do() {
    let mut random = fastrand::Rng::with_seed(fastrand::u64(..));
    println!("seed {}", random.get_seed());
    for _ in 0..200 {
        let ring = ring();
        ring.add_nodes(vec![NodeSpec { id: "by hand".into(), ..NodeSpec::default() }], 0.0).expect("legal");
        let mut follow = Follow::new(ring.clone());
        let (mut places, mut sights) = (BTreeMap::new(), BTreeMap::new());
        for _ in 0..random.usize(1..40) {
            let id = format!("n{}", random.u8(..6));
            match random.u8(..5) {
                0 => {
                    follow.place(&id, None);
                    places.remove(&id);
                }
                1 | 2 => {
                    let weight = f64::from(random.u8(1..5));
                    follow.place(&id, Some(place(weight)));
                    places.insert(id, weight);
                }
                3 => {
                    let status = Status::ALL[random.usize(..5)];
                    follow.observe(&id, Some(sight(status)));
                    sights.insert(id, status);
                }
                _ => drop(follow.step(0.0)),
            }
        }
        follow.step(0.0);
        let mut wanted: BTreeMap<String, (Status, f64)> = BTreeMap::new();
        wanted.insert("by hand".into(), (Status::Alive, 1.0));
        for (id, weight) in places {
            let status = sights.get(&id).copied().unwrap_or(Status::Alive);
            wanted.insert(id, (status, weight));
        }
        let is: BTreeMap<_, _> =
            on(&ring).into_iter().map(|(id, status, weight)| (id, (status, weight))).collect();
        assert_eq!(is, wanted);
    }
}

#[test]
fn both_doors_lead_to_the_ring_and_members_are_told_before_it() {
    let (node, ring) = (Node::new("a", || {}), ring());
    node.heed(GossipEvent::Changed(vec![joined("a"), joined("b")]), 0.0);
    node.follow(ring.clone(), 0.0);
    assert_eq!(on(&ring).len(), 2, "those that are known already are followed");
    node.heed(GossipEvent::Changed(vec![joined("c")]), 0.0);
    assert_eq!(node.apply(vec![joined("d"), joined("e")], &Tokens::new(), 0.0), []);
    node.heed(GossipEvent::Changed(vec![change(ChangeKind::Failed, "c", Status::Dead, 1)]), 0.0);
    node.heed(GossipEvent::Changed(vec![change(ChangeKind::Reaped, "c", Status::Dead, 1)]), 0.0);
    // Nobody asked the dead: that it is forgotten moves no key.
    let told = words(&node.take(99));
    let expected = [
        "Joined a b",
        "ring 2",
        "Joined c",
        "ring 3",
        "applied 1",
        "ring 4",
        "Failed c",
        "ring 5",
        "Reaped c",
    ];
    assert_eq!(told, expected);
    assert_eq!(on(&ring).iter().map(|(id, ..)| id.as_str()).collect::<Vec<_>>(), ["a", "b", "d", "e"]);
}

#[test]
fn what_the_local_member_says_is_told_at_once_and_its_echo_is_no_news() {
    let (node, ring) = (Node::new("a", || {}), ring());
    node.follow(ring.clone(), 0.0);
    assert!(!node.update(&Record::new("10.0.0.1", 7946), 0.0), "it takes no part");
    node.heed(GossipEvent::Changed(vec![joined("a")]), 0.0);
    let heavy = Record { weight: 3.0, ..Record::new("10.0.0.1", 7946) };
    assert!(node.update(&heavy, 0.0));
    assert_eq!(on(&ring), [("a".into(), Status::Alive, 3.0)]);
    let told = node.take(99);
    let Some(Event::Changed(changes)) = told.iter().rfind(|event| matches!(event, Event::Changed(_))) else {
        panic!("{told:?}");
    };
    assert_eq!(changes[0].record.version, Version { started_at_ms: 1, counter: 2 });
    node.heed(GossipEvent::Changed(changes.clone()), 0.0);
    assert_eq!(words(&node.take(99)), [""; 0]);
    node.heed(GossipEvent::Changed(vec![change(ChangeKind::Updated, "a", Status::Alive, 3)]), 0.0);
    assert_eq!(words(&node.take(99))[0], "Updated a");
}

#[test]
fn when_it_is_over_all_leave_the_ring_the_local_member_last() {
    for end in [GossipEvent::Left, GossipEvent::Failed] {
        let (node, ring) = (Node::new("b", || {}), ring());
        node.follow(ring.clone(), 0.0);
        node.heed(GossipEvent::Changed(vec![joined("a"), joined("b"), joined("c")]), 0.0);
        node.take(99);
        node.heed(end, 0.0);
        let told = words(&node.take(99));
        assert_eq!(told[..2], ["Left a c b", "ring 3"]);
        assert_eq!((told.len(), on(&ring)), (3, vec![]));
    }
}

#[test]
fn rings_that_differ_for_too_long_are_told_of_and_that_it_is_over() {
    let (node, ring) = (Node::new("a", || {}), ring());
    let divergence = Duration::from_secs(10);
    node.configure(Patience { divergence, stall_timeout: Duration::ZERO });
    node.follow(ring.clone(), 0.0);
    node.heed(GossipEvent::Changed(vec![joined("a"), joined("b"), joined("silent")]), 0.0);
    let second = Duration::from_secs;
    assert_eq!(node.look(second(0), 0.0).0, None, "it takes no part yet");
    node.heed(GossipEvent::JoinEnded(Ok(())), 0.0);
    let own = ring.snapshot().checksum();
    assert_eq!(node.look(second(1), 0.0).0, Some(own));
    assert_eq!(node.look(second(2), 0.0).0, None, "it is told once");
    let tell = |checksum| {
        node.heed(GossipEvent::Ring("b".into(), RingMark { started_at_ms: 1, stamp: 1, checksum }), 0.0)
    };
    tell(7);
    for elapsed in 3..13 {
        node.look(second(elapsed), 0.0);
    }
    let verdicts = |events: Vec<Event>| -> Vec<Verdict> {
        let of = |event| if let Event::Verdict(verdict) = event { Some(verdict) } else { None };
        events.into_iter().filter_map(of).collect()
    };
    assert_eq!(verdicts(node.take(99)), []);
    node.look(second(13), 0.0);
    let others = vec![("b".to_string(), 7)];
    let diverged = Verdict::Diverged { checksum: own, others: others.clone(), duration: divergence };
    assert_eq!(verdicts(node.take(99)), [diverged]);
    let report = node.agreement(Some(second(14)));
    assert_eq!((report.diverged_for, report.others, report.agreeing_count), (Some(second(11)), others, 1));
    tell(own);
    node.look(second(15), 0.0);
    let agreed = Verdict::Agreed { checksum: own, member_count: 2, duration: second(12) };
    assert_eq!(verdicts(node.take(99)), [agreed]);
    assert_eq!((node.agreement(None).diverged_for, node.agreement(None).diverged_count), (None, 1));
}

#[test]
fn a_lease_runs_out_twice_and_is_back_when_it_is_renewed() {
    use hypercache_node::Vigor::{GaveUp, Stalled, Well};
    let node = Node::new("a", || {});
    let second = Duration::from_secs;
    node.configure(Patience { divergence: second(1), stall_timeout: second(3) });
    assert_eq!(node.check_lease(second(100)), (None, None), "nobody has renewed it yet");
    node.renew_lease();
    assert_eq!(node.check_lease(second(100)), (None, Some(second(103))));
    assert_eq!(node.check_lease(second(102)), (None, Some(second(103))));
    assert_eq!(node.check_lease(second(103)), (Some(Stalled), Some(second(106))));
    assert_eq!(node.check_lease(second(105)), (None, Some(second(106))));
    assert_eq!(node.check_lease(second(106)), (Some(GaveUp), None));
    node.renew_lease();
    assert_eq!(node.check_lease(second(200)), (Some(Well), Some(second(203))));
    assert_eq!(node.check_lease(second(207)).0, Some(GaveUp));
    node.drop_lease();
    assert_eq!(node.check_lease(second(300)), (Some(Well), None));
    node.configure(Patience { divergence: second(1), stall_timeout: Duration::ZERO });
    node.renew_lease();
    assert_eq!(node.check_lease(second(1_000)), (None, None), "zero is for ever");
}

#[test]
fn members_with_tokens_of_their_own_are_on_a_ring_that_cannot_hash() {
    let (node, ring) = (Node::new("a", || {}), ring_with(HashFunction::Custom, 2.0));
    node.follow(ring.clone(), 0.0);
    let tokens: Tokens = BTreeMap::from([("a".to_string(), Arc::from([5 as Token, 9]))]);
    let refusals = node.apply(vec![joined("a"), joined("b")], &tokens, 0.0);
    assert_eq!(refusals.iter().map(|refusal| refusal.id.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(node.refused(), refusals);
    assert_eq!(words(&node.take(99)), ["applied 1", "ring 2", "refused b"]);
    assert_eq!(node.apply(vec![change(ChangeKind::Failed, "a", Status::Dead, 2)], &Tokens::new(), 0.0), []);
    assert_eq!(on(&ring)[0].1, Status::Dead, "the tokens it has brought stay");
}

#[test]
fn other_threads_change_the_ring_meanwhile_and_nothing_is_lost_or_stuck() {
    let (node, ring) = (Arc::new(Node::new("m0", || {})), ring());
    node.follow(ring.clone(), 0.0);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 0..300 {
                let id = format!("by hand {number}");
                let spec = NodeSpec { id: id.clone(), ..NodeSpec::default() };
                ring.add_nodes(vec![spec], 0.0).expect("it is new");
                ring.remove_nodes(&[id], 0.0).expect("it is there");
            }
        });
        let taker = scope.spawn(|| {
            let mut told = Vec::new();
            while !is_over.load(Ordering::Acquire) {
                // A member is on the ring, or was, when it is told of.
                told.extend(node.take(7));
            }
            told.extend(node.take(usize::MAX));
            told
        });
        for number in 0..300 {
            let id = format!("m{number}");
            node.heed(GossipEvent::Changed(vec![joined(&id)]), 0.0);
            assert!(ring.snapshot().find(&id).is_some(), "the ring has followed when the call returns");
        }
        writer.join().expect("no panic");
        is_over.store(true, Ordering::Release);
        let told = taker.join().expect("no panic");
        let versions = told.iter().filter_map(|event| match event {
            Event::RingChanged(change) => Some(change.version),
            _ => None,
        });
        assert!(versions.eq(2..=901), "each change of the ring once, in order");
        let members: BTreeSet<String> = told
            .iter()
            .filter_map(|event| if let Event::Changed(changes) = event { Some(changes) } else { None })
            .flatten()
            .map(|change| change.id.clone())
            .collect();
        assert_eq!(members.len(), 300);
    });
}
