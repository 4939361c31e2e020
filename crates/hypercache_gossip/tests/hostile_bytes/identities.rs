//! Seeds and peers that are not as they should be, ids that are taken, and clocks that jump.

use std::time::Duration;

use hypercache_gossip::wire::{Hello, MemberEntry, PushPullState, Request, Response, framed};
use hypercache_gossip::{
    ChangeKind, EngineOptions, Event, Generation, Identity, PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN,
    Refusal, Status,
};
use hypercache_transport::{Purpose, Sealer};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::network::{Member, Network, address, options};
use crate::seed;

const KEY: [u8; 32] = [7; 32];
const IDS: [&str; 3] = ["a", "b", "c"];
const MINUTE: Duration = Duration::from_secs(60);

fn sealed(purpose: Purpose, message: &[u8]) -> Vec<u8> {
    Sealer::new("c", &[KEY]).seal(purpose, message, &mut StdRng::seed_from_u64(1))
}

fn strangers(member: &Member) -> Vec<&'static str> {
    let told = member.events.iter().filter_map(|event| match event {
        Event::Stranger(_, reason) => Some(*reason),
        _ => None,
    });
    told.collect()
}

fn problems(member: &Member) -> Vec<String> {
    let told = member.events.iter().rev().find_map(|event| match event {
        Event::Problems(problems) => Some(problems.iter().map(ToString::to_string).collect()),
        _ => None,
    });
    told.unwrap_or_default()
}

fn refusal(member: &Member) -> Option<Refusal> {
    member.events.iter().find_map(|event| match event {
        Event::JoinEnded(result) => result.clone().err(),
        _ => None,
    })
}

fn kinds(member: &Member, id: &str) -> Vec<ChangeKind> {
    member.changes.iter().filter(|(_, of)| of == id).map(|(kind, _)| *kind).collect()
}

fn later(options: EngineOptions, started_at_ms: u64) -> EngineOptions {
    EngineOptions { started_at_ms, ..options }
}

#[test]
fn a_seed_that_answers_garbage_is_asked_again_with_patience_and_stops_nobody() {
    let mut network = Network::new(seed());
    let mut random = fastrand::Rng::with_seed(network.random.u64(..));
    let garbage = move |_: &[u8]| Some((0..random.usize(..3_000)).map(|_| random.u8(..)).collect());
    network.liars.insert(address(66), Box::new(garbage));
    network.start(options("a", 1, &[KEY]), &[66]);
    network.run(MINUTE);
    let asked = network.questions[&address(66)];
    assert!((5..15).contains(&asked), "asked {asked} times in a minute");
    assert!(problems(network.member(1))[0].contains("it answers what cannot be read: malformed"));
    assert_eq!(strangers(network.member(1)), ["malformed"]);
    network.start(options("b", 2, &[KEY]), &[66, 1]);
    network.run_until("both find each other", |network| network.is_converged(&["a", "b"]));
    assert_eq!(problems(network.member(1)), [""; 0]);
    network.liars.clear();
    network.start(options("c", 66, &[KEY]), &[]);
    network.run_until("the seed is a member at last", |network| network.is_converged(&IDS));
}

#[test]
fn a_peer_with_a_wrong_key_is_told_of_once_and_changes_nothing() {
    let mut network = Network::of_three(seed(), &[KEY]);
    network.start(options("x", 9, &[[8; 32]]), &[1]);
    network.run(2 * MINUTE);
    assert!(network.is_converged(&IDS));
    assert!(network.is_converged(&["x"]), "it is alone");
    assert!(problems(network.member(9))[0].starts_with("no seed has answered: 10.0.0.1:7946"));
    assert!(network.dropped(1, "other key") >= 5);
    assert_eq!(strangers(network.member(1)), ["other key"]);
    assert_eq!(network.member(9).engine.counts().datagrams_received, 0, "nobody speaks to it");
}

#[test]
fn a_peer_of_a_newer_message_version_is_a_member_and_is_spoken_to_as_the_oldest_needs() {
    let mut network = Network::new(seed());
    for (id, number, protocol_version) in
        [("a", 1, PROTOCOL_VERSION_MIN), ("b", 2, PROTOCOL_VERSION_MAX), ("c", 3, PROTOCOL_VERSION_MAX + 1)]
    {
        network.start(EngineOptions { protocol_version, ..options(id, number, &[KEY]) }, &[1]);
    }
    network.run_until("three releases converge", |network| network.is_converged(&IDS));
    network.run(MINUTE);
    assert!(network.is_converged(&IDS));
    for number in 1..=3 {
        assert_eq!(network.dropped(number, "other version"), 0);
        assert_eq!(network.member(number).engine.counts().suspicions_started, 0);
    }
}

