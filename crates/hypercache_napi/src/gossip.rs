//! A member of a cluster, as TypeScript has it.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hypercache_gossip::{
    Change, Claim, Counts, EngineOptions, Event, PROTOCOL_VERSION_MAX, Record, SharedOptions, Timing, Version,
};
use hypercache_node::{Error, Gossip, Sockets, random_seed};
use napi::Status;
use napi::bindgen_prelude::{Function, Uint8Array};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

use crate::error::{Result, internal};

/// What a member says of itself.
#[napi(object)]
pub struct NativeRecord {
    /// When its process joined, in milliseconds since 1970. Not read.
    pub started_at_ms: Option<f64>,
    /// Which version of what it says, from 1. Not read.
    pub incarnation: Option<f64>,
    pub is_updating: bool,
    pub address: String,
    pub port: u16,
    pub ports: HashMap<String, u16>,
    pub weight: f64,
    pub zone: Option<String>,
    pub capabilities: Vec<String>,
    pub metadata: HashMap<String, String>,
    pub load: Option<f64>,
}

/// The timers of the protocol, in milliseconds, and its counts.
#[napi(object, object_to_js = false)]
pub struct NativeTiming {
    pub probe_interval_ms: f64,
    pub probe_timeout_ms: f64,
    pub indirect_probe_count: u32,
    pub gossip_interval_ms: f64,
    pub gossip_fanout: u32,
    pub retransmit_multiplier: u32,
    pub suspicion_multiplier: f64,
    pub suspicion_max_ms: f64,
    pub sync_interval_ms: f64,
    pub sync_timeout_ms: f64,
    pub seed_retry_max_ms: f64,
    pub leave_timeout_ms: f64,
    pub reap_after_ms: f64,
}

/// What a member is made of.
#[napi(object, object_to_js = false)]
pub struct NativeGossipOptions {
    pub id: String,
    /// Where it listens: an IP address.
    pub bind_address: String,
    /// 0 is any free port.
    pub bind_port: u16,
    /// Where others reach it: an IP address.
    pub advertise_address: String,
    /// 0 is the port where it listens.
    pub advertise_port: u16,
    pub started_at_ms: f64,
    pub record: NativeRecord,
    pub cluster_name: String,
    /// 32 bytes each.
    pub keys: Vec<Uint8Array>,
    /// Names and values in turn.
    pub shared: Vec<String>,
    pub timing: NativeTiming,
}

/// A change of one member.
#[napi(object, object_from_js = false)]
pub struct NativeMemberChange {
    #[napi(ts_type = "'joined' | 'left' | 'failed' | 'suspected' | 'recovered' | 'updated' | 'reaped'")]
    pub kind: &'static str,
    pub id: String,
    #[napi(ts_type = "'alive' | 'suspected' | 'dead' | 'leaving' | 'updating'")]
    pub status: &'static str,
    pub record: NativeRecord,
}

/// A message of another member to all.
#[napi(object, object_from_js = false)]
pub struct NativeBroadcast {
    pub origin: String,
    pub lamport_time: f64,
    pub name: String,
    pub data: String,
}

/// Something that has happened: one of its fields is there.
#[napi(object, object_from_js = false)]
#[derive(Default)]
pub struct NativeGossipEvent {
    /// The view has changed, all at once.
    pub changes: Option<Vec<NativeMemberChange>>,
    /// The join is over: it takes part where the text is empty, and otherwise was refused for that.
    pub join_ended: Option<String>,
    /// A member has told which ring it has: its id, and 16 hexadecimal digits.
    pub ring: Option<Vec<String>>,
    pub broadcast: Option<NativeBroadcast>,
    /// All that stands against its being well.
    pub problems: Option<Vec<String>>,
    /// Somebody sends what is not heeded: the address, and why.
    pub stranger: Option<Vec<String>>,
    /// Another process has its id: the address of that one. It takes no part any more.
    pub conflict: Option<String>,
    /// The leave is over.
    pub has_left: Option<bool>,
    /// It has ended by a defect of native code.
    pub has_failed: Option<bool>,
}

/// Events that have come.
#[napi(object, object_from_js = false)]
pub struct NativeGossipEvents {
    pub events: Vec<NativeGossipEvent>,
    pub has_more: bool,
}

/// Counters.
#[napi(object, object_from_js = false)]
pub struct NativeGossipCounts {
    pub probes_sent: f64,
    pub probes_failed: f64,
    pub suspicions_started: f64,
    pub suspicions_refuted: f64,
    pub datagrams_received: f64,
    pub datagrams_sent: f64,
    pub bytes_received: f64,
    pub bytes_sent: f64,
    pub syncs_completed: f64,
    pub syncs_failed: f64,
    pub broadcasts_sent: f64,
    pub broadcasts_received: f64,
    pub dropped: HashMap<String, f64>,
}

