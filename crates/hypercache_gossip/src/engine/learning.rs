//! What a member tells of what it knows, and what it believes of what others tell.

use foca::{Member, State as Swim};
use rand::RngExt;
use xxhash_rust::xxh64::Xxh64;

use super::Engine;
use super::exchange::Errand;
use super::time::Task;
use crate::identity::Identity;
use crate::message::{Hello, Line, NEWEST_SPOKEN, Notice, OLDEST_SPOKEN, RecordOf, Reply, State, encoded};
use crate::record::{Claim, Record};

impl Engine {
    /// Members that are dead and have not said that they leave.
    pub(super) fn dead(&self) -> Vec<String> {
        let members = self.foca.iter_membership_state().map(|member| (member.id(), member.state()));
        let dead = members.filter(|(identity, state)| *state == Swim::Down && !self.has_left(identity));
        dead.map(|(identity, _)| identity.id.clone()).filter(|id| *id != self.options.id).collect()
    }

    /// Asks a member that somebody suspects, if this is one of the few members that do: what is lost between
    /// two members is not lost between all.
    pub(super) fn help_to_verify(&mut self, id: String) {
        let helpers = self.options.timing.indirect_probe_count;
        if self.rng.random_range(0..self.foca.num_members().max(1)) < helpers {
            self.verify(id);
        }
    }

    /// Asks a member whether it is there: at once, and again while it is suspected.
    pub(super) fn verify(&mut self, id: String) {
        let time = self.schedule.time();
        if !self.is_live(&id) {
            return;
        }
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if peer.rests_until > time {
            return;
        }
        let again = self.options.timing.probe_interval;
        peer.rests_until = time + again;
        self.schedule.add(again, Task::Verify(id.clone()));
        self.send_on(Errand::Sync(id));
    }

    /// Takes over what somebody else knows.
    pub(super) fn learn(&mut self, hello: &Hello, state: State) {
        let mut updates = Vec::new();
        for line in &state.lines {
            self.heed_line(line, &mut updates);
        }
        // Its errors are of encoding, and it only encodes what it has decoded.
        drop(self.foca.apply_many(updates.into_iter(), true, &mut self.outbox));
        if let Some(peer) = self.peer_of(&hello.identity.id) {
            let speaks = hello.speaks.clamp(OLDEST_SPOKEN, NEWEST_SPOKEN);
            peer.speaks = Some((hello.identity.life.started_at_ms, speaks));
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
    pub(super) fn heed_line(&mut self, line: &Line, updates: &mut Vec<Member<Identity>>) {
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
            // A later life than the one that is known: that one has been there before, where a clock has gone
            // back.
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
    pub(super) fn ask_the_dead(&mut self, id: String) {
        let time = self.schedule.time();
        let rest = self.options.timing.sync_interval;
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if peer.rests_until <= time {
            peer.rests_until = time + rest;
            self.send_on(Errand::Sync(id));
        }
    }

    pub(super) fn learn_record(&mut self, id: String, record: Record) {
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

    pub(super) fn hello(&self) -> Hello {
        Hello {
            identity: self.identity().clone(),
            speaks: self.options.speaks,
            options: self.options.shared.clone(),
        }
    }

    /// What is known of all members, this one included. Who has left is nobody's concern any more.
    pub(super) fn lines(&self) -> Vec<Line> {
        self.lines_for(&self.options.id)
    }

    /// The same for one member, who has to know which life of its own node has left: it may be later than its
    /// own.
    pub(super) fn lines_for(&self, reader: &str) -> Vec<Line> {
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
                    heard: self.heard_of(member.id()),
                }
            })
            .collect();
        lines.push(self.own_line());
        lines
    }

    pub(super) fn own_line(&self) -> Line {
        Line {
            identity: self.identity().clone(),
            incarnation: self.outbox.incarnation,
            state: Swim::Alive,
            version: self.record.version,
            ring: self.ring,
            heard: self.own_heard(),
        }
    }

    /// What whoever has these lines lacks.
    pub(super) fn lacking(&self, theirs: &[Line]) -> State {
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
    pub(super) fn digest(&self) -> u64 {
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

    pub(super) fn fetched(&self, id: String) -> Reply {
        let known = if id == self.options.id {
            Some(&self.record)
        } else {
            self.peers.get(&id).and_then(|peer| peer.record.as_ref())
        };
        let records = known.map(|record| RecordOf { id, bytes: record.encode() }).into_iter().collect();
        Reply::Synced { hello: self.hello(), state: State { records, ..State::default() } }
    }

    pub(super) fn synced(&mut self, hello: &Hello, theirs: State, is_join: bool) -> Reply {
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
}
