//! Membership by gossip: which members a cluster has and how they are, known to all of them without a leader.
//!
//! # Terms
//!
//! * **Member**: a process that takes part. Its **generation** says when it began, and how often it had to
//!   join again since.
//! * **Incarnation**: SWIM's number of what a member says of one generation; only that member raises it.
//! * **Record**: what a member says of itself. Only it makes a new **version**.
//! * **Suspicion**: a doubt that a probe raises, which the member can refute; then **dead**.
//! * **Rumor**: news that ride on SWIM's datagrams: of a newer record, of a ring, of a broadcast.
//! * **Anti-entropy**: two members compare digests of what they know; where these differ, a **push/pull
//!   exchange** gives each what it lacks.
//! * **Seed**: a member to ask first.
//!
//! # Guarantees
//!
//! * The [`Engine`] does no I/O, and is a pure function of what it is given: over sockets and in a simulated
//!   network it is the same.
//! * No bytes that come from outside make it panic; what is not heeded is counted, by the reason.
//! * Members that hear each other come to know the same: the same members, records, statuses.
//! * Who leaves on purpose is not told as failed by whoever heard of the leave.
//!
//! # References
//!
//! Das, Gupta, Motivala, *SWIM: Scalable Weakly-consistent Infection-style Process Group Membership
//! Protocol*, 2002. Dadgar, Phillips, Currey, *Lifeguard: Local Health Awareness for More Accurate Failure
//! Detection*, 2018. Demers et al., *Epidemic Algorithms for Replicated Database Maintenance*, 1987.

mod checked;
mod engine;
mod error;
mod identity;
mod message;
mod record;
mod timing;

pub use engine::{Change, ChangeKind, Counts, Effect, Engine, EngineOptions, Event, Problem, Status};
pub use error::Error;
pub use identity::{Generation, Identity};
pub use message::{
    BROADCAST_BYTES_MAX, Broadcast, PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN, Refusal, RingMark,
    SharedOptions,
};
pub use record::{Claim, Doubt, RECORD_BYTES_MAX, Record, Version};
pub use timing::Timing;

/// What travels inside of envelopes, for whoever makes messages without an engine.
pub mod wire {
    pub use foca::State as SwimState;

    pub use crate::message::{
        DatagramHead, EncodedRecord, Hello, MemberEntry, PushPullState, Request, Response, Rumor, encoded,
        framed,
    };
}
