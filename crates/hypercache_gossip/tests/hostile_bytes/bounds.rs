//! Values at and beyond their bounds.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use hypercache_gossip::wire::{
    DatagramHead, EncodedRecord, Hello, MemberEntry, PushPullState, Request, Response, Rumor, encoded, framed,
};
use hypercache_gossip::{
    Broadcast, Effect, Engine, Generation, Identity, PROTOCOL_VERSION_MAX, Record, RingMark, SharedOptions,
    Status, Version,
};
use hypercache_transport::{DATAGRAM_BYTES_MAX, FRAME_BYTES_MAX, Purpose, ReceiveWindow, Sealer};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::memory::biggest_piece;
use crate::network::{Network, address, options, record};
use crate::seed;

const NOW: Duration = Duration::from_secs(1);
/// More than anything may ask for that is told in a few bytes.
const PIECE_BYTES_MAX: usize = 64 * 1024;
/// 2^60, as postcard writes it.
const HUGE: [u8; 9] = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10];

fn engine() -> Engine {
    let mut engine = Engine::new(options("a", 1, &[]));
    engine.join(NOW, Vec::new());
    engine.take_effects();
    engine
}

fn sealed(purpose: Purpose, message: &[u8]) -> Vec<u8> {
    Sealer::new("c", &[]).seal(purpose, message, &mut StdRng::seed_from_u64(1))
}

fn dropped(engine: &Engine, reason: &str) -> u64 {
    engine.counts().dropped.get(reason).copied().unwrap_or(0)
}

fn mad() -> Identity {
    Identity {
        id: "mad".into(),
        address: address(9),
        generation: Generation { started_at_ms: 1_000_000, rejoin_count: 0 },
    }
}

fn hello(identity: &Identity) -> Hello {
    Hello {
        identity: identity.clone(),
        protocol_version: PROTOCOL_VERSION_MAX,
        options: options("a", 1, &[]).shared,
    }
}

fn entry(identity: &Identity) -> MemberEntry {
    MemberEntry {
        identity: identity.clone(),
        incarnation: 0,
        state: foca::State::Alive,
        version: Version::default(),
        ring: None,
        received: ReceiveWindow::default(),
    }
}

fn tell(engine: &mut Engine, hello: Hello, state: PushPullState) {
    let request = framed(PROTOCOL_VERSION_MAX, &Request::PushPull { hello, is_join: false, state });
    engine.handle_request(NOW, address(9), 1, &sealed(Purpose::Request, &request));
}

/// Who is shown, and how.
fn shown(engine: &mut Engine) -> Vec<String> {
    let told = engine.take_effects().into_iter().filter_map(|effect| match effect {
        Effect::Emit(hypercache_gossip::Event::Changed(changes)) => Some(changes),
        _ => None,
    });
    told.flatten().map(|change| change.id).collect()
}

/// The same message with a count of 2^60 in the place of each byte.
fn with_huge_counts(message: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (1..message.len()).map(|at| [&message[..at], &HUGE, &message[at + 1..]].concat())
}

#[test]
fn counts_of_more_than_follows_ask_for_no_memory() {
    let state = PushPullState {
        entries: vec![entry(&mad())],
        records: vec![EncodedRecord { id: "mad".into(), bytes: vec![1, 2, 3] }],
        broadcasts: Vec::new(),
    };
    let request = Request::PushPull { hello: hello(&mad()), is_join: true, state: state.clone() };
    let mut engine = engine();
    for message in with_huge_counts(&framed(1, &request)) {
        let frame = sealed(Purpose::Request, &message);
        assert!(biggest_piece(|| engine.handle_request(NOW, address(9), 1, &frame)) < PIECE_BYTES_MAX);
    }
    let header = foca::Header {
        src: mad(),
        src_incarnation: 0,
        dst: engine.identity().clone(),
        message: foca::Message::Gossip,
    };
    let notice = encoded(&Rumor::Ring {
        id: "mad".into(),
        ring: RingMark { started_at_ms: 1, stamp: 1, checksum: 1 },
    });
    let counted = [&encoded(&header)[..], &[0xFF, 0xFF, 0xFF, 0xFF], &notice].concat();
    for (number, message) in with_huge_counts(&counted).chain([counted.clone()]).enumerate() {
        let head = DatagramHead {
            protocol_version: 1,
            session: number as u64,
            number: 1,
            options_mark: options("a", 1, &[]).shared.mark(),
        };
        let datagram = sealed(Purpose::Datagram, &[&head.encode()[..], &message].concat());
        assert!(biggest_piece(|| engine.handle_datagram(NOW, address(9), &datagram)) < PIECE_BYTES_MAX);
    }
    for bytes in with_huge_counts(&record().encode()) {
        assert!(biggest_piece(|| drop(Record::decode(&bytes))) < PIECE_BYTES_MAX);
    }
    assert!(dropped(&engine, "malformed") > 100);
}

