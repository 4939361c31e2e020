//! What gossip is made of, says and counts, as TypeScript has it.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hypercache_gossip::{
    Claim, Counts, EngineOptions, PROTOCOL_VERSION_MAX, Record, SharedOptions, Timing, Version,
};
use hypercache_node::{Error, random_seed};
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use crate::error::Result;

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
    /// What it holds against itself. Not read.
    #[napi(ts_type = "'stalled' | 'unreachable'")]
    pub doubt: Option<String>,
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

/// Turns an error of a node into one that napi throws.
pub fn refused(error: Error) -> napi::Error<&'static str> {
    napi::Error::new(error.code(), error.to_string())
}

/// An IP address with a port.
pub fn socket_address(address: &str, port: u16) -> Result<SocketAddr> {
    let parsed: std::result::Result<IpAddr, _> = address.parse();
    parsed.map(|ip| SocketAddr::new(ip, port)).map_err(|_| refused(Error::Address(address.into())))
}

/// Options of the engine. Port 0 is where it listens.
pub fn engine_options(options: NativeGossipOptions, bound_port: u16) -> Result<EngineOptions> {
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

/// What a member says of itself, without a version.
pub fn record_of(record: NativeRecord) -> Record {
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
        doubt: None,
        unknown: Vec::new(),
    }
}

/// The same on its way to JavaScript.
pub fn native_record(record: Record) -> NativeRecord {
    NativeRecord {
        doubt: record.doubt.map(|doubt| doubt.name().into()),
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
    }
}

/// Counters on their way to JavaScript.
pub fn counts_of(counts: Counts) -> NativeGossipCounts {
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
