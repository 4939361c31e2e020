//! Defects that the simulation has found, each as the shortest course of events that leads to it. The numbers
//! are those of the seeds that found them, in plans of that time.

use std::collections::BTreeSet;
use std::time::Duration;

use hypercache_gossip::wire::{Hello, MemberEntry, PushPullState, Request, SwimState, framed};
use hypercache_gossip::{
    Effect, Engine, EngineOptions, Event, Generation, Identity, Record, RingMark, SharedOptions, Version,
};
use hypercache_sim::{Action, Clock, Fault, Place, Plan, Preset, Theme, World, check};
use hypercache_transport::{Purpose, ReceiveWindow, Sealer, Target};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Five members of one data center, and what happens to them, each so many probe intervals after the start.
fn plan(actions: &[(f64, Action)]) -> Plan {
    let mut plan = Plan::quiet(1, Preset::Lan, 5);
    for (at, action) in actions {
        plan.add(*at, action.clone());
    }
    plan.theme = Theme::Chaos;
    plan
}

fn nothing_is_wrong(plan: Plan) {
    assert_eq!(check(&World::play(plan, false)), []);
}

fn cut(host: usize) -> Fault {
    Fault::Partition(BTreeSet::from([host]))
}

/// Seeds 0, 2, 28: it told everybody of life after life, and was given what it lacks without end.
#[test]
fn a_clock_that_has_gone_back_while_its_node_was_cut_off() {
    nothing_is_wrong(plan(&[
        (10.0, Action::Crash(4, false)),
        (10.2, Action::Begin(0, cut(4))),
        (11.0, Action::Start(4, Place::Same, Clock::Back(60_000))),
        (25.0, Action::End(0)),
    ]));
}

/// Seeds 2655, 2742, 4308, 4907: those that knew that a later life had left did not show the node again, and
/// did not tell it why.
#[test]
fn a_clock_that_has_gone_back_on_a_node_that_had_left() {
    nothing_is_wrong(plan(&[
        (10.0, Action::Leave(4)),
        (12.0, Action::Crash(0, false)),
        (12.0, Action::Crash(1, false)),
        (13.0, Action::Start(0, Place::Same, Clock::Right)),
        (14.0, Action::Start(1, Place::Same, Clock::Right)),
        (18.0, Action::Start(4, Place::Same, Clock::Back(60_000))),
    ]));
}

/// Seeds 69, 77: it was taken for the process that had left, and was leaving for ever.
#[test]
fn a_clock_that_stood_still_while_its_node_was_away() {
    nothing_is_wrong(plan(&[(10.0, Action::Leave(4)), (14.0, Action::Start(4, Place::Same, Clock::Stuck))]));
}

/// Seeds 26, 52: the record of the process before it was shown for it.
#[test]
fn a_clock_that_stood_still_during_a_crash() {
    nothing_is_wrong(plan(&[
        (9.0, Action::Update(4)),
        (10.0, Action::Crash(4, false)),
        (10.3, Action::Start(4, Place::Same, Clock::Stuck)),
    ]));
    nothing_is_wrong(plan(&[
        (10.0, Action::Crash(4, false)),
        (30.0, Action::Start(4, Place::Same, Clock::Stuck)),
    ]));
}

/// Seeds 9, 17, 126: of more broadcasts at once than 64, those that came late were taken for known.
#[test]
fn many_broadcasts_at_once_while_some_of_what_is_sent_is_lost() {
    let mut plan = plan(&[
        (0.0, Action::Begin(0, Fault::Loss(0.2))),
        (12.0, Action::Broadcast(2, 200)),
        (30.0, Action::End(0)),
    ]);
    plan.theme = Theme::LossAlone;
    nothing_is_wrong(plan);
}

/// Seeds 12, 145: what was heard of a member was forgotten with it, and told again when it was there again.
#[test]
fn broadcasts_of_a_member_that_was_forgotten_while_it_could_not_be_heard() {
    let mut plan =
        plan(&[(8.0, Action::Broadcast(2, 3)), (9.0, Action::Begin(0, cut(2))), (45.0, Action::End(0))]);
    plan.reap_after = Duration::from_secs(10);
    nothing_is_wrong(plan);
}

