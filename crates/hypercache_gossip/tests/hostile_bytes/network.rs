//! A network of a few members in one thread, with a clock of its own. It keeps what has travelled, so that
//! tests can send it again, or something like it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use fastrand::Rng;
use hypercache_gossip::{
    Change, ChangeKind, Effect, Engine, EngineOptions, Event, PROTOCOL_VERSION_MAX, Record, SharedOptions,
    Status, Timing,
};
use hypercache_transport::{Purpose, Target};

use crate::forge::mutated;

/// How long a message is on its way.
const LATENCY: Duration = Duration::from_millis(1);
/// What is kept of the traffic, at most.
const CAPTURED_MAX: usize = 2_000;

/// Where member `number` is.
pub fn address(number: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, number], 7946))
}

/// A record that says nothing special.
pub fn record() -> Record {
    Record {
        ports: BTreeMap::from([("http".into(), 8080)]),
        zone: Some("east".into()),
        capabilities: vec!["read".into()],
        metadata: BTreeMap::from([("rack".into(), "r1".into())]),
        ..Record::new("10.0.0.1", 7946)
    }
}

/// Options of a member of the cluster "c".
pub fn options(id: &str, number: u8, keys: &[[u8; 32]]) -> EngineOptions {
    EngineOptions {
        id: id.into(),
        address: address(number),
        started_at_ms: 1_000_000,
        record: record(),
        cluster_name: "c".into(),
        keys: keys.to_vec(),
        shared: SharedOptions(vec![("hash_function".into(), "xxhash64".into())]),
        timing: Timing::default(),
        protocol_version: PROTOCOL_VERSION_MAX,
        random_seed: [number; 32],
    }
}

/// A member, and what it has told its application.
pub struct Member {
    pub engine: Engine,
    pub view: BTreeMap<String, (Status, Record)>,
    pub changes: Vec<(ChangeKind, String)>,
    pub events: Vec<Event>,
    /// Which of the processes at this address it is.
    process: u64,
}

/// Answers questions as no member would.
pub type Liar = Box<dyn FnMut(&[u8]) -> Option<Vec<u8>>>;

enum Delivery {
    Datagram { from: SocketAddr, to: SocketAddr, bytes: Vec<u8> },
    Question { from: SocketAddr, process: u64, number: u64, to: SocketAddr, frame: Vec<u8> },
    Answer { to: SocketAddr, process: u64, number: u64, answer: Result<(SocketAddr, Vec<u8>), String> },
}

/// Members, and what is on its way between them.
pub struct Network {
    pub random: Rng,
    pub now: Duration,
    pub members: BTreeMap<SocketAddr, Member>,
    pub liars: BTreeMap<SocketAddr, Liar>,
    pub captured: Vec<(Purpose, Vec<u8>)>,
    /// Questions that were asked at each address.
    pub questions: BTreeMap<SocketAddr, u64>,
    /// How many of 256 answers are changed on their way.
    pub tampers: u8,
    /// Answers that were.
    pub tampered: u64,
    on_the_way: BTreeMap<(Duration, u64), Delivery>,
    /// Who waits for the answer on a stream.
    streams: BTreeMap<u64, (SocketAddr, u64, u64)>,
    next_number: u64,
}

impl Network {
    pub fn new(seed: u64) -> Self {
        Self {
            random: Rng::with_seed(seed),
            now: Duration::from_secs(5),
            members: BTreeMap::new(),
            liars: BTreeMap::new(),
            captured: Vec::new(),
            questions: BTreeMap::new(),
            tampers: 0,
            tampered: 0,
            on_the_way: BTreeMap::new(),
            streams: BTreeMap::new(),
            next_number: 0,
        }
    }

    /// Three members that know each other.
    pub fn of_three(seed: u64, keys: &[[u8; 32]]) -> Self {
        let mut network = Self::new(seed);
        for (id, number) in [("a", 1), ("b", 2), ("c", 3)] {
            network.start(options(id, number, keys), &[1]);
        }
        network.run_until("three members converge", |network| network.is_converged(&["a", "b", "c"]));
        network
    }

    /// Starts a process in the place of whatever is at its address.
    pub fn start(&mut self, options: EngineOptions, seeds: &[u8]) -> SocketAddr {
        let at = options.address;
        let mut engine = Engine::new(options);
        engine.join(self.now, seeds.iter().map(|seed| address(*seed).to_string()).collect());
        self.next_number += 1;
        let (view, changes, events) = (BTreeMap::new(), Vec::new(), Vec::new());
        self.members.insert(at, Member { engine, view, changes, events, process: self.next_number });
        self.carry_out(at);
        at
    }

    pub fn member(&self, number: u8) -> &Member {
        &self.members[&address(number)]
    }