#[test]
fn messages_beyond_their_bounds_are_dropped() {
    let mut engine = engine();
    for size in [DATAGRAM_BYTES_MAX, DATAGRAM_BYTES_MAX + 1, 65_507] {
        engine.handle_datagram(NOW, address(9), &vec![0; size]);
    }
    assert_eq!((dropped(&engine, "oversized"), dropped(&engine, "malformed")), (2, 1));
    engine.handle_request(NOW, address(9), 1, &vec![0; FRAME_BYTES_MAX + 1]);
    assert_eq!(dropped(&engine, "oversized"), 3);
    // The smallest items that there are, as many as a frame has room for.
    let mut request = framed(1, &Request::CompareDigests { hello: hello(&mad()), digest: 0 });
    let options_at = request.len() - encoded(&options("a", 1, &[]).shared).len() - 1;
    request.truncate(options_at);
    request.extend_from_slice(&HUGE);
    request.resize(FRAME_BYTES_MAX - 100, 0);
    let frame = sealed(Purpose::Request, &request);
    let piece = biggest_piece(|| engine.handle_request(NOW, address(9), 1, &frame));
    assert!(piece <= FRAME_BYTES_MAX, "the message itself, and nothing bigger: {piece}");
    let entries = PushPullState { entries: vec![entry(&mad()); 20_000], ..Default::default() };
    tell(&mut engine, hello(&mad()), entries);
    assert_eq!(dropped(&engine, "malformed"), 3);
}

#[test]
fn impossible_identities_belong_to_nobody() {
    let of = |id: &str, address: &str, started_at_ms| Identity {
        id: id.into(),
        address: address.parse().expect("an address"),
        generation: Generation { started_at_ms, rejoin_count: 0 },
    };
    let long = "x".repeat(256);
    let mut impossible =
        vec![of("", "10.0.0.9:1", 1), of(&long, "10.0.0.9:1", 1), of("a\nb", "10.0.0.9:1", 1)];
    impossible.push(of("mad", "10.0.0.9:1", u64::MAX));
    for address in
        ["10.0.0.9:0", "0.0.0.0:0", "0.0.0.0:1", "[::]:1", "255.255.255.255:1", "224.0.0.1:1", "[ff02::1]:1"]
    {
        impossible.push(of("mad", address, 1));
    }
    let mut engine = engine();
    for (number, identity) in impossible.iter().enumerate() {
        tell(
            &mut engine,
            hello(&mad()),
            PushPullState { entries: vec![entry(identity)], ..Default::default() },
        );
        assert_eq!(dropped(&engine, "malformed"), number as u64 + 1, "{identity:?}");
    }
    assert!(shown(&mut engine).is_empty());
}

#[test]
fn records_that_a_ring_would_refuse_never_reach_the_application() {
    let metadata = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
    let many: Vec<String> = (0..257).map(|number| number.to_string()).collect();
    let of = |change: &dyn Fn(&mut Record)| {
        let mut record = Record { version: Version { started_at_ms: 1_000_000, counter: 1 }, ..record() };
        change(&mut record);
        EncodedRecord { id: "mad".into(), bytes: record.encode() }
    };
    let long = "x".repeat(256);
    let mut unfit = Vec::new();
    for weight in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, -1.0, 16_000_001.0, f64::MAX] {
        unfit.push(of(&|record| record.weight = weight));
    }
    for text in ["", "a\u{0}b", "\u{85}", &long] {
        unfit.push(of(&|record| record.address = text.into()));
        unfit.push(of(&|record| record.zone = Some(text.into())));
        unfit.push(of(&|record| record.capabilities = vec![text.into()]));
        unfit.push(of(&|record| record.metadata = metadata(text, "")));
        unfit.push(of(&|record| record.ports = BTreeMap::from([(text.into(), 1)])));
    }
    unfit.push(of(&|record| record.capabilities.clone_from(&many)));
    unfit.push(of(&|record| {
        record.metadata = many.iter().cloned().map(|name| (name, String::new())).collect()
    }));
    unfit.push(of(&|record| record.ports = many.iter().cloned().map(|name| (name, 1)).collect()));
    unfit.push(of(&|record| record.metadata = metadata("name", &"x".repeat(4_097))));
    unfit.push(of(&|record| record.load = Some(f64::NAN)));
    unfit.push(EncodedRecord { id: "mad".into(), bytes: vec![0; 70_000] });
    let mut engine = engine();
    assert_eq!(shown(&mut engine), [""; 0]);
    let state = |records| PushPullState { entries: vec![entry(&mad())], records, broadcasts: Vec::new() };
    for (number, record) in unfit.into_iter().enumerate() {
        tell(&mut engine, hello(&mad()), state(vec![record]));
        assert_eq!(dropped(&engine, "unfit record"), number as u64 + 1);
    }
    assert_eq!(shown(&mut engine), [""; 0]);
    let fit = of(&|record| {
        record.weight = 16_000_000.0;
        record.zone = Some("z".repeat(255));
        record.metadata = metadata(&"n".repeat(255), &"v\n".repeat(2_048));
    });
    tell(&mut engine, hello(&mad()), state(vec![fit]));
    assert_eq!(shown(&mut engine), ["mad"]);
}

