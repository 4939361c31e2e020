//! The node: what it knows of the members, the ring that follows them, and the one queue out.
//!
//! It does no I/O and has no clock: callers give milliseconds since 1970, which may jump, for when a status
//! began, and the time since some moment, which never goes back, for what takes its time.
//!
//! Members come in by two doors: [`Node::heed`] takes what the gossip engine tells, [`Node::apply`] what the
//! application knows by other means. Behind them there is one way:
//!
//! ```text
//! change of members ─> the view ─> the follow step ─> the ring ─> its checksum, told to the others
//!         └───────────────────────── the outbox ────────┘
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hypercache_core::{Observer, Ring, Token};
use hypercache_gossip::{Change, ChangeKind, Claim, Event as GossipEvent, Record, Status, Version};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::agreement::{Agreement, Report};
use crate::event::Event;
use crate::follow::{Follow, Place, Refusal, Sight};
use crate::lease::{Lease, Vigor};
use crate::outbox::Outbox;

/// How patient a node is.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long the rings of members may differ until that is told.
    pub divergence: Duration,
    /// How long the application may be silent until the node doubts itself; zero: for ever.
    pub stall_timeout: Duration,
}

/// See [`Patience::divergence`], unless something else is said.
const DIVERGENCE: Duration = Duration::from_secs(30);

/// Tokens of members whose virtual nodes only the application can hash, by id.
pub type Tokens = BTreeMap<String, Arc<[Token]>>;

/// A member as it was told last.
struct Member {
    status: Status,
    record: Record,
}

struct State {
    members: BTreeMap<String, Member>,
    follow: Option<Follow>,
    agreement: Agreement,
    lease: Lease,
    applied_count: u64,
    /// The time of the last look at the agreement.
    looked_at: Duration,
}

impl State {
    fn refusals(&self) -> impl Iterator<Item = Refusal> {
        let refused = self.follow.iter().flat_map(Follow::refused);
        refused.map(|(id, error)| Refusal { id: id.clone(), error: error.clone() })
    }
}

/// One node of a cluster.
pub struct Node {
    id: String,
    state: Mutex<State>,
    outbox: Arc<Outbox>,
    observer: Mutex<Option<Observer>>,
    /// Whether the application has renewed its lease since that was looked at last.
    is_renewed: AtomicBool,
    /// Has a driver look at what has changed.
    news: Arc<Notify>,
}

impl Node {
    /// A node that knows nobody, by the id of the local member. `wake` is called, by any thread, when there
    /// are events to take and there were none before; it must be quick, and not call the node.
    pub fn new(id: impl Into<String>, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let state = State {
            members: BTreeMap::new(),
            follow: None,
            agreement: Agreement::new(DIVERGENCE),
            lease: Lease::new(Duration::ZERO),
            applied_count: 0,
            looked_at: Duration::ZERO,
        };
        Self {
            id: id.into(),
            state: Mutex::new(state),
            outbox: Arc::new(Outbox::new(wake)),
            observer: Mutex::default(),
            is_renewed: AtomicBool::new(false),
            news: Arc::default(),
        }
    }

    /// Sets how patient it is, before it takes part. A lease that lasts for ever unless this says otherwise.
    pub fn configure(&self, patience: Patience) {
        let mut state = self.state.lock();
        state.agreement = Agreement::new(patience.divergence);
        state.lease = Lease::new(patience.stall_timeout);
    }

    /// Has a ring follow the members, from those on that are known. What changes its placement is told,
    /// whoever does it.
    pub fn follow(&self, ring: Arc<Ring>, wall_ms: f64) {
        let (outbox, news) = (self.outbox.clone(), self.news.clone());
        let observer = Observer::new(ring.clone(), move |change| {
            outbox.push(Event::RingChanged(change.clone()));
            news.notify_one();
        });
        self.observer.lock().replace(observer);
        let mut state = self.state.lock();
        let mut follow = Follow::new(ring);
        for (id, Member { status, record }) in &state.members {
            inform(&mut follow, id, Some((*status, record)), &Tokens::new());
        }
        let refusals = follow.step(wall_ms);
        state.follow = Some(follow);
        self.tell_refusals(refusals);
    }

