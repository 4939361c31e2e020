//! How nodes are, and which of them may answer.

use crate::error::{Error, shortened};

/// What is known of a node's health. Whether it may answer is the ring's choice ([`StatusSet`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeStatus {
    /// Well.
    Alive,
    /// Perhaps failed: a doubt, not a verdict.
    Suspected,
    /// Failed.
    Dead,
    /// Going away on purpose.
    Leaving,
    /// Being upgraded, still answering.
    Updating,
}

impl NodeStatus {
    /// All of them, in the order of their documentation.
    pub const ALL: [Self; 5] = [Self::Alive, Self::Suspected, Self::Dead, Self::Leaving, Self::Updating];

    /// The word used in every interface.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Suspected => "suspected",
            Self::Dead => "dead",
            Self::Leaving => "leaving",
            Self::Updating => "updating",
        }
    }

    /// Finds a status by its word.
    ///
    /// # Errors
    /// An unknown word.
    pub fn new(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|status| status.name() == name);
        found.ok_or_else(|| Error::UnknownStatus(shortened(name)))
    }
}

/// The statuses that may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusSet(u8);

impl StatusSet {
    /// Makes a set; repeats do not matter.
    ///
    /// # Errors
    /// An empty list.
    pub fn new(statuses: &[NodeStatus]) -> Result<Self, Error> {
        let bits = statuses.iter().fold(0, |bits, status| bits | 1 << *status as u8);
        if bits == 0 { Err(Error::NoRoutableStatus) } else { Ok(Self(bits)) }
    }

    /// Whether nodes of this status may answer.
    #[inline]
    pub fn contains(self, status: NodeStatus) -> bool {
        self.0 & 1 << status as u8 != 0
    }
}

impl Default for StatusSet {
    /// Alive, suspected, updating.
    fn default() -> Self {
        Self(
            1 << NodeStatus::Alive as u8 | 1 << NodeStatus::Suspected as u8 | 1 << NodeStatus::Updating as u8,
        )
    }
}
