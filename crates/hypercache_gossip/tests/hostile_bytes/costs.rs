//! What an exchange costs among many members. Foca's own list is walked for each member that has changed, and
//! it makes texts of ids on that walk: so a count of pieces of memory tells whether it was.

use std::time::Duration;

use hypercache_gossip::wire::{EncodedRecord, Hello, MemberEntry, PushPullState, Request, framed};
use hypercache_gossip::{Effect, Engine, Generation, Identity, PROTOCOL_VERSION_MAX, Record, Version};
use hypercache_transport::{Purpose, ReceiveWindow, Sealer};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::memory::pieces;
use crate::network::{address, options, record};

const NOW: Duration = Duration::from_secs(1);

fn identity(number: u32) -> Identity {
    let [_, a, b, c] = number.to_be_bytes();
    let generation = Generation { started_at_ms: 1_000_000, rejoin_count: 0 };
    Identity { id: format!("n{number}"), address: ([10, a, b, c], 7946).into(), generation }
}

fn record_of_all() -> Record {
    Record { version: Version { started_at_ms: 1_000_000, counter: 1 }, ..record() }
}

/// The push/pull request of one of so many members that know each other.
fn push_pull(member_count: u32) -> Vec<u8> {
    let entries = (1..=member_count).map(|number| MemberEntry {
        identity: identity(number),
        incarnation: 0,
        state: foca::State::Alive,
        version: record_of_all().version,
        ring: None,
        received: ReceiveWindow::default(),
    });
    let records = (1..=member_count)
        .map(|number| EncodedRecord { id: identity(number).id, bytes: record_of_all().encode() });
    let state =
        PushPullState { entries: entries.collect(), records: records.collect(), broadcasts: Vec::new() };
    let hello = Hello {
        identity: identity(1),
        protocol_version: PROTOCOL_VERSION_MAX,
        options: options("a", 1, &[]).shared,
    };
    let message = framed(PROTOCOL_VERSION_MAX, &Request::PushPull { hello, is_join: false, state });
    Sealer::new("c", &[]).seal(Purpose::Request, &message, &mut StdRng::seed_from_u64(1))
}

/// Pieces of memory that the second of two equal exchanges asks for.
fn cost(member_count: u32) -> usize {
    let mut engine = Engine::new(options("a", 1, &[]));
    engine.join(NOW, Vec::new());
    let frame = push_pull(member_count);
    engine.handle_request(NOW, address(9), 1, &frame);
    let told = engine.take_effects().into_iter().filter_map(|effect| match effect {
        Effect::Emit(hypercache_gossip::Event::Changed(changes)) => Some(changes.len()),
        _ => None,
    });
    assert_eq!(told.sum::<usize>(), member_count as usize + 1, "all are shown");
    let cost = pieces(|| engine.handle_request(NOW, address(9), 2, &frame));
    assert!(
        engine.take_effects().iter().any(|effect| matches!(effect, Effect::Respond { frame: Some(_), .. }))
    );
    cost
}

#[test]
fn an_exchange_costs_as_many_times_more_as_there_are_more_members() {
    let [few, many] = [100, 1_000].map(cost);
    println!("pieces of memory of an exchange: {few} among 100 members, {many} among 1,000");
    assert!(many < few * 12, "{few} among 100, {many} among 1,000");
}
