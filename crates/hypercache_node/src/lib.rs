//! A node of a cluster that runs: sockets, time and threads around the engines, the ring that follows the
//! members, and one ordered queue of events to the application.
//!
//! # Terms
//!
//! The *follow step* brings a ring to the members: their *places*, which are configured, and their *sights*,
//! which are observed. The *outbox* is the one queue of events. The *lease* is what the application renews
//! while it turns over. The *agreement* is whether the rings of all live members are the same.
//!
//! # Guarantees
//!
//! * The ring follows its members without the application: what the engine learns is in the ring before it
//!   is told.
//! * Of one change, the members come before the change of the ring that they have caused.
//! * What is between engine and application ([`Node`]) does no I/O and has no clock, so that it runs in a
//!   simulated network as it does over sockets.

mod agreement;
mod error;
mod event;
mod follow;
mod gossip;
mod lease;
mod node;
mod outbox;
mod runtime;
mod sockets;

pub use agreement::{Report, Verdict};
pub use error::Error;
pub use event::Event;
pub use follow::{Follow, Place, Refusal, Sight};
pub use gossip::{Gossip, random_seed};
pub use lease::{Lease, Vigor};
pub use node::{Node, Patience, Tokens};
pub use outbox::{Outbox, WAITING_MAX};
pub use runtime::Runtime;
pub use sockets::Sockets;
