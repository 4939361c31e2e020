//! Three members in a storm of bytes.

use std::net::SocketAddr;
use std::time::Duration;

use hypercache_gossip::wire::{DatagramHead, Request, Response, framed};
use hypercache_gossip::{
    Engine, EngineOptions, Identity, PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN, SharedOptions, Status,
};
use hypercache_transport::{Purpose, Sealer};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::forge::{Forger, mutated};
use crate::network::{Network, address, options};
use crate::seed;

const KEY: [u8; 32] = [7; 32];
const IDS: [&str; 3] = ["a", "b", "c"];
const TICK: Duration = Duration::from_millis(10);
/// Streams that the tests open themselves.
const STREAM: u64 = 1 << 60;
const ROUNDS: u64 = 1_000;

fn shared() -> SharedOptions {
    options("a", 1, &[]).shared
}

fn stranger() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 999))
}

fn sealed(network: &mut Network, sealer: &Sealer, purpose: Purpose, message: &[u8]) -> Vec<u8> {
    sealer.seal(purpose, message, &mut StdRng::seed_from_u64(network.random.u64(..)))
}

fn captured(network: &mut Network, is_wanted: impl Fn(Purpose) -> bool) -> Vec<u8> {
    loop {
        let place = network.random.usize(..network.captured.len());
        let (purpose, bytes) = &network.captured[place];
        if is_wanted(*purpose) {
            return bytes.clone();
        }
    }
}

/// What somebody without the key can send. In the open, changing the bytes of others is no different from
/// being a member.
fn noise(network: &mut Network, keys: &[[u8; 32]], purpose: Purpose) -> Vec<u8> {
    let (one, other) = (captured(network, |_| true), captured(network, |_| true));
    let sealers = [
        Sealer::new("c", &[[8; 32]]),
        Sealer::new("d", keys),
        Sealer::new("c", if keys.is_empty() { &[[9; 32]] } else { &[] }),
    ];
    match network.random.u8(..8) {
        number @ 0..=2 => sealed(network, &sealers[usize::from(number)], purpose, &one),
        3 => Vec::new(),
        4 => vec![network.random.u8(..); network.random.usize(..65_508)],
        5 if purpose == Purpose::Datagram => captured(network, |purpose| purpose == Purpose::Datagram),
        5 if !keys.is_empty() => captured(network, |captured| captured != purpose),
        _ if !keys.is_empty() => mutated(&mut network.random, &one, &other),
        _ => (0..network.random.usize(..2_000)).map(|_| network.random.u8(..)).collect(),
    }
}

/// What somebody with the key can send who has another release or another configuration.
fn foreign(network: &mut Network, keys: &[[u8; 32]], purpose: Purpose) -> Vec<u8> {
    let version = [0, PROTOCOL_VERSION_MIN - 1, PROTOCOL_VERSION_MAX + 1, 255][network.random.usize(..4)];
    let is_other_version = network.random.bool() || purpose == Purpose::Request;
    let head = DatagramHead {
        protocol_version: if is_other_version { version } else { PROTOCOL_VERSION_MAX },
        session: network.random.u64(..),
        number: network.random.u64(..),
        options_mark: network.random.u64(..),
    };
    sealed(network, &Sealer::new("c", keys), purpose, &head.encode())
}

#[test]
fn noise_of_strangers_changes_nothing_and_every_piece_of_it_is_counted() {
    let seed = seed();
    for keys in [&[KEY][..], &[]] {
        let mut network = Network::of_three(seed, keys);
        let changes = |network: &Network| [1, 2, 3].map(|number| network.member(number).changes.len());
        let before = changes(&network);
        network.tampers = if keys.is_empty() { 0 } else { 200 };
        let mut sent = 0;
        for _ in 0..2_000 {
            for number in 1..=3 {
                let purpose = [Purpose::Datagram, Purpose::Request][network.random.usize(..2)];
                let bytes = match network.random.u8(..8) {
                    0 => foreign(&mut network, keys, purpose),
                    _ => noise(&mut network, keys, purpose),
                };
                network.with(address(number), |engine, now| match purpose {
                    Purpose::Datagram => engine.handle_datagram(now, stranger(), &bytes),
                    _ => engine.handle_request(now, stranger(), STREAM, &bytes),
                });
                sent += 1;
            }
            network.run(TICK);
        }
        assert_eq!(changes(&network), before, "nobody has seen anything happen");
        assert!(network.is_converged(&IDS));
        let dropped = [1, 2, 3].map(|number| network.member(number).engine.counts().dropped.clone());
        assert_eq!(dropped.iter().flat_map(|of| of.values()).sum::<u64>(), sent + network.tampered);
        let reasons =
            ["malformed", "other cluster", "other key", "other version", "other options", "replayed"];
        let reasons = reasons.iter().chain(if keys.is_empty() { &[][..] } else { &["not sealed"] });
        for reason in reasons {
            assert!(dropped.iter().all(|of| of.contains_key(reason)), "{reason}: {dropped:?}");
        }
        assert_eq!(network.tampered > 0, !keys.is_empty());
    }
}

#[test]
fn what_fuzzing_begins_with_is_still_what_members_say() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/frame");
    for file in std::fs::read_dir(folder).expect("the corpus") {
        let file = file.expect("a file");
        let bytes = std::fs::read(file.path()).expect("an example");
        let again = if file.file_name().to_string_lossy().starts_with("reply-") {
            postcard::from_bytes::<Response>(&bytes[1..]).map(|reply| framed(bytes[0], &reply))
        } else {
            postcard::from_bytes::<Request>(&bytes[1..]).map(|request| framed(bytes[0], &request))
        };
        assert_eq!(again.as_ref(), Ok(&bytes), "{:?}", file.path());
    }
}

