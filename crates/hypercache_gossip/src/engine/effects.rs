//! What comes out of an engine: what it wants done, what it tells, what it has counted.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::AddAssign;
use std::time::Duration;

use hypercache_transport::Target;

use super::change::Change;
use super::problem::Problem;
use crate::message::{Broadcast, Refusal, RingMark};

/// What the engine wants done.
#[derive(Debug)]
pub enum Effect {
    /// Send a datagram.
    Datagram {
        /// To where.
        to: SocketAddr,
        /// What.
        bytes: Vec<u8>,
    },
    /// Open a stream, send a frame, and give the frame that comes back to [`Engine::handle_response`].
    Request {
        /// The number to give with it.
        number: u64,
        /// To where.
        to: Target,
        /// What.
        frame: Vec<u8>,
        /// For all of it.
        timeout: Duration,
    },
    /// Send a frame back on a stream and end it; without one, just end it.
    Respond {
        /// The number that [`Engine::handle_request`] was given.
        stream: u64,
        /// What.
        frame: Option<Vec<u8>>,
    },
    /// Tell the application.
    Emit(Event),
}

/// What the application is told.
#[derive(Clone, Debug)]
pub enum Event {
    /// The view has changed, all at once.
    Changed(Vec<Change>),
    /// How the join went: this member takes part, or was refused.
    JoinEnded(Result<(), Refusal>),
    /// A member has told which ring it has.
    Ring(String, RingMark),
    /// A message of another member to all.
    Broadcast(Broadcast),
    /// What stands against this member's being well has changed.
    Problems(Vec<Problem>),
    /// Somebody sends what cannot be heeded: told once for each source and reason.
    Stranger(IpAddr, &'static str),
    /// Another process has this member's id: this one takes no part any more.
    Conflict(SocketAddr),
    /// The leave is over.
    Left,
    /// The member has ended by a defect of this crate.
    Failed,
}

/// What the engine has counted since it was made.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Direct probes sent.
    pub probes_sent: u64,
    /// Probes that nobody answered.
    pub probes_failed: u64,
    /// Suspicions that began.
    pub suspicions_started: u64,
    /// Suspicions that were taken back.
    pub suspicions_refuted: u64,
    /// Datagrams that came.
    pub datagrams_received: u64,
    /// Datagrams sent.
    pub datagrams_sent: u64,
    /// Bytes of datagrams and frames that came.
    pub bytes_received: u64,
    /// Bytes of datagrams and frames sent.
    pub bytes_sent: u64,
    /// Exchanges that were answered.
    pub syncs_completed: u64,
    /// Exchanges that were not.
    pub syncs_failed: u64,
    /// Broadcasts of this member.
    pub broadcasts_sent: u64,
    /// Broadcasts of others.
    pub broadcasts_received: u64,
    /// Datagrams and frames that were not heeded, by the reason.
    pub dropped: BTreeMap<&'static str, u64>,
}

impl AddAssign<&Self> for Counts {
    /// Adds what another engine has counted.
    fn add_assign(&mut self, other: &Self) {
        self.probes_sent += other.probes_sent;
        self.probes_failed += other.probes_failed;
        self.suspicions_started += other.suspicions_started;
        self.suspicions_refuted += other.suspicions_refuted;
        self.datagrams_received += other.datagrams_received;
        self.datagrams_sent += other.datagrams_sent;
        self.bytes_received += other.bytes_received;
        self.bytes_sent += other.bytes_sent;
        self.syncs_completed += other.syncs_completed;
        self.syncs_failed += other.syncs_failed;
        self.broadcasts_sent += other.broadcasts_sent;
        self.broadcasts_received += other.broadcasts_received;
        for (reason, count) in &other.dropped {
            *self.dropped.entry(reason).or_default() += count;
        }
    }
}
