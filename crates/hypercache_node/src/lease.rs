//! The lease of the application: whether the program that this node serves still turns over.
//!
//! Rust threads answer probes whatever the program does. So the program renews a lease; where it does not,
//! the node first says that it doubts itself, and then gives up its keys, as a dead node does.

use std::time::Duration;

use hypercache_gossip::Doubt;

/// How the application is, as its lease says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Vigor {
    /// It renews the lease, or has none to renew.
    #[default]
    Well,
    /// It has not renewed the lease for one term.
    Stalled,
    /// It has not renewed the lease for two terms.
    GaveUp,
}

impl Vigor {
    /// What the node holds against itself because of it.
    pub fn doubt(self) -> Option<Doubt> {
        match self {
            Self::Well => None,
            Self::Stalled => Some(Doubt::Stalled),
            Self::GaveUp => Some(Doubt::GaveUp),
        }
    }
}

/// A lease that is renewed, or runs out.
#[derive(Debug)]
pub struct Lease {
    /// Zero: it never runs out.
    term: Duration,
    is_held: bool,
    renewed_at: Duration,
    vigor: Vigor,
}

impl Lease {
    /// A lease that nobody holds yet. A term of zero never ends.
    pub fn new(term: Duration) -> Self {
        Self { term, is_held: false, renewed_at: Duration::ZERO, vigor: Vigor::Well }
    }

    /// The application turns over.
    pub fn renew(&mut self, now: Duration) {
        (self.is_held, self.renewed_at) = (!self.term.is_zero(), now);
    }

    /// The application holds it no more: it has stopped on purpose.
    pub fn drop_hold(&mut self) {
        self.is_held = false;
    }

    /// How the application is now, where that has changed since the last call.
    pub fn check(&mut self, now: Duration) -> Option<Vigor> {
        let silent = now.saturating_sub(self.renewed_at);
        let vigor = match self.is_held {
            true if silent >= self.term.saturating_mul(2) => Vigor::GaveUp,
            true if silent >= self.term => Vigor::Stalled,
            _ => Vigor::Well,
        };
        (std::mem::replace(&mut self.vigor, vigor) != vigor).then_some(vigor)
    }

    /// When it runs out next, unless it is renewed.
    pub fn next(&self) -> Option<Duration> {
        let terms = match self.vigor {
            Vigor::Well => 1,
            Vigor::Stalled => 2,
            Vigor::GaveUp => return None,
        };
        self.is_held.then(|| self.renewed_at.saturating_add(self.term.saturating_mul(terms)))
    }
}
