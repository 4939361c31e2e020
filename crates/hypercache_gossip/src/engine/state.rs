//! What an engine is made of, and where it is in the life of its process.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use hypercache_transport::{ReceiveWindow, ReplayGuard, Sealer};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

use super::addresses::Addresses;
use super::details::{MemberDetails, Published};
use super::effects::{Counts, Effect};
use super::options::EngineOptions;
use super::outbound::OutboundRequests;
use super::problem::Problem;
use super::reachability::Reachability;
use super::schedule::Schedule;
use super::seeds::Seed;
use super::swim::Swim;
use crate::identity::{Generation, Identity};
use crate::message::{Broadcast, RingMark};
use crate::record::{Claim, Doubt, Record, Version};

/// Where the engine is in the life of its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Joining,
    Joined,
    Leaving,
    /// It has left, was refused, or another process has its id.
    Over,
}

/// One member of a cluster.
pub struct Engine {
    pub(super) options: EngineOptions,
    pub(super) options_mark: u64,
    pub(super) sealer: Sealer,
    pub(super) rng: StdRng,
    pub(super) swim: Swim,
    pub(super) schedule: Schedule,
    pub(super) phase: Phase,
    pub(super) record: Record,
    pub(super) ring: Option<RingMark>,
    pub(super) is_ring_spread: bool,
    pub(super) own_published: Option<Published>,
    pub(super) details: BTreeMap<String, MemberDetails>,
    /// Members of which something has changed besides what SWIM knows, since this was looked at.
    pub(super) touched: BTreeSet<String>,
    /// Members of which something has changed since the application was told.
    pub(super) unpublished: BTreeSet<String>,
    /// Live members of whose process there is no record yet.
    pub(super) without_record: BTreeSet<String>,
    /// The newest format that every live member understands, if that is worked out.
    pub(super) common_protocol_version: Option<u8>,
    /// Which broadcasts of others have come.
    pub(super) received: BTreeMap<String, ReceiveWindow>,
    /// Whether it has heard that it is dead, and has not begun another generation yet.
    pub(super) is_dead: bool,
    /// Not before then does it come back again.
    pub(super) rejoin_from: Duration,
    /// Not before then does it begin a generation after another one that it hears of.
    pub(super) supersede_from: Duration,
    /// Broadcasts of earlier generations.
    pub(super) broadcasts_before: u64,
    pub(super) broadcasts: VecDeque<Broadcast>,
    /// Name, data and Lamport time of messages that wait.
    pub(super) outgoing: VecDeque<(String, String, u64)>,
    pub(super) seeds: Vec<Seed>,
    pub(super) outbound: OutboundRequests,
    pub(super) session: u64,
    pub(super) datagram_number: u64,
    pub(super) replays: ReplayGuard,
    pub(super) strangers: BTreeSet<(IpAddr, &'static str)>,
    /// What the driver holds against this member.
    pub(super) stall: Option<Doubt>,
    pub(super) reachability: Reachability,
    /// Where the members say that they are.
    pub(super) addresses: Addresses,
    pub(super) problems: Vec<Problem>,
    pub(super) tuned_for: usize,
    pub(super) counts: Counts,
    pub(super) effects: Vec<Effect>,
}

impl Engine {
    /// Makes a member that takes no part yet.
    pub fn new(options: EngineOptions) -> Self {
        let mut rng = StdRng::from_seed(options.random_seed);
        let generation = Generation { started_at_ms: options.started_at_ms, rejoin_count: 0 };
        let identity = Identity { id: options.id.clone(), address: options.address, generation };
        let addresses = Addresses::of(&identity);
        let swim = Swim::new(identity, &options.timing, StdRng::from_rng(&mut rng));
        let version = Version { started_at_ms: options.started_at_ms, counter: 1 };
        let record = Record { version, claim: Claim::Present, ..options.record.clone() };
        Self {
            options_mark: options.shared.mark(),
            sealer: Sealer::new(&options.cluster_name, &options.keys),
            session: rng.next_u64(),
            rng,
            swim,
            record,
            options,
            schedule: Schedule::default(),
            phase: Phase::Joining,
            ring: None,
            is_ring_spread: true,
            own_published: None,
            details: BTreeMap::new(),
            touched: BTreeSet::new(),
            unpublished: BTreeSet::new(),
            without_record: BTreeSet::new(),
            common_protocol_version: None,
            received: BTreeMap::new(),
            is_dead: false,
            rejoin_from: Duration::ZERO,
            supersede_from: Duration::ZERO,
            broadcasts_before: 0,
            broadcasts: VecDeque::new(),
            outgoing: VecDeque::new(),
            seeds: Vec::new(),
            outbound: OutboundRequests::default(),
            datagram_number: 0,
            replays: ReplayGuard::default(),
            strangers: BTreeSet::new(),
            stall: None,
            reachability: Reachability::default(),
            addresses,
            problems: Vec::new(),
            tuned_for: 1,
            counts: Counts::default(),
            effects: Vec::new(),
        }
    }

    /// What is to be done because of what it was told.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Counters.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Who it is: another generation after it had to come back.
    pub fn identity(&self) -> &Identity {
        self.swim.identity()
    }

    /// A time around another one, so that members do not all do things at once.
    pub(super) fn jittered(&mut self, around: Duration) -> Duration {
        around.mul_f64(self.rng.random_range(0.8..1.2))
    }
}
