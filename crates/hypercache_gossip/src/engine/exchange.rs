//! Exchanges over streams: one question, one answer. By them members join, compare what they know, give each
//! other what they lack, and ask whether somebody is there.

use std::net::SocketAddr;
use std::time::Duration;

use hypercache_transport::{FRAME_BYTES_MAX, Purpose, Refused, Target};
use rand::RngExt;

use super::seeds::Contact;
use super::time::Task;
use super::{Effect, Engine, Phase};
use crate::identity::Identity;
use crate::message::{Hello, Line, OLDEST_SPOKEN, RecordOf, Refusal, Reply, Request, State, framed};

/// Exchanges that are under way at a time. Further ones wait.
pub(super) const ASKING_MAX: usize = 16;
/// Exchanges that may wait.
const WAITING_MAX: usize = 4_096;

/// What an exchange is for.
#[derive(Debug)]
pub(super) enum Errand {
    /// Ask a seed to let this member in.
    Seed(usize),
    /// See whether a member knows the same.
    Compare(String),
    /// Tell a member what is known, and hear what it knows.
    Sync(String),
    /// Ask a member for the record of another one.
    Fetch { from: String, id: String },
    /// Give a member what it lacks.
    Give(Identity, State),
    /// Tell a member that this one leaves.
    Farewell(String),
    /// See whether there is another process with this member's own id.
    Rival(Identity),
    /// See whether a member still is where it was: somebody with its id wants to join on another stream.
    Who { old: Identity, stream: u64, hello: Box<Hello>, state: State },
}

impl Errand {
    /// Whether doing both would be doing one thing twice.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Seed(ours), Self::Seed(theirs)) => ours == theirs,
            (Self::Compare(ours), Self::Compare(theirs))
            | (Self::Sync(ours), Self::Sync(theirs))
            | (Self::Farewell(ours), Self::Farewell(theirs)) => ours == theirs,
            (Self::Rival(ours), Self::Rival(theirs)) => ours == theirs,
            (Self::Fetch { from, id }, Self::Fetch { from: other, id: theirs }) => {
                (from, id) == (other, theirs)
            }
            _ => false,
        }
    }
}

impl Engine {
    /// Takes the question of an exchange that another member has opened. It is answered by an
    /// [`Effect::Answer`] with the same number of the stream, perhaps later.
    pub fn asked(&mut self, now: Duration, from: SocketAddr, stream: u64, frame: &[u8]) {
        self.schedule.hear(now);
        self.counts.bytes_received += frame.len() as u64;
        match self.opened::<Request>(Purpose::Request, frame) {
            Ok((speaks, request)) => self.hear_request(stream, speaks, request),
            Err(reason) => {
                self.drop_message(from.ip(), reason);
                self.effects.push(Effect::Answer { stream, frame: None });
            }
        }
        self.settle();
    }

    /// Takes the answer of an exchange that an [`Effect::Ask`] has opened, or why there is none.
    pub fn answered(&mut self, now: Duration, number: u64, answer: Result<(SocketAddr, Vec<u8>), String>) {
        self.schedule.hear(now);
        let Some(errand) = self.errands.remove(&number) else { return };
        let heard = answer.and_then(|(from, frame)| {
            self.counts.bytes_received += frame.len() as u64;
            self.opened::<Reply>(Purpose::Reply, &frame).map_err(|reason| {
                self.drop_message(from.ip(), reason);
                format!("it answers what cannot be read: {reason}")
            })
        });
        match heard {
            Ok((_, reply)) => {
                self.counts.syncs_completed += 1;
                self.hear_reply(errand, reply);
            }
            Err(why) => {
                // That the dead do not answer is no failure.
                let is_of_dead = matches!(&errand, Errand::Sync(id) if !self.is_live(id));
                self.counts.syncs_failed += u64::from(!is_of_dead);
                self.hear_nothing(errand, why);
            }
        }
        while self.errands.len() < ASKING_MAX
            && let Some(next) = self.waiting_errands.pop_front()
        {
            self.begin(next);
        }
        self.settle_join();
        self.settle_leave();
        self.settle();
    }

