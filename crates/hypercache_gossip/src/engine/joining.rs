//! How a member comes in: it asks the seeds, and whoever is asked says what stands against it.

use std::time::Duration;

use super::effects::{Effect, Event};
use super::outbound::{IN_FLIGHT_MAX, OutboundRequest};
use super::schedule::Task;
use super::seeds::{Seed, SeedStatus};
use super::state::{Engine, Phase};
use crate::identity::Identity;
use crate::message::{Hello, PROTOCOL_VERSION_MIN, PushPullState, Refusal, Response};
use crate::record::Record;

/// The first wait before a seed that has failed is asked again; it doubles each time.
const SEED_RETRY_MIN: Duration = Duration::from_millis(500);

impl Engine {
    /// Begins to take part: asks the seeds, and tells how that went.
    pub fn join(&mut self, now: Duration, seeds: Vec<String>) {
        self.schedule.advance_to(now);
        self.seeds = seeds.into_iter().map(Seed::new).collect();
        let interval = self.options.timing.sync_interval;
        for task in [Task::AntiEntropy, Task::ContactDead] {
            let after = self.jittered(interval);
            self.schedule.add(after, task);
        }
        for number in 0..self.seeds.len() {
            self.start_request(OutboundRequest::Join(number));
        }
        self.settle_join();
        self.settle();
    }

    pub(super) fn retry_seed(&mut self, number: usize) {
        let is_there = match &self.seeds[number].status {
            // A name may stand for others too, which were not there before.
            SeedStatus::Own => self.swim.live_count() > 0,
            SeedStatus::Member(id) => self.is_live(id),
            SeedStatus::Untried | SeedStatus::Failed(_) => false,
        };
        if is_there {
            self.schedule.add(self.options.timing.seed_retry_max, Task::RetrySeed(number));
        } else {
            self.start_request(OutboundRequest::Join(number));
        }
    }

    /// Tells how the join went when every seed has been asked, or one has let this member in.
    pub(super) fn settle_join(&mut self) {
        let is_over = self.seeds.iter().all(|seed| seed.status != SeedStatus::Untried)
            || self.seeds.iter().any(|seed| matches!(seed.status, SeedStatus::Member(_)));
        if self.phase == Phase::Joining && is_over {
            self.phase = Phase::Joined;
            self.publish_changes();
            self.effects.push(Effect::Emit(Event::JoinEnded(Ok(()))));
        }
    }

    /// Answers a newcomer: at once, or when it is known whether another process has its id.
    pub(super) fn join_response(
        &mut self,
        stream: u64,
        hello: Hello,
        state: PushPullState,
    ) -> Option<Response> {
        if self.phase == Phase::Leaving {
            return Some(Response::NotJoined);
        }
        let Some(incumbent) = self.incumbent_of(&hello.identity, own_record(&hello, &state).as_ref()) else {
            return Some(self.push_pull_response(&hello, state, true));
        };
        if incumbent.address == hello.identity.address || !self.is_live(&incumbent.id) {
            return Some(self.replace_incumbent(&incumbent, &hello, state));
        }
        // Each of them holds what the newcomer told, and a stream.
        if self.pending_incumbent_checks() >= IN_FLIGHT_MAX {
            return Some(Response::NotJoined);
        }
        self.start_request(OutboundRequest::CheckIncumbent {
            incumbent,
            stream,
            hello: Box::new(hello),
            state,
        });
        None
    }

    /// The newcomer takes the place of a process that is no more, if it is the later one.
    fn replace_incumbent(&mut self, incumbent: &Identity, hello: &Hello, state: PushPullState) -> Response {
        let known = incumbent.generation.started_at_ms;
        if known >= hello.identity.generation.started_at_ms {
            return Response::Refused(Refusal::StaleGeneration { started_at_ms: known });
        }
        self.push_pull_response(hello, state, true)
    }

    /// What stands against whoever says hello.
    pub(super) fn refusal(&mut self, hello: &Hello, is_join: bool) -> Option<Response> {
        if let Some(refusal) = self.options.shared.difference(&hello.options) {
            return Some(Response::Refused(refusal));
        }
        let (own, theirs) = (self.identity().clone(), &hello.identity);
        if own.id != theirs.id {
            return None;
        }
        if own.address == theirs.address {
            return Some(Response::Identity(own));
        }
        if self.phase == Phase::Leaving {
            return Some(Response::NotJoined);
        }
        // Both take part already, as two halves of a partition could not know: the older one stays, if it is
        // there, and this is no question of a process that has ended since, nor one that somebody has
        // recorded.
        if !is_join && self.phase == Phase::Joined && own.generation > theirs.generation {
            self.start_request(OutboundRequest::CheckDuplicate(theirs.clone()));
            return Some(Response::OutOfSync);
        }
        Some(Response::Refused(Refusal::IdTaken { address: own.address.to_string() }))
    }

    /// How many newcomers wait until it is known whether another process has their id.
    pub(super) fn pending_incumbent_checks(&self) -> usize {
        self.outbound
            .iter()
            .filter(|request| matches!(request, OutboundRequest::CheckIncumbent { .. }))
            .count()
    }

    /// Answers a newcomer whose id an older member has.
    pub(super) fn respond_to_newcomer(
        &mut self,
        stream: u64,
        incumbent: &Identity,
        hello: &Hello,
        state: PushPullState,
        is_there: bool,
    ) {
        let reply = if is_there {
            Response::Refused(Refusal::IdTaken { address: incumbent.address.to_string() })
        } else {
            self.replace_incumbent(incumbent, hello, state)
        };
        self.respond(
            stream,
            hello.protocol_version.clamp(PROTOCOL_VERSION_MIN, self.options.protocol_version),
            &reply,
        );
    }

    pub(super) fn handle_seed_response(&mut self, number: usize, reply: Response) {
        match reply {
            Response::Identity(identity) if identity == *self.identity() => {
                self.seeds[number].status = SeedStatus::Own;
                self.schedule.add(self.options.timing.seed_retry_max, Task::RetrySeed(number));
            }
            Response::Identity(_) => {
                self.seed_failed(number, "another process answers at this node's own address".into())
            }
            Response::Refused(Refusal::StaleGeneration { started_at_ms }) => {
                let is_first = !std::mem::replace(&mut self.seeds[number].has_told_generation, true);
                if self.begin_generation_after(started_at_ms) && is_first {
                    self.start_request(OutboundRequest::Join(number));
                } else {
                    let why = format!("it knows a life of this node that began at {started_at_ms}");
                    self.seed_failed(number, why);
                }
            }
            Response::Refused(refusal) => {
                self.seed_failed(number, format!("it refuses: {refusal}"));
                if self.phase == Phase::Joining {
                    self.end(Event::JoinEnded(Err(refusal)));
                }
            }
            Response::NotJoined => self.seed_failed(number, "it takes no part in a cluster".into()),
            _ => self.seed_failed(number, "it answers something else".into()),
        }
    }

    pub(super) fn seed_failed(&mut self, number: usize, why: String) {
        let longest = self.options.timing.seed_retry_max;
        let seed = &mut self.seeds[number];
        seed.status = SeedStatus::Failed(why);
        let wait = SEED_RETRY_MIN.saturating_mul(1 << seed.failure_count.min(16)).min(longest);
        seed.failure_count += 1;
        let after = self.jittered(wait);
        self.schedule.add(after, Task::RetrySeed(number));
    }
}

/// What whoever says hello says of itself.
fn own_record(hello: &Hello, state: &PushPullState) -> Option<Record> {
    let own = state.records.iter().find(|record| record.id == hello.identity.id)?;
    Record::decode(&own.bytes)
}
