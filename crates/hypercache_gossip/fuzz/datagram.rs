//! Datagrams: any bytes, and what only a member could make, in the open and with the right key.

#![no_main]

mod common;

use common::{NOW, check, joined, known, sealed, sender, shared};
use hypercache_gossip::PROTOCOL_VERSION_MAX;
use hypercache_gossip::wire::{DatagramHead, encoded};
use hypercache_transport::Purpose;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (keys, open) = (common::keys(bytes), [].as_slice());
    let head = DatagramHead {
        protocol_version: PROTOCOL_VERSION_MAX,
        session: 1,
        number: 1,
        options_mark: shared().mark(),
    };
    let engine = joined(keys);
    // What foca reads, as a whole; and the news in it, after a head that is in order.
    let header = foca::Header {
        src: known(),
        src_incarnation: 0,
        dst: engine.identity().clone(),
        message: foca::Message::Gossip,
    };
    let header = encoded(&header);
    for (mut engine, start) in [(engine, open), (joined(keys), &header)] {
        engine.handle_datagram(NOW, sender(), bytes);
        let message = [&head.encode()[..], start, bytes].concat();
        engine.handle_datagram(NOW, sender(), &sealed(keys, Purpose::Datagram, &message));
        check(engine, 2);
    }
});
