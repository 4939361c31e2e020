//! What is due at a time, and what follows from whatever has just happened.

use std::time::Duration;

use foca::State as SwimState;
use rand::seq::IteratorRandom;

use super::effects::{Effect, Event};
use super::outbound::OutboundRequest;
use super::problem::Problem;
use super::rumors::RUMORS_IN_FLIGHT_MAX;
use super::schedule::Task;
use super::seeds;
use super::state::{Engine, Phase};

impl Engine {
    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.schedule.advance_to(now);
        while let Some(task) = self.schedule.due() {
            self.perform(task);
            self.settle();
        }
    }

    /// When it wants to be called next, by the clock of the caller.
    pub fn next_timeout(&self) -> Option<Duration> {
        self.schedule.next()
    }

    /// The engine's time: the driver's, but for the time that the process was stopped.
    pub fn time(&self) -> Duration {
        self.schedule.time()
    }

    /// How long the process was stopped, in all.
    pub fn stopped(&self) -> Duration {
        self.schedule.stopped()
    }

    fn perform(&mut self, task: Task) {
        let interval = self.options.timing.sync_interval;
        match task {
            Task::Foca(timer) => self.swim.handle_timer(timer),
            Task::AntiEntropy => {
                let after = self.jittered(interval);
                self.schedule.add(after, Task::AntiEntropy);
                let some = self.swim.live().choose(&mut self.rng).map(|member| member.id().id.clone());
                some.into_iter().for_each(|id| self.start_request(OutboundRequest::CompareDigests(id)));
            }
            Task::ContactDead => {
                let after = self.jittered(interval);
                self.schedule.add(after, Task::ContactDead);
                let dead: Vec<String> = self.dead().cloned().collect();
                let some = dead.into_iter().choose(&mut self.rng);
                some.into_iter().for_each(|id| self.start_request(OutboundRequest::PushPull(id)));
            }
            Task::RetrySeed(number) => self.retry_seed(number),
            Task::VerifySuspect(id) => {
                if self.swim.member(&id).is_some_and(|member| member.state() == SwimState::Suspect) {
                    self.verify(&id);
                }
            }
            Task::ReachOut => self.reach_out(),
            Task::SpreadRing => self.spread_ring(),
            Task::Rejoin => self.rejoin(),
            Task::EndLeave => self.end_leave(),
        }
    }

    /// Does all that follows from what has just happened.
    pub(super) fn settle(&mut self) {
        self.merge_rumors();
        self.send_broadcasts(RUMORS_IN_FLIGHT_MAX);
        self.outlive_death();
        for (after, timer) in std::mem::take(&mut self.swim.runtime.timers) {
            self.schedule.add(after, Task::Foca(timer));
        }
        self.follow_probes();
        for identity in std::mem::take(&mut self.swim.runtime.unanswered) {
            self.counts.probes_failed += 1;
            self.verify(&identity.id);
        }
        self.follow_doubt();
        self.counts.probes_sent = self.swim.runtime.probes_sent;
        self.tune();
        self.publish_changes();
        self.send_datagrams();
        let problems = self.found_problems();
        if problems != self.problems {
            self.problems.clone_from(&problems);
            self.effects.push(Effect::Emit(Event::Problems(problems)));
        }
    }

    /// Adapts the timers that go by the size of the cluster.
    fn tune(&mut self) {
        let member_count = self.swim.live_count() + 1;
        if member_count != self.tuned_for {
            self.tuned_for = member_count;
            self.swim.tune(&self.options.timing, member_count);
        }
    }

    fn found_problems(&self) -> Vec<Problem> {
        match self.phase {
            Phase::Over => self.problems.clone(),
            Phase::Joining | Phase::Joined | Phase::Leaving => {
                let of_seeds = seeds::problem(&self.seeds, self.swim.live_count() == 0);
                let of_addresses = self.addresses.shared();
                of_seeds.into_iter().chain(self.unreachable()).chain(of_addresses).collect()
            }
        }
    }
}
