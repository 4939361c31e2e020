//! Clusters of the gossip engine in a simulated network: faults, and checkers that look at what they led to.
//!
//! # Terms
//!
//! * **Seed**: the number that everything in a run follows from.
//! * **Plan**: what is to happen, made of the seed before anything runs.
//! * **World**: hosts, processes, a network and a clock. First chaos, then calm.
//! * **History**: what happened, and what each engine told its application.
//! * **Checker**: looks at a history for one property.
//!
//! # Guarantees
//!
//! A run is a function of its seed: no clock, no threads, no order that depends on addresses in memory. The
//! same build runs a seed again bit for bit, which [`History::hash`] shows.

pub mod checkers;
mod history;
mod network;
mod plan;
mod planning;
mod preset;
mod process;
mod sweep;
mod weather;
mod world;

pub use checkers::{CHECKERS, Violation, check};
pub use history::{Entry, History, Knowledge, Measures, Member, Pid, ProcessInfo, Snapshot, What};
pub use plan::{Action, Advertised, Clock, ClusterPlan, Fault, Host, HostPlan, Place, Plan, Theme};
pub use preset::Preset;
pub use sweep::{Failure, Summary, percentile, sweep};
pub use world::World;
