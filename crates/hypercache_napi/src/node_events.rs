//! What a node tells, on its way to TypeScript.

use std::time::Duration;

use hypercache_core::NodeStatus;
use hypercache_gossip::{Change, ChangeKind, Problem};
use hypercache_node::{Event, Refusal, Verdict};
use napi_derive::napi;

use crate::error::{Result, internal, to_js};
use crate::gossip::{NativeRecord, native_record, record_of};
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

/// What was measured by a clock, or set by somebody: never negative, never for ever.
pub fn duration(ms: f64) -> Duration {
    // What is no number is nothing.
    Duration::from_secs_f64(if ms > 0.0 { ms.min(1e15) / 1_000.0 } else { 0.0 })
}

pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

pub fn checksum_text(checksum: u64) -> String {
    format!("{checksum:016x}")
}

/// Ids and checksums in turn.
pub fn checksum_texts(told: Vec<(String, u64)>) -> Vec<String> {
    told.into_iter().flat_map(|(id, checksum)| [id, checksum_text(checksum)]).collect()
}

pub fn change_into(change: NativeMemberChange) -> Result<Change> {
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

pub fn event_of(event: Event) -> NativeEvent {
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
            let refusal = ended.err();
            NativeEvent { join_ended: Some(refusal.map(|why| why.to_string()).unwrap_or_default()), ..none }
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

pub fn refusal_of(Refusal { id, error }: Refusal) -> NativeRefusal {
    NativeRefusal { id, code: error.code(), message: error.to_string() }
}

fn verdict_of(verdict: Verdict) -> NativeVerdict {
    let (is_agreed, checksum, others, member_count, duration) = match verdict {
        Verdict::Diverged { checksum, others, duration } => (false, checksum, others, 0, duration),
        Verdict::Agreed { checksum, member_count, duration } => {
            (true, checksum, Vec::new(), member_count, duration)
        }
    };
    NativeVerdict {
        is_agreed,
        checksum: checksum_text(checksum),
        others: checksum_texts(others),
        member_count: member_count as u32,
        duration_ms: milliseconds(duration),
    }
}
