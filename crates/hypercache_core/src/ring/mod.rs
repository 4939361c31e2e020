//! The ring, its snapshots, and what is worked out of them.

mod bounded;
mod change_queue;
mod checksum;
mod copies;
mod current;
mod distribution;
mod draft;
mod explain;
mod flows;
mod handle;
mod metrics;
mod movement;
mod numbers;
mod observe;
mod options;
mod ownership;
mod placement;
mod plan;
mod points;
mod reader;
mod serialize;
mod snapshot;
mod stretches;
mod table;
mod watch;
mod zones;

pub use change_queue::{LISTED_TRANSFERS_MAX, RingChange, WAITING_CHANGES_MAX, Waiting};
pub use current::Ring;
pub use distribution::{Distribution, DistributionCounter, NodeKeys};
pub use draft::SetOutcome;
pub use explain::{Explanation, SkipReason, Skipped};
pub use metrics::{LookupCounts, Metrics};
pub use movement::{MovedRange, Movement, MovementCounts, OwnerChange, Transfer};
pub use options::{
    LOOKUP_CACHE_SIZE_MAX, LookupCache, REPLICA_COUNT_MAX, RingOptions, VIRTUAL_NODE_COUNT_MAX, replica_count,
};
pub use ownership::{NodeOwnership, Ownership, share_of};
pub use placement::{FIRST_REPLICA_COUNT, ReplicaScratch};
pub use plan::{Plan, PlannedChange};
pub use reader::Reader;
pub use snapshot::{Snapshot, VirtualNode};
pub use watch::{Observer, Watch};
