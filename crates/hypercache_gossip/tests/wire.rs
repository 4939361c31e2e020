//! Every message has the bytes that it has always had: members of two releases in a row understand each
//! other.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};

use hypercache_gossip::wire::{
    DatagramHead, EncodedRecord, Hello, MemberEntry, PushPullState, Request, Response, Rumor, encoded, framed,
};
use hypercache_gossip::{
    Broadcast, Claim, Doubt, Generation, Identity, Record, Refusal, RingMark, SharedOptions, Version,
};
use hypercache_transport::ReceiveWindow;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A line for each message: its name, and its bytes in hexadecimal digits.
const GOLDEN: &str = include_str!("golden/wire.txt");

/// Messages as bytes, by their names.
#[derive(Default)]
struct Encoded(BTreeMap<String, Vec<u8>>);

impl Encoded {
    /// Adds a message, which must also come back as it was.
    fn add<T: Serialize + DeserializeOwned + Debug>(&mut self, name: &str, message: &T) {
        let bytes = encoded(message);
        let decoded: T = postcard::from_bytes(&bytes).expect(name);
        assert_eq!(format!("{decoded:?}"), format!("{message:?}"));
        self.add_bytes(name, bytes);
    }

    fn add_bytes(&mut self, name: &str, bytes: Vec<u8>) {
        assert!(self.0.insert(name.into(), bytes).is_none(), "{name} is there twice");
    }

    fn lines(&self) -> Vec<String> {
        let hex = |bytes: &[u8]| {
            bytes.iter().fold(String::new(), |mut text, byte| {
                write!(text, "{byte:02x}").expect("a string takes everything");
                text
            })
        };
        self.0.iter().map(|(name, bytes)| format!("{name} {}", hex(bytes))).collect()
    }
}

fn identity(id: &str, address: &str) -> Identity {
    let generation = Generation { started_at_ms: 1_700_000_000_000, rejoin_count: 3 };
    Identity { id: id.into(), address: address.parse().expect("an address"), generation }
}

fn ring() -> RingMark {
    RingMark { started_at_ms: 1_700_000_000_000, stamp: 300, checksum: 0x0123_4567_89AB_CDEF }
}

fn version() -> Version {
    Version { started_at_ms: 1_700_000_000_000, counter: 129 }
}

fn broadcast() -> Broadcast {
    Broadcast {
        origin: "node-a".into(),
        started_at_ms: 1_700_000_000_000,
        number: 7,
        lamport_time: 1_000,
        name: "greeting".into(),
        data: "\"hello\"".into(),
    }
}

fn record() -> Record {
    Record {
        version: version(),
        claim: Claim::Updating,
        ports: BTreeMap::from([("http".into(), 8080)]),
        weight: 2.5,
        zone: Some("east".into()),
        capabilities: vec!["read".into(), "write".into()],
        metadata: BTreeMap::from([("rack".into(), "r1".into())]),
        ..Record::new("10.0.0.1", 7946)
    }
}

fn hello() -> Hello {
    let options = vec![("hash_function".into(), "xxhash64".into()), ("zone_aware".into(), "true".into())];
    Hello {
        identity: identity("node-a", "10.0.0.1:7946"),
        protocol_version: 2,
        options: SharedOptions(options),
    }
}

fn state() -> PushPullState {
    let line = |identity, state, ring| MemberEntry {
        identity,
        incarnation: 300,
        state,
        version: version(),
        ring,
        received: ReceiveWindow { started_at_ms: 1_700_000_000_000, high: 9, missing: [1, 0, 1 << 63, 5] },
    };
    PushPullState {
        entries: vec![
            line(identity("node-a", "10.0.0.1:7946"), foca::State::Alive, Some(ring())),
            line(identity("node-b", "[2001:db8::1]:1"), foca::State::Suspect, None),
            line(identity("ü", "10.0.0.3:65535"), foca::State::Down, None),
        ],
        records: vec![EncodedRecord { id: "node-a".into(), bytes: record().encode() }],
        broadcasts: vec![broadcast()],
    }
}

fn add_requests(all: &mut Encoded) {
    all.add("request 0", &Request::CompareDigests { hello: hello(), digest: u64::MAX });
    all.add("request 1", &Request::PushPull { hello: hello(), is_join: true, state: state() });
    all.add("request 2", &Request::FetchRecord { hello: hello(), id: "node-b".into() });
    all.add("request 3", &Request::Identify);
    all.add("request 4", &Request::Leave { hello: hello(), state: PushPullState::default() });
    all.add_bytes("request 3 framed", framed(2, &Request::Identify));
}

fn add_replies(all: &mut Encoded) {
    all.add("reply 0", &Response::InSync);
    all.add("reply 1", &Response::OutOfSync);
    all.add("reply 2", &Response::PushPull { hello: hello(), state: state() });
    let [option, ours, theirs] = ["zone_aware", "true", "false"].map(String::from);
    all.add("reply 3.0", &Response::Refused(Refusal::OtherOption { option, ours, theirs }));
    all.add("reply 3.1", &Response::Refused(Refusal::IdTaken { address: "10.0.0.2:7946".into() }));
    all.add("reply 3.2", &Response::Refused(Refusal::StaleGeneration { started_at_ms: 1_700_000_000_000 }));
    all.add("reply 4", &Response::Identity(identity("node-a", "10.0.0.1:7946")));
    all.add("reply 5", &Response::NotJoined);
}

fn add_notices(all: &mut Encoded) {
    let id = || "node-a".to_string();
    all.add("notice 0", &Rumor::Record { id: id(), version: version(), is_leaving: true });
    all.add("notice 1", &Rumor::Ring { id: id(), ring: ring() });
    all.add("notice 2", &Rumor::Broadcast(broadcast()));
    let head = DatagramHead {
        protocol_version: 2,
        session: 1 << 60,
        number: 77,
        options_mark: hello().options.mark(),
    };
    all.add_bytes("datagram head", head.encode().to_vec());
}

fn add_records(all: &mut Encoded) {
    let claims = [("present", Claim::Present), ("updating", Claim::Updating), ("leaving", Claim::Leaving)];
    for (name, claim) in claims {
        all.add_bytes(&format!("record {name}"), Record { claim, ..record() }.encode());
    }
    let newer = Record { load: Some(0.25), unknown: b"\0of the future".to_vec(), ..record() };
    all.add_bytes("record with a load", newer.encode());
    let doubting = Record { doubt: Some(Doubt::GaveUp), ..record() };
    all.add_bytes("record with a doubt", doubting.encode());
    for record in [newer, doubting] {
        assert_eq!(Record::decode(&record.encode()), Some(record));
    }
}

/// What foca puts around an identity.
fn add_headers(all: &mut Encoded) {
    let [src, dst] = ["10.0.0.1:7946", "10.0.0.2:7946"].map(|address| identity("node-a", address));
    let message = foca::Message::PingReq { target: src.clone(), probe_number: 5 };
    all.add("header", &foca::Header { src: src.clone(), src_incarnation: 300, dst, message });
    all.add("member", &foca::Member::new(src, 300, foca::State::Suspect));
}

#[test]
fn messages_have_the_bytes_that_they_have_always_had() {
    let mut all = Encoded::default();
    add_requests(&mut all);
    add_replies(&mut all);
    add_notices(&mut all);
    add_records(&mut all);
    add_headers(&mut all);
    let golden: Vec<&str> = GOLDEN.lines().collect();
    assert_eq!(all.lines(), golden);
}
