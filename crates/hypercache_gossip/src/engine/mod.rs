//! The engine: what one member knows and does. It does no I/O, has no clock and no randomness but what it is
//! given: bytes, times and answers go in, effects come out. So the same engine runs over sockets and in a
//! simulated network.
//!
//! Foca runs SWIM: probes, suspicions, deaths, and their dissemination. Around it:
//!
//! 1. Every datagram is sealed, numbered, and marked with the options that all members must share.
//! 2. What a member says of itself is a record, which travels over streams: notices on datagrams only tell
//!    that there is a newer one. A member is shown when SWIM says that it lives and its record is there.
//! 3. Every few seconds a member compares what it knows with that of another one; where it differs, each
//!    gives the other what it lacks.
//! 4. A death that somebody tells over a stream is not believed: the member is asked. That a member lives
//!    which is dead here is not believed either: it is asked, hears that it is dead, and begins another life.
//!    So halves of a partition find together again without a healthy member being shown as dead.
//! 5. A suspect is asked over a stream whether it is there, which loss of datagrams does not hinder.

mod carrier;
mod codec;
mod effects;
mod exchange;
mod joining;
mod learning;
mod leaving;
mod lives;
mod notices;
mod options;
mod outbox;
mod peer;
mod seeds;
mod time;
mod view;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use foca::Foca;
use hypercache_transport::{DATAGRAM_BYTES_MAX, Heard, Purpose, Refused, ReplayGuard, Sealer};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

use crate::identity::{Identity, Life};
use crate::message::{Broadcast, DatagramHead, OLDEST_SPOKEN, RingMark};
use crate::record::{Claim, RECORD_BYTES_MAX, Record, Version};

use carrier::Carrier;
use codec::{DoubtingCodec, Refutations};
pub use effects::{Counts, Effect, Event};
use exchange::Errand;
use notices::UNDER_WAY_MAX;
pub use options::EngineOptions;
use outbox::Outbox;
pub use peer::Status;
use peer::{Peer, Shown};
use seeds::Seed;
use time::{Schedule, Task};
pub use view::{Change, ChangeKind};

/// Sources of strange messages that are remembered, so that each is told of once.
const STRANGERS_MAX: usize = 1_024;

/// Where the engine is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Joining,
    Joined,
    Leaving,
    /// It has left, was refused, or another process has its id.
    Over,
}

/// One member of a cluster.
pub struct Engine {
    options: EngineOptions,
    options_mark: u64,
    sealer: Sealer,
    rng: StdRng,
    foca: Foca<Identity, DoubtingCodec, StdRng, Carrier>,
    refutations: Refutations,
    outbox: Outbox,
    arrived: Receiver<(Identity, Vec<u8>)>,
    schedule: Schedule,
    phase: Phase,
    record: Record,
    ring: Option<RingMark>,
    is_ring_told: bool,
    own_shown: Option<Shown>,
    peers: BTreeMap<String, Peer>,
    heard: BTreeMap<String, Heard>,
    /// Whether it has heard that it is dead, and has not begun another life yet.
    is_dead: bool,
    /// Not before then does it come back again.
    rests_until: Duration,
    /// Not before then does it begin a life after another one that it hears of.
    outlives_at: Duration,
    /// Broadcasts of earlier lives.
    broadcasts_before: u64,
    broadcasts: VecDeque<Broadcast>,
    /// Name, data and Lamport time of messages that wait.
    outgoing: VecDeque<(String, String, u64)>,
    seeds: Vec<Seed>,
    errands: BTreeMap<u64, Errand>,
    waiting_errands: VecDeque<Errand>,
    next_number: u64,
    session: u64,
    datagram_number: u64,
    replays: ReplayGuard,
    strangers: BTreeSet<(IpAddr, &'static str)>,
    problems: Vec<String>,
    tuned_for: usize,
    counts: Counts,
    effects: Vec<Effect>,
}

impl Engine {
    /// Makes a member that takes no part yet.
    pub fn new(options: EngineOptions) -> Self {
        let mut rng = StdRng::from_seed(options.random_seed);
        let life = Life { started_at_ms: options.started_at_ms, comeback: 0 };
        let identity = Identity { id: options.id.clone(), address: options.address, life };
        let (sender, arrived) = channel();
        let refutations = Refutations::default();
        let foca = Foca::with_custom_broadcast(
            identity,
            options.timing.for_foca(1),
            StdRng::from_rng(&mut rng),
            DoubtingCodec { refutations: refutations.clone() },
            Carrier { arrived: sender },
        );
        let version = Version { started_at_ms: options.started_at_ms, counter: 1 };
        let record = Record { version, claim: Claim::Present, ..options.record.clone() };
        Self {
            options_mark: options.shared.mark(),
            sealer: Sealer::new(&options.cluster_name, &options.keys),
            session: rng.next_u64(),
            rng,
            foca,
            refutations,
            arrived,
            record,
            options,
            outbox: Outbox::default(),
            schedule: Schedule::default(),
            phase: Phase::Joining,
            ring: None,
            is_ring_told: true,
            own_shown: None,
            peers: BTreeMap::new(),
            heard: BTreeMap::new(),
            is_dead: false,
            rests_until: Duration::ZERO,
            outlives_at: Duration::ZERO,
            broadcasts_before: 0,
            broadcasts: VecDeque::new(),
            outgoing: VecDeque::new(),
            seeds: Vec::new(),
            errands: BTreeMap::new(),
            waiting_errands: VecDeque::new(),
            next_number: 0,
            datagram_number: 0,
            replays: ReplayGuard::default(),
            strangers: BTreeSet::new(),
            problems: Vec::new(),
            tuned_for: 1,
            counts: Counts::default(),
            effects: Vec::new(),
        }
    }

