//! The driver of the gossip engine: one task that owns it, and gives it sockets, time, and the node.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hypercache_gossip::{
    BROADCAST_BYTES_MAX, Claim, Counts, Effect, Engine, EngineOptions, Error as Refused, Event,
    RECORD_BYTES_MAX, Record, Version,
};
use hypercache_transport::DATAGRAM_BYTES_MAX;
use hypercache_transport::streams::{self, Arrival, Question};
use parking_lot::Mutex;
use rand::TryRng;
use rand::rngs::SysRng;
use tokio::net::{TcpListener, UdpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::error::Error;
use crate::node::Node;
use crate::sockets::Sockets;

/// Frames of streams that may wait for the engine.
const ARRIVALS_MAX: usize = 256;
/// The engine is asked what time it is at least so often, so that it notices that the process was stopped.
const IDLE_MAX: Duration = Duration::from_secs(1);
/// Broadcasts that may wait to be sent.
const OUTGOING_MAX: usize = 1_000;
/// For the sockets to be closed.
const CLOSE_MAX: Duration = Duration::from_secs(1);

enum Command {
    Join(Vec<String>),
    Leave,
    Update(Box<Record>),
    Broadcast { name: String, data: String, lamport_time: u64 },
    Ring(u64),
}

/// A member that runs. Dropping it, or closing it, ends it without a word to the others.
pub struct Gossip {
    node: Arc<Node>,
    /// `None` once it is closed.
    commands: Mutex<Option<mpsc::UnboundedSender<Command>>>,
    counts: Arc<Mutex<Counts>>,
    /// Broadcasts that were taken and are not on their way.
    outgoing: Arc<AtomicUsize>,
    /// Disconnected when the sockets are closed.
    ended: Mutex<Receiver<()>>,
}

impl Gossip {
    /// Runs a member over sockets. What it learns, the node hears on a thread of the runtime.
    ///
    /// # Errors
    /// A record that has too many bytes; where the system gives no threads, or will not watch the sockets.
    pub fn run(options: EngineOptions, sockets: Sockets, node: Arc<Node>) -> Result<Self, Error> {
        check_size(&options.record)?;
        let runtime = runtime().map_err(Error::System)?;
        let _entered = runtime.enter();
        let (datagrams, streams) = sockets.watched().map_err(Error::System)?;
        let (commands, asked) = mpsc::unbounded_channel();
        let (outgoing, counts) = (Arc::default(), Arc::default());
        let owner = Owner::new(options, datagrams, node.clone(), Arc::clone(&outgoing), Arc::clone(&counts));
        let (end, ended) = channel();
        let told = node.clone();
        runtime.spawn(async move {
            // In a task of its own, so that a panic ends that one and can be told of.
            if tokio::spawn(owner.run(streams, asked)).await.is_err() {
                told.heed(Event::Failed, wall_ms());
            }
            drop(end);
        });
        Ok(Self { node, commands: Mutex::new(Some(commands)), counts, outgoing, ended: Mutex::new(ended) })
    }

    /// Begins to take part: see [`Engine::join`].
    pub fn join(&self, seeds: Vec<String>) {
        self.command(Command::Join(seeds));
    }

    /// Goes away on purpose: see [`Engine::leave`].
    pub fn leave(&self) {
        self.command(Command::Leave);
    }

    /// Replaces what this member says of itself, but for its version, and for that it leaves. It is told
    /// before the call returns. Answers whether it takes part, and so could.
    ///
    /// # Errors
    /// A record that has too many bytes; then nothing has changed.
    pub fn update(&self, record: Record) -> Result<bool, Error> {
        check_size(&record)?;
        let is_told = self.node.update(&record, wall_ms());
        self.command(Command::Update(Box::new(record)));
        Ok(is_told)
    }

    /// Sends a message to every live member.
    ///
    /// # Errors
    /// Name and data that have too many bytes, or more messages than can be sent; then nothing is.
    pub fn broadcast(&self, name: String, data: String, lamport_time: u64) -> Result<(), Error> {
        let size = name.len() + data.len();
        if size > BROADCAST_BYTES_MAX {
            return Err(Refused::BroadcastTooLarge(size).into());
        }
        if self.outgoing.fetch_add(1, Ordering::Relaxed) >= OUTGOING_MAX {
            self.outgoing.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::TooManyBroadcasts(OUTGOING_MAX));
        }
        self.command(Command::Broadcast { name, data, lamport_time });
        Ok(())
    }

    /// Tells the others which ring this member has, where no ring follows the node.
    pub fn announce_ring(&self, checksum: u64) {
        self.command(Command::Ring(checksum));
    }

    /// Counters. They stay when it is closed.
    pub fn counts(&self) -> Counts {
        self.counts.lock().clone()
    }

    /// Ends it, without a word to the others, and waits until its sockets are closed. May be called again.
    pub fn close(&self) {
        drop(self.commands.lock().take());
        // The task waits for nothing but its turn. Should it not get one, the port is busy a while longer.
        let _ = self.ended.lock().recv_timeout(CLOSE_MAX);
    }

    /// Of a member that has ended nobody hears a command.
    fn command(&self, command: Command) {
        if let Some(commands) = &*self.commands.lock() {
            let _ = commands.send(command);
        }
    }
}