    /// Takes what the gossip engine tells.
    pub fn heed(&self, event: GossipEvent, wall_ms: f64) {
        match event {
            GossipEvent::Changed(changes) => self.heed_changes(changes, wall_ms),
            GossipEvent::Ring(id, mark) => {
                self.state.lock().agreement.tell(id.clone(), mark.checksum);
                self.outbox.push(Event::RingTold(id, mark.checksum));
            }
            GossipEvent::JoinEnded(outcome) => {
                self.state.lock().agreement.turn(outcome.is_ok());
                self.outbox.push(Event::JoinEnded(outcome));
            }
            GossipEvent::Left => self.end(Event::Left, wall_ms),
            GossipEvent::Conflict(address) => self.end(Event::Conflict(address), wall_ms),
            GossipEvent::Failed => self.end(Event::Failed, wall_ms),
            GossipEvent::Broadcast(broadcast) => self.outbox.push(Event::Broadcast(broadcast)),
            GossipEvent::Problems(problems) => self.outbox.push(Event::Problems(problems)),
            GossipEvent::Stranger(from, why) => self.outbox.push(Event::Stranger(from, why)),
        }
    }

    /// Takes changes that the application has learned by other means than gossip. It knows them already:
    /// what it is told is [`Event::Applied`], when the ring has followed. Answers those of the members that
    /// the ring does not take as they are.
    pub fn apply(&self, changes: Vec<Change>, tokens: &Tokens, wall_ms: f64) -> Vec<Refusal> {
        let mut state = self.state.lock();
        state.applied_count += 1;
        let event = Event::Applied(state.applied_count);
        self.change(&mut state, &changes, event, tokens, wall_ms);
        let ids: BTreeSet<&String> = changes.iter().map(|change| &change.id).collect();
        state.refusals().filter(|refusal| ids.contains(&refusal.id)).collect()
    }

    /// Members that the ring does not take as they are. They are tried again when it changes.
    pub fn refused(&self) -> Vec<Refusal> {
        self.state.lock().refusals().collect()
    }

    /// The local member says something new of itself, which is told before the call returns; what the engine
    /// tells of that later is no news. Answers whether it takes part, and so could.
    pub fn update(&self, record: &Record, wall_ms: f64) -> bool {
        let mut state = self.state.lock();
        let Some(own) = state.members.get(&self.id) else { return false };
        let is_leaving = own.record.claim == Claim::Leaving;
        let Version { started_at_ms, counter } = own.record.version;
        let record = Record {
            version: Version { started_at_ms, counter: counter + 1 },
            claim: if is_leaving { Claim::Leaving } else { record.claim },
            doubt: own.record.doubt,
            ..record.clone()
        };
        let status = record.status();
        let change = Change { kind: ChangeKind::Updated, id: self.id.clone(), status, record };
        let changes = vec![change];
        self.change(&mut state, &changes, Event::Changed(changes.clone()), &Tokens::new(), wall_ms);
        true
    }

    /// Takes events, the oldest first. The application is woken again only when it has taken all.
    pub fn take(&self, count_max: usize) -> Vec<Event> {
        self.outbox.take(count_max)
    }

    /// How many events were lost because nobody took them.
    pub fn lost_count(&self) -> u64 {
        self.outbox.lost_count()
    }

    /// Begins to compare rings, when the node takes part, or ends that.
    pub fn compare_rings(&self, is_on: bool) {
        self.state.lock().agreement.turn(is_on);
    }

    /// These are the checksums that all members have told.
    pub fn tell_all(&self, told: BTreeMap<String, u64>) {
        self.state.lock().agreement.tell_all(told);
    }

    /// Compares the rings of the members, where that is due, and tries again what the ring has refused.
    /// Answers the checksum that the others are to be told, and when to call again.
    pub fn look(&self, elapsed: Duration, wall_ms: f64) -> (Option<u64>, Option<Duration>) {
        let mut state = self.state.lock();
        state.looked_at = elapsed;
        let State { members, follow, agreement, .. } = &mut *state;
        let Some(follow) = follow else { return (None, None) };
        self.tell_refusals(follow.step(wall_ms));
        let checksum = follow.ring().snapshot().checksum();
        let is_due = agreement.next_look().is_some_and(|at| at <= elapsed);
        if !is_due && !agreement.has_news(checksum) {
            return (None, agreement.next_look());
        }
        let others = members.iter().filter(|(id, member)| **id != self.id && has_ring(member.status));
        let live: Vec<&str> = others.map(|(id, _)| id.as_str()).collect();
        let (news, verdict) = agreement.look(elapsed, checksum, &live);
        if let Some(checksum) = news {
            self.outbox.push(Event::RingTold(self.id.clone(), checksum));
        }
        if let Some(verdict) = verdict {
            self.outbox.push(Event::Verdict(verdict));
        }
        (news, agreement.next_look())
    }

    /// How the rings of the members agree: now, or when that was looked at last.
    pub fn agreement(&self, elapsed: Option<Duration>) -> Report {
        let state = self.state.lock();
        state.agreement.report(elapsed.unwrap_or(state.looked_at))
    }