/// Runs a function in its own environment. Weak: it does not keep the event loop running.
type Wake = ThreadsafeFunction<(), (), (), Status, false, true>;

/// A member that runs until it is closed, or its environment ends.
#[napi]
pub struct NativeGossip {
    gossip: Gossip,
    address: SocketAddr,
}

#[napi]
impl NativeGossip {
    /// Opens its sockets. It takes part from `join` on. `wake` is called, in a turn of the event loop of its
    /// own, when events have come; it must not throw.
    #[napi(constructor, catch_unwind)]
    pub fn new(options: NativeGossipOptions, wake: Function<(), ()>) -> Result<Self> {
        let wake: Wake = wake.build_threadsafe_function().weak::<true>().build().map_err(internal)?;
        let bind = socket_address(&options.bind_address, options.bind_port)?;
        let sockets = Sockets::bind(bind).map_err(refused)?;
        let bound = sockets.address;
        let options = engine_options(options, bound.port())?;
        let gossip = Gossip::run(options, sockets, move || {
            // An environment that is about to end takes no call: nobody is left to be told.
            let _ = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        });
        Ok(Self { gossip: gossip.map_err(refused)?, address: bound })
    }

    /// Where it listens.
    #[napi(getter, catch_unwind)]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Begins to take part, by asking these addresses first.
    #[napi(catch_unwind)]
    pub fn join(&self, seeds: Vec<String>) {
        self.gossip.join(seeds);
    }

    /// Goes away on purpose.
    #[napi(catch_unwind)]
    pub fn leave(&self) {
        self.gossip.leave();
    }

    /// Replaces what it says of itself.
    #[napi(catch_unwind)]
    pub fn update(&self, record: NativeRecord) -> Result<()> {
        self.gossip.update(record_of(record)).map_err(refused)
    }

    /// Sends a message to every other live member.
    #[napi(catch_unwind)]
    pub fn broadcast(&self, name: String, data: String, lamport_time: f64) -> Result<()> {
        self.gossip.broadcast(name, data, lamport_time as u64).map_err(refused)
    }

    /// Tells the others which ring it has: 16 hexadecimal digits.
    #[napi(catch_unwind)]
    pub fn announce_ring(&self, checksum: String) {
        if let Ok(checksum) = u64::from_str_radix(&checksum, 16) {
            self.gossip.announce_ring(checksum);
        }
    }

    /// Takes events that have come, at most `countMax`.
    #[napi(catch_unwind)]
    pub fn take_events(&self, count_max: u32) -> NativeGossipEvents {
        let (events, has_more) = self.gossip.take_events(count_max as usize);
        NativeGossipEvents { events: events.into_iter().map(event_of).collect(), has_more }
    }

    /// Counters. They stay when it is closed.
    #[napi(catch_unwind)]
    pub fn counts(&self) -> NativeGossipCounts {
        counts_of(self.gossip.counts())
    }

    /// Ends it, without a word to the others. May be called again.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.gossip.close();
    }
}

fn refused(error: Error) -> napi::Error<&'static str> {
    napi::Error::new(error.code(), error.to_string())
}

fn socket_address(address: &str, port: u16) -> Result<SocketAddr> {
    let parsed: std::result::Result<IpAddr, _> = address.parse();
    parsed.map(|ip| SocketAddr::new(ip, port)).map_err(|_| refused(Error::Address(address.into())))
}

fn engine_options(options: NativeGossipOptions, bound_port: u16) -> Result<EngineOptions> {
    let advertise_port = if options.advertise_port == 0 { bound_port } else { options.advertise_port };
    let keys = options
        .keys
        .iter()
        .map(|key| <[u8; 32]>::try_from(&key[..]).map_err(|_| refused(Error::KeyLength(key.len()))));
    let mut record = record_of(options.record);
    record.port = advertise_port;
    Ok(EngineOptions {
        id: options.id,
        address: socket_address(&options.advertise_address, advertise_port)?,
        started_at_ms: options.started_at_ms as u64,
        record,
        cluster_name: options.cluster_name,
        keys: keys.collect::<Result<_>>()?,
        shared: SharedOptions(
            options.shared.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect(),
        ),
        timing: timing_of(&options.timing),
        protocol_version: PROTOCOL_VERSION_MAX,
        random_seed: random_seed().map_err(refused)?,
    })
}

/// A hundred days.
const TIME_MAX_MS: f64 = 8_640_000_000.0;