    /// Sends an errand on its way, or has it wait.
    pub(super) fn send_on(&mut self, errand: Errand) {
        let mut pending = self.errands.values().chain(&self.waiting_errands);
        if self.phase == Phase::Over || pending.any(|other| other.is_same(&errand)) {
            return;
        }
        if self.errands.len() < ASKING_MAX {
            self.begin(errand);
        } else if self.waiting_errands.len() < WAITING_MAX {
            self.waiting_errands.push_back(errand);
        }
    }

    pub(super) fn send_to_one_of(&mut self, ids: Vec<String>, errand: impl FnOnce(String) -> Errand) {
        if ids.is_empty() {
            return;
        }
        let number = self.rng.random_range(0..ids.len());
        self.send_on(errand(ids[number].clone()));
    }

    fn begin(&mut self, errand: Errand) {
        let hello = self.hello();
        let sync = |is_join, state| Request::Sync { hello: hello.clone(), is_join, state };
        let lines = || State { lines: self.lines(), ..State::default() };
        let own_record = || vec![RecordOf { id: self.options.id.clone(), bytes: self.record.encode() }];
        let known = |id: &String| {
            let identity = self.identity_of(id)?;
            Some((Target::Address(identity.address), self.spoken_by(&identity)))
        };
        let asked = match &errand {
            Errand::Seed(number) => {
                let state = State { records: own_record(), ..lines() };
                let target = Target::Name(self.seeds[*number].name.clone());
                Some(((target, OLDEST_SPOKEN), sync(true, state)))
            }
            Errand::Compare(id) => known(id).map(|at| {
                let request = Request::Compare { hello: hello.clone(), digest: self.digest() };
                (at, request)
            }),
            Errand::Sync(id) => known(id).map(|at| (at, sync(false, lines()))),
            Errand::Fetch { from, id } => {
                known(from).map(|at| (at, Request::Fetch { hello: hello.clone(), id: id.clone() }))
            }
            Errand::Farewell(id) => {
                known(id).map(|at| (at, Request::Farewell { hello: hello.clone(), state: self.last_words() }))
            }
            Errand::Give(identity, state) => known(&identity.id).map(|at| {
                let state = State { lines: self.lines(), ..state.clone() };
                (at, sync(false, state))
            }),
            Errand::Rival(rival) => {
                let request = Request::Compare { hello: hello.clone(), digest: self.digest() };
                Some(((Target::Address(rival.address), OLDEST_SPOKEN), request))
            }
            Errand::Who { old, .. } => Some(((Target::Address(old.address), OLDEST_SPOKEN), Request::Who)),
        };
        // A member that has been forgotten in the meantime.
        let Some(((to, speaks), request)) = asked else { return };
        let frame = self.sealer.seal(Purpose::Request, &framed(speaks, &request), &mut self.rng);
        self.counts.bytes_sent += frame.len() as u64;
        self.next_number += 1;
        let number = self.next_number;
        // Who is asked whether it is there while somebody waits must answer sooner than that one gives up.
        let part = if matches!(errand, Errand::Who { .. }) { 2 } else { 1 };
        let timeout = self.options.timing.sync_timeout / part;
        self.errands.insert(number, errand);
        self.effects.push(Effect::Ask { number, to, frame, timeout });
    }

