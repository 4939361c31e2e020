//! The N-API binding of [`hypercache_core`] and [`hypercache_node`]: it converts, calls, converts back, and
//! decides nothing.
//!
//! `calls.rs`, `batches.rs` and `tokens.rs` hold the lookups, where each nanosecond counts; the others hold
//! everything else, in plain napi-rs.

// napi-rs carries the comments of functions and fields into `index.d.ts`; what its macro makes has none.
#![allow(missing_docs)]

mod batches;
mod calls;
mod convert;
mod custom_hash;
mod environment;
mod error;
#[cfg(feature = "floor")]
mod floor;
mod gossip;
mod key;
mod metrics;
mod movement;
mod native_calls;
mod node_events;
#[cfg(windows)]
mod pinned;
mod ring;
mod runtime;
mod shared;
mod tokens;
mod watch;
