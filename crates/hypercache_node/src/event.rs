//! What a node tells its application.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hypercache_core::RingChange;
use hypercache_gossip::{Broadcast, Change, Problem, Refusal as JoinRefusal};

use crate::agreement::Verdict;
use crate::follow::Refusal;

/// Something that has happened. Where a change of members has changed the ring, it comes first, and the ring
/// has followed when it is taken.
#[derive(Clone, Debug)]
pub enum Event {
    /// Members have changed, all at once.
    Changed(Vec<Change>),
    /// The ring has followed changes that the application has brought itself: how many calls of
    /// [`crate::Node::apply`] by now.
    Applied(u64),
    /// Keys have other owners.
    RingChanged(Arc<RingChange>),
    /// The ring does not take these members as they are. They are tried again when it changes.
    Refused(Vec<Refusal>),
    /// A member, perhaps this one, has told the checksum of its ring.
    RingTold(String, u64),
    /// Whether the rings of members agree is another matter than before.
    Verdict(Verdict),
    /// How the join went: this member takes part, or was refused.
    JoinEnded(Result<(), JoinRefusal>),
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
    /// The node has ended by a defect.
    Failed,
}

impl Event {
    /// Whether an application that is too slow may miss it. Nobody can ask for what is lost of the others.
    pub(crate) fn may_be_lost(&self) -> bool {
        matches!(self, Self::Broadcast(_) | Self::RingChanged(_))
    }
}
