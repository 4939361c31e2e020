//! How a member comes in: it asks the seeds, and whoever is asked says what stands against it.

use std::time::Duration;

use super::exchange::{ASKING_MAX, Errand};
use super::seeds::{Contact, Seed};
use super::time::Task;
use super::{Effect, Engine, Event, Phase};
use crate::identity::Identity;
use crate::message::{Hello, OLDEST_SPOKEN, Refusal, Reply, State};
use crate::record::Record;

/// The first wait before a seed that has failed is asked again; it doubles each time.
const SEED_RETRY_MIN: Duration = Duration::from_millis(500);

impl Engine {
    /// Begins to take part: asks the seeds, and tells how that went.
    pub fn join(&mut self, now: Duration, seeds: Vec<String>) {
        self.schedule.hear(now);
        self.seeds = seeds.into_iter().map(Seed::new).collect();
        let interval = self.options.timing.sync_interval;
        for task in [Task::Sync, Task::Heal] {
            let after = self.jittered(interval);
            self.schedule.add(after, task);
        }
        for number in 0..self.seeds.len() {
            self.send_on(Errand::Seed(number));
        }
        self.settle_join();
        self.settle();
    }

    pub(super) fn ask_seed_again(&mut self, number: usize) {
        let is_there = match &self.seeds[number].contact {
            // A name may stand for others too, which were not there before.
            Contact::Oneself => self.foca.num_members() > 0,
            Contact::Member(id) => self.is_live(id),
            Contact::Untried | Contact::Failed(_) => false,
        };
        if is_there {
            self.schedule.add(self.options.timing.seed_retry_max, Task::AskSeed(number));
        } else {
            self.send_on(Errand::Seed(number));
        }
    }

    /// Tells how the join went when every seed has been asked, or one has let this member in.
    pub(super) fn settle_join(&mut self) {
        let is_over = self.seeds.iter().all(|seed| seed.contact != Contact::Untried)
            || self.seeds.iter().any(|seed| matches!(seed.contact, Contact::Member(_)));
        if self.phase == Phase::Joining && is_over {
            self.phase = Phase::Joined;
            self.refresh();
            self.effects.push(Effect::Tell(Event::JoinEnded(Ok(()))));
        }
    }

    /// Answers a newcomer: at once, or when it is known whether another process has its id.
    pub(super) fn hear_newcomer(&mut self, stream: u64, hello: Hello, state: State) -> Option<Reply> {
        if self.phase == Phase::Leaving {
            return Some(Reply::Absent);
        }
        let Some(old) = self.older_member(&hello.identity, own_record(&hello, &state).as_ref()) else {
            return Some(self.synced(&hello, state, true));
        };
        if old.address == hello.identity.address || !self.is_live(&old.id) {
            return Some(self.replaced(&old, &hello, state));
        }
        // Each of them holds what the newcomer told, and a stream.
        if self.questions_of_newcomers() >= ASKING_MAX {
            return Some(Reply::Absent);
        }
        self.send_on(Errand::Who { old, stream, hello: Box::new(hello), state });
        None
    }

    /// The newcomer takes the place of a process that is no more, if it is the later one.
    fn replaced(&mut self, old: &Identity, hello: &Hello, state: State) -> Reply {
        let known = old.life.started_at_ms;
        if known >= hello.identity.life.started_at_ms {
            return Reply::Refused(Refusal::OlderLife { started_at_ms: known });
        }
        self.synced(hello, state, true)
    }

    /// What stands against whoever says hello.
    pub(super) fn refusal(&mut self, hello: &Hello, is_join: bool) -> Option<Reply> {
        if let Some(refusal) = self.options.shared.difference(&hello.options) {
            return Some(Reply::Refused(refusal));
        }
        let (own, theirs) = (self.identity().clone(), &hello.identity);
        if own.id != theirs.id {
            return None;
        }
        if own.address == theirs.address {
            return Some(Reply::Me(own));
        }
        if self.phase == Phase::Leaving {
            return Some(Reply::Absent);
        }
        // Both take part already, as two halves of a partition could not know: the older one stays, if it is
        // there, and this is no question of a process that has ended since, nor one that somebody has
        // recorded.
        if !is_join && self.phase == Phase::Joined && own.life > theirs.life {
            self.send_on(Errand::Rival(theirs.clone()));
            return Some(Reply::Differs);
        }
        Some(Reply::Refused(Refusal::IdTaken { address: own.address.to_string() }))
    }

    /// How many newcomers wait until it is known whether another process has their id.
    pub(super) fn questions_of_newcomers(&self) -> usize {
        let pending = self.errands.values().chain(&self.waiting_errands);
        pending.filter(|errand| matches!(errand, Errand::Who { .. })).count()
    }

    /// Answers a newcomer whose id an older member has.
    pub(super) fn let_in(
        &mut self,
        stream: u64,
        old: &Identity,
        hello: &Hello,
        state: State,
        is_there: bool,
    ) {
        let reply = if is_there {
            Reply::Refused(Refusal::IdTaken { address: old.address.to_string() })
        } else {
            self.replaced(old, hello, state)
        };
        self.answer(stream, hello.speaks.clamp(OLDEST_SPOKEN, self.options.speaks), &reply);
    }

    pub(super) fn hear_seed(&mut self, number: usize, reply: Reply) {
        match reply {
            Reply::Me(identity) if identity == *self.identity() => {
                self.seeds[number].contact = Contact::Oneself;
                self.schedule.add(self.options.timing.seed_retry_max, Task::AskSeed(number));
            }
            Reply::Me(_) => {
                self.seed_failed(number, "another process answers at this node's own address".into())
            }
            Reply::Refused(Refusal::OlderLife { started_at_ms }) => {
                let is_first = !std::mem::replace(&mut self.seeds[number].has_told_life, true);
                if self.begin_life_after(started_at_ms) && is_first {
                    self.send_on(Errand::Seed(number));
                } else {
                    let why = format!("it knows a life of this node that began at {started_at_ms}");
                    self.seed_failed(number, why);
                }
            }
            Reply::Refused(refusal) => {
                self.seed_failed(number, format!("it refuses: {refusal}"));
                if self.phase == Phase::Joining {
                    self.end(Event::JoinEnded(Err(refusal)));
                }
            }
            Reply::Absent => self.seed_failed(number, "it takes no part in a cluster".into()),
            _ => self.seed_failed(number, "it answers something else".into()),
        }
    }

    pub(super) fn seed_failed(&mut self, number: usize, why: String) {
        let longest = self.options.timing.seed_retry_max;
        let seed = &mut self.seeds[number];
        seed.contact = Contact::Failed(why);
        let wait = SEED_RETRY_MIN.saturating_mul(1 << seed.failure_count.min(16)).min(longest);
        seed.failure_count += 1;
        let after = self.jittered(wait);
        self.schedule.add(after, Task::AskSeed(number));
    }
}

/// What whoever says hello says of itself.
fn own_record(hello: &Hello, state: &State) -> Option<Record> {
    let own = state.records.iter().find(|record| record.id == hello.identity.id)?;
    Record::decode(&own.bytes)
}
