//! The engine: what one member knows and does. It does no I/O, has no clock and no randomness but what it is
//! given: bytes, times and answers go in, effects come out. So the same engine runs over sockets and in a
//! simulated network.
//!
//! Foca runs SWIM: probes, suspicions, deaths, and their dissemination. Around it:
//!
//! 1. Every datagram is sealed, numbered, and marked with the options that all members must share.
//! 2. What a member says of itself is a record, which travels over streams: rumors on datagrams only tell
//!    that there is a newer one. A member is shown when SWIM says that it lives and its record is there.
//! 3. Anti-entropy: every few seconds a member compares a digest of what it knows with that of another one;
//!    where they differ, a push/pull exchange gives each what it lacks.
//! 4. A death that somebody tells over a stream is not believed: the member is asked. That a member lives
//!    which is dead here is not believed either: it is asked, hears that it is dead, and begins another
//!    generation. So halves of a partition find together again without a healthy member being shown as dead.
//! 5. A suspect is asked over a stream whether it is there, which loss of datagrams does not hinder.

mod addresses;
mod announcing;
mod change;
mod datagrams;
mod details;
mod effects;
mod entries;
mod generations;
mod joining;
mod leaving;
mod member_index;
mod merging;
mod options;
mod outbound;
mod probing;
mod problem;
mod publishing;
mod reachability;
mod requests;
mod responses;
mod rumor_handler;
mod rumors;
mod schedule;
mod seeds;
mod state;
mod swim;
mod swim_codec;
mod swim_runtime;
mod timers;
mod view;

pub use change::{Change, ChangeKind, Status};
pub use effects::{Counts, Effect, Event};
pub use options::EngineOptions;
pub use problem::Problem;
pub use state::Engine;
