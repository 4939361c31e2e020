//! The lives of the local member. Being dead cannot be refuted in SWIM, only outlived: so whoever hears that
//! it is dead begins another life. And who hears of a life of its own node that is later than its own,
//! because its clock has gone back, begins one after that.

use std::net::SocketAddr;
use std::time::Duration;

use foca::State as Swim;
use hypercache_transport::Heard;

use super::exchange::Errand;
use super::time::Task;
use super::{Effect, Engine, Event, Phase};
use crate::checked::TIME_MAX_MS;
use crate::identity::{Identity, Life};
use crate::message::Line;
use crate::record::{Doubt, Record};

impl Engine {
    /// Takes note of what this member holds against itself, which the others cannot see.
    pub fn doubt(&mut self, now: Duration, doubt: Option<Doubt>) {
        self.schedule.hear(now);
        if self.phase == Phase::Joined && self.record.doubt != doubt {
            self.change_record(|record| record.doubt = doubt);
        }
        self.settle();
    }

    /// Begins another life if this one has ended, though not more often than members are probed: whoever is
    /// told of a death by everybody would else begin one for each of them.
    pub(super) fn survive(&mut self) {
        self.outlive_heard();
        if std::mem::take(&mut self.outbox.is_dead) && !self.is_dead {
            self.is_dead = true;
            let wait = self.rests_until.saturating_sub(self.schedule.time());
            if wait.is_zero() { self.come_back() } else { self.schedule.add(wait, Task::ComeBack) }
        }
    }

    /// Begins another life of the same process, if it still has to.
    pub(super) fn come_back(&mut self) {
        let life = self.identity().life;
        if self.is_dead
            && self.may_begin_life()
            && let Some(comeback) = life.comeback.checked_add(1)
        {
            self.begin_life(Life { comeback, ..life });
        }
    }

    /// The wall clock has gone back since the last life of this node. Answers whether it has begun a later
    /// one.
    pub(super) fn begin_life_after(&mut self, started_at_ms: u64) -> bool {
        let is_later = (self.identity().life.started_at_ms..TIME_MAX_MS).contains(&started_at_ms);
        if !is_later || !self.may_begin_life() {
            return false;
        }
        let started_at_ms = started_at_ms + 1;
        self.begin_life(Life { started_at_ms, comeback: 0 });
        self.broadcasts_before = self.counts.broadcasts_sent;
        self.record.version.started_at_ms = started_at_ms;
        if let Some(ring) = &mut self.ring {
            ring.started_at_ms = started_at_ms;
        }
        if self.phase == Phase::Joined {
            self.change_record(|_| {});
            self.tell_ring();
        }
        true
    }

    /// What somebody else says of this member.
    pub(super) fn heed_own_line(&mut self, line: &Line) {
        let own = self.identity().clone();
        if line.identity == own {
            let began = own.life.started_at_ms;
            let is_of_now = |started_at_ms: u64| started_at_ms == began;
            let ring = line.ring.filter(|ring| is_of_now(ring.started_at_ms));
            let heard = Some(line.heard.high).filter(|_| is_of_now(line.heard.started_at_ms));
            // More than this process has ever said: it began in the same millisecond as the one before it.
            let version = Some(line.version).filter(|version| is_of_now(version.started_at_ms));
            let is_other = version > Some(self.record.version)
                || ring.is_some_and(|ring| ring.is_newer(self.ring.as_ref()))
                || heard > Some(self.own_heard().high);
            if is_other {
                self.outlive(&own);
            }
        } else if line.identity.life > own.life {
            self.heed_rival(line.identity.clone(), line.state == Swim::Down);
        }
    }

    /// Begins a life after one that is no more, though not more often than members are probed, whatever is
    /// told.
    pub(super) fn outlive(&mut self, other: &Identity) {
        let time = self.schedule.time();
        if other.life >= self.identity().life
            && time >= self.outlives_at
            && self.begin_life_after(other.life.started_at_ms)
        {
            self.outlives_at = time + self.options.timing.probe_interval;
        }
    }

    /// Takes no part any more, since another process has this member's id.
    pub(super) fn conflict(&mut self, address: SocketAddr) {
        self.problems = vec![format!("another process has this node id, and answers at {address}")];
        self.effects.push(Effect::Tell(Event::Problems(self.problems.clone())));
        self.end(Event::Conflict(address));
    }

    /// Which broadcasts there are of this life.
    pub(super) fn own_heard(&self) -> Heard {
        let count = self.counts.broadcasts_sent - self.broadcasts_before;
        Heard::all(self.record.version.started_at_ms, count)
    }

    /// The process whose id a newcomer has, unless it is the newcomer itself.
    pub(super) fn older_member(&self, newcomer: &Identity, record: Option<&Record>) -> Option<Identity> {
        let known = self.identity_of(&newcomer.id)?;
        let known_record = self.peers.get(&newcomer.id).and_then(|peer| peer.record.as_ref());
        // A clock that stood still while the machine was off: what tells the two apart is what they say.
        let says_other =
            known_record.zip(record).is_some_and(|(known, own)| known.version == own.version && known != own);
        let is_other = known.life.started_at_ms != newcomer.life.started_at_ms
            || known.address != newcomer.address
            || self.has_left(&known)
            || says_other;
        is_other.then_some(known)
    }

    /// Foca hears of a later life in datagrams, and keeps it.
    fn outlive_heard(&mut self) {
        let own = self.identity();
        let is_later = |other: &&Identity| other.id == own.id && other.life > own.life;
        let later = self.foca.iter_membership_state().map(foca::Member::id).find(is_later).cloned();
        if let Some(rival) = later {
            self.heed_rival(rival, false);
        }
    }

    /// A later life of this node: the one before this process, or another process that has the same id.
    fn heed_rival(&mut self, rival: Identity, is_dead: bool) {
        if is_dead || rival.address == self.options.address {
            self.outlive(&rival);
        } else if self.may_begin_life() {
            self.send_on(Errand::Rival(rival));
        }
    }

    fn begin_life(&mut self, life: Life) {
        let identity = Identity { life, ..self.identity().clone() };
        // Its errors are of encoding an identity that it has encoded all the time, or of one that is the
        // same.
        drop(self.foca.change_identity(identity, &mut self.outbox));
        // Foca goes on with its timers when it sees that it has company.
        drop(self.foca.apply_many(std::iter::empty(), false, &mut self.outbox));
        self.outbox.incarnation = 0;
        (self.outbox.is_dead, self.is_dead) = (false, false);
        self.rests_until = self.schedule.time() + self.options.timing.probe_interval;
    }

    fn may_begin_life(&self) -> bool {
        matches!(self.phase, Phase::Joining | Phase::Joined)
    }
}