#[test]
fn frames_that_are_sent_again_change_nothing() {
    let mut network = Network::of_three(seed(), &[KEY]);
    let before = network.member(1).changes.len();
    for _ in 0..500 {
        let frame = captured(&mut network, |purpose| purpose == Purpose::Request);
        network.with(address(1), |engine, now| engine.handle_request(now, stranger(), STREAM, &frame));
        network.run(TICK);
    }
    assert_eq!(network.member(1).changes.len(), before);
    assert!(network.is_converged(&IDS));
}

#[test]
fn a_newcomer_is_not_told_without_end_of_the_dead_it_never_knew() {
    let mut network = Network::of_three(seed(), &[KEY]);
    network.with(address(3), |engine, now| engine.broadcast(now, "n".into(), "d".into(), 1)).expect("short");
    network.run_until("all hear it", |network| {
        [1, 2].iter().all(|number| network.member(*number).engine.counts().broadcasts_received == 1)
    });
    network.members.remove(&address(3));
    network.run_until("it is dead", |network| {
        [1, 2].iter().all(|number| network.member(*number).view["c"].0 == Status::Dead)
    });
    // Nobody speaks of that any more.
    network.run(Duration::from_secs(60));
    network.start(options("d", 4, &[KEY]), &[1]);
    for weight in 1..=30 {
        let change = |engine: &mut Engine, now| engine.update(now, |record| record.weight = weight.into());
        assert_eq!(network.with(address(4), change), Ok(()));
        network.run(Duration::from_secs(2));
    }
    assert_eq!(network.member(1).view["d"].1.weight, 30.0);
    let exchanges = network.questions.values().sum::<u64>();
    assert!(exchanges < 500, "{exchanges} exchanges in a minute");
}

/// What somebody who has the key sends, and has lost its mind.
fn madness(network: &mut Network, sealer: &Sealer, purpose: Purpose, to: &Identity) -> Vec<u8> {
    let known: Vec<Identity> = network.members.values().map(|m| m.engine.identity().clone()).collect();
    let message = if network.random.bool() {
        let mut forger = Forger { random: &mut network.random };
        match purpose {
            Purpose::Datagram => forger.datagram(to, &known, &shared()),
            Purpose::Request => forger.request(&known, &shared()),
            Purpose::Response => forger.reply(&known, &shared()),
        }
    } else {
        let [one, other] = [purpose, purpose].map(|purpose| {
            let bytes = captured(network, |captured| captured == purpose);
            sealer.open(purpose, &bytes).expect("it was sealed with the same key")
        });
        let mut message = mutated(&mut network.random, &one, &other);
        if purpose == Purpose::Datagram && message.len() > 9 {
            // Or most would be replays.
            message[1..9].copy_from_slice(&network.random.u64(..).to_be_bytes());
        }
        message
    };
    sealed(network, sealer, purpose, &message)
}

#[test]
fn members_gone_mad_make_nobody_panic() {
    let seed = seed();
    for keys in [&[KEY][..], &[]] {
        let mut network = Network::of_three(seed, keys);
        let sealer = Sealer::new("c", keys);
        // A seed that answers nonsense: that of another process each time, for some answers end one.
        let frames: Vec<Vec<u8>> = (0..2_000)
            .map(|_| {
                let to = network.member(1).engine.identity().clone();
                madness(&mut network, &sealer, Purpose::Response, &to)
            })
            .collect();
        let mut answers = frames.into_iter().cycle();
        network.liars.insert(address(66), Box::new(move |_| answers.next()));
        let (mut heeded, mut starts) = (0, 0);
        for round in 0..ROUNDS {
            for (id, number) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
                let old = network.members.get(&address(number));
                // Who is told that another process has its id goes away. Another one comes, and hears more.
                if old.is_none_or(|old| old.is_over() || id == "d" && round % 10 == 0) {
                    starts += 1;
                    let started_at_ms = 1_000_000 + starts;
                    network.start(EngineOptions { started_at_ms, ..options(id, number, keys) }, &[66, 1, 2]);
                }
                heeded += u64::from(is_heeded(&mut network, &sealer, number));
            }
            network.run(TICK);
        }
        let sent = 4 * ROUNDS;
        println!("{heeded} of {sent} messages were heeded, {starts} starts");
        assert!(heeded > sent / 10, "or nothing was tested: {heeded}");
        network.run(Duration::from_secs(60));
        let sent = |network: &Network| {
            let datagrams = network.members.values().map(|member| member.engine.counts().datagrams_sent);
            datagrams.sum::<u64>() + network.questions.values().sum::<u64>()
        };
        let before = sent(&network);
        network.run(Duration::from_secs(60));
        let rate = (sent(&network) - before) / 60;
        println!("{rate} messages a second when all is over");
        assert!(rate < 200, "the storm goes on by itself: {rate} messages a second");
    }
}

/// Gives a member something mad. Answers whether it was not dropped.
fn is_heeded(network: &mut Network, sealer: &Sealer, number: u8) -> bool {
    let to = network.member(number).engine.identity().clone();
    let purpose = [Purpose::Datagram, Purpose::Request][network.random.usize(..2)];
    let bytes = madness(network, sealer, purpose, &to);
    let dropped = |network: &Network| network.member(number).engine.counts().dropped.values().sum::<u64>();
    let before = dropped(network);
    network.with(address(number), |engine, now| match purpose {
        Purpose::Datagram => engine.handle_datagram(now, stranger(), &bytes),
        _ => engine.handle_request(now, stranger(), STREAM, &bytes),
    });
    dropped(network) == before
}
