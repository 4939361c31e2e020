//! Whether all live members have the same ring: each tells the checksum of its own.
//!
//! Changes reach members one after another, so rings differ for a moment after each. Where one differs for
//! longer than a bound, something is wrong. A member that has told no checksum yet does not differ, nor does
//! it agree.

use std::collections::BTreeMap;
use std::time::Duration;

/// How often the checksums are compared while a change spreads.
const SPREADING: Duration = Duration::from_millis(50);
/// How often they are compared otherwise.
const QUIET: Duration = Duration::from_secs(1);

/// What there is to tell of the agreement.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Rings have differed for too long.
    Diverged {
        /// The checksum of this node's ring.
        checksum: u64,
        /// Members that have another one.
        others: Vec<(String, u64)>,
        /// For how long the first of them has.
        duration: Duration,
    },
    /// They do not differ any more.
    Agreed {
        /// The checksum of them all.
        checksum: u64,
        /// Members that have it, this one included.
        member_count: usize,
        /// How long they have differed.
        duration: Duration,
    },
}

/// How it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The checksum that this node has told, if it takes part.
    pub checksum: Option<u64>,
    /// For how long rings have differed, where that is too long.
    pub diverged_for: Option<Duration>,
    /// How often that has happened.
    pub diverged_count: u64,
    /// Members with the same ring, this one included.
    pub agreeing_count: usize,
    /// Members with another one.
    pub others: Vec<(String, u64)>,
    /// How long the last change of the members took until all live ones told the same checksum.
    pub convergence: Option<Duration>,
}

/// Compares what members tell of their rings.
pub struct Agreement {
    bound: Duration,
    is_on: bool,
    told: BTreeMap<String, u64>,
    announced: Option<u64>,
    /// Since when each member differs, without a look in between at which it did not.
    differs_since: BTreeMap<String, Duration>,
    others: Vec<(String, u64)>,
    /// Other members with the same ring.
    agreeing_count: usize,
    diverged_since: Option<Duration>,
    diverged_count: u64,
    /// When this node's ring changed, while not all have followed.
    changed_at: Option<Duration>,
    convergence: Option<Duration>,
    next_look: Duration,
}

impl Agreement {
    /// Compares nothing yet. Rings may differ for as long as `bound`.
    pub fn new(bound: Duration) -> Self {
        Self {
            bound,
            is_on: false,
            told: BTreeMap::new(),
            announced: None,
            differs_since: BTreeMap::new(),
            others: Vec::new(),
            agreeing_count: 0,
            diverged_since: None,
            diverged_count: 0,
            changed_at: None,
            convergence: None,
            next_look: Duration::ZERO,
        }
    }

    /// Begins, when the node takes part, or ends and forgets what the others had.
    pub fn turn(&mut self, is_on: bool) {
        let (bound, diverged_count, convergence) = (self.bound, self.diverged_count, self.convergence);
        let told = if is_on { std::mem::take(&mut self.told) } else { BTreeMap::new() };
        *self = Self { is_on, told, diverged_count, convergence, ..Self::new(bound) };
    }

    /// A member has told the checksum of its ring.
    pub fn tell(&mut self, id: String, checksum: u64) {
        self.told.insert(id, checksum);
        self.next_look = Duration::ZERO;
    }

    /// This is what all members have told.
    pub fn tell_all(&mut self, told: BTreeMap<String, u64>) {
        self.told = told;
    }

    /// A member is gone, and what it has told with it.
    pub fn forget(&mut self, id: &str) {
        self.told.remove(id);
    }

    /// When to look next.
    pub fn next_look(&self) -> Option<Duration> {
        self.is_on.then_some(self.next_look)
    }

    /// Whether this node's ring is another one than it has told.
    pub fn has_news(&self, checksum: u64) -> bool {
        self.is_on && self.announced != Some(checksum)
    }

    /// Compares this node's ring with those of the other live members. Answers the checksum where it is to be
    /// told to them, and what there is to tell of the agreement.
    pub fn look(&mut self, now: Duration, checksum: u64, live: &[&str]) -> (Option<u64>, Option<Verdict>) {
        if !self.is_on {
            return (None, None);
        }
        let is_new = self.announced.replace(checksum) != Some(checksum);
        if is_new {
            self.changed_at = Some(now);
        }
        self.compare(now, checksum, live);
        let is_spreading = self.changed_at.is_some_and(|at| now.saturating_sub(at) < self.bound);
        self.next_look = now + if is_spreading { SPREADING } else { QUIET.min(self.bound) };
        (is_new.then_some(checksum), self.judge(now, checksum))
    }

    /// How it stands.
    pub fn report(&self, now: Duration) -> Report {
        Report {
            checksum: self.announced,
            diverged_for: self.diverged_since.map(|since| now.saturating_sub(since)),
            diverged_count: self.diverged_count,
            agreeing_count: if self.announced.is_some() { 1 + self.agreeing_count } else { 0 },
            others: self.others.clone(),
            convergence: self.convergence,
        }
    }

    fn compare(&mut self, now: Duration, checksum: u64, live: &[&str]) {
        let told = live.iter().filter_map(|id| Some((*id, *self.told.get(*id)?)));
        let (same, others): (Vec<_>, Vec<_>) = told.partition(|(_, theirs)| *theirs == checksum);
        self.others = others.into_iter().map(|(id, theirs)| (id.to_string(), theirs)).collect();
        let since = |id: &String| *self.differs_since.get(id).unwrap_or(&now);
        self.differs_since = self.others.iter().map(|(id, _)| (id.clone(), since(id))).collect();
        self.agreeing_count = same.len();
        if same.len() == live.len() {
            // A member alone agrees with itself: that measures nothing.
            if let Some(changed_at) = self.changed_at.take()
                && !live.is_empty()
            {
                self.convergence = Some(now.saturating_sub(changed_at));
            }
        }
    }

    /// Whether rings have differed for too long, or do not any more.
    fn judge(&mut self, now: Duration, checksum: u64) -> Option<Verdict> {
        match (self.diverged_since, self.differs_since.values().min()) {
            (None, Some(&since)) if now.saturating_sub(since) >= self.bound => {
                self.diverged_since = Some(since);
                self.diverged_count += 1;
                let duration = now.saturating_sub(since);
                Some(Verdict::Diverged { checksum, others: self.others.clone(), duration })
            }
            (Some(since), None) => {
                self.diverged_since = None;
                let member_count = 1 + self.agreeing_count;
                Some(Verdict::Agreed { checksum, member_count, duration: now.saturating_sub(since) })
            }
            _ => None,
        }
    }
}