#[test]
fn a_message_of_a_newer_version_is_told_of_once_and_changes_nothing() {
    let mut network = Network::of_three(seed(), &[KEY]);
    let frame = sealed(Purpose::Request, &framed(PROTOCOL_VERSION_MAX + 1, &Request::Identify));
    for stream in 0..10 {
        network
            .with(address(1), |engine, now| engine.handle_request(now, address(9), 1 << 60 | stream, &frame));
    }
    assert_eq!(network.dropped(1, "other version"), 10);
    assert_eq!(strangers(network.member(1)), ["other version"]);
    assert!(network.is_converged(&IDS));
}

#[test]
fn a_restart_at_the_same_address_is_accepted_at_once() {
    let mut network = Network::of_three(seed(), &[KEY]);
    let begin = network.now;
    network.start(later(options("b", 2, &[KEY]), 1_000_001), &[1]);
    network.run_until("it is back", |network| {
        network.is_converged(&IDS)
            && network.members.values().all(|m| m.view["b"].1.version.started_at_ms == 1_000_001)
    });
    assert!(network.now - begin < Duration::from_secs(1), "{:?}", network.now - begin);
    assert!(!kinds(network.member(1), "b").contains(&ChangeKind::Failed));
}

#[test]
fn a_node_id_that_is_taken_is_refused_elsewhere_and_the_old_node_stays() {
    let mut network = Network::of_three(seed(), &[KEY]);
    // Through another member, and through the one itself.
    for (number, seeds) in [(8, [1]), (9, [2])] {
        network.start(later(options("b", number, &[KEY]), 2_000_000), &seeds);
        network.run(MINUTE);
        let refused = Some(Refusal::IdTaken { address: address(2).to_string() });
        assert_eq!(refusal(network.member(number)), refused);
        assert_eq!(network.member(number).engine.next_timeout(), None, "it has given up");
        network.members.remove(&address(number));
        assert!(network.is_converged(&IDS));
    }
    for number in [1, 3] {
        assert_eq!(kinds(network.member(number), "b"), [ChangeKind::Joined]);
    }
}

#[test]
fn a_node_id_of_somebody_who_does_not_answer_is_accepted_elsewhere() {
    let mut network = Network::of_three(seed(), &[KEY]);
    network.members.remove(&address(2));
    let begin = network.now;
    network.start(later(options("b", 9, &[KEY]), 2_000_000), &[1]);
    network.run_until("the new one takes its place", |network| {
        network.is_converged(&IDS) && network.member(3).view["b"].1.version.started_at_ms == 2_000_000
    });
    assert!(network.now - begin < Duration::from_secs(5), "{:?}", network.now - begin);
    network.run(MINUTE);
    assert!(network.is_converged(&IDS));
    assert_eq!(network.member(3).engine.counts().probes_failed, 0);
}

#[test]
fn a_datagram_of_a_dead_member_is_counted_and_the_last_one_of_a_leaving_member_is_not() {
    let mut network = Network::of_three(seed(), &[KEY]);
    network.with(address(3), |engine, now| engine.leave(now));
    network.run_until("it has left", |network| network.is_converged(&["a", "b"]));
    network.run(MINUTE);
    assert_eq!([1, 2].map(|number| network.dropped(number, "dead sender")), [0, 0]);
    let mut member = network.members.remove(&address(2)).expect("b");
    network.run_until("it is dead", |network| network.member(1).view["b"].0 == Status::Dead);
    // It has heard nothing of that, and goes on where it was.
    member.engine.handle_timeout(network.now);
    network.members.insert(address(2), member);
    network.run_until("it is back", |network| network.is_converged(&["a", "b"]));
    assert!(network.dropped(1, "dead sender") > 0);
}

#[test]
fn a_monotonic_clock_that_jumps_forward_or_back_makes_nobody_die() {
    let mut network = Network::of_three(seed(), &[KEY]);
    let year = Duration::from_secs(365 * 86_400);
    let now = network.now;
    network.with(address(1), |engine, _| engine.handle_timeout(now + year));
    assert!(network.member(1).engine.stopped() > year - MINUTE);
    // For a, time goes on from there; for the network it has gone back, so that a's time stands still.
    network.run(Duration::from_secs(2));
    network.now = now + year;
    network.run(MINUTE);
    network.with(address(2), |engine, now| engine.handle_timeout(now - year));
    network.run(MINUTE);
    assert!(network.is_converged(&IDS));
    for number in 1..=3 {
        assert!(IDS.iter().all(|id| !kinds(network.member(number), id).contains(&ChangeKind::Failed)));
    }
}