#[test]
fn numbers_at_their_ends_make_nobody_panic() {
    let ends = [0, 1, 63, 64, u64::MAX - 64, u64::MAX - 1, u64::MAX];
    let mut engine = engine();
    let first = engine.identity().generation;
    for (high, mask) in ends.iter().flat_map(|high| ends.map(|mask| (*high, mask))) {
        let of_mad = MemberEntry {
            incarnation: high as u16,
            version: Version { started_at_ms: high, counter: mask },
            ring: Some(RingMark { started_at_ms: high, stamp: mask, checksum: high }),
            received: ReceiveWindow { started_at_ms: 1_000_000, high, missing: [mask; 4] },
            ..entry(&mad())
        };
        let own = engine.identity().clone();
        let states = [foca::State::Alive, foca::State::Suspect, foca::State::Down];
        let of_own = states.map(|state| MemberEntry { state, identity: own.clone(), ..of_mad.clone() });
        let broadcast = Broadcast {
            origin: "mad".into(),
            started_at_ms: 1_000_000,
            number: high,
            lamport_time: mask,
            name: "name".into(),
            data: String::new(),
        };
        let fresh = Version { started_at_ms: 1_000_000, counter: mask };
        let bytes = Record { version: fresh, ..record() }.encode();
        let records = vec![EncodedRecord { id: "mad".into(), bytes }];
        let entries = [&[of_mad][..], &of_own].concat();
        tell(&mut engine, hello(&mad()), PushPullState { entries, records, broadcasts: vec![broadcast] });
        assert_eq!(engine.broadcast(NOW, "name".into(), String::new(), mask), Ok(true));
        engine.announce_ring(NOW, high);
    }
    assert_eq!(engine.counts().dropped, BTreeMap::new());
    assert!(engine.identity().generation > first, "it was told that it is dead");
}

#[test]
fn broadcasts_are_heard_once_from_members_that_are_known_and_not_beyond_their_bound() {
    let mut engine = engine();
    let broadcast = |origin: &str, size| Broadcast {
        origin: origin.into(),
        started_at_ms: 1_000_000,
        number: 1,
        lamport_time: 1,
        name: "name".into(),
        data: "d".repeat(size),
    };
    let received = |engine: &mut Engine, broadcast| {
        let state =
            PushPullState { entries: vec![entry(&mad())], broadcasts: vec![broadcast], ..Default::default() };
        tell(engine, hello(&mad()), state);
        engine.counts().broadcasts_received
    };
    assert_eq!(received(&mut engine, broadcast("mad", 509)), 0);
    assert_eq!(dropped(&engine, "oversized"), 1);
    assert_eq!(received(&mut engine, broadcast("nobody", 508)), 0);
    assert_eq!(received(&mut engine, broadcast("mad", 508)), 1);
    assert_eq!(received(&mut engine, broadcast("mad", 508)), 1);
}

#[test]
fn nobody_is_made_to_speak_an_impossible_version() {
    let mut network = Network::of_three(seed(), &[]);
    for number in 1..=3 {
        // As a member would say that itself.
        let of_b = network.member(2).engine.identity().clone();
        let hello = Hello { protocol_version: 0, ..hello(&if number == 2 { mad() } else { of_b }) };
        network.with(address(number), |engine, _| tell(engine, hello, PushPullState::default()));
    }
    network.run(Duration::from_secs(30));
    assert!(network.is_converged(&["a", "b", "c"]));
    for number in 1..=3 {
        assert_eq!(network.dropped(number, "other version"), 0);
        assert_eq!(network.member(number).engine.counts().suspicions_started, 0);
    }
}

