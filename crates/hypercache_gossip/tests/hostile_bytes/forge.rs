//! Messages that no healthy member would send: changed bytes, and well-formed nonsense.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use fastrand::Rng;
use foca::{Header, Member, Message, State as Swim};
use hypercache_gossip::wire::{
    DatagramHead, EncodedRecord, Hello, MemberEntry, PushPullState, Request, Response, Rumor, encoded, framed,
};
use hypercache_gossip::{
    Broadcast, Claim, Doubt, Generation, Identity, PROTOCOL_VERSION_MAX, Record, Refusal, RingMark,
    SharedOptions, Version,
};
use hypercache_transport::ReceiveWindow;

use crate::network::{address, record};

/// Bytes that are like others, and yet not: cut, flipped, spliced, repeated, or grown.
pub fn mutated(random: &mut Rng, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    loop {
        let changed = perhaps_mutated(random, bytes, other);
        if changed != bytes {
            return changed;
        }
    }
}

fn perhaps_mutated(random: &mut Rng, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    match random.u8(..8) {
        0 => changed.truncate(random.usize(..=bytes.len())),
        1 => drop(changed.drain(..random.usize(..=bytes.len()))),
        2 => {
            changed.truncate(random.usize(..=bytes.len()));
            changed.extend_from_slice(&other[random.usize(..=other.len())..]);
        }
        3 => {
            let at = random.usize(..=bytes.len());
            // The longest numbers that postcard writes, or what looks like a count.
            let number = random.choice([&[0xFF; 9][..], &[0xFF, 0xFF, 3], &[0x80; 10], &[0]]).expect("some");
            changed.splice(at..at, number.iter().copied());
        }
        4 => changed.extend((0..random.usize(..3_000)).map(|_| 0)),
        5 => changed = (0..random.usize(..2_000)).map(|_| random.u8(..)).collect(),
        _ => {
            for _ in 0..=random.u8(..8) {
                if !changed.is_empty() {
                    let at = random.usize(..changed.len());
                    changed[at] =
                        if random.bool() { changed[at] ^ 1 << random.u8(..8) } else { random.u8(..) };
                }
            }
        }
    }
    changed
}

/// Makes well-formed messages of extreme values.
pub struct Forger<'a> {
    pub random: &'a mut Rng,
}