#[test]
fn a_wall_clock_that_goes_back_at_a_restart_is_put_right_by_a_seed() {
    let mut network = Network::of_three(seed(), &[KEY]);
    network.start(later(options("b", 2, &[KEY]), 500), &[1]);
    network.run_until("it is back", |network| {
        network.is_converged(&IDS)
            && network.members.values().all(|m| m.view["b"].1.version.started_at_ms == 1_000_001)
    });
    assert_eq!(refusal(network.member(2)), None);
}

#[test]
fn a_wall_clock_that_goes_back_while_no_seed_is_there_is_put_right_later() {
    let mut network = Network::of_three(seed(), &[KEY]);
    let member = network.members.remove(&address(1)).expect("a");
    network.members.remove(&address(2));
    network.start(later(options("b", 2, &[KEY]), 500), &[1]);
    network.run(Duration::from_secs(3));
    assert!(network.member(2).view.contains_key("b"), "it has joined alone");
    network.members.insert(address(1), member);
    network.run_until("it is back", |network| network.is_converged(&IDS));
    assert!(network.member(3).view["b"].1.version.started_at_ms > 1_000_000);
}

#[test]
fn a_seed_whose_wall_clock_goes_back_is_found_by_those_who_knew_it() {
    let mut network = Network::of_three(seed(), &[KEY]);
    network.members.remove(&address(1));
    network.run_until("it is dead", |network| {
        [2, 3].iter().all(|number| network.member(*number).view["a"].0 == Status::Dead)
    });
    // It has no seed but itself.
    network.start(later(options("a", 1, &[KEY]), 500), &[1]);
    network.run_until("it is back", |network| network.is_converged(&IDS));
    assert!(network.member(3).view["a"].1.version.started_at_ms > 1_000_000);
}

#[test]
fn a_seed_that_tells_of_later_lives_without_end_is_asked_with_patience() {
    // The first, and how much later each further one is.
    let lives = [(0, 0), (1_000_000, 1), (u64::MAX, 0), ((1 << 53) - 3, 1)];
    for (mut generation, step) in lives {
        let mut network = Network::new(seed());
        let answer = move |_: &[u8]| {
            let refusal = Refusal::StaleGeneration { started_at_ms: generation };
            generation += step;
            Some(sealed(Purpose::Response, &framed(1, &Response::Refused(refusal))))
        };
        network.liars.insert(address(66), Box::new(answer));
        network.start(options("a", 1, &[KEY]), &[66]);
        network.run(MINUTE);
        let asked = network.questions[&address(66)];
        assert!((5..15).contains(&asked), "asked {asked} times in a minute");
        assert!(network.is_converged(&["a"]), "it is alone");
        assert!(problems(network.member(1))[0].contains("it knows a life of this node that began at"));
    }
}

#[test]
fn a_life_that_cannot_be_outlived_makes_no_storm() {
    let mut network = Network::of_three(seed(), &[KEY]);
    let last = Generation { started_at_ms: (1 << 53) - 1, rejoin_count: 0 };
    let [a, b] = [1, 2].map(|number| network.member(number).engine.identity().clone());
    let entry = MemberEntry {
        identity: Identity { generation: last, ..b },
        incarnation: 0,
        state: foca::State::Alive,
        version: Default::default(),
        ring: None,
        received: Default::default(),
    };
    let hello = Hello {
        identity: a,
        protocol_version: PROTOCOL_VERSION_MAX,
        options: options("a", 1, &[KEY]).shared,
    };
    let state = PushPullState { entries: vec![entry], ..Default::default() };
    let frame = sealed(Purpose::Request, &framed(1, &Request::PushPull { hello, is_join: false, state }));
    network.with(address(3), |engine, now| engine.handle_request(now, address(9), 1 << 60, &frame));
    network.run(Duration::from_secs(10));
    let sent = network.member(2).engine.counts().datagrams_sent;
    network.run(MINUTE);
    let sent = network.member(2).engine.counts().datagrams_sent - sent;
    assert!(sent < 60 * 50, "{sent} datagrams in a minute");
}
