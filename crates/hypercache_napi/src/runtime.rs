//! A node of a cluster, as TypeScript has it.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hypercache_core::NodeStatus;
use hypercache_gossip::{
    Change, ChangeKind, Claim, Counts, EngineOptions, NEWEST_SPOKEN, Record, SharedOptions, Timing, Version,
};
use hypercache_node::{Error, Event, Node, Patience, Refusal, Runtime, Sockets, Verdict, random_seed};
use napi::Status;
use napi::bindgen_prelude::{BigUint64Array, Function, Uint8Array};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

use crate::error::{Result, internal, to_js};
use crate::ring::NativeRing;
use crate::watch::{NativeRingChange, ring_change};

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

/// A change of one member.
#[napi(object)]
pub struct NativeMemberChange {
    #[napi(ts_type = "'joined' | 'left' | 'failed' | 'suspected' | 'recovered' | 'updated' | 'reaped'")]
    pub kind: String,
    pub id: String,
    #[napi(ts_type = "'alive' | 'suspected' | 'dead' | 'leaving' | 'updating'")]
    pub status: String,
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

/// A member whose virtual nodes only TypeScript can hash.
#[napi(object, object_to_js = false)]
pub struct NativeMemberTokens {
    pub id: String,
    pub tokens: BigUint64Array,
}

/// A member that the ring does not take as it is.
#[napi(object, object_from_js = false)]
pub struct NativeRefusal {
    pub id: String,
    pub code: &'static str,
    pub message: String,
}

/// Whether the rings of members agree is another matter than before.
#[napi(object, object_from_js = false)]
pub struct NativeVerdict {
    pub is_agreed: bool,
    /// The checksum of this node's ring.
    pub checksum: String,
    /// Members that have another one: ids and checksums in turn.
    pub others: Vec<String>,
    /// Members that have the same, this one included, where all do; else 0.
    pub member_count: u32,
    /// For how long rings have differed.
    pub duration_ms: f64,
}

/// How the rings of members agree.
#[napi(object, object_from_js = false)]
pub struct NativeAgreement {
    /// The checksum that this node has told, if it takes part.
    pub checksum: Option<String>,
    /// For how long rings have differed, where that is too long.
    pub diverged_for_ms: Option<f64>,
    pub diverged_count: f64,
    pub agreeing_count: u32,
    /// Ids and checksums in turn.
    pub others: Vec<String>,
    pub convergence_ms: Option<f64>,
}

/// Something that has happened: one of its fields is there.
#[napi(object, object_from_js = false)]
#[derive(Default)]
pub struct NativeEvent {
    /// Members have changed, all at once.
    pub changes: Option<Vec<NativeMemberChange>>,
    /// The ring has followed what TypeScript has applied: how many calls of `apply` by now.
    pub applied: Option<f64>,
    pub ring_change: Option<NativeRingChange>,
    pub refusals: Option<Vec<NativeRefusal>>,
    /// A member has told which ring it has: its id, and 16 hexadecimal digits.
    pub ring_told: Option<Vec<String>>,
    pub verdict: Option<NativeVerdict>,
    /// The join is over: it takes part where the text is empty, and otherwise was refused for that.
    pub join_ended: Option<String>,
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

/// How patient a node is.
#[napi(object, object_to_js = false)]
pub struct NativePatience {
    /// How long the rings of members may differ until that is told.
    pub divergence_ms: f64,
    /// How long the lease lasts; 0: for ever.
    pub stall_timeout_ms: f64,
}

/// A node: the ring that follows its members, the gossip that it takes part by, and one queue of events. It
/// runs until it is closed, or its environment ends.
#[napi]
pub struct NativeRuntime {
    runtime: Runtime,
}

#[napi]
impl NativeRuntime {
    /// A node that takes no part. `wake` is called, in a turn of the event loop of its own, when events have
    /// come; it must not throw.
    #[napi(constructor, catch_unwind)]
    pub fn new(id: String, wake: Function<(), ()>) -> Result<Self> {
        let wake: Wake = wake.build_threadsafe_function().weak::<true>().build().map_err(internal)?;
        let node = Node::new(id, move || {
            // An environment that is about to end takes no call: nobody is left to be told.
            let _ = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        });
        Ok(Self { runtime: Runtime::new(node) })
    }

    /// Sets how patient it is, before it takes part.
    #[napi(catch_unwind)]
    pub fn configure(&self, patience: NativePatience) {
        let NativePatience { divergence_ms, stall_timeout_ms } = patience;
        let (divergence, stall_timeout) = (duration(divergence_ms), duration(stall_timeout_ms));
        self.runtime.node().configure(Patience { divergence, stall_timeout });
    }

