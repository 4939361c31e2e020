//! A member that knows another one, and the promises that it keeps whatever it is told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, Once};
use std::time::Duration;

use hypercache_gossip::wire::{EncodedRecord, Hello, MemberEntry, PushPullState, Request, framed};
use hypercache_gossip::{
    BROADCAST_BYTES_MAX, Effect, Engine, EngineOptions, Event, Generation, Identity, PROTOCOL_VERSION_MAX,
    Record, SharedOptions, Timing, Version,
};
use hypercache_transport::{DATAGRAM_BYTES_MAX, FRAME_BYTES_MAX, Purpose, ReceiveWindow, Sealer};
use rand::SeedableRng;
use rand::rngs::StdRng;

pub const NOW: Duration = Duration::from_secs(1);
const KEY: [u8; 32] = [7; 32];
/// Timers that are let run after each message.
const TICKS_MAX: usize = 12;

static OUTCOMES: Mutex<BTreeMap<&str, u64>> = Mutex::new(BTreeMap::new());
static AT_EXIT: Once = Once::new();

unsafe extern "C" {
    fn atexit(call: extern "C" fn()) -> i32;
}

/// libFuzzer ends the process itself, so the counts are printed on its way out.
extern "C" fn print_counts() {
    let outcomes = OUTCOMES.lock().expect("nobody panics while it counts");
    let counts: Vec<String> = outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    eprintln!("outcomes: {}", counts.join(", "));
}

fn count(outcome: &'static str, times: u64) {
    // SAFETY: the function that is registered takes and returns nothing.
    AT_EXIT.call_once(|| assert_eq!(unsafe { atexit(print_counts) }, 0));
    *OUTCOMES.lock().expect("nobody panics while it counts").entry(outcome).or_default() += times;
}

fn address(number: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, number], 7946))
}

/// Whoever sends what is fuzzed.
pub fn sender() -> SocketAddr {
    address(2)
}

fn record(started_at_ms: u64) -> Record {
    Record {
        version: Version { started_at_ms, counter: 1 },
        ports: BTreeMap::from([("http".into(), 8080)]),
        zone: Some("east".into()),
        capabilities: vec!["read".into()],
        metadata: BTreeMap::from([("rack".into(), "r1".into())]),
        ..Record::new("10.0.0.1", 7946)
    }
}

pub fn shared() -> SharedOptions {
    SharedOptions(vec![("hash_function".into(), "xxhash64".into())])
}

/// The keys of the cluster: the one or none, as it falls out.
pub fn keys(bytes: &[u8]) -> &'static [[u8; 32]] {
    if bytes.len().is_multiple_of(2) { &[KEY] } else { &[] }
}

/// The other member.
pub fn known() -> Identity {
    Identity {
        id: "b".into(),
        address: sender(),
        generation: Generation { started_at_ms: 1_000_000, rejoin_count: 0 },
    }
}

pub fn sealed(keys: &[[u8; 32]], purpose: Purpose, message: &[u8]) -> Vec<u8> {
    Sealer::new("c", keys).seal(purpose, message, &mut StdRng::seed_from_u64(1))
}

/// A member "a" that asks a seed, and the number of that question.
pub fn joining(keys: &[[u8; 32]]) -> (Engine, u64) {
    let mut engine = Engine::new(EngineOptions {
        id: "a".into(),
        address: address(1),
        started_at_ms: 1_000_000,
        record: record(1_000_000),
        cluster_name: "c".into(),
        keys: keys.to_vec(),
        shared: shared(),
        timing: Timing::default(),
        protocol_version: PROTOCOL_VERSION_MAX,
        random_seed: [1; 32],
    });
    engine.join(NOW, vec![sender().to_string()]);
    let asked = engine.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Request { number, .. } => Some(number),
        _ => None,
    });
    (engine, asked.expect("the seed is asked"))
}

/// A member "a" that has joined and knows "b".
pub fn joined(keys: &[[u8; 32]]) -> Engine {
    let (mut engine, number) = joining(keys);
    engine.handle_response(NOW, number, Err("it is not there".into()));
    let entry = MemberEntry {
        identity: known(),
        incarnation: 0,
        state: foca::State::Alive,
        version: record(1_000_000).version,
        ring: None,
        received: ReceiveWindow::default(),
    };
    let hello = Hello { identity: known(), protocol_version: PROTOCOL_VERSION_MAX, options: shared() };
    let records = vec![EncodedRecord { id: "b".into(), bytes: record(1_000_000).encode() }];
    let state = PushPullState { entries: vec![entry], records, broadcasts: Vec::new() };
    let request = framed(PROTOCOL_VERSION_MAX, &Request::PushPull { hello, is_join: true, state });
    engine.handle_request(NOW, sender(), 1, &sealed(keys, Purpose::Request, &request));
    engine.take_effects();
    assert_eq!(dropped(&engine), 0);
    engine
}

fn dropped(engine: &Engine) -> u64 {
    engine.counts().dropped.values().sum()
}

/// Lets time pass after some messages, looks at all that the engine wants done, and counts what became of
/// them.
pub fn check(mut engine: Engine, messages: u64) {
    for (reason, times) in &engine.counts().dropped {
        count(reason, *times);
    }
    count("heeded", messages.saturating_sub(dropped(&engine)));
    for _ in 0..TICKS_MAX {
        engine.take_effects().iter().for_each(check_effect);
        let Some(next) = engine.next_timeout() else { break };
        engine.handle_timeout(next);
    }
}

fn check_effect(effect: &Effect) {
    match effect {
        Effect::Datagram { to, bytes } => {
            assert!(bytes.len() <= DATAGRAM_BYTES_MAX);
            assert_ne!(to.port(), 0);
        }
        Effect::Request { frame, .. } | Effect::Respond { frame: Some(frame), .. } => {
            assert!(frame.len() <= FRAME_BYTES_MAX);
        }
        Effect::Respond { frame: None, .. } => {}
        Effect::Emit(Event::Changed(changes)) => {
            for change in changes {
                check_id(&change.id);
                assert_eq!(Record::decode(&change.record.encode()).as_ref(), Some(&change.record));
            }
        }
        Effect::Emit(Event::Broadcast(broadcast)) => {
            check_id(&broadcast.origin);
            assert!(broadcast.name.len() + broadcast.data.len() <= BROADCAST_BYTES_MAX);
        }
        Effect::Emit(_) => {}
    }
}

fn check_id(id: &str) {
    assert!((1..=255).contains(&id.len()) && !id.contains(char::is_control));
}
