//! The generations of the local member. Being dead cannot be refuted in SWIM, only outlived: so whoever
//! hears that it is dead begins another generation. And who hears of a generation of its own node that is
//! later than its own, because its clock has gone back, begins one after that.

use std::net::SocketAddr;

use foca::State as Swim;
use hypercache_transport::ReceiveWindow;

use super::effects::{Effect, Event};
use super::outbound::OutboundRequest;
use super::problem::Problem;
use super::schedule::Task;
use super::state::{Engine, Phase};
use crate::checked::TIME_MAX_MS;
use crate::identity::{Generation, Identity};
use crate::message::MemberEntry;
use crate::record::Record;

impl Engine {
    /// Begins another generation if this one has ended, though not more often than members are probed:
    /// whoever is told of a death by everybody would else begin one for each of them.
    pub(super) fn outlive_death(&mut self) {
        self.supersede_rumored();
        if std::mem::take(&mut self.swim.runtime.is_defunct) && !self.is_dead {
            self.is_dead = true;
            let wait = self.rejoin_from.saturating_sub(self.schedule.time());
            if wait.is_zero() { self.rejoin() } else { self.schedule.add(wait, Task::Rejoin) }
        }
    }

    /// Begins another generation of the same process, if it still has to.
    pub(super) fn rejoin(&mut self) {
        let generation = self.identity().generation;
        if self.is_dead
            && self.may_begin_generation()
            && let Some(rejoin_count) = generation.rejoin_count.checked_add(1)
        {
            self.begin_generation(Generation { rejoin_count, ..generation });
        }
    }

    /// The wall clock has gone back since the last generation of this node. Answers whether it has begun a
    /// later one.
    pub(super) fn begin_generation_after(&mut self, started_at_ms: u64) -> bool {
        let is_later = (self.identity().generation.started_at_ms..TIME_MAX_MS).contains(&started_at_ms);
        if !is_later || !self.may_begin_generation() {
            return false;
        }
        let started_at_ms = started_at_ms + 1;
        self.begin_generation(Generation { started_at_ms, rejoin_count: 0 });
        self.broadcasts_before = self.counts.broadcasts_sent;
        self.record.version.started_at_ms = started_at_ms;
        if let Some(ring) = &mut self.ring {
            ring.started_at_ms = started_at_ms;
        }
        if self.phase == Phase::Joined {
            self.change_record(|_| {});
            self.spread_ring();
        }
        true
    }

    /// What somebody else says of this member.
    pub(super) fn merge_own_entry(&mut self, entry: &MemberEntry) {
        let own = self.identity().clone();
        if entry.identity == own {
            let began = own.generation.started_at_ms;
            let is_of_now = |started_at_ms: u64| started_at_ms == began;
            let ring = entry.ring.filter(|ring| is_of_now(ring.started_at_ms));
            let received = Some(entry.received.high).filter(|_| is_of_now(entry.received.started_at_ms));
            // More than this process has ever said: it began in the same millisecond as the one before it.
            let version = Some(entry.version).filter(|version| is_of_now(version.started_at_ms));
            let is_other = version > Some(self.record.version)
                || ring.is_some_and(|ring| ring.is_newer(self.ring.as_ref()))
                || received > Some(self.own_broadcasts().high);
            if is_other {
                self.supersede(&own);
            }
        } else if entry.identity.generation > own.generation {
            self.handle_duplicate(entry.identity.clone(), entry.state == Swim::Down);
        }
    }

    /// Begins a generation after one that is no more, though not more often than members are probed,
    /// whatever is told.
    pub(super) fn supersede(&mut self, other: &Identity) {
        let time = self.schedule.time();
        if other.generation >= self.identity().generation
            && time >= self.supersede_from
            && self.begin_generation_after(other.generation.started_at_ms)
        {
            self.supersede_from = time + self.options.timing.probe_interval;
        }
    }

    /// Takes no part any more, since another process has this member's id.
    pub(super) fn conflict(&mut self, address: SocketAddr) {
        self.problems = vec![Problem::IdTaken(address)];
        self.effects.push(Effect::Emit(Event::Problems(self.problems.clone())));
        self.end(Event::Conflict(address));
    }

    /// Which broadcasts there are of this generation.
    pub(super) fn own_broadcasts(&self) -> ReceiveWindow {
        let count = self.counts.broadcasts_sent - self.broadcasts_before;
        ReceiveWindow::all(self.record.version.started_at_ms, count)
    }

    /// The process whose id a newcomer has, unless it is the newcomer itself.
    pub(super) fn incumbent_of(&self, newcomer: &Identity, record: Option<&Record>) -> Option<Identity> {
        let known = self.identity_of(&newcomer.id)?;
        let known_record = self.details.get(&newcomer.id).and_then(|details| details.record.as_ref());
        // A clock that stood still while the machine was off: what tells the two apart is what they say.
        let says_other =
            known_record.zip(record).is_some_and(|(known, own)| known.version == own.version && known != own);
        let is_other = known.generation.started_at_ms != newcomer.generation.started_at_ms
            || known.address != newcomer.address
            || self.has_left(known)
            || says_other;
        is_other.then(|| known.clone())
    }

    /// Foca hears of a later generation in datagrams, and keeps it.
    fn supersede_rumored(&mut self) {
        let own = self.identity();
        let later = self.swim.member(&own.id).filter(|other| other.id().generation > own.generation);
        if let Some(duplicate) = later.map(|other| other.id().clone()) {
            self.handle_duplicate(duplicate, false);
        }
    }

    /// A later generation of this node: the one before this process, or another process that has the same id.
    fn handle_duplicate(&mut self, duplicate: Identity, is_dead: bool) {
        if is_dead || duplicate.address == self.options.address {
            self.supersede(&duplicate);
        } else if self.may_begin_generation() {
            self.start_request(OutboundRequest::CheckDuplicate(duplicate));
        }
    }

    fn begin_generation(&mut self, generation: Generation) {
        self.swim.change_generation(generation);
        self.is_dead = false;
        self.rejoin_from = self.schedule.time() + self.options.timing.probe_interval;
    }

    fn may_begin_generation(&self) -> bool {
        matches!(self.phase, Phase::Joining | Phase::Joined)
    }
}