impl Drop for Gossip {
    fn drop(&mut self) {
        self.close();
    }
}

/// Whatever version it will have: the engine tells nobody of a record that is larger.
fn check_size(record: &Record) -> Result<(), Error> {
    let version = Version { started_at_ms: u64::MAX, counter: u64::MAX };
    let size = Record { version, ..record.clone() }.encode().len();
    if size > RECORD_BYTES_MAX { Err(Refused::RecordTooLarge(size).into()) } else { Ok(()) }
}

/// Randomness of the system, for [`EngineOptions::random_seed`].
///
/// # Errors
/// Where the system has none.
pub fn random_seed() -> Result<[u8; 32], Error> {
    let mut seed = [0; 32];
    SysRng.try_fill_bytes(&mut seed).map_err(|error| Error::System(io::Error::other(error)))?;
    Ok(seed)
}

/// The wall clock, in milliseconds since 1970.
fn wall_ms() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as f64
}

/// The runtime of all nodes of this process: made at first use, and never ended.
fn runtime() -> io::Result<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let mut builder = Builder::new_multi_thread();
    let made = builder.worker_threads(2).thread_name("hypercache-node").enable_io().enable_time().build()?;
    Ok(RUNTIME.get_or_init(|| made))
}

struct Owner {
    engine: Engine,
    node: Arc<Node>,
    begun: Instant,
    datagrams: UdpSocket,
    counts: Arc<Mutex<Counts>>,
    /// See [`Gossip::outgoing`].
    outgoing: Arc<AtomicUsize>,
    /// How many of them the engine has.
    held: usize,
    /// Streams of others that wait for an answer.
    waiting: BTreeMap<u64, oneshot::Sender<Option<Vec<u8>>>>,
    next_stream: u64,
    /// Everything that runs beside this task ends with it.
    tasks: JoinSet<()>,
    arrivals: mpsc::Sender<Arrival>,
    arrived: mpsc::Receiver<Arrival>,
    timeout: Duration,
    /// What is told when the sockets are closed.
    last_words: Option<Event>,
}

impl Owner {
    fn new(
        options: EngineOptions,
        datagrams: UdpSocket,
        node: Arc<Node>,
        outgoing: Arc<AtomicUsize>,
        counts: Arc<Mutex<Counts>>,
    ) -> Self {
        let (arrivals, arrived) = mpsc::channel(ARRIVALS_MAX);
        Self {
            timeout: options.timing.sync_timeout,
            engine: Engine::new(options),
            node,
            begun: Instant::now(),
            datagrams,
            counts,
            outgoing,
            held: 0,
            waiting: BTreeMap::new(),
            next_stream: 0,
            tasks: JoinSet::new(),
            arrivals,
            arrived,
            last_words: None,
        }
    }

    async fn run(mut self, streams: TcpListener, mut commands: mpsc::UnboundedReceiver<Command>) {
        self.tasks.spawn(streams::accept(streams, self.timeout, self.arrivals.clone()));
        let news = self.node.news();
        let mut buffer = [0; DATAGRAM_BYTES_MAX + 1];
        let mut next_look = Duration::ZERO;
        while self.last_words.is_none() {
            let engine_next = self.engine.next_timeout().unwrap_or(Duration::MAX);
            let idle_end = self.begun.elapsed() + IDLE_MAX;
            let wake_at = self.begun + engine_next.min(next_look).min(idle_end);
            tokio::select! {
                received = self.datagrams.recv_from(&mut buffer) => {
                    // Some systems tell here that a datagram sent before was not wanted: no concern of this
                    // one.
                    if let Ok((length, from)) = received {
                        self.engine.handle_datagram(self.begun.elapsed(), from, &buffer[..length]);
                    }
                }
                Some(arrival) = self.arrived.recv() => self.take_arrival(arrival),
                command = commands.recv() => match command {
                    Some(command) => self.obey(command),
                    None => break,
                },
                () = news.notified() => {}
                () = sleep_until(wake_at) => {}
            }
            next_look = self.settle();
        }
        self.tasks.shutdown().await;
        let (node, last_words) = (self.node.clone(), self.last_words.take());
        // Whoever hears that it is over may open the same port again.
        drop(self);
        last_words.into_iter().for_each(|event| node.heed(event, wall_ms()));
    }

