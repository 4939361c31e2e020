//! What the application sees of the members, made of what SWIM says and of what they say themselves.

use foca::State as SwimState;

use super::change::{Change, ChangeKind, Status};
use super::details::{MemberDetails, Published};
use super::effects::{Effect, Event};
use super::outbound::OutboundRequest;
use super::state::{Engine, Phase};
use super::view::MEMBERS_MAX;
use crate::identity::Identity;
use crate::record::{Doubt, Record};

/// Whether a member is to be shown, and how.
enum Visibility {
    /// As it was, if at all: what is known of it does not fit together yet.
    Pending,
    /// With this status.
    Shown(Status),
    /// It has left.
    Gone,
}

impl Engine {
    /// Tells the application what has changed since it was told last.
    pub(super) fn publish_changes(&mut self) {
        self.follow_members();
        if matches!(self.phase, Phase::Joining | Phase::Over) {
            return;
        }
        let mut changes = Vec::new();
        self.publish_own(&mut changes);
        for id in std::mem::take(&mut self.unpublished) {
            match self.member(&id).map(|member| (member.id().clone(), member.state())) {
                Some((identity, state)) => self.publish_member(&identity, state, &mut changes),
                None => self.reap(id, &mut changes),
            }
        }
        self.fetch_missing_records();
        for Change { id, record, .. } in changes.iter().filter(|change| change.kind == ChangeKind::Left) {
            let details = self.details.get(id);
            if details.is_some_and(|details| details.has_left(record.version.started_at_ms)) {
                self.spread_leave(id.clone(), record.version);
            }
        }
        for change in changes.iter().filter(|change| change.kind == ChangeKind::Suspected) {
            self.help_verify(&change.id);
        }
        if !changes.is_empty() {
            self.effects.push(Effect::Emit(Event::Changed(changes)));
        }
    }

    fn publish_own(&mut self, changes: &mut Vec<Change>) {
        let status = self.record.status();
        let now = Published { status, version: self.record.version };
        let kind = match self.own_published {
            None => ChangeKind::Joined,
            Some(before) if before != now => kind_of(before.status, status),
            Some(_) => return,
        };
        self.own_published = Some(now);
        changes.push(Change { kind, id: self.options.id.clone(), status, record: self.record.clone() });
    }

    /// Asks members for their records that SWIM has told of, and no rumor: rumors go to some members only.
    fn fetch_missing_records(&mut self) {
        let time = self.schedule.time();
        let (soon, again) = (self.options.timing.gossip_interval, self.options.timing.probe_interval);
        let ids: Vec<String> = self.without_record.iter().cloned().collect();
        for id in ids {
            let is_first = !self.details.contains_key(&id);
            let Some(details) = self.details_mut(&id) else { continue };
            if is_first {
                // The rumor may be on its way.
                details.quiet_until = time + soon;
            } else if details.quiet_until <= time {
                details.quiet_until = time + again;
                self.start_request(OutboundRequest::FetchRecord { from: id.clone(), id });
            }
        }
    }

    fn publish_member(&mut self, identity: &Identity, state: SwimState, changes: &mut Vec<Change>) {
        let Some(details) = self.details.get_mut(&identity.id) else { return };
        let Some(record) = &details.record else { return };
        let before = details.published;
        let (kind, status) = match (visibility(identity, state, details, record), before) {
            (Visibility::Pending, _) => return,
            // Whoever goes, or has gone, has not come.
            (Visibility::Gone | Visibility::Shown(Status::Dead | Status::Leaving), None) => return,
            (Visibility::Gone, Some(Published { status: Status::Dead, .. })) => {
                (ChangeKind::Reaped, Status::Dead)
            }
            (Visibility::Gone, Some(_)) => (ChangeKind::Left, Status::Leaving),
            (Visibility::Shown(status), None) => (ChangeKind::Joined, status),
            (Visibility::Shown(status), Some(before)) => {
                if before == (Published { status, version: record.version }) {
                    return;
                }
                (kind_of(before.status, status), status)
            }
        };
        let is_gone = matches!(kind, ChangeKind::Left | ChangeKind::Reaped);
        details.published = (!is_gone).then_some(Published { status, version: record.version });
        changes.push(Change { kind, id: identity.id.clone(), status, record: record.clone() });
        let was_suspected = before.is_some_and(|before| before.status == Status::Suspected);
        self.counts.suspicions_started += u64::from(status == Status::Suspected && !was_suspected);
        self.counts.suspicions_refuted += u64::from(was_suspected && kind == ChangeKind::Recovered);
    }

    /// Forgets a member that SWIM has forgotten.
    fn reap(&mut self, id: String, changes: &mut Vec<Change>) {
        // It may only have been out of reach, and what it has sent is still told then.
        if self.received.len() > MEMBERS_MAX {
            self.received.remove(&id);
        }
        if let Some(MemberDetails { record: Some(record), published: Some(_), .. }) = self.details.remove(&id)
        {
            changes.push(Change { kind: ChangeKind::Reaped, id, status: Status::Dead, record });
        }
    }
}

/// Dead goes before leaving, leaving before suspected, suspected before updating, updating before alive.
fn visibility(identity: &Identity, state: SwimState, details: &MemberDetails, record: &Record) -> Visibility {
    let has_left = details.has_left(identity.generation.started_at_ms);
    let is_own_record = record.version.started_at_ms == identity.generation.started_at_ms;
    match state {
        SwimState::Down if has_left => Visibility::Gone,
        SwimState::Down => Visibility::Shown(Status::Dead),
        // Of a process that was there before this one: how it is now, its own record will say.
        _ if !is_own_record => Visibility::Pending,
        _ if has_left => Visibility::Shown(Status::Leaving),
        _ if record.doubt == Some(Doubt::GaveUp) => Visibility::Shown(Status::Dead),
        SwimState::Suspect => Visibility::Shown(Status::Suspected),
        SwimState::Alive => Visibility::Shown(record.status()),
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