    /// Changes what this member says of itself.
    ///
    /// # Errors
    /// The size of the record, where it has more than [`RECORD_BYTES_MAX`] bytes; then nothing has changed.
    pub fn update(&mut self, now: Duration, change: impl FnOnce(&mut Record)) -> Result<(), usize> {
        self.schedule.hear(now);
        let mut record = self.record.clone();
        change(&mut record);
        let size = record.encode().len();
        if size > RECORD_BYTES_MAX {
            return Err(size);
        }
        if record != self.record {
            self.change_record(|own| *own = Record { version: own.version, ..record });
        }
        self.settle();
        Ok(())
    }

    /// Takes a datagram.
    pub fn received(&mut self, now: Duration, from: SocketAddr, bytes: &[u8]) {
        self.schedule.hear(now);
        self.counts.datagrams_received += 1;
        self.counts.bytes_received += bytes.len() as u64;
        if let Err(reason) = self.receive(bytes) {
            self.drop_message(from.ip(), reason);
        }
        self.settle();
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Duration) {
        self.schedule.hear(now);
        while let Some(task) = self.schedule.due() {
            self.perform(task);
            self.settle();
        }
    }

    /// When it wants to be called next, by the clock of the caller.
    pub fn next_tick(&self) -> Option<Duration> {
        self.schedule.next()
    }

    /// What is to be done because of what it was told.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Counters.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Who it is: another life after it had to come back.
    pub fn identity(&self) -> &Identity {
        self.foca.identity()
    }

    /// The engine's time: the driver's, but for the time that the process was stopped.
    pub fn time(&self) -> Duration {
        self.schedule.time()
    }

    /// How long the process was stopped, in all.
    pub fn stopped(&self) -> Duration {
        self.schedule.stopped()
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        if self.phase == Phase::Over {
            return Err("not joined");
        }
        if bytes.len() > DATAGRAM_BYTES_MAX {
            return Err("oversized");
        }
        let message = self.sealer.open(Purpose::Datagram, bytes).map_err(Refused::name)?;
        let (head, rest) = DatagramHead::decode(&message).ok_or("malformed")?;
        if !self.understands(head.speaks) {
            return Err("other version");
        }
        if head.options_mark != self.options_mark {
            return Err("other options");
        }
        if head.session == self.session {
            return Err("own");
        }
        if !self.replays.is_new(head.session, head.number) {
            return Err("replayed");
        }
        (self.outbox.is_for_us, self.outbox.has_told_death) = (false, false);
        self.foca.handle_data(rest, &mut self.outbox).map_err(|error| match error {
            foca::Error::DataTooBig => "oversized",
            foca::Error::DataFromOurselves | foca::Error::IndirectForOurselves => "own",
            _ => "malformed",
        })?;
        match (self.outbox.is_for_us, self.outbox.has_told_death) {
            (false, _) => Err("other member"),
            (true, true) => Err("dead sender"),
            (true, false) => Ok(()),
        }
    }