fn timing_of(timing: &NativeTiming) -> Timing {
    // A time of nothing would have a thread do nothing else.
    let ms = |value: f64| Duration::from_secs_f64(value.clamp(1.0, TIME_MAX_MS) / 1_000.0);
    Timing {
        probe_interval: ms(timing.probe_interval_ms),
        probe_timeout: ms(timing.probe_timeout_ms),
        indirect_probe_count: timing.indirect_probe_count as usize,
        gossip_interval: ms(timing.gossip_interval_ms),
        gossip_fanout: timing.gossip_fanout as usize,
        retransmit_multiplier: timing.retransmit_multiplier as usize,
        suspicion_multiplier: timing.suspicion_multiplier.clamp(0.0, 1_000.0),
        suspicion_max: ms(timing.suspicion_max_ms),
        sync_interval: ms(timing.sync_interval_ms),
        sync_timeout: ms(timing.sync_timeout_ms),
        seed_retry_max: ms(timing.seed_retry_max_ms),
        leave_timeout: ms(timing.leave_timeout_ms),
        reap_after: ms(timing.reap_after_ms),
    }
}

fn record_of(record: NativeRecord) -> Record {
    Record {
        version: Version::default(),
        claim: if record.is_updating { Claim::Updating } else { Claim::Present },
        address: record.address,
        port: record.port,
        ports: record.ports.into_iter().collect(),
        weight: record.weight,
        zone: record.zone,
        capabilities: record.capabilities,
        metadata: record.metadata.into_iter().collect::<BTreeMap<_, _>>(),
        load: record.load,
        unknown: Vec::new(),
    }
}

fn change_of(change: Change) -> NativeMemberChange {
    let record = change.record;
    NativeMemberChange {
        kind: change.kind.name(),
        id: change.id,
        status: change.status.name(),
        record: NativeRecord {
            started_at_ms: Some(record.version.started_at_ms as f64),
            incarnation: Some(record.version.counter as f64),
            is_updating: record.claim == Claim::Updating,
            address: record.address,
            port: record.port,
            ports: record.ports.into_iter().collect(),
            weight: record.weight,
            zone: record.zone,
            capabilities: record.capabilities,
            metadata: record.metadata.into_iter().collect(),
            load: record.load,
        },
    }
}

fn event_of(event: Event) -> NativeGossipEvent {
    let none = NativeGossipEvent::default();
    match event {
        Event::Changed(changes) => {
            NativeGossipEvent { changes: Some(changes.into_iter().map(change_of).collect()), ..none }
        }
        Event::JoinEnded(ended) => {
            let words = ended.err().map(|refusal| refusal.to_string()).unwrap_or_default();
            NativeGossipEvent { join_ended: Some(words), ..none }
        }
        Event::Ring(id, ring) => {
            NativeGossipEvent { ring: Some(vec![id, format!("{:016x}", ring.checksum)]), ..none }
        }
        Event::Broadcast(heard) => {
            let broadcast = NativeBroadcast {
                origin: heard.origin,
                lamport_time: heard.lamport_time as f64,
                name: heard.name,
                data: heard.data,
            };
            NativeGossipEvent { broadcast: Some(broadcast), ..none }
        }
        Event::Problems(problems) => NativeGossipEvent { problems: Some(problems), ..none },
        Event::Stranger(from, why) => {
            NativeGossipEvent { stranger: Some(vec![from.to_string(), why.into()]), ..none }
        }
        Event::Conflict(address) => NativeGossipEvent { conflict: Some(address.to_string()), ..none },
        Event::Failed => NativeGossipEvent { has_failed: Some(true), ..none },
        Event::Left => NativeGossipEvent { has_left: Some(true), ..none },
    }
}

fn counts_of(counts: Counts) -> NativeGossipCounts {
    let number = |count: u64| count as f64;
    NativeGossipCounts {
        probes_sent: number(counts.probes_sent),
        probes_failed: number(counts.probes_failed),
        suspicions_started: number(counts.suspicions_started),
        suspicions_refuted: number(counts.suspicions_refuted),
        datagrams_received: number(counts.datagrams_received),
        datagrams_sent: number(counts.datagrams_sent),
        bytes_received: number(counts.bytes_received),
        bytes_sent: number(counts.bytes_sent),
        syncs_completed: number(counts.syncs_completed),
        syncs_failed: number(counts.syncs_failed),
        broadcasts_sent: number(counts.broadcasts_sent),
        broadcasts_received: number(counts.broadcasts_received),
        dropped: counts.dropped.into_iter().map(|(why, count)| (why.into(), number(count))).collect(),
    }
}
