//! How a member goes: on purpose, or because it may not stay.

use std::time::Duration;

use super::effects::{Effect, Event};
use super::outbound::OutboundRequest;
use super::schedule::Task;
use super::state::{Engine, Phase};
use crate::message::PushPullState;
use crate::record::Claim;

impl Engine {
    /// Goes away on purpose: tells the others, and tells when that is done.
    pub fn leave(&mut self, now: Duration) {
        self.schedule.advance_to(now);
        if !matches!(self.phase, Phase::Joining | Phase::Joined) {
            self.effects.push(Effect::Emit(Event::Left));
            return;
        }
        self.phase = Phase::Leaving;
        self.send_broadcasts(usize::MAX);
        self.change_record(|record| record.claim = Claim::Leaving);
        self.outbound.clear_queued();
        let live = self.swim.live().map(|member| &member.id().id);
        // The dead may be there, and know better than this member.
        let others: Vec<String> = live.chain(self.dead()).cloned().collect();
        self.schedule.add(self.options.timing.leave_timeout, Task::EndLeave);
        for id in others {
            self.start_request(OutboundRequest::Leave(id));
        }
        self.settle_leave();
        self.settle();
    }

    /// What whoever it leaves is to know: that it leaves, and what it has said.
    pub(super) fn leave_state(&self) -> PushPullState {
        let id = self.options.id.clone();
        let own = self.broadcasts.iter().filter(|broadcast| broadcast.origin == id);
        PushPullState {
            entries: vec![self.own_entry()],
            broadcasts: own.cloned().collect(),
            records: vec![self.own_encoded()],
        }
    }

    /// Ends the leave when everybody who is live knows of it.
    pub(super) fn settle_leave(&mut self) {
        let is_leave =
            |request: &OutboundRequest| matches!(request, OutboundRequest::Leave(id) if self.is_live(id));
        if self.phase == Phase::Leaving && !self.outbound.iter().any(is_leave) {
            self.end_leave();
        }
    }

    pub(super) fn end_leave(&mut self) {
        if self.phase != Phase::Leaving {
            return;
        }
        self.spread_leave(self.options.id.clone(), self.record.version);
        self.swim.leave();
        self.send_datagrams();
        self.end(Event::Left);
    }

    /// Takes no part any more.
    pub(super) fn end(&mut self, event: Event) {
        self.phase = Phase::Over;
        self.schedule.clear();
        self.outbound.clear();
        self.effects.push(Effect::Emit(event));
    }
}
