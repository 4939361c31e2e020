//! The members to ask first.

use super::problem::Problem;

/// How it stands with a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeedStatus {
    /// Not asked yet.
    Untried,
    /// It has answered, and is this member.
    Member(String),
    /// It is this member itself.
    Own,
    /// It has not answered, or not as it should.
    Failed(String),
}

/// A seed.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Its address as it was given: a host name is resolved again each time.
    pub name: String,
    pub status: SeedStatus,
    /// How often in a row it has failed.
    pub failure_count: u32,
    /// Whether it has told once that it knows a later generation of this node. It may be right once.
    pub has_told_generation: bool,
}

impl Seed {
    pub fn new(name: String) -> Self {
        Self { name, status: SeedStatus::Untried, failure_count: 0, has_told_generation: false }
    }
}

/// What stands against the seeds.
pub fn problem(seeds: &[Seed], is_alone: bool) -> Option<Problem> {
    let failures = |seed: &Seed| match &seed.status {
        SeedStatus::Failed(why) => Some(format!("{} ({why})", seed.name)),
        _ => None,
    };
    let failed: Vec<String> = seeds.iter().filter_map(failures).collect();
    // One that has itself among its seeds may be the first.
    if !is_alone || failed.is_empty() || seeds.iter().any(|seed| seed.status == SeedStatus::Own) {
        return None;
    }
    Some(Problem::Seeds(failed.join(", ")))
}
