//! A node of a cluster, as TypeScript has it.

use std::time::Duration;

use hypercache_core::NodeStatus;
use hypercache_gossip::{Change, ChangeKind, Problem};
use hypercache_node::{Event, Node, Patience, Refusal, Runtime, Sockets, Verdict};
use napi::Status;
use napi::bindgen_prelude::{BigUint64Array, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

use crate::error::{Result, internal, to_js};
use crate::gossip::{
    NativeGossipCounts, NativeGossipOptions, NativeRecord, counts_of, engine_options, native_record,
    record_of, refused, socket_address,
};
use crate::ring::NativeRing;
use crate::watch::{NativeRingChange, ring_change};

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

/// Something that stands against a member's being well.
#[napi(object, object_from_js = false)]
pub struct NativeProblem {
    #[napi(ts_type = "'seeds' | 'idTaken' | 'unreachable' | 'sharedAddress'")]
    pub kind: String,
    /// In words.
    pub text: String,
    /// The members that it stands against; absent where it is this one.
    pub ids: Option<Vec<String>>,
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
    pub problems: Option<Vec<NativeProblem>>,
    /// Somebody sends what is not heeded: the address, and why.
    pub stranger: Option<Vec<String>>,
    /// Another process has its id: the address of that one. It takes no part any more.
    pub conflict: Option<String>,
    /// The leave is over.
    pub has_left: Option<bool>,
    /// It has ended by a defect of native code.
    pub has_failed: Option<bool>,
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

/// What was measured by a clock, or set by somebody: never negative, never for ever.
fn duration(ms: f64) -> Duration {
    // What is no number is nothing.
    Duration::from_secs_f64(if ms > 0.0 { ms.min(1e15) / 1_000.0 } else { 0.0 })
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
    NativeMemberChange {
        kind: change.kind.name().into(),
        id: change.id,
        status: change.status.name().into(),
        record: native_record(change.record),
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
        Event::Broadcast(heard) => {
            let broadcast = NativeBroadcast {
                origin: heard.origin,
                lamport_time: heard.lamport_time as f64,
                name: heard.name,
                data: heard.data,
            };
            NativeEvent { broadcast: Some(broadcast), ..none }
        }
        Event::Problems(problems) => {
            NativeEvent { problems: Some(problems.iter().map(problem_of).collect()), ..none }
        }
        Event::Stranger(from, why) => {
            NativeEvent { stranger: Some(vec![from.to_string(), why.into()]), ..none }
        }
        Event::Conflict(address) => NativeEvent { conflict: Some(address.to_string()), ..none },
        Event::Failed => NativeEvent { has_failed: Some(true), ..none },
        Event::Left => NativeEvent { has_left: Some(true), ..none },
    }
}

fn problem_of(problem: &Problem) -> NativeProblem {
    let ids = match problem {
        Problem::SharedAddress { ids, .. } => Some(ids.clone()),
        _ => None,
    };
    NativeProblem { kind: problem.kind().into(), text: problem.to_string(), ids }
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
