//! What must hold whatever the ring: which keys a change moves, limits, fingerprints, and defects seen
//! elsewhere that must not come here.

#[path = "../common/mod.rs"]
mod common;

mod explain;
mod fingerprint;
mod hazards;
mod limits;
mod movement;
mod slots;
