//! What has to be true of every run, whatever happened in it. Each checker looks at one property of a
//! history, and at nothing else, so that a planted defect is found by the one that is for it.

pub mod agreement;
mod all;
pub mod broadcasts;
pub mod deaths;
pub mod detection;
pub mod following;
pub mod identities;
mod labels;
pub mod leaves;
pub mod reachability;
mod replay;
pub mod versions;

pub use all::{CHECKERS, Checker, Violation, check};