    /// Has a ring follow the members.
    #[napi(catch_unwind)]
    pub fn follow(&self, ring: &NativeRing, now_ms: f64) -> Result<()> {
        let ring = ring.read(|reader| reader.ring().clone())?;
        self.runtime.node().follow(ring, now_ms);
        Ok(())
    }

    /// Has the ring follow changes that TypeScript knows. Answers those of the members that it does not take
    /// as they are.
    #[napi(catch_unwind)]
    pub fn apply(
        &self,
        changes: Vec<NativeMemberChange>,
        tokens: Vec<NativeMemberTokens>,
        now_ms: f64,
    ) -> Result<Vec<NativeRefusal>> {
        let changes = changes.into_iter().map(change_into).collect::<Result<_>>()?;
        let tokens = tokens.into_iter().map(|member| (member.id, member.tokens[..].into())).collect();
        let refusals = self.runtime.node().apply(changes, &tokens, now_ms);
        Ok(refusals.into_iter().map(refusal_of).collect())
    }

    /// Members that the ring does not take as they are.
    #[napi(catch_unwind)]
    pub fn refused(&self) -> Vec<NativeRefusal> {
        self.runtime.node().refused().into_iter().map(refusal_of).collect()
    }

    /// Takes events that have come, at most `countMax`.
    #[napi(catch_unwind)]
    pub fn take_events(&self, count_max: u32) -> Vec<NativeEvent> {
        self.runtime.node().take(count_max as usize).into_iter().map(event_of).collect()
    }

    /// Begins to compare the rings of members, or ends that. Gossip does so by itself.
    #[napi(catch_unwind)]
    pub fn compare_rings(&self, is_on: bool) {
        self.runtime.node().compare_rings(is_on);
    }

    /// Compares the rings of members with what they have told: ids and checksums in turn. Answers when to
    /// call again, in milliseconds.
    #[napi(catch_unwind)]
    pub fn look(&self, told: Vec<String>, elapsed_ms: f64, now_ms: f64) -> Option<f64> {
        let node = self.runtime.node();
        let checksum = |pair: &[String]| Some((pair[0].clone(), u64::from_str_radix(&pair[1], 16).ok()?));
        node.tell_all(told.chunks_exact(2).filter_map(checksum).collect());
        let elapsed = duration(elapsed_ms);
        let (_, next) = node.look(elapsed, now_ms);
        next.map(|next| milliseconds(next.saturating_sub(elapsed)))
    }

    /// How the rings of members agree, now or when that was looked at last.
    #[napi(catch_unwind)]
    pub fn agreement(&self, elapsed_ms: Option<f64>) -> NativeAgreement {
        let report = self.runtime.node().agreement(elapsed_ms.map(duration));
        NativeAgreement {
            checksum: report.checksum.map(checksum_text),
            diverged_for_ms: report.diverged_for.map(milliseconds),
            diverged_count: report.diverged_count as f64,
            agreeing_count: report.agreeing_count as u32,
            others: checksum_texts(report.others),
            convergence_ms: report.convergence.map(milliseconds),
        }
    }

    /// The event loop turns.
    #[napi(catch_unwind)]
    pub fn renew_lease(&self) {
        self.runtime.node().renew_lease();
    }

    /// Nobody renews the lease any more, and that is as it should be.
    #[napi(catch_unwind)]
    pub fn drop_lease(&self) {
        self.runtime.node().drop_lease();
    }

    /// Opens the sockets of a member. It takes part from `join` on. Answers the port where it listens.
    #[napi(catch_unwind)]
    pub fn open_gossip(&self, options: NativeGossipOptions) -> Result<u16> {
        let bind = socket_address(&options.bind_address, options.bind_port)?;
        let sockets = Sockets::bind(bind).map_err(refused)?;
        let options = engine_options(options, sockets.address.port())?;
        self.runtime.open_gossip(options, sockets).map(|address| address.port()).map_err(refused)
    }

    /// Begins to take part, by asking these addresses first.
    #[napi(catch_unwind)]
    pub fn join(&self, seeds: Vec<String>) {
        self.runtime.join(seeds);
    }

    /// Goes away on purpose.
    #[napi(catch_unwind)]
    pub fn leave(&self) {
        self.runtime.leave();
    }

    /// Replaces what it says of itself. The event that tells of it is there when the call returns.
    #[napi(catch_unwind)]
    pub fn update(&self, record: NativeRecord) -> Result<bool> {
        self.runtime.update(record_of(record)).map_err(refused)
    }

    /// Sends a message to every other live member.
    #[napi(catch_unwind)]
    pub fn broadcast(&self, name: String, data: String, lamport_time: f64) -> Result<bool> {
        self.runtime.broadcast(name, data, lamport_time as u64).map_err(refused)
    }