impl Forger<'_> {
    fn number(&mut self) -> u64 {
        let few = [0, 1, 2, 63, 64, 65, 1_000_000, 1_000_001, u64::MAX / 2, u64::MAX - 1, u64::MAX];
        *self.random.choice(&few).expect("some")
    }

    fn text(&mut self) -> String {
        match self.random.u8(..80) {
            0 => String::new(),
            1 => "x".repeat(255),
            2 => "x".repeat(256),
            3 => "é".repeat(self.random.usize(..700)),
            4 => "a\nb\u{1b}[2J".into(),
            5..20 => "mad".into(),
            20..40 => format!("mad{}", self.random.u8(..16)),
            number => ["a", "b", "c"][usize::from(number) % 3].into(),
        }
    }

    fn address(&mut self) -> SocketAddr {
        let of = |ip: &str, port| SocketAddr::from((ip.parse::<IpAddr>().expect("an address"), port));
        match self.random.u8(..80) {
            0 => of("0.0.0.0", 0),
            1 => of("::", 7946),
            2 => of("255.255.255.255", 65_535),
            3 => of("ff02::1", 1),
            number => address(number % 8),
        }
    }

    fn generation(&mut self) -> Generation {
        let rejoin_count = *self.random.choice(&[0, 0, 1, u32::MAX]).expect("some");
        Generation { started_at_ms: self.number(), rejoin_count }
    }

    fn identity(&mut self) -> Identity {
        Identity { id: self.text(), address: self.address(), generation: self.generation() }
    }

    fn version(&mut self) -> Version {
        Version { started_at_ms: self.number(), counter: self.number() }
    }

    fn ring(&mut self) -> RingMark {
        RingMark { started_at_ms: self.number(), stamp: self.number(), checksum: self.random.u64(..) }
    }

    fn incarnation(&mut self) -> u16 {
        *self.random.choice(&[0, 1, u16::MAX - 1, u16::MAX]).expect("some")
    }

    fn swim(&mut self) -> Swim {
        *self.random.choice(&[Swim::Alive, Swim::Suspect, Swim::Down]).expect("some")
    }

    fn few<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.random.usize(..6)).map(|_| make(self)).collect()
    }

    fn entry(&mut self, known: &[Identity]) -> MemberEntry {
        MemberEntry {
            identity: self.known_or_not(known),
            incarnation: self.incarnation(),
            state: self.swim(),
            version: self.version(),
            ring: self.random.bool().then(|| self.ring()),
            received: ReceiveWindow {
                started_at_ms: self.number(),
                high: self.number(),
                missing: std::array::from_fn(|_| self.number()),
            },
        }
    }

    fn known_or_not(&mut self, known: &[Identity]) -> Identity {
        match self.random.choice(known) {
            Some(identity) if self.random.bool() => identity.clone(),
            _ => self.identity(),
        }
    }

    fn record(&mut self) -> Record {
        const DOUBTS: [Option<Doubt>; 4] =
            [None, Some(Doubt::Stalled), Some(Doubt::GaveUp), Some(Doubt::Unreachable)];
        let weights = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e-300, 1.0, 2.5, 16_000_001.0, 1e300];
        Record {
            version: self.version(),
            claim: *self.random.choice(&[Claim::Present, Claim::Updating, Claim::Leaving]).expect("some"),
            address: self.text(),
            port: self.random.u16(..),
            ports: self.few(|forger| (forger.text(), forger.random.u16(..))).into_iter().collect(),
            weight: *self.random.choice(&weights).expect("some"),
            zone: self.random.bool().then(|| self.text()),
            capabilities: self.few(Self::text),
            metadata: BTreeMap::from_iter(self.few(|forger| (forger.text(), forger.text()))),
            doubt: *self.random.choice(&DOUBTS).expect("some"),
            load: self.random.bool().then(|| *self.random.choice(&[f64::NAN, -1.0, 0.5]).expect("some")),
            unknown: Vec::new(),
        }
    }

    fn record_of(&mut self) -> EncodedRecord {
        let record =
            if self.random.bool() { self.record() } else { Record { version: self.version(), ..record() } };
        EncodedRecord { id: self.text(), bytes: record.encode() }
    }

    fn broadcast(&mut self) -> Broadcast {
        let size = *self.random.choice(&[0, 1, 500, 513, 100_000]).expect("some");
        Broadcast {
            origin: self.text(),
            started_at_ms: self.number(),
            number: self.number(),
            lamport_time: self.number(),
            name: self.text(),
            data: "d".repeat(size),
        }
    }

    fn state(&mut self, known: &[Identity]) -> PushPullState {
        PushPullState {
            entries: self.few(|forger| forger.entry(known)),
            records: self.few(Self::record_of),
            broadcasts: self.few(Self::broadcast),
        }
    }

    fn hello(&mut self, known: &[Identity], shared: &SharedOptions) -> Hello {
        let options = if self.random.u8(..8) > 0 {
            shared.clone()
        } else {
            SharedOptions(self.few(|forger| (forger.text(), forger.text())))
        };
        let protocol_version = *self.random.choice(&[0, 1, PROTOCOL_VERSION_MAX, 255]).expect("some");
        Hello { identity: self.known_or_not(known), protocol_version, options }
    }

    /// The question of an exchange.
    pub fn request(&mut self, known: &[Identity], shared: &SharedOptions) -> Vec<u8> {
        let hello = self.hello(known, shared);
        let request = match self.random.u8(..8) {
            0 => Request::Identify,
            1 => Request::CompareDigests { hello, digest: self.number() },
            2 => Request::FetchRecord { hello, id: self.text() },
            _ => Request::PushPull { hello, is_join: self.random.bool(), state: self.state(known) },
        };
        framed(PROTOCOL_VERSION_MAX, &request)
    }

    /// The answer to one.
    pub fn reply(&mut self, known: &[Identity], shared: &SharedOptions) -> Vec<u8> {
        let reply = match self.random.u8(..10) {
            0 => Response::InSync,
            1 => Response::OutOfSync,
            2 => Response::NotJoined,
            3 => Response::Identity(self.known_or_not(known)),
            4 => Response::Refused(Refusal::StaleGeneration { started_at_ms: self.number() }),
            5 => Response::Refused(Refusal::OtherOption {
                option: self.text(),
                ours: self.text(),
                theirs: self.text(),
            }),
            _ => Response::PushPull { hello: self.hello(known, shared), state: self.state(known) },
        };
        framed(PROTOCOL_VERSION_MAX, &reply)
    }

    fn notice(&mut self) -> Rumor {
        match self.random.u8(..3) {
            0 => Rumor::Record { id: self.text(), version: self.version(), is_leaving: self.random.bool() },
            1 => Rumor::Ring { id: self.text(), ring: self.ring() },
            _ => Rumor::Broadcast(self.broadcast()),
        }
    }

    fn message(&mut self, known: &[Identity]) -> Message<Identity> {
        let (identity, probe_number) = (self.known_or_not(known), self.random.u8(..));
        match self.random.u8(..11) {
            0 => Message::Ping(probe_number),
            1 => Message::Ack(probe_number),
            2 => Message::PingReq { target: identity, probe_number },
            3 => Message::IndirectPing { origin: identity, probe_number },
            4 => Message::IndirectAck { target: identity, probe_number },
            5 => Message::ForwardedAck { origin: identity, probe_number },
            6 => Message::Announce,
            7 => Message::Feed,
            8 => Message::Broadcast,
            9 => Message::TurnUndead,
            _ => Message::Gossip,
        }
    }

    /// A datagram, nearly always to this member, and always from a new session.
    pub fn datagram(&mut self, to: &Identity, known: &[Identity], shared: &SharedOptions) -> Vec<u8> {
        let head = DatagramHead {
            protocol_version: PROTOCOL_VERSION_MAX,
            session: self.random.u64(..),
            number: self.number(),
            options_mark: shared.mark(),
        };
        let header = Header {
            src: self.known_or_not(known),
            src_incarnation: self.incarnation(),
            dst: if self.random.u8(..8) > 0 { to.clone() } else { self.identity() },
            message: self.message(known),
        };
        let mut bytes = [&head.encode()[..], &encoded(&header)].concat();
        if !matches!(header.message, Message::Announce | Message::TurnUndead) {
            let updates = self
                .few(|forger| Member::new(forger.known_or_not(known), forger.incarnation(), forger.swim()));
            if header.message != Message::Broadcast {
                bytes.extend_from_slice(&(updates.len() as u16).to_be_bytes());
                updates.iter().for_each(|update| bytes.extend(encoded(update)));
            }
            for notice in self.few(|forger| encoded(&forger.notice())) {
                bytes.extend_from_slice(&(notice.len() as u16).to_be_bytes());
                bytes.extend(notice);
            }
        }
        bytes
    }
}