#[test]
fn news_that_two_lives_have_left_comes_to_an_end() {
    let mut network = Network::of_three(seed(), &[]);
    let state = PushPullState { entries: vec![entry(&mad())], ..Default::default() };
    network.with(address(1), |engine, _| tell(engine, hello(&mad()), state));
    network.run(Duration::from_secs(2));
    for (session, (number, started_at_ms)) in [(1, 999_999), (2, 1_000_000), (3, 999_999)].iter().enumerate()
    {
        let to = network.member(*number).engine.identity().clone();
        let version = Version { started_at_ms: *started_at_ms, counter: 1 };
        let notice = encoded(&Rumor::Record { id: "mad".into(), version, is_leaving: true });
        let message = foca::Message::Broadcast;
        let header = foca::Header { src: mad(), src_incarnation: 0, dst: to, message };
        let head = DatagramHead {
            protocol_version: 1,
            session: session as u64,
            number: 1,
            options_mark: options("a", 1, &[]).shared.mark(),
        };
        let length = (notice.len() as u16).to_be_bytes();
        let message = [&head.encode()[..], &encoded(&header), &length, &notice].concat();
        let datagram = sealed(Purpose::Datagram, &message);
        network.with(address(*number), |engine, now| engine.handle_datagram(now, address(9), &datagram));
    }
    network.run(Duration::from_secs(60));
    let sent = |network: &Network| network.member(1).engine.counts().datagrams_sent;
    let before = sent(&network);
    network.run(Duration::from_secs(60));
    assert!(sent(&network) - before < 300, "{}", sent(&network) - before);
}

#[test]
fn newcomers_with_one_id_do_not_pile_up() {
    let mut engine = engine();
    let state = PushPullState { entries: vec![entry(&mad())], ..Default::default() };
    tell(&mut engine, hello(&mad()), state);
    engine.take_effects();
    let mut elsewhere = mad();
    elsewhere.address = address(10);
    let join = Request::PushPull { hello: hello(&elsewhere), is_join: true, state: PushPullState::default() };
    let frame = sealed(Purpose::Request, &framed(1, &join));
    for stream in 0..100 {
        engine.handle_request(NOW, address(10), stream, &frame);
    }
    let answers = engine.take_effects().into_iter().filter_map(|effect| match effect {
        Effect::Respond { frame, .. } => frame,
        _ => None,
    });
    let absent = framed(1, &Response::NotJoined);
    let opened = answers.map(|frame| Sealer::new("c", &[]).open(Purpose::Response, &frame).expect("ours"));
    assert_eq!(opened.filter(|reply| *reply == absent).count(), 84);
}

#[test]
fn ids_of_255_bytes_and_broadcasts_of_512_get_through() {
    let mut network = Network::new(seed());
    let ids = [1, 2, 3].map(|number: u8| char::from(b'a' + number).to_string().repeat(255));
    for (id, number) in ids.iter().zip(1..) {
        let mut options = options(id, number, &[[7; 32]]);
        options.shared = SharedOptions(vec![("x".repeat(255), "y".repeat(255)); 64]);
        network.start(options, &[1]);
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    network.run_until("they converge", |network| network.is_converged(&ids));
    let to_all = |engine: &mut Engine, now| engine.broadcast(now, "n".into(), "d".repeat(511), u64::MAX);
    for _ in 0..10 {
        assert_eq!(network.with(address(1), to_all), Ok(true));
    }
    network.run_until("all hear it", |network| {
        [2, 3].iter().all(|number| network.member(*number).engine.counts().broadcasts_received == 10)
    });
    network.run(Duration::from_secs(30));
    let sent = |network: &Network| network.member(1).engine.counts().datagrams_sent;
    let before = sent(&network);
    network.run(Duration::from_secs(30));
    // Probes and answers. Something that fits on no datagram would be tried with every round of gossip.
    assert!(sent(&network) - before < 150, "{}", sent(&network) - before);
    let statuses =
        network.members.values().flat_map(|member| member.view.values().map(|(status, _)| *status));
    assert!(statuses.eq([Status::Alive; 9]));
    let probes = network.members.values().map(|member| member.engine.counts().probes_failed);
    assert_eq!(probes.sum::<u64>(), 0);
}

#[test]
fn a_member_of_an_unlikely_address_is_one() {
    let mut engine = engine();
    for address in ["[::1]:1", "[2001:db8::1%5]:65535", "127.0.0.1:1", "[::ffff:10.0.0.1]:7946"] {
        let Ok(address) = address.parse::<SocketAddr>() else { continue };
        let identity = Identity { address, ..mad() };
        tell(
            &mut engine,
            hello(&identity),
            PushPullState { entries: vec![entry(&identity)], ..Default::default() },
        );
    }
    assert_eq!(dropped(&engine, "malformed"), 0);
}
