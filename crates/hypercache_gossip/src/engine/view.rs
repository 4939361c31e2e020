//! What the application sees of the members, made of what SWIM says and of what they say themselves.

use std::collections::BTreeSet;

use foca::State as Swim;

use super::exchange::Errand;
use super::peer::{Peer, Shown, Status};
use super::{Effect, Engine, Event, Phase};
use crate::identity::Identity;
use crate::record::{Doubt, Record};

/// Members that are remembered at most.
const PEERS_MAX: usize = 65_535;

/// What has happened to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It takes part.
    Joined,
    /// It has gone on purpose.
    Left,
    /// It is dead.
    Failed,
    /// It is suspected.
    Suspected,
    /// It was suspected or dead, and is not.
    Recovered,
    /// Something else of it has changed.
    Updated,
    /// It was dead, and is forgotten.
    Reaped,
}

impl ChangeKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Joined,
        Self::Left,
        Self::Failed,
        Self::Suspected,
        Self::Recovered,
        Self::Updated,
        Self::Reaped,
    ];

    /// Finds a kind by its word.
    pub fn new(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The word used in every interface.
    pub fn name(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Failed => "failed",
            Self::Suspected => "suspected",
            Self::Recovered => "recovered",
            Self::Updated => "updated",
            Self::Reaped => "reaped",
        }
    }
}

/// One change of one member.
#[derive(Clone, Debug)]
pub struct Change {
    /// What has happened.
    pub kind: ChangeKind,
    /// To whom.
    pub id: String,
    /// How it is now; of one that is gone, how it went.
    pub status: Status,
    /// What it says of itself.
    pub record: Record,
}

/// Whether a member is to be shown, and how.
enum Sight {
    /// As it was, if at all: what is known of it does not fit together yet.
    Unclear,
    /// With this status.
    Is(Status),
    /// It has left.
    Gone,
}

impl Engine {
    /// Tells the application what has changed since it was told last.
    pub(super) fn refresh(&mut self) {
        if matches!(self.phase, Phase::Joining | Phase::Over) {
            return;
        }
        let mut changes = Vec::new();
        self.refresh_own(&mut changes);
        let members: Vec<(Identity, Swim)> = self
            .foca
            .iter_membership_state()
            .filter(|member| member.id().id != self.options.id)
            .map(|member| (member.id().clone(), member.state()))
            .collect();
        for (identity, state) in &members {
            self.refresh_peer(identity, *state, &mut changes);
        }
        self.ask_the_unheard(&members);
        let known: BTreeSet<&String> = members.iter().map(|(identity, _)| &identity.id).collect();
        self.forget_others(&known, &mut changes);
        for Change { id, record, .. } in changes.iter().filter(|change| change.kind == ChangeKind::Left) {
            if self.peers.get(id).is_some_and(|peer| peer.has_left(record.version.started_at_ms)) {
                self.tell_of_leave(id.clone(), record.version);
            }
        }
        let suspected = changes.iter().filter(|change| change.kind == ChangeKind::Suspected);
        for id in suspected.map(|change| change.id.clone()).collect::<Vec<_>>() {
            self.help_to_verify(id);
        }
        if !changes.is_empty() {
            self.effects.push(Effect::Tell(Event::Changed(changes)));
        }
    }

    /// Has foca's codec know who has refuted a suspicion. Who leaves says itself that it is dead.
    pub(super) fn note_refutations(&self) {
        let members = self.foca.iter_members().filter(|member| member.incarnation() > 0);
        let staying = members.filter(|member| !self.has_left(member.id()));
        let refuted =
            staying.map(|member| (member.id().id.clone(), (member.id().life, member.incarnation())));
        self.refutations.replace(refuted.collect());
    }

    /// What SWIM says of a member.
    pub(super) fn swim_state(&self, id: &str) -> Option<Swim> {
        self.foca.iter_membership_state().find(|member| member.id().id == id).map(foca::Member::state)
    }

    pub(super) fn is_live(&self, id: &str) -> bool {
        matches!(self.swim_state(id), Some(Swim::Alive | Swim::Suspect))
    }

    /// Whether a member is this one, or is live and has not said that it leaves.
    pub(super) fn is_own_or_present(&self, id: &str) -> bool {
        let is_staying = |identity: Identity| !self.has_left(&identity);
        id == self.options.id || self.is_live(id) && self.identity_of(id).is_some_and(is_staying)
    }

    /// The newest life of a member.
    pub(super) fn identity_of(&self, id: &str) -> Option<Identity> {
        let mut members = self.foca.iter_membership_state().map(foca::Member::id);
        members.find(|identity| identity.id == id && *id != self.options.id).cloned()
    }

    /// What is known of a member that SWIM knows.
    pub(super) fn peer_of(&mut self, id: &str) -> Option<&mut Peer> {
        if id == self.options.id || self.swim_state(id).is_none() {
            return None;
        }
        if !self.peers.contains_key(id) && self.peers.len() >= PEERS_MAX {
            return None;
        }
        Some(self.peers.entry(id.into()).or_default())
    }