    fn opened<T: serde::de::DeserializeOwned>(
        &self,
        purpose: Purpose,
        frame: &[u8],
    ) -> Result<(u8, T), &'static str> {
        if frame.len() > FRAME_BYTES_MAX {
            return Err("oversized");
        }
        let message = self.sealer.open(purpose, frame).map_err(Refused::name)?;
        let (speaks, told) = message.split_first().ok_or("malformed")?;
        if !self.understands(*speaks) {
            return Err("other version");
        }
        postcard::from_bytes(told).map(|told| (*speaks, told)).map_err(|_| "malformed")
    }

    pub(super) fn answer(&mut self, stream: u64, speaks: u8, reply: &Reply) {
        let frame = self.sealer.seal(Purpose::Reply, &framed(speaks, reply), &mut self.rng);
        self.counts.bytes_sent += frame.len() as u64;
        self.effects.push(Effect::Answer { stream, frame: Some(frame) });
    }

    fn hear_request(&mut self, stream: u64, speaks: u8, request: Request) {
        let reply = match request {
            _ if self.phase == Phase::Over => Reply::Absent,
            Request::Who if self.phase == Phase::Leaving => Reply::Absent,
            Request::Who => Reply::Me(self.identity().clone()),
            Request::Compare { hello, digest } => self
                .refusal(&hello, false)
                .unwrap_or(if digest == self.digest() { Reply::Same } else { Reply::Differs }),
            Request::Farewell { hello, state } => self.refusal(&hello, true).unwrap_or_else(|| {
                self.learn(&hello, state);
                Reply::Same
            }),
            Request::Fetch { hello, id } => self.refusal(&hello, false).unwrap_or_else(|| self.fetched(id)),
            Request::Sync { hello, is_join, state } => match self.refusal(&hello, is_join) {
                Some(refused) => refused,
                None if is_join => match self.hear_newcomer(stream, hello, state) {
                    Some(reply) => reply,
                    None => return,
                },
                None => self.synced(&hello, state, false),
            },
        };
        self.answer(stream, speaks, &reply);
    }

    fn hear_reply(&mut self, errand: Errand, reply: Reply) {
        match (errand, reply) {
            (Errand::Who { old, stream, hello, state }, reply) => {
                let is_there = matches!(&reply, Reply::Me(identity) if identity.id == old.id);
                self.let_in(stream, &old, &hello, state, is_there);
            }
            (Errand::Compare(id), Reply::Differs) => self.send_on(Errand::Sync(id)),
            (Errand::Fetch { .. }, Reply::Synced { hello, state }) => self.learn(&hello, state),
            (errand, Reply::Synced { hello, state }) => self.hear_state(errand, &hello, state),
            (Errand::Seed(number), reply) => self.hear_seed(number, reply),
            (_, Reply::Refused(Refusal::IdTaken { address })) => {
                if let Ok(address) = address.parse() {
                    self.conflict(address);
                }
            }
            // It is there, and will find out by itself that it has to give way.
            (Errand::Rival(_), Reply::Differs) => {}
            // It has given way, or somebody else is where it was.
            (Errand::Rival(rival), _) => self.outlive(&rival),
            _ => {}
        }
    }

    fn hear_nothing(&mut self, errand: Errand, why: String) {
        match errand {
            Errand::Seed(number) => self.seed_failed(number, why),
            Errand::Who { old, stream, hello, state } => self.let_in(stream, &old, &hello, state, false),
            Errand::Rival(rival) => self.outlive(&rival),
            _ => {}
        }
    }

    fn hear_state(&mut self, errand: Errand, hello: &Hello, state: State) {
        let before = self.identity().clone();
        let lines = state.lines.clone();
        let is_given = matches!(errand, Errand::Give(..));
        // Also where it answers late: what was sent before it did, by members that were not known here, is
        // not for this one.
        if matches!(errand, Errand::Seed(_)) {
            for Line { identity, heard, .. } in &lines {
                if self.swim_state(&identity.id).is_none() {
                    self.heard.entry(identity.id.clone()).or_insert(*heard);
                }
            }
        }
        self.learn(hello, state);
        if let Errand::Seed(number) = errand {
            self.seeds[number].contact = Contact::Member(hello.identity.id.clone());
            self.seeds[number].failure_count = 0;
            self.schedule.add(self.options.timing.seed_retry_max, Task::AskSeed(number));
        }
        let given = self.lacking(&lines);
        // What somebody has not taken, it would not take the next time either.
        let has_more = !is_given && (!given.records.is_empty() || !given.broadcasts.is_empty());
        if self.phase != Phase::Over && (has_more || *self.identity() != before) {
            self.send_on(Errand::Give(hello.identity.clone(), given));
        }
    }
}