/// Seeds 3, 14: who had never known a member that has gone was given its record and its broadcasts without
/// end.
#[test]
fn a_newcomer_where_somebody_has_left() {
    nothing_is_wrong(plan(&[
        (8.0, Action::Broadcast(3, 2)),
        (10.0, Action::Leave(3)),
        (12.0, Action::Crash(4, false)),
        (12.5, Action::Start(4, Place::Same, Clock::Right)),
    ]));
}

/// Seed 12300: a node that had gone back to an older release was told what it could not read, among that that
/// somebody leaves.
#[test]
fn an_older_release_after_a_newer_one() {
    let mut actions = vec![
        (60.0, Action::Crash(4, false)),
        (60.0, Action::Release(4, 1)),
        (60.5, Action::Start(4, Place::Same, Clock::Right)),
        (61.0, Action::Leave(3)),
        (70.0, Action::Start(3, Place::Same, Clock::Right)),
    ];
    // So that everybody has told everybody which release it is.
    actions.extend((8..58).map(|at| (f64::from(at), Action::Update(at as usize % 5))));
    let history = World::play(plan(&actions), false);
    assert_eq!(check(&history), []);
    let unread = history.measures.dropped.get("other version").copied().unwrap_or_default();
    assert!(unread <= 3, "{unread} messages, at most those that were under way when it started");
}

fn engine_n1() -> Engine {
    let mut engine = Engine::new(EngineOptions {
        id: "n1".into(),
        address: "10.0.0.1:7946".parse().expect("an address"),
        started_at_ms: 2_000,
        record: Record::new("10.0.0.1", 8_946),
        cluster_name: "sim".into(),
        keys: Vec::new(),
        shared: SharedOptions(Vec::new()),
        timing: Preset::Lan.timing(),
        protocol_version: 2,
        random_seed: [1; 32],
    });
    engine.join(Duration::ZERO, Vec::new());
    engine
}

fn identity(id: &str, started_at_ms: u64) -> Identity {
    let generation = Generation { started_at_ms, rejoin_count: 0 };
    Identity { id: id.into(), address: "10.0.0.2:7946".parse().expect("an address"), generation }
}

/// Sends what somebody knows, and answers what comes of it.
fn push(engine: &mut Engine, identity: Identity, state: PushPullState) -> Vec<Effect> {
    let from = identity.address;
    let hello = Hello { identity, protocol_version: 2, options: SharedOptions(Vec::new()) };
    let request = framed(1, &Request::PushPull { hello, is_join: false, state });
    let frame = Sealer::new("sim", &[]).seal(Purpose::Request, &request, &mut StdRng::seed_from_u64(1));
    engine.handle_request(Duration::ZERO, from, 1, &frame);
    engine.take_effects()
}

/// Seed 3876: a question that a process had asked before it ended made the next process of its node give way.
#[test]
fn a_question_of_a_process_that_has_ended() {
    let mut engine = engine_n1();
    let before = identity("n1", 1_000);
    let effects = push(&mut engine, before.clone(), PushPullState::default());
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Emit(Event::Conflict(_)))), "{effects:?}");
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Request { number, to, .. } if *to == Target::Address(before.address) => Some(*number),
        _ => None,
    });
    // It is asked whether it is there, and it is not.
    engine.handle_response(Duration::ZERO, asked.expect("a question"), Err("connection refused".into()));
    assert_eq!(engine.broadcast(Duration::ZERO, "x".into(), String::new(), 1), Ok(true));
}

/// Seeds 749, 1507: the ring that a process had before its node's clock went back was taken for that of the
/// next one, and for newer than whatever that one told, for ever.
#[test]
fn a_ring_of_before_a_clock_has_gone_back() {
    let ring = |started_at_ms, stamp| RingMark { started_at_ms, stamp, checksum: stamp };
    let mut engine = engine_n1();
    let mut told = |ring| {
        let entry = MemberEntry {
            identity: identity("n2", 1_000),
            incarnation: 0,
            state: SwimState::Alive,
            version: Version::default(),
            ring: Some(ring),
            received: ReceiveWindow::default(),
        };
        let state = PushPullState { entries: vec![entry], ..PushPullState::default() };
        let effects = push(&mut engine, identity("n2", 1_000), state);
        effects.iter().any(|effect| matches!(effect, Effect::Emit(Event::Ring(_, told)) if *told == ring))
    };
    assert!(told(ring(1_000, 1)));
    assert!(!told(ring(60_000, 9)));
    assert!(told(ring(1_000, 2)));
}