    /// Does something with an engine, and what it wants done for it.
    pub fn with<T>(&mut self, at: SocketAddr, work: impl FnOnce(&mut Engine, Duration) -> T) -> T {
        let done = work(&mut self.members.get_mut(&at).expect("a member").engine, self.now);
        self.carry_out(at);
        done
    }

    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.step(end) {}
        self.now = end;
    }

    /// Lets time pass until something holds; a minute at most.
    pub fn run_until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let end = self.now + Duration::from_secs(60);
        while !holds(self) {
            assert!(self.step(end), "not within a minute: {what}");
        }
    }

    /// Whether these, and nobody else, are alive for each of these.
    pub fn is_converged(&self, ids: &[&str]) -> bool {
        let is_right = |member: &Member| {
            member.view.len() == ids.len()
                && ids.iter().all(|id| matches!(member.view.get(*id), Some((Status::Alive, _))))
        };
        let mut judges = self.members.values().filter(|m| ids.contains(&m.engine.identity().id.as_str()));
        judges.all(is_right)
    }

    /// Messages of a member that were dropped for a reason.
    pub fn dropped(&self, number: u8, reason: &str) -> u64 {
        self.member(number).engine.counts().dropped.get(reason).copied().unwrap_or(0)
    }

    fn step(&mut self, end: Duration) -> bool {
        let arrival = self.on_the_way.first_key_value().map(|((at, _), _)| *at);
        let ticks = self.members.iter().filter_map(|(at, m)| Some((m.engine.next_timeout()?, *at)));
        let tick = ticks.min();
        match (arrival, tick) {
            (Some(at), tick) if at <= end && tick.is_none_or(|(due, _)| at <= due) => {
                self.now = self.now.max(at);
                let (_, delivery) = self.on_the_way.pop_first().expect("it is there");
                self.deliver(delivery);
            }
            (_, Some((due, at))) if due <= end => {
                self.now = self.now.max(due);
                self.with(at, |engine, now| engine.handle_timeout(now));
            }
            _ => return false,
        }
        true
    }

    fn deliver(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Datagram { from, to, bytes } => {
                if self.members.contains_key(&to) {
                    self.with(to, |engine, now| engine.handle_datagram(now, from, &bytes));
                }
            }
            Delivery::Question { from, process, number, to, frame } => {
                *self.questions.entry(to).or_default() += 1;
                if let Some(liar) = self.liars.get_mut(&to) {
                    let answer = liar(&frame).map(|frame| (to, frame)).ok_or("closed".into());
                    self.send(LATENCY, Delivery::Answer { to: from, process, number, answer });
                } else if self.members.contains_key(&to) {
                    self.next_number += 1;
                    let stream = self.next_number;
                    self.streams.insert(stream, (from, process, number));
                    self.with(to, |engine, now| engine.handle_request(now, from, stream, &frame));
                } else {
                    let answer = Err("refused".into());
                    self.send(LATENCY, Delivery::Answer { to: from, process, number, answer });
                }
            }
            Delivery::Answer { to, process, number, answer } => {
                if self.members.get(&to).is_some_and(|member| member.process == process) {
                    self.with(to, |engine, now| engine.handle_response(now, number, answer));
                }
            }
        }
    }

    fn send(&mut self, after: Duration, delivery: Delivery) {
        self.next_number += 1;
        self.on_the_way.insert((self.now + after, self.next_number), delivery);
    }

    fn capture(&mut self, purpose: Purpose, bytes: &[u8]) {
        if self.captured.len() < CAPTURED_MAX {
            self.captured.push((purpose, bytes.to_vec()));
        } else {
            let place = self.random.usize(..CAPTURED_MAX);
            self.captured[place] = (purpose, bytes.to_vec());
        }
    }

    fn carry_out(&mut self, at: SocketAddr) {
        let member = self.members.get_mut(&at).expect("a member");
        let process = member.process;
        for effect in member.engine.take_effects() {
            match effect {
                Effect::Datagram { to, bytes } => {
                    self.capture(Purpose::Datagram, &bytes);
                    self.send(LATENCY, Delivery::Datagram { from: at, to, bytes });
                }
                Effect::Request { number, to, frame, timeout } => {
                    self.capture(Purpose::Request, &frame);
                    match to {
                        Target::Address(to) => Some(to),
                        Target::Name(name) => name.parse().ok(),
                    }
                    .map_or_else(
                        || unreachable!("tests give addresses"),
                        |to| {
                            let question = Delivery::Question { from: at, process, number, to, frame };
                            self.send(LATENCY, question);
                            // If nothing comes before: an answer that comes second is not heard.
                            let answer = Err("timed out".into());
                            self.send(timeout, Delivery::Answer { to: at, process, number, answer });
                        },
                    );
                }
                Effect::Respond { stream, frame } => self.answer(at, stream, frame),
                Effect::Emit(event) => self.members.get_mut(&at).expect("a member").hear(event),
            }
        }
    }

    fn answer(&mut self, at: SocketAddr, stream: u64, frame: Option<Vec<u8>>) {
        if let Some(frame) = &frame {
            self.capture(Purpose::Response, frame);
        }
        // Streams of the tests themselves have nobody who waits.
        if let Some((to, process, number)) = self.streams.remove(&stream) {
            let frame = frame.map(|frame| self.perhaps_tampered(frame));
            let answer = frame.map(|frame| (at, frame)).ok_or("closed".into());
            self.send(LATENCY, Delivery::Answer { to, process, number, answer });
        }
    }
}

impl Network {
    fn perhaps_tampered(&mut self, frame: Vec<u8>) -> Vec<u8> {
        if self.random.u8(..) >= self.tampers {
            return frame;
        }
        self.tampered += 1;
        mutated(&mut self.random, &frame, &frame)
    }
}

impl Member {
    /// Whether it takes no part any more, because another process has its id or it was refused.
    pub fn is_over(&self) -> bool {
        let is_end = |event: &Event| matches!(event, Event::Conflict(_) | Event::JoinEnded(Err(_)));
        self.events.iter().any(is_end)
    }

    fn hear(&mut self, event: Event) {
        if let Event::Changed(changes) = &event {
            for Change { kind, id, status, record } in changes {
                if matches!(kind, ChangeKind::Left | ChangeKind::Reaped) {
                    self.view.remove(id);
                } else {
                    self.view.insert(id.clone(), (*status, record.clone()));
                }
                self.changes.push((*kind, id.clone()));
            }
        }
        self.events.push(event);
    }
}
