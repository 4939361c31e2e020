//! What the application is told of members.

/// How a member is, as the application sees it.
pub use hypercache_types::NodeStatus as Status;

use crate::record::Record;

/// What has happened to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It takes part.
    Joined,
    /// It has gone on purpose.
    Left,
    /// It is dead.
    Failed,
    /// It is suspected.
    Suspected,
    /// It was suspected or dead, and is not.
    Recovered,
    /// Something else of it has changed.
    Updated,
    /// It was dead, and is forgotten.
    Reaped,
}

impl ChangeKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Joined,
        Self::Left,
        Self::Failed,
        Self::Suspected,
        Self::Recovered,
        Self::Updated,
        Self::Reaped,
    ];

    /// Finds a kind by its word.
    pub fn new(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The word used in every interface.
    pub fn name(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Failed => "failed",
            Self::Suspected => "suspected",
            Self::Recovered => "recovered",
            Self::Updated => "updated",
            Self::Reaped => "reaped",
        }
    }
}

/// One change of one member.
#[derive(Clone, Debug)]
pub struct Change {
    /// What has happened.
    pub kind: ChangeKind,
    /// To whom.
    pub id: String,
    /// How it is now; of one that is gone, how it went.
    pub status: Status,
    /// What it says of itself.
    pub record: Record,
}