    /// Whether a member has said that this life of it leaves.
    pub(super) fn has_left(&self, identity: &Identity) -> bool {
        self.peers.get(&identity.id).is_some_and(|peer| peer.has_left(identity.life.started_at_ms))
    }

    fn refresh_own(&mut self, changes: &mut Vec<Change>) {
        let status = self.record.status();
        let now = Shown { status, version: self.record.version };
        let kind = match self.own_shown {
            None => ChangeKind::Joined,
            Some(before) if before != now => kind_of(before.status, status),
            Some(_) => return,
        };
        self.own_shown = Some(now);
        changes.push(Change { kind, id: self.options.id.clone(), status, record: self.record.clone() });
    }

    /// Asks members for their records that SWIM has told of, and no notice: notices go to some members only.
    fn ask_the_unheard(&mut self, members: &[(Identity, Swim)]) {
        let time = self.schedule.time();
        let (soon, again) = (self.options.timing.gossip_interval, self.options.timing.probe_interval);
        for (Identity { id, life, .. }, _) in members.iter().filter(|(_, state)| *state != Swim::Down) {
            let known = self.peers.get(id);
            if known.is_some_and(|peer| peer.version().started_at_ms == life.started_at_ms) {
                continue;
            }
            // The notice may be on its way.
            let (is_first, rests_until) = known.map_or((true, time), |peer| (false, peer.rests_until));
            let Some(peer) = self.peer_of(id) else { continue };
            if is_first {
                peer.rests_until = time + soon;
            } else if rests_until <= time {
                peer.rests_until = time + again;
                self.send_on(Errand::Fetch { from: id.clone(), id: id.clone() });
            }
        }
    }

    fn refresh_peer(&mut self, identity: &Identity, state: Swim, changes: &mut Vec<Change>) {
        let Some(peer) = self.peers.get_mut(&identity.id) else { return };
        let Some(record) = &peer.record else { return };
        let before = peer.shown;
        let (kind, status) = match (sight(identity, state, peer, record), before) {
            (Sight::Unclear, _) => return,
            // Whoever goes, or has gone, has not come.
            (Sight::Gone | Sight::Is(Status::Dead | Status::Leaving), None) => return,
            (Sight::Gone, Some(Shown { status: Status::Dead, .. })) => (ChangeKind::Reaped, Status::Dead),
            (Sight::Gone, Some(_)) => (ChangeKind::Left, Status::Leaving),
            (Sight::Is(status), None) => (ChangeKind::Joined, status),
            (Sight::Is(status), Some(before)) if before == (Shown { status, version: record.version }) => {
                return;
            }
            (Sight::Is(status), Some(before)) => (kind_of(before.status, status), status),
        };
        let is_gone = matches!(kind, ChangeKind::Left | ChangeKind::Reaped);
        peer.shown = (!is_gone).then_some(Shown { status, version: record.version });
        changes.push(Change { kind, id: identity.id.clone(), status, record: record.clone() });
        let was_suspected = before.is_some_and(|before| before.status == Status::Suspected);
        self.counts.suspicions_started += u64::from(status == Status::Suspected && !was_suspected);
        self.counts.suspicions_refuted += u64::from(was_suspected && kind == ChangeKind::Recovered);
    }

    /// Forgets members that SWIM has forgotten.
    fn forget_others(&mut self, known: &BTreeSet<&String>, changes: &mut Vec<Change>) {
        let gone: Vec<String> = self.peers.keys().filter(|id| !known.contains(id)).cloned().collect();
        for id in gone {
            // It may only have been out of reach, and what it has sent is still told then.
            if self.heard.len() > PEERS_MAX {
                self.heard.remove(&id);
            }
            let Some(Peer { record: Some(record), shown: Some(_), .. }) = self.peers.remove(&id) else {
                continue;
            };
            changes.push(Change { kind: ChangeKind::Reaped, id, status: Status::Dead, record });
        }
    }
}

/// Dead goes before leaving, leaving before suspected, suspected before updating, updating before alive.
fn sight(identity: &Identity, state: Swim, peer: &Peer, record: &Record) -> Sight {
    let has_left = peer.has_left(identity.life.started_at_ms);
    let is_own_record = record.version.started_at_ms == identity.life.started_at_ms;
    match state {
        Swim::Down if has_left => Sight::Gone,
        Swim::Down => Sight::Is(Status::Dead),
        // Of a process that was there before this one: how it is now, its own record will say.
        _ if !is_own_record => Sight::Unclear,
        _ if has_left => Sight::Is(Status::Leaving),
        _ if record.doubt == Some(Doubt::GaveUp) => Sight::Is(Status::Dead),
        Swim::Suspect => Sight::Is(Status::Suspected),
        Swim::Alive => Sight::Is(record.status()),
    }
}

fn kind_of(before: Status, now: Status) -> ChangeKind {
    match (before, now) {
        (before, now) if before == now => ChangeKind::Updated,
        (_, Status::Dead) => ChangeKind::Failed,
        (_, Status::Suspected) if before != Status::Dead => ChangeKind::Suspected,
        (Status::Dead | Status::Suspected, Status::Alive | Status::Updating | Status::Suspected) => {
            ChangeKind::Recovered
        }
        _ => ChangeKind::Updated,
    }
}