    fn perform(&mut self, task: Task) {
        let interval = self.options.timing.sync_interval;
        match task {
            // Its errors are of timers that have been overtaken: it goes on by itself.
            Task::Foca(timer) => drop(self.foca.handle_timer(timer, &mut self.outbox)),
            Task::Sync => {
                let after = self.jittered(interval);
                self.schedule.add(after, Task::Sync);
                let live: Vec<String> = self.foca.iter_members().map(|m| m.id().id.clone()).collect();
                self.send_to_one_of(live, Errand::Compare);
            }
            Task::Heal => {
                let after = self.jittered(interval);
                self.schedule.add(after, Task::Heal);
                self.send_to_one_of(self.dead(), Errand::Sync);
            }
            Task::AskSeed(number) => self.ask_seed_again(number),
            Task::Verify(id) if self.swim_state(&id) == Some(foca::State::Suspect) => self.verify(id),
            Task::Verify(_) => {}
            Task::TellRing => self.tell_ring(),
            Task::ComeBack => self.come_back(),
            Task::EndLeave => self.end_leave(),
        }
    }

    /// Does all that follows from what has just happened.
    fn settle(&mut self) {
        self.heed_notices();
        self.send_outgoing(UNDER_WAY_MAX);
        self.survive();
        for (after, timer) in std::mem::take(&mut self.outbox.timers) {
            self.schedule.add(after, Task::Foca(timer));
        }
        for identity in std::mem::take(&mut self.outbox.failed) {
            self.counts.probes_failed += 1;
            self.verify(identity.id);
        }
        self.counts.probes_sent = self.outbox.probes_sent;
        self.tune();
        self.refresh();
        self.note_refutations();
        for (to, bytes) in std::mem::take(&mut self.outbox.datagrams) {
            self.send(to, &bytes);
        }
        let problems = self.found_problems();
        if problems != self.problems {
            self.problems.clone_from(&problems);
            self.effects.push(Effect::Tell(Event::Problems(problems)));
        }
    }

    /// Timers that go by the size of the cluster.
    fn tune(&mut self) {
        let member_count = self.foca.num_members() + 1;
        if member_count == self.tuned_for {
            return;
        }
        self.tuned_for = member_count;
        let config = self.options.timing.for_foca(member_count);
        self.foca.set_config(config).expect("only what may change does");
    }

    fn send(&mut self, to: SocketAddr, bytes: &[u8]) {
        self.datagram_number += 1;
        let head = DatagramHead {
            speaks: self.spoken_by_all(),
            session: self.session,
            number: self.datagram_number,
            options_mark: self.options_mark,
        };
        let message = [&head.encode()[..], bytes].concat();
        let bytes = self.sealer.seal(Purpose::Datagram, &message, &mut self.rng);
        self.counts.datagrams_sent += 1;
        self.counts.bytes_sent += bytes.len() as u64;
        self.effects.push(Effect::Datagram { to, bytes });
    }

    fn understands(&self, speaks: u8) -> bool {
        (OLDEST_SPOKEN..=self.options.speaks).contains(&speaks)
    }

    /// The newest format that every live member understands: datagrams are passed on.
    fn spoken_by_all(&self) -> u8 {
        let theirs = self.foca.iter_members().map(|member| self.spoken_by(member.id()));
        theirs.fold(self.options.speaks, u8::min)
    }

    /// The newest format that a member and this one understand, as far as is known.
    fn spoken_by(&self, identity: &Identity) -> u8 {
        let told = self.peers.get(&identity.id).and_then(|peer| peer.speaks);
        let is_of_life = |(started_at_ms, _): &(u64, u8)| *started_at_ms == identity.life.started_at_ms;
        told.filter(is_of_life).map_or(OLDEST_SPOKEN, |(_, speaks)| speaks.min(self.options.speaks))
    }

    fn drop_message(&mut self, from: IpAddr, reason: &'static str) {
        self.count_drop(reason);
        let is_strange = matches!(
            reason,
            "other cluster" | "other key" | "not sealed" | "other version" | "other options" | "malformed"
        );
        if is_strange && self.strangers.len() < STRANGERS_MAX && self.strangers.insert((from, reason)) {
            self.effects.push(Effect::Tell(Event::Stranger(from, reason)));
        }
    }

    fn count_drop(&mut self, reason: &'static str) {
        *self.counts.dropped.entry(reason).or_default() += 1;
    }

    /// A time around another one, so that members do not all do things at once.
    fn jittered(&mut self, around: Duration) -> Duration {
        around.mul_f64(self.rng.random_range(0.8..1.2))
    }

    fn found_problems(&self) -> Vec<String> {
        match self.phase {
            Phase::Over => self.problems.clone(),
            Phase::Joining | Phase::Joined | Phase::Leaving => {
                seeds::problems(&self.seeds, self.foca.num_members() == 0)
            }
        }
    }
}
