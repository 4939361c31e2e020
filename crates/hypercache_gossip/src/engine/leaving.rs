//! How a member goes: on purpose, or because it may not stay.

use std::time::Duration;

use super::exchange::Errand;
use super::time::Task;
use super::{Effect, Engine, Event, Phase};
use crate::message::{RecordOf, State};
use crate::record::Claim;

impl Engine {
    /// Goes away on purpose: tells the others, and tells when that is done.
    pub fn leave(&mut self, now: Duration) {
        self.schedule.hear(now);
        if !matches!(self.phase, Phase::Joining | Phase::Joined) {
            self.effects.push(Effect::Tell(Event::Left));
            return;
        }
        self.phase = Phase::Leaving;
        self.send_outgoing(usize::MAX);
        self.change_record(|record| record.claim = Claim::Leaving);
        self.waiting_errands.clear();
        let mut others: Vec<String> = self.foca.iter_members().map(|member| member.id().id.clone()).collect();
        // They may be there, and know better than this member.
        others.extend(self.dead());
        self.schedule.add(self.options.timing.leave_timeout, Task::EndLeave);
        for id in others {
            self.send_on(Errand::Farewell(id));
        }
        self.settle_leave();
        self.settle();
    }

    /// What whoever it leaves is to know: that it leaves, and what it has said.
    pub(super) fn last_words(&self) -> State {
        let id = self.options.id.clone();
        let own = self.broadcasts.iter().filter(|broadcast| broadcast.origin == id);
        State {
            lines: vec![self.own_line()],
            broadcasts: own.cloned().collect(),
            records: vec![RecordOf { id, bytes: self.record.encode() }],
        }
    }

    /// Ends the leave when everybody who is live knows of it.
    pub(super) fn settle_leave(&mut self) {
        let is_farewell = |errand: &Errand| matches!(errand, Errand::Farewell(id) if self.is_live(id));
        let mut pending = self.errands.values().chain(&self.waiting_errands);
        if self.phase == Phase::Leaving && !pending.any(is_farewell) {
            self.end_leave();
        }
    }

    pub(super) fn end_leave(&mut self) {
        if self.phase != Phase::Leaving {
            return;
        }
        self.tell_of_leave(self.options.id.clone(), self.record.version);
        // It can fail to encode its own identity, and has done that all the time.
        drop(self.foca.leave_cluster(&mut self.outbox));
        for (to, bytes) in std::mem::take(&mut self.outbox.datagrams) {
            self.send(to, &bytes);
        }
        self.end(Event::Left);
    }

    /// Takes no part any more.
    pub(super) fn end(&mut self, event: Event) {
        self.phase = Phase::Over;
        self.schedule.clear();
        self.errands.clear();
        self.waiting_errands.clear();
        self.effects.push(Effect::Tell(event));
    }
}
