//! One error type. Its codes are part of the public surface: users match them, so they never change.

use std::fmt;

use crate::limits::{NODES_MAX, POINTS_MAX};

/// Why a call was refused. Whatever the reason, the ring is as it was before the call.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// A number outside its range. `bound` reads after "must be".
    OutOfRange {
        /// Name of the option or argument.
        what: &'static str,
        /// The number that was given.
        value: f64,
        /// The range, in words.
        bound: &'static str,
    },
    /// A text (id, address, zone, capability, metadata) that is too short, too long or not printable.
    InvalidText {
        /// Name of the field.
        what: &'static str,
        /// What was given, shortened.
        value: String,
        /// The rule it broke, in words.
        bound: String,
    },
    /// A list that is longer than allowed.
    TooManyItems {
        /// Name of the list.
        what: &'static str,
        /// Its length.
        count: usize,
        /// The longest length allowed.
        max: usize,
    },
    /// A hash function that does not exist.
    UnknownHashFunction(String),
    /// A seed with a hash function that takes none.
    SeedNotSupported(&'static str),
    /// A word for when to use the lookup cache that does not exist.
    UnknownLookupCache(String),
    /// A status that does not exist.
    UnknownStatus(String),
    /// An empty list of routable statuses: no node could ever answer.
    NoRoutableStatus,
    /// A node whose tokens do not fit: too few with a custom hash function, any with another one.
    TokenCount {
        /// The node.
        id: String,
        /// How many tokens came with it.
        given: usize,
        /// How many it must bring.
        wanted: usize,
    },
    /// A call that changes a node that is not in the ring.
    UnknownNode(String),
    /// A node that is in the ring already, or twice in one call.
    DuplicateNode(String),
    /// More nodes than a ring can hold.
    TooManyNodes(usize),
    /// More points than a ring can hold; the number is the sum over all nodes.
    TooManyPoints(f64),
    /// Two rings that hash keys differently.
    DifferentHash(&'static str, &'static str),
    /// A plan that cannot be made. Says what is wrong with it.
    InvalidPlan(String),
    /// A plan for a ring that has moved on.
    PlanOutdated {
        /// The version it was made at.
        planned: u64,
        /// The version of the ring.
        current: u64,
    },
    /// A plan that was applied already.
    PlanApplied,
    /// Something that is no handle of this process. Says what is wrong with it.
    InvalidHandle(&'static str),
    /// Bytes that are no serialized ring. Says what is wrong with them.
    InvalidBytes(String),
    /// A handle of a ring that nobody has any more.
    RingGone,
    /// What goes over threads or machines, of a ring whose hash function is one thread's own. Says which.
    CustomHash(&'static str),
    /// No node can answer. Carries how many nodes the ring has.
    NoRoutableNode(usize),
}

impl Error {
    /// The stable code, the same in every release and every language.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "ERR_HYPERCACHE_OUT_OF_RANGE",
            Self::InvalidText { .. } => "ERR_HYPERCACHE_INVALID_TEXT",
            Self::TooManyItems { .. } => "ERR_HYPERCACHE_TOO_MANY_ITEMS",
            Self::UnknownHashFunction(_) => "ERR_HYPERCACHE_UNKNOWN_HASH_FUNCTION",
            Self::SeedNotSupported(_) => "ERR_HYPERCACHE_SEED_NOT_SUPPORTED",
            Self::UnknownLookupCache(_) => "ERR_HYPERCACHE_UNKNOWN_LOOKUP_CACHE",
            Self::UnknownStatus(_) => "ERR_HYPERCACHE_UNKNOWN_STATUS",
            Self::NoRoutableStatus => "ERR_HYPERCACHE_NO_ROUTABLE_STATUS",
            Self::TokenCount { .. } => "ERR_HYPERCACHE_INTERNAL",
            Self::UnknownNode(_) => "ERR_HYPERCACHE_UNKNOWN_NODE",
            Self::DuplicateNode(_) => "ERR_HYPERCACHE_DUPLICATE_NODE",
            Self::TooManyNodes(_) => "ERR_HYPERCACHE_TOO_MANY_NODES",
            Self::TooManyPoints(_) => "ERR_HYPERCACHE_TOO_MANY_POINTS",
            Self::DifferentHash(..) => "ERR_HYPERCACHE_DIFFERENT_HASH",
            Self::InvalidPlan(_) => "ERR_HYPERCACHE_INVALID_PLAN",
            Self::PlanOutdated { .. } => "ERR_HYPERCACHE_PLAN_OUTDATED",
            Self::PlanApplied => "ERR_HYPERCACHE_PLAN_APPLIED",
            Self::InvalidHandle(_) => "ERR_HYPERCACHE_INVALID_HANDLE",
            Self::InvalidBytes(_) => "ERR_HYPERCACHE_INVALID_BYTES",
            Self::RingGone => "ERR_HYPERCACHE_RING_GONE",
            Self::CustomHash(_) => "ERR_HYPERCACHE_CUSTOM_HASH",
            Self::NoRoutableNode(_) => "ERR_HYPERCACHE_NO_ROUTABLE_NODE",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { what, value, bound } => {
                write!(f, "{what} is {}; it must be {bound}", Number(*value))
            }
            Self::InvalidText { what, value, bound } => write!(f, "{what} {value:?} {bound}"),
            Self::TooManyItems { what, count, max } => {
                write!(f, "{what} has {count} entries; at most {max} are allowed")
            }
            Self::UnknownHashFunction(name) => {
                write!(f, "hashFunction {name:?} does not exist; it must be \"xxhash64\" or \"sha256\"")
            }
            Self::SeedNotSupported(name) => {
                write!(f, "hashSeed goes with \"xxhash64\" only; hashFunction is {name:?}")
            }
            Self::UnknownLookupCache(word) => {
                write!(f, "lookupCache {word:?} does not exist; it must be one of auto, on, off")
            }
            Self::UnknownStatus(name) => write!(
                f,
                "status {name:?} does not exist; it must be one of alive, suspected, dead, leaving, updating"
            ),
            Self::NoRoutableStatus => {
                write!(f, "routableStatuses has 0 entries; at least 1 is needed, or no node could answer")
            }
            Self::TokenCount { id, given, wanted } => {
                write!(f, "node {id:?} comes with {given} tokens; with this hash function it needs {wanted}")
            }
            Self::UnknownNode(id) => write!(f, "node {id:?} is not in the ring"),
            Self::DuplicateNode(id) => write!(f, "node {id:?} is in the ring already, or twice in this call"),
            Self::TooManyNodes(count) => {
                write!(f, "the ring would have {count} nodes; at most {NODES_MAX} are allowed")
            }
            Self::TooManyPoints(sum) => write!(
                f,
                "the ring would have {} points; at most {POINTS_MAX} are allowed \
                 (the sum of round(weight * virtualNodeCount) over all nodes)",
                Number(*sum)
            ),
            // Without the seeds: they may be secret.
            Self::DifferentHash(a, b) if a == b => {
                write!(f, "the rings have {a} with different seeds: their tokens do not compare")
            }
            Self::DifferentHash(a, b) => {
                write!(f, "one ring has {a}, the other {b}: tokens do not compare")
            }
            Self::InvalidPlan(problem) => write!(f, "the change {problem}"),
            Self::PlanOutdated { planned, current } => {
                write!(f, "the plan is of version {planned}; the ring, now at {current}, has changed since")
            }
            Self::PlanApplied => write!(f, "the plan was applied already; a plan is good for one time"),
            Self::InvalidHandle(problem) => {
                write!(f, "the handle {problem}; it must be what handle() of a ring of this process answered")
            }
            Self::InvalidBytes(problem) => write!(f, "the bytes are no serialized ring: {problem}"),
            Self::RingGone => write!(
                f,
                "the ring of this handle is gone: every thread has closed it or ended. One must keep it open"
            ),
            Self::CustomHash(what) => write!(
                f,
                "a ring with a hash function of its own cannot be {what}: the function belongs to one thread"
            ),
            Self::NoRoutableNode(0) => write!(f, "the ring is empty: 0 nodes, at least 1 is needed"),
            Self::NoRoutableNode(count) => {
                write!(f, "no node can answer: {count} in the ring, none with a routable status")
            }
        }
    }
}

impl std::error::Error for Error {}

/// A number as JavaScript writes it, but 1e300 instead of three hundred digits.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        if value.is_infinite() {
            write!(f, "{}Infinity", if value < 0.0 { "-" } else { "" })
        } else if value.abs() >= 1e15 {
            write!(f, "{value:e}")
        } else {
            write!(f, "{value}")
        }
    }
}

/// The beginning of a text that may be very long, for use in a message.
pub fn shortened(text: &str) -> String {
    const SHOWN_MAX: usize = 64;
    if text.chars().nth(SHOWN_MAX).is_none() {
        return text.to_owned();
    }
    text.chars().take(SHOWN_MAX).chain(['…']).collect()
}