    /// Does all that follows from what has just happened: what the engine wants done, and what the node has
    /// to tell the others because of it. Answers when the node wants to be looked at next.
    fn settle(&mut self) -> Duration {
        let next_look = loop {
            self.engine.handle_timeout(self.begun.elapsed());
            let next_check = self.check_lease();
            let next_look = self.announce();
            let effects = self.engine.take_effects();
            if effects.is_empty() {
                // By the engine's clock, which stands still while the process does.
                let wait = |at: Duration| at.saturating_sub(self.engine.time());
                let soonest = next_check.into_iter().chain(next_look).map(wait).min();
                break self.begun.elapsed() + soonest.unwrap_or(IDLE_MAX);
            }
            for effect in effects {
                self.perform(effect);
            }
        };
        let held = self.engine.outgoing_count();
        self.outgoing.fetch_sub(self.held - held, Ordering::Relaxed);
        self.held = held;
        while self.tasks.try_join_next().is_some() {}
        self.counts.lock().clone_from(self.engine.counts());
        next_look
    }

    /// Tells the others how the application is.
    fn check_lease(&mut self) -> Option<Duration> {
        let (vigor, next) = self.node.check_lease(self.engine.time());
        if let Some(vigor) = vigor {
            self.engine.doubt(self.begun.elapsed(), vigor.doubt());
        }
        next
    }

    /// Tells the others which ring this member has, where it is another one.
    fn announce(&mut self) -> Option<Duration> {
        let (checksum, next) = self.node.look(self.engine.time(), wall_ms());
        if let Some(checksum) = checksum {
            self.engine.announce_ring(self.begun.elapsed(), checksum);
        }
        next
    }

    fn take_arrival(&mut self, arrival: Arrival) {
        let now = self.begun.elapsed();
        match arrival {
            Arrival::Question(Question { from, frame, answer }) => {
                self.next_stream += 1;
                self.waiting.insert(self.next_stream, answer);
                self.engine.handle_request(now, from, self.next_stream, &frame);
            }
            Arrival::Answer { number, answer } => self.engine.handle_response(now, number, answer),
        }
    }

    fn obey(&mut self, command: Command) {
        let now = self.begun.elapsed();
        match command {
            Command::Join(seeds) => self.engine.join(now, seeds),
            Command::Leave => self.engine.leave(now),
            // Sizes were checked before they were sent here.
            Command::Update(new) => {
                let _ = self.engine.update(now, |record| {
                    let claim = if record.claim == Claim::Leaving { record.claim } else { new.claim };
                    *record = Record { claim, doubt: record.doubt, version: record.version, ..*new };
                });
            }
            Command::Broadcast { name, data, lamport_time } => {
                self.held += 1;
                let _ = self.engine.broadcast(now, name, data, lamport_time);
            }
            Command::Ring(checksum) => self.engine.announce_ring(now, checksum),
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            // What the system does not take now is lost, as it may be on its way.
            Effect::Datagram { to, bytes } => drop(self.datagrams.try_send_to(&bytes, to)),
            Effect::Request { number, to, frame, timeout } => {
                let arrivals = self.arrivals.clone();
                let own = self.engine.identity().address;
                self.tasks.spawn(streams::ask(number, own, to, frame, timeout, arrivals));
            }
            Effect::Respond { stream, frame } => {
                if let Some(waiting) = self.waiting.remove(&stream) {
                    // Gone where the other side did not wait.
                    let _ = waiting.send(frame);
                }
            }
            Effect::Emit(event @ (Event::Left | Event::Conflict(_) | Event::JoinEnded(Err(_)))) => {
                self.last_words = Some(event);
            }
            Effect::Emit(event) => self.node.heed(event, wall_ms()),
        }
    }
}
