//! Exchanges over streams: one question, one answer. By them members join, compare what they know, give each
//! other what they lack, and ask whether somebody is there.

use std::net::SocketAddr;
use std::time::Duration;

use foca::{Member, State as Swim};
use rand::RngExt;
use xxhash_rust::xxh64::Xxh64;

use super::seeds::Contact;
use super::time::Task;
use super::{Effect, Engine, Event, Phase, Target, reason};
use crate::envelope::Purpose;
use crate::identity::Identity;
use crate::message::{
    FRAME_BYTES_MAX, Hello, Line, NEWEST_SPOKEN, Notice, OLDEST_SPOKEN, RecordOf, Refusal, Reply, Request,
    State, encoded, framed,
};
use crate::record::{Claim, Record};

/// Exchanges that are under way at a time. Further ones wait.
const ASKING_MAX: usize = 16;
/// Exchanges that may wait.
const WAITING_MAX: usize = 4_096;
/// The first wait before a seed that has failed is asked again; it doubles each time.
const SEED_RETRY_MIN: Duration = Duration::from_millis(500);

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
                self.counts.syncs_failed += 1;
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

    /// Members that are dead and have not said that they leave.
    pub(super) fn dead(&self) -> Vec<String> {
        let members = self.foca.iter_membership_state().map(|member| (member.id(), member.state()));
        let dead = members.filter(|(identity, state)| *state == Swim::Down && !self.has_left(identity));
        dead.map(|(identity, _)| identity.id.clone()).filter(|id| *id != self.options.id).collect()
    }

    /// Asks a member that somebody suspects, if this is one of the few members that do: what is lost between two
    /// members is not lost between all.
    pub(super) fn help_to_verify(&mut self, id: String) {
        let helpers = self.options.timing.indirect_probe_count;
        if self.rng.random_range(0..self.foca.num_members().max(1)) < helpers {
            self.verify(id);
        }
    }

    /// Asks a member whether it is there: at once, and again while it is suspected.
    pub(super) fn verify(&mut self, id: String) {
        let time = self.schedule.time();
        let Some(Swim::Suspect | Swim::Alive) = self.swim_state(&id) else { return };
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if peer.rests_until > time {
            return;
        }
        let again = self.options.timing.probe_interval;
        peer.rests_until = time + again;
        self.schedule.add(again, Task::Verify(id.clone()));
        self.send_on(Errand::Sync(id));
    }

    pub(super) fn ask_seed_again(&mut self, number: usize) {
        let is_there = match &self.seeds[number].contact {
            Contact::Oneself => true,
            Contact::Member(id) => matches!(self.swim_state(id), Some(Swim::Alive | Swim::Suspect)),
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

    fn begin(&mut self, errand: Errand) {
        let hello = self.hello();
        let sync = |is_join, state| Request::Sync { hello: hello.clone(), is_join, state };
        let lines = || State { lines: self.lines(), ..State::default() };
        let own_record = || vec![RecordOf { id: self.options.id.clone(), bytes: self.record.encode() }];
        let known = |id: &String| {
            let identity = self.identity_of(id)?;
            let speaks = self.peers.get(id).and_then(|peer| peer.speaks).unwrap_or(OLDEST_SPOKEN);
            Some((Target::Address(identity.address), speaks.min(self.options.speaks)))
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
            Errand::Farewell(id) => known(id).map(|at| {
                let state = State { records: own_record(), ..lines() };
                (at, sync(false, state))
            }),
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
        let message = self.sealer.open(purpose, frame).map_err(reason)?;
        let (speaks, told) = message.split_first().ok_or("malformed")?;
        if !self.understands(*speaks) {
            return Err("other version");
        }
        postcard::from_bytes(told).map(|told| (*speaks, told)).map_err(|_| "malformed")
    }

    fn answer(&mut self, stream: u64, speaks: u8, reply: &Reply) {
        let frame = self.sealer.seal(Purpose::Reply, &framed(speaks, reply), &mut self.rng);
        self.counts.bytes_sent += frame.len() as u64;
        self.effects.push(Effect::Answer { stream, frame: Some(frame) });
    }

    fn hear_request(&mut self, stream: u64, speaks: u8, request: Request) {
        let reply = match request {
            _ if self.phase == Phase::Over => Reply::Absent,
            Request::Who => Reply::Me(self.identity().clone()),
            Request::Compare { hello, digest } => self
                .refusal(&hello, false)
                .unwrap_or(if digest == self.digest() { Reply::Same } else { Reply::Differs }),
            Request::Fetch { hello, id } => self.refusal(&hello, false).unwrap_or_else(|| self.fetched(id)),
            Request::Sync { hello, is_join, state } => match self.refusal(&hello, is_join) {
                Some(refused) => refused,
                None if is_join && self.phase == Phase::Leaving => Reply::Absent,
                None if is_join => {
                    match self.older_member(&hello.identity, own_record(&hello, &state).as_ref()) {
                        Some(old) if old.address == hello.identity.address || !self.is_live(&old.id) => {
                            match old.life.started_at_ms {
                                known if known < hello.identity.life.started_at_ms => {
                                    self.synced(&hello, state, true)
                                }
                                known => Reply::Refused(Refusal::OlderLife { started_at_ms: known }),
                            }
                        }
                        // Each of them holds what the newcomer told, and a stream.
                        Some(_) if self.questions_of_newcomers() >= ASKING_MAX => Reply::Absent,
                        Some(old) => {
                            let hello = Box::new(hello);
                            return self.send_on(Errand::Who { old, stream, hello, state });
                        }
                        None => self.synced(&hello, state, true),
                    }
                }
                None => self.synced(&hello, state, false),
            },
        };
        self.answer(stream, speaks, &reply);
    }

    /// What stands against whoever says hello.
    fn refusal(&mut self, hello: &Hello, is_join: bool) -> Option<Reply> {
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
        // Both take part already, as two halves of a partition could not know: the older one stays, if it is
        // there, and this is no question of a process that has ended since, nor one that somebody has recorded.
        if !is_join && self.phase == Phase::Joined && own.life > theirs.life {
            self.send_on(Errand::Rival(theirs.clone()));
            return Some(Reply::Absent);
        }
        Some(Reply::Refused(Refusal::IdTaken { address: own.address.to_string() }))
    }

    /// How many newcomers wait until it is known whether another process has their id.
    fn questions_of_newcomers(&self) -> usize {
        let pending = self.errands.values().chain(&self.waiting_errands);
        pending.filter(|errand| matches!(errand, Errand::Who { .. })).count()
    }

    fn synced(&mut self, hello: &Hello, theirs: State, is_join: bool) -> Reply {
        let lines = theirs.lines.clone();
        self.learn(hello, theirs);
        let mut state = self.lacking(&lines);
        if is_join {
            // What was sent before it came is not for it.
            state.broadcasts.clear();
        }
        state.lines = self.lines_for(&hello.identity.id);
        Reply::Synced { hello: self.hello(), state }
    }

    fn fetched(&self, id: String) -> Reply {
        let known = if id == self.options.id {
            Some(&self.record)
        } else {
            self.peers.get(&id).and_then(|peer| peer.record.as_ref())
        };
        let records = known.map(|record| RecordOf { id, bytes: record.encode() }).into_iter().collect();
        Reply::Synced { hello: self.hello(), state: State { records, ..State::default() } }
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

    /// Answers a newcomer whose id an older member has.
    fn let_in(&mut self, stream: u64, old: &Identity, hello: &Hello, state: State, is_there: bool) {
        let known = old.life.started_at_ms;
        let reply = if is_there {
            Reply::Refused(Refusal::IdTaken { address: old.address.to_string() })
        } else if known >= hello.identity.life.started_at_ms {
            Reply::Refused(Refusal::OlderLife { started_at_ms: known })
        } else {
            self.synced(hello, state, true)
        };
        self.answer(stream, hello.speaks.clamp(OLDEST_SPOKEN, self.options.speaks), &reply);
    }

    fn hear_state(&mut self, errand: Errand, hello: &Hello, state: State) {
        let before = self.identity().clone();
        let lines = state.lines.clone();
        let is_given = matches!(errand, Errand::Give(..));
        // Also where it answers late: what was sent before it did is not for this member.
        if matches!(errand, Errand::Seed(_)) {
            for line in &lines {
                self.heard.entry(line.identity.id.clone()).or_insert(line.heard);
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

    fn hear_seed(&mut self, number: usize, reply: Reply) {
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

    fn seed_failed(&mut self, number: usize, why: String) {
        let longest = self.options.timing.seed_retry_max;
        let seed = &mut self.seeds[number];
        seed.contact = Contact::Failed(why);
        let wait = SEED_RETRY_MIN.saturating_mul(1 << seed.failure_count.min(16)).min(longest);
        seed.failure_count += 1;
        let after = self.jittered(wait);
        self.schedule.add(after, Task::AskSeed(number));
    }

    /// Takes over what somebody else knows.
    fn learn(&mut self, hello: &Hello, state: State) {
        let mut updates = Vec::new();
        for line in &state.lines {
            self.heed_line(line, &mut updates);
        }
        // Its errors are of encoding, and it only encodes what it has decoded.
        drop(self.foca.apply_many(updates.into_iter(), true, &mut self.outbox));
        if let Some(peer) = self.peer_of(&hello.identity.id) {
            peer.speaks = Some(hello.speaks.clamp(OLDEST_SPOKEN, NEWEST_SPOKEN));
        }
        for RecordOf { id, bytes } in state.records {
            match Record::decode(&bytes) {
                Some(record) => self.learn_record(id, record),
                None => self.count_drop("unfit record"),
            }
        }
        for line in state.lines {
            if let Some(ring) = line.ring {
                self.learn_ring(line.identity.id, ring);
            }
        }
        for broadcast in state.broadcasts {
            self.learn_broadcast(broadcast);
        }
    }

    /// What to believe of a line of somebody else's view.
    fn heed_line(&mut self, line: &Line, updates: &mut Vec<Member<Identity>>) {
        let identity = &line.identity;
        if identity.id == self.options.id {
            // What they say of me: foca refutes a suspicion.
            if identity == self.identity() && line.state != Swim::Alive {
                updates.push(Member::new(identity.clone(), line.incarnation, line.state));
            }
            return self.heed_own_line(line);
        }
        let known = self.identity_of(&identity.id);
        let is_known_life = known.as_ref() == Some(identity);
        let is_earlier = known.is_some_and(|known| identity.life < known.life);
        let has_left = self.has_left(identity);
        match (line.state, self.swim_state(&identity.id)) {
            // Already forgotten here, or never known.
            (Swim::Down, None) => {}
            // A later life than the one that is known: that one has been there before, where a clock has gone back.
            (Swim::Down, Some(Swim::Alive | Swim::Suspect)) if !is_earlier && !has_left => {
                self.verify(identity.id.clone());
            }
            (Swim::Alive | Swim::Suspect, Some(Swim::Down)) if is_known_life && !has_left => {
                self.ask_the_dead(identity.id.clone());
            }
            _ => updates.push(Member::new(identity.clone(), line.incarnation, line.state)),
        }
    }

    /// Somebody says that a dead member lives: it is to hear that it is dead here.
    fn ask_the_dead(&mut self, id: String) {
        let time = self.schedule.time();
        let rest = self.options.timing.sync_interval;
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if peer.rests_until <= time {
            peer.rests_until = time + rest;
            self.send_on(Errand::Sync(id));
        }
    }

    fn learn_record(&mut self, id: String, record: Record) {
        let Some(known) = self.identity_of(&id) else { return };
        let Some(peer) = self.peer_of(&id) else { return };
        let version = record.version;
        // A life that nobody has heard of has no record.
        if version.started_at_ms > known.life.started_at_ms || version <= peer.version() {
            return;
        }
        let is_leaving = record.claim == Claim::Leaving;
        if is_leaving {
            peer.left_life = peer.left_life.max(Some(version.started_at_ms));
        }
        peer.record = Some(record);
        self.spread(&Notice::Record { id, version, is_leaving });
    }

    fn hello(&self) -> Hello {
        Hello {
            identity: self.identity().clone(),
            speaks: self.options.speaks,
            options: self.options.shared.clone(),
        }
    }

    /// What is known of all members, this one included. Who has left is nobody's concern any more.
    fn lines(&self) -> Vec<Line> {
        self.lines_for(&self.options.id)
    }

    /// The same for one member, who has to know which life of its own node has left: it may be later than its own.
    fn lines_for(&self, reader: &str) -> Vec<Line> {
        let of_others = self.foca.iter_membership_state().filter(|member| {
            let has_gone = member.state() == Swim::Down && self.has_left(member.id());
            member.id().id != self.options.id && (!has_gone || member.id().id == reader)
        });
        let mut lines: Vec<Line> = of_others
            .map(|member| {
                let id = &member.id().id;
                let peer = self.peers.get(id);
                Line {
                    identity: member.id().clone(),
                    incarnation: member.incarnation(),
                    state: member.state(),
                    version: peer.map(|peer| peer.version()).unwrap_or_default(),
                    ring: peer.and_then(|peer| peer.ring),
                    heard: self.heard.get(id).copied().unwrap_or_default(),
                }
            })
            .collect();
        lines.push(Line {
            identity: self.identity().clone(),
            incarnation: self.outbox.incarnation,
            state: Swim::Alive,
            version: self.record.version,
            ring: self.ring,
            heard: self.own_heard(),
        });
        lines
    }

    /// What whoever has these lines lacks.
    fn lacking(&self, theirs: &[Line]) -> State {
        let own = std::iter::once((&self.options.id, &self.record));
        let of_others = self.peers.iter().filter_map(|(id, peer)| Some((id, peer.record.as_ref()?)));
        let line_of = |id: &String| theirs.iter().find(|line| line.identity.id == *id);
        let records = own.chain(of_others).filter(|(id, record)| match line_of(id) {
            Some(line) => line.version < record.version,
            // Who never knew a member that is gone does not want to know of it.
            None => self.is_own_or_present(id),
        });
        let records = records.map(|(id, record)| RecordOf { id: id.clone(), bytes: record.encode() });
        let broadcasts = self.broadcasts.iter().filter(|broadcast| {
            let origin = &broadcast.origin;
            line_of(origin).map_or_else(
                || self.is_own_or_present(origin),
                |line| !line.heard.has(broadcast.started_at_ms, broadcast.number),
            )
        });
        State { lines: Vec::new(), records: records.collect(), broadcasts: broadcasts.cloned().collect() }
    }

    /// A number that is the same at members that know the same.
    fn digest(&self) -> u64 {
        let mut lines = self.lines();
        lines.sort_by(|a, b| a.identity.id.cmp(&b.identity.id));
        let mut digest = Xxh64::new(0);
        // The dead are told of when they die. Who comes later need not hear of them.
        for line in lines.iter().filter(|line| line.state != Swim::Down) {
            let heard = (line.heard.high > 0).then_some(line.heard);
            let is_suspected = line.state == Swim::Suspect;
            digest.update(&encoded(&(&line.identity, is_suspected, line.version, line.ring, heard)));
        }
        digest.digest()
    }
}

/// What whoever says hello says of itself.
fn own_record(hello: &Hello, state: &State) -> Option<Record> {
    let own = state.records.iter().find(|record| record.id == hello.identity.id)?;
    Record::decode(&own.bytes)
}
