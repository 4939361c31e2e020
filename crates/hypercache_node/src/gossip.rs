//! The driver: one task that owns an engine, and gives it sockets, time and the application.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use hypercache_gossip::{
    BROADCAST_BYTES_MAX, Claim, Counts, Effect, Engine, EngineOptions, Event, RECORD_BYTES_MAX, Record,
    Version,
};
use hypercache_transport::DATAGRAM_BYTES_MAX;
use hypercache_transport::streams::{self, Arrival, Question};
use rand::TryRng;
use rand::rngs::SysRng;
use tokio::net::{TcpListener, UdpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::error::Error;
use crate::events::EventQueue;
use crate::locked::locked;

/// Frames of streams that may wait for the engine.
const ARRIVALS_MAX: usize = 256;
/// The engine is asked what time it is at least so often, so that it notices that the process was stopped.
const IDLE_MAX: Duration = Duration::from_secs(1);
/// Broadcasts that may wait to be sent.
const OUTGOING_MAX: usize = 1_000;
/// For the sockets to be closed.
const CLOSE_MAX: Duration = Duration::from_secs(1);
/// Ports that are tried where any free one will do, and it has to be free twice.
const PORT_TRIES: usize = 16;

/// The sockets of a member: one port for datagrams and streams.
pub struct Sockets {
    datagrams: std::net::UdpSocket,
    streams: std::net::TcpListener,
    /// Where they are bound: the port is never 0.
    pub address: SocketAddr,
}

impl Sockets {
    /// Opens both; port 0 is any that is free for both.
    ///
    /// # Errors
    /// Where the system does not let it listen.
    pub fn bind(address: SocketAddr) -> Result<Self, Error> {
        Self::open(address).map_err(|error| Error::Listen(address, error))
    }

    fn open(address: SocketAddr) -> io::Result<Self> {
        let mut tries = if address.port() == 0 { PORT_TRIES } else { 1 };
        loop {
            tries -= 1;
            let streams = std::net::TcpListener::bind(address)?;
            let bound = streams.local_addr()?;
            match std::net::UdpSocket::bind(bound) {
                Ok(datagrams) => {
                    datagrams.set_nonblocking(true)?;
                    streams.set_nonblocking(true)?;
                    return Ok(Self { datagrams, streams, address: bound });
                }
                Err(error) if tries == 0 => return Err(error),
                Err(_) => {}
            }
        }
    }
}

enum Command {
    Join(Vec<String>),
    Leave,
    Update(Box<Record>),
    Broadcast { name: String, data: String, lamport_time: u64 },
    Ring(u64),
}

/// A member that runs. Dropping it, or closing it, ends it without a word to the others.
pub struct Gossip {
    /// `None` once it is closed.
    commands: Mutex<Option<mpsc::UnboundedSender<Command>>>,
    events: Arc<EventQueue>,
    /// Broadcasts that were taken and are not on their way.
    outgoing: Arc<AtomicUsize>,
    /// Disconnected when the sockets are closed.
    ended: Mutex<Receiver<()>>,
}

impl Gossip {
    /// Runs a member over sockets. `wake` is called, on a thread of the runtime, when there are events to
    /// take and there were none before.
    ///
    /// # Errors
    /// A record that has too many bytes; where the system gives no threads, or will not watch the sockets.
    pub fn run(
        options: EngineOptions,
        sockets: Sockets,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        check_size(&options.record)?;
        let runtime = runtime().map_err(Error::System)?;
        let _entered = runtime.enter();
        let datagrams = UdpSocket::from_std(sockets.datagrams).map_err(Error::System)?;
        let streams = TcpListener::from_std(sockets.streams).map_err(Error::System)?;
        let events = Arc::new(EventQueue::new(wake));
        let (commands, asked) = mpsc::unbounded_channel();
        let outgoing = Arc::new(AtomicUsize::new(0));
        let owner = Owner::new(options, datagrams, events.clone(), outgoing.clone());
        let (end, ended) = channel();
        let told = events.clone();
        runtime.spawn(async move {
            // In a task of its own, so that a panic ends that one and can be told of.
            if tokio::spawn(owner.run(streams, asked)).await.is_err() {
                told.add(Event::Failed);
            }
            drop(end);
        });
        Ok(Self { commands: Mutex::new(Some(commands)), events, outgoing, ended: Mutex::new(ended) })
    }

    /// Begins to take part: see [`Engine::join`].
    pub fn join(&self, seeds: Vec<String>) {
        self.command(Command::Join(seeds));
    }

    /// Goes away on purpose: see [`Engine::leave`].
    pub fn leave(&self) {
        self.command(Command::Leave);
    }

    /// Replaces what this member says of itself, but for its version, and for that it leaves.
    ///
    /// # Errors
    /// A record that has too many bytes; then nothing has changed.
    pub fn update(&self, record: Record) -> Result<(), Error> {
        check_size(&record)?;
        self.command(Command::Update(Box::new(record)));
        Ok(())
    }

    /// Sends a message to every live member.
    ///
    /// # Errors
    /// Name and data that have too many bytes, or more messages than can be sent; then nothing is.
    pub fn broadcast(&self, name: String, data: String, lamport_time: u64) -> Result<(), Error> {
        let size = name.len() + data.len();
        if size > BROADCAST_BYTES_MAX {
            return Err(hypercache_gossip::Error::BroadcastTooLarge(size).into());
        }
        if self.outgoing.fetch_add(1, Ordering::Relaxed) >= OUTGOING_MAX {
            self.outgoing.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::TooManyBroadcasts(OUTGOING_MAX));
        }
        self.command(Command::Broadcast { name, data, lamport_time });
        Ok(())
    }

    /// Tells the others which ring this member has.
    pub fn announce_ring(&self, checksum: u64) {
        self.command(Command::Ring(checksum));
    }

    /// Takes events that have come, at most so many, and answers whether more wait.
    pub fn take_events(&self, count_max: usize) -> (Vec<Event>, bool) {
        self.events.take(count_max)
    }

    /// Counters.
    pub fn counts(&self) -> Counts {
        self.events.counts()
    }

    /// Ends it, without a word to the others, and waits until its sockets are closed. May be called again.
    pub fn close(&self) {
        self.events.close();
        drop(locked(&self.commands).take());
        // The task waits for nothing but its turn. Should it not get one, the port is busy a while longer.
        let _ = locked(&self.ended).recv_timeout(CLOSE_MAX);
    }

    /// Of a member that has ended nobody hears a command.
    fn command(&self, command: Command) {
        if let Some(commands) = &*locked(&self.commands) {
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
    if size > RECORD_BYTES_MAX { Err(hypercache_gossip::Error::RecordTooLarge(size).into()) } else { Ok(()) }
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

/// The runtime of all members of this process: made at first use, and never ended.
fn runtime() -> io::Result<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let mut builder = Builder::new_multi_thread();
    let made =
        builder.worker_threads(2).thread_name("hypercache-gossip").enable_io().enable_time().build()?;
    Ok(RUNTIME.get_or_init(|| made))
}

struct Owner {
    engine: Engine,
    begun: Instant,
    datagrams: UdpSocket,
    events: Arc<EventQueue>,
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
}

impl Owner {
    fn new(
        options: EngineOptions,
        datagrams: UdpSocket,
        events: Arc<EventQueue>,
        outgoing: Arc<AtomicUsize>,
    ) -> Self {
        let (arrivals, arrived) = mpsc::channel(ARRIVALS_MAX);
        Self {
            timeout: options.timing.sync_timeout,
            engine: Engine::new(options),
            begun: Instant::now(),
            datagrams,
            events,
            outgoing,
            held: 0,
            waiting: BTreeMap::new(),
            next_stream: 0,
            tasks: JoinSet::new(),
            arrivals,
            arrived,
        }
    }

    async fn run(mut self, streams: TcpListener, mut commands: mpsc::UnboundedReceiver<Command>) {
        self.tasks.spawn(streams::accept(streams, self.timeout, self.arrivals.clone()));
        let mut buffer = [0; DATAGRAM_BYTES_MAX + 1];
        let mut last_words = None;
        while last_words.is_none() {
            let idle_end = self.begun.elapsed() + IDLE_MAX;
            let wake_at = self.begun + self.engine.next_timeout().map_or(idle_end, |at| at.min(idle_end));
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
                () = sleep_until(wake_at) => {}
            }
            self.engine.handle_timeout(self.begun.elapsed());
            for effect in self.engine.take_effects() {
                match effect {
                    Effect::Emit(event @ (Event::Left | Event::Conflict(_) | Event::JoinEnded(Err(_)))) => {
                        last_words = Some(event);
                    }
                    effect => self.effect(effect),
                }
            }
            let held = self.engine.outgoing_count();
            self.outgoing.fetch_sub(self.held - held, Ordering::Relaxed);
            self.held = held;
            while self.tasks.try_join_next().is_some() {}
            self.events.count(self.engine.counts());
        }
        self.tasks.shutdown().await;
        let events = self.events.clone();
        // Who hears that it is over may open the same port again.
        drop(self);
        last_words.into_iter().for_each(|event| events.add(event));
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
                    *record = Record { claim, version: record.version, ..*new };
                });
            }
            Command::Broadcast { name, data, lamport_time } => {
                self.held += 1;
                let _ = self.engine.broadcast(now, name, data, lamport_time);
            }
            Command::Ring(checksum) => self.engine.announce_ring(now, checksum),
        }
    }

    fn effect(&mut self, effect: Effect) {
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
            Effect::Emit(event) => self.events.add(event),
        }
    }
}