    /// The application turns over.
    pub fn renew_lease(&self) {
        self.is_renewed.store(true, Ordering::Release);
        // Whoever has given up is to have its keys back at once.
        self.news.notify_one();
    }

    /// The application holds no lease any more, and is as good as well.
    pub fn drop_lease(&self) {
        self.is_renewed.store(false, Ordering::Release);
        self.state.lock().lease.drop_hold();
        self.news.notify_one();
    }

    /// How the application is, where that has changed since the last call, and when to call again.
    pub fn check_lease(&self, elapsed: Duration) -> (Option<Vigor>, Option<Duration>) {
        let lease = &mut self.state.lock().lease;
        if self.is_renewed.swap(false, Ordering::AcqRel) {
            lease.renew(elapsed);
        }
        (lease.check(elapsed), lease.next())
    }

    /// Has a driver wait for what it does not learn otherwise.
    pub(crate) fn news(&self) -> Arc<Notify> {
        self.news.clone()
    }

    /// Ends it: nothing is told any more, and the ring stays as it is.
    pub fn close(&self) {
        self.outbox.close();
        self.observer.lock().take();
        let mut state = self.state.lock();
        state.members.clear();
        state.follow = None;
    }

    fn heed_changes(&self, changes: Vec<Change>, wall_ms: f64) {
        let mut state = self.state.lock();
        let news: Vec<Change> = changes.into_iter().filter(|change| !self.is_told(&state, change)).collect();
        if !news.is_empty() {
            self.change(&mut state, &news, Event::Changed(news.clone()), &Tokens::new(), wall_ms);
        }
    }

    /// Whether it is the echo of a change of the local member that was told when it was made.
    fn is_told(&self, state: &State, change: &Change) -> bool {
        let own = state.members.get(&self.id).filter(|_| change.id == self.id);
        own.is_some_and(|own| change.record.version <= own.record.version && change.status != Status::Leaving)
    }

    /// The one way of a change: into the view, onto the ring, and out.
    fn change(&self, state: &mut State, changes: &[Change], event: Event, tokens: &Tokens, wall_ms: f64) {
        for Change { kind, id, status, record } in changes {
            if matches!(kind, ChangeKind::Left | ChangeKind::Reaped) {
                state.members.remove(id);
                state.agreement.forget(id);
            } else {
                let member = Member { status: *status, record: record.clone() };
                state.members.insert(id.clone(), member);
            }
            if let Some(follow) = &mut state.follow {
                let member = state.members.get(id).map(|member| (member.status, &member.record));
                inform(follow, id, member, tokens);
            }
        }
        let step = || state.follow.as_mut().map(|follow| follow.step(wall_ms)).unwrap_or_default();
        let refusals = self.outbox.hold(event, step);
        self.tell_refusals(refusals);
        self.news.notify_one();
    }

    /// Every member leaves the view, the local one last: whoever takes no part knows of nobody.
    fn end(&self, event: Event, wall_ms: f64) {
        let mut state = self.state.lock();
        state.agreement.turn(false);
        let (own, others): (Vec<_>, Vec<_>) = state.members.iter().partition(|(id, _)| **id == self.id);
        let left = |(id, member): (&String, &Member)| {
            let (status, record) = (member.status, member.record.clone());
            Change { kind: ChangeKind::Left, id: id.clone(), status, record }
        };
        let changes: Vec<Change> = others.into_iter().chain(own).map(left).collect();
        if !changes.is_empty() {
            self.change(&mut state, &changes, Event::Changed(changes.clone()), &Tokens::new(), wall_ms);
        }
        self.outbox.push(event);
    }

    fn tell_refusals(&self, refusals: Vec<Refusal>) {
        if !refusals.is_empty() {
            self.outbox.push(Event::Refused(refusals));
        }
    }
}

/// Members whose rings count: who leaves has its own already, and who is dead tells nothing.
fn has_ring(status: Status) -> bool {
    matches!(status, Status::Alive | Status::Suspected | Status::Updating)
}

/// Tells the follow step of a member: what it says of itself places it, how it is seen is observed.
fn inform(follow: &mut Follow, id: &str, member: Option<(Status, &Record)>, tokens: &Tokens) {
    let place = member.map(|(_, record)| Place {
        address: host_port(&record.address, record.port),
        weight: record.weight,
        zone: record.zone.clone(),
        capabilities: record.capabilities.clone(),
        metadata: record.metadata.clone(),
        tokens: tokens.get(id).cloned(),
    });
    follow.place(id, place);
    follow.observe(id, member.map(|(status, record)| Sight { status, load: record.load }));
}

/// An address with its port, as it is written in URLs.
fn host_port(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