    /// Tells the others which ring it has, where none follows here: 16 hexadecimal digits.
    #[napi(catch_unwind)]
    pub fn announce_ring(&self, checksum: String) {
        if let Ok(checksum) = u64::from_str_radix(&checksum, 16) {
            self.runtime.announce_ring(checksum);
        }
    }

    /// Counters of gossip. They stay when it ends.
    #[napi(catch_unwind)]
    pub fn counts(&self) -> NativeGossipCounts {
        counts_of(self.runtime.counts())
    }

    /// Ends gossip, without a word to the others. May be called again.
    #[napi(catch_unwind)]
    pub fn end_gossip(&self) {
        self.runtime.end_gossip();
    }

    /// Ends everything, without a word to the others. May be called again.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.runtime.close();
    }
}

/// A hundred days.
const TIME_MAX_MS: f64 = 8_640_000_000.0;

/// What was measured by a clock, or set by somebody: never negative, never for ever.
fn duration(ms: f64) -> Duration {
    Duration::from_secs_f64(ms.max(0.0).min(1e15) / 1_000.0)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn checksum_text(checksum: u64) -> String {
    format!("{checksum:016x}")
}

/// Ids and checksums in turn.
fn checksum_texts(told: Vec<(String, u64)>) -> Vec<String> {
    told.into_iter().flat_map(|(id, checksum)| [id, checksum_text(checksum)]).collect()
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
        speaks: NEWEST_SPOKEN,
        random_seed: random_seed().map_err(refused)?,
    })
}

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
        doubt: None,
        unknown: Vec::new(),
    }
}

fn change_into(change: NativeMemberChange) -> Result<Change> {
    Ok(Change {
        kind: ChangeKind::new(&change.kind)
            .ok_or_else(|| internal(napi::Error::from_reason("no kind of change")))?,
        id: change.id,
        status: NodeStatus::new(&change.status).map_err(to_js)?,
        record: record_of(change.record),
    })
}

fn change_of(change: Change) -> NativeMemberChange {
    let record = change.record;
    NativeMemberChange {
        kind: change.kind.name().into(),
        id: change.id,
        status: change.status.name().into(),
        record: NativeRecord {
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
        },
    }
}

fn event_of(event: Event) -> NativeEvent {
    let none = NativeEvent::default();
    match event {
        Event::Changed(changes) => {
            NativeEvent { changes: Some(changes.into_iter().map(change_of).collect()), ..none }
        }
        Event::Applied(number) => NativeEvent { applied: Some(number as f64), ..none },
        Event::RingChanged(made) => NativeEvent { ring_change: Some(ring_change(&made)), ..none },
        Event::Refused(refusals) => {
            NativeEvent { refusals: Some(refusals.into_iter().map(refusal_of).collect()), ..none }
        }
        Event::RingTold(id, checksum) => {
            NativeEvent { ring_told: Some(vec![id, checksum_text(checksum)]), ..none }
        }
        Event::Verdict(verdict) => NativeEvent { verdict: Some(verdict_of(verdict)), ..none },
        Event::JoinEnded(ended) => {
            let words = ended.err().map(|refusal| refusal.to_string()).unwrap_or_default();
            NativeEvent { join_ended: Some(words), ..none }
        }
        Event::Heard(heard) => {
            let broadcast = NativeBroadcast {
                origin: heard.origin,
                lamport_time: heard.lamport_time as f64,
                name: heard.name,
                data: heard.data,
            };
            NativeEvent { broadcast: Some(broadcast), ..none }
        }
        Event::Problems(problems) => NativeEvent { problems: Some(problems), ..none },
        Event::Stranger(from, why) => {
            NativeEvent { stranger: Some(vec![from.to_string(), why.into()]), ..none }
        }
        Event::Conflict(address) => NativeEvent { conflict: Some(address.to_string()), ..none },
        Event::Failed => NativeEvent { has_failed: Some(true), ..none },
        Event::Left => NativeEvent { has_left: Some(true), ..none },
    }
}

fn refusal_of(Refusal { id, error }: Refusal) -> NativeRefusal {
    NativeRefusal { id, code: error.code(), message: error.to_string() }
}

fn verdict_of(verdict: Verdict) -> NativeVerdict {
    match verdict {
        Verdict::Diverged { checksum, others, duration } => NativeVerdict {
            is_agreed: false,
            checksum: checksum_text(checksum),
            others: checksum_texts(others),
            member_count: 0,
            duration_ms: milliseconds(duration),
        },
        Verdict::Agreed { checksum, member_count, duration } => NativeVerdict {
            is_agreed: true,
            checksum: checksum_text(checksum),
            others: Vec::new(),
            member_count: member_count as u32,
            duration_ms: milliseconds(duration),
        },
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
