//! Whether this member is reached where it says that it is, and whether the others are.
//!
//! Datagrams may be lost where streams pass: a port that is forwarded for TCP alone, an address that is not
//! this member's, a socket of the other family. A member that hears none takes all others for silent, and
//! yet it is the one that cannot be reached. So whoever leaves a probe unanswered is asked over a stream too,
//! before it is suspected, and the answer counts: it lives. A member all of whose probes are answered by
//! streams alone, while no datagram comes to it, doubts itself and tells the others, and suspects nobody. It
//! keeps its keys: others see it as suspected, for as long as it is heard.

use std::time::Duration;

use rand::seq::IteratorRandom;

use super::outbound::OutboundRequest;
use super::problem::Problem;
use super::schedule::Task;
use super::state::{Engine, Phase};
use super::swim_runtime::Probe;
use crate::identity::Identity;
use crate::message::Response;
use crate::record::Doubt;

impl Engine {
    /// Takes note of what the driver holds against this member, which the others cannot see.
    pub fn doubt(&mut self, now: Duration, doubt: Option<Doubt>) {
        self.schedule.advance_to(now);
        self.stall = doubt;
        self.settle();
    }

    /// Tells the others what this member holds against itself. That its application stands still weighs more
    /// than that it cannot be reached.
    pub(super) fn follow_doubt(&mut self) {
        let doubt = self.stall.or(self.reachability.is_unreachable().then_some(Doubt::Unreachable));
        if self.phase == Phase::Joined && self.record.doubt != doubt {
            self.change_record(|record| record.doubt = doubt);
        }
    }

    pub(super) fn unreachable(&self) -> Option<Problem> {
        self.reachability.is_unreachable().then_some(Problem::Unreachable(self.options.address))
    }

    /// Takes note of which probes were answered, and asks over a stream where datagrams are late.
    pub(super) fn follow_probes(&mut self) {
        for probe in std::mem::take(&mut self.swim.runtime.late) {
            self.start_request(OutboundRequest::Probe(probe));
        }
        for identity in std::mem::take(&mut self.swim.runtime.answered) {
            self.set_silent(&identity, false);
        }
        for identity in self.swim.runtime.unanswered.clone() {
            self.set_silent(&identity, true);
        }
    }

    /// Somebody has answered over a stream where a probed member says that it is.
    pub(super) fn finish_stream_probe(&mut self, probe: Probe, response: &Response) {
        let is_there = matches!(response, Response::Identity(identity) if *identity == probe.0);
        // The datagram may only have been late.
        if !is_there || self.swim.runtime.probe.as_ref() != Some(&probe) {
            return;
        }
        self.set_silent(&probe.0, true);
        self.swim.acknowledge(probe);
        let was_unreachable = self.reachability.is_unreachable();
        self.reachability.count_deaf_probe();
        if !was_unreachable && self.reachability.is_unreachable() {
            self.reach_out();
        }
    }

    /// Compares what is known with some live member, as often as members are probed: what is said of this
    /// member it would hear too late else, to refute it.
    pub(super) fn reach_out(&mut self) {
        if self.reachability.is_unreachable() {
            self.schedule.add(self.options.timing.probe_interval, Task::ReachOut);
            let some = self.swim.live().choose(&mut self.rng).map(|member| member.id().id.clone());
            some.into_iter().for_each(|id| self.start_request(OutboundRequest::CompareDigests(id)));
        }
    }

    /// Whether a member does not hear datagrams, for all that is known: what it says of the health of others
    /// is worth nothing.
    pub(super) fn is_deaf(&self, identity: &Identity) -> bool {
        self.details.get(&identity.id).is_some_and(|details| {
            let record = details.record.as_ref();
            let says_so = record.is_some_and(|record| {
                record.doubt == Some(Doubt::Unreachable)
                    && record.version.started_at_ms == identity.generation.started_at_ms
            });
            details.is_silent || says_so
        })
    }

    fn set_silent(&mut self, identity: &Identity, is_silent: bool) {
        if let Some(details) = self.details.get_mut(&identity.id)
            && details.is_silent != is_silent
        {
            details.is_silent = is_silent;
            self.touch(&identity.id);
        }
    }
}
