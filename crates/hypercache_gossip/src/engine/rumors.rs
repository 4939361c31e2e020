//! What rides on datagrams: that there is a newer record, another ring, a message to all.

use std::time::Duration;

use hypercache_transport::{DATAGRAM_BYTES_MAX, ENVELOPE_BYTES_MAX, ReceiveWindow};

use super::effects::{Effect, Event};
use super::outbound::OutboundRequest;
use super::state::{Engine, Phase};
use crate::error::Error;
use crate::identity::{IDENTITY_BYTES_MAX, Identity};
use crate::message::{BROADCAST_BYTES_MAX, Broadcast, DatagramHead, RingMark, Rumor, encoded};

/// Broadcasts that are kept for members who have missed them.
const BROADCASTS_MAX: usize = 256;
/// Rumors that are on their way at a time, before further broadcasts of this member follow: far less than
/// members remember to have heard.
pub(super) const RUMORS_IN_FLIGHT_MAX: usize = 64;

/// Longest rumor that fits on a datagram whose sender and receiver have ids of any length: beside their
/// identities foca needs less than 16 bytes.
const RUMOR_BYTES_MAX: usize =
    DATAGRAM_BYTES_MAX - ENVELOPE_BYTES_MAX - DatagramHead::BYTES - 2 * IDENTITY_BYTES_MAX - 16;

impl Engine {
    /// Sends a message to every live member. Answers whether it takes part, and so could.
    ///
    /// # Errors
    /// Name and data of more than [`BROADCAST_BYTES_MAX`] bytes; then nothing is sent.
    pub fn broadcast(
        &mut self,
        now: Duration,
        name: String,
        data: String,
        lamport_time: u64,
    ) -> Result<bool, Error> {
        self.schedule.advance_to(now);
        let size = name.len() + data.len();
        if size > BROADCAST_BYTES_MAX {
            return Err(Error::BroadcastTooLarge(size));
        }
        if self.phase != Phase::Joined {
            return Ok(false);
        }
        self.outgoing.push_back((name, data, lamport_time));
        self.settle();
        Ok(true)
    }

    /// Messages of this member that wait until datagrams have room for them.
    pub fn outgoing_count(&self) -> usize {
        self.outgoing.len()
    }

    /// Sends messages that wait, until so many rumors are on their way.
    pub(super) fn send_broadcasts(&mut self, in_flight_max: usize) {
        while self.swim.rumors_in_flight() < in_flight_max
            && let Some((name, data, lamport_time)) = self.outgoing.pop_front()
        {
            self.counts.broadcasts_sent += 1;
            let broadcast = Broadcast {
                origin: self.options.id.clone(),
                started_at_ms: self.record.version.started_at_ms,
                number: self.counts.broadcasts_sent - self.broadcasts_before,
                lamport_time,
                name,
                data,
            };
            self.retain(broadcast.clone());
            if self.swim.live_count() > 0 {
                self.spread(&Rumor::Broadcast(broadcast));
            }
        }
    }

    /// Puts a rumor on the datagrams to come.
    pub(super) fn spread(&mut self, rumor: &Rumor) {
        let bytes = encoded(rumor);
        // What fits on no datagram would wait for one for ever. The next exchange brings it.
        if bytes.len() <= RUMOR_BYTES_MAX {
            self.swim.spread(&bytes);
        }
    }

    /// Takes over the rumors that have come.
    pub(super) fn merge_rumors(&mut self) {
        while let Some((sender, bytes)) = self.swim.take_rumor() {
            match postcard::from_bytes(&bytes) {
                Ok(rumor) => self.merge_rumor(&sender, rumor),
                // Of a release that has more kinds of them.
                Err(_) => self.count_drop("unknown notice"),
            }
        }
    }

    fn merge_rumor(&mut self, sender: &Identity, rumor: Rumor) {
        match rumor {
            Rumor::Record { id, version, is_leaving } => {
                let Some(known) = self.identity_of(&id).map(|known| known.generation) else { return };
                let Some(details) = self.details_mut(&id) else { return };
                let is_new = version > details.version();
                // News of two generations that have left would else bring back each other without end.
                let is_known = version.started_at_ms <= known.started_at_ms;
                if is_leaving && is_known && details.left_at_ms < Some(version.started_at_ms) {
                    details.left_at_ms = Some(version.started_at_ms);
                    self.touch(&id);
                    self.spread(&Rumor::Record { id: id.clone(), version, is_leaving });
                }
                if is_new {
                    self.start_request(OutboundRequest::FetchRecord { from: sender.id.clone(), id });
                }
            }
            Rumor::Ring { id, ring } => self.merge_ring(id, ring),
            Rumor::Broadcast(broadcast) => self.merge_broadcast(broadcast),
        }
    }

    /// Takes over which ring a member has. That of a later generation than is known of it says nothing: an
    /// exchange brings it again once that one is known, and of a node whose clock has gone back it is over.
    pub(super) fn merge_ring(&mut self, id: String, ring: RingMark) {
        let Some(known) = self.identity_of(&id).map(|identity| identity.generation) else { return };
        let Some(details) = self.details_mut(&id) else { return };
        if ring.started_at_ms <= known.started_at_ms && ring.is_newer(details.ring_of(known).as_ref()) {
            details.ring = Some(ring);
            self.spread(&Rumor::Ring { id: id.clone(), ring });
            self.effects.push(Effect::Emit(Event::Ring(id, ring)));
        }
    }

    pub(super) fn merge_broadcast(&mut self, broadcast: Broadcast) {
        let is_joined = matches!(self.phase, Phase::Joined | Phase::Leaving);
        if !is_joined || broadcast.origin == self.options.id {
            return;
        }
        if broadcast.name.len() + broadcast.data.len() > BROADCAST_BYTES_MAX {
            self.count_drop("oversized");
            return;
        }
        // Of a generation that it does not know yet, an exchange will bring it again; of one that it has
        // forgotten, it has had it.
        let is_known = |origin: &Identity| broadcast.started_at_ms <= origin.generation.started_at_ms;
        let Some(origin) = self.identity_of(&broadcast.origin).filter(|origin| is_known(origin)).cloned()
        else {
            self.count_drop("unknown origin");
            return;
        };
        let mut received = self.received_from(&origin);
        if received.insert(broadcast.started_at_ms, broadcast.number) {
            self.received.insert(origin.id, received);
            self.counts.broadcasts_received += 1;
            self.retain(broadcast.clone());
            self.spread(&Rumor::Broadcast(broadcast.clone()));
            self.effects.push(Effect::Emit(Event::Broadcast(broadcast)));
        }
    }

    /// What has been heard of a member. What was heard of a later generation that has been forgotten since,
    /// of a node whose clock has gone back, says nothing of this one.
    pub(super) fn received_from(&self, origin: &Identity) -> ReceiveWindow {
        let received = self.received.get(&origin.id).copied().unwrap_or_default();
        if received.started_at_ms > origin.generation.started_at_ms {
            ReceiveWindow::default()
        } else {
            received
        }
    }

    fn retain(&mut self, broadcast: Broadcast) {
        // The farewell has all that were taken.
        if self.broadcasts.len() >= BROADCASTS_MAX && self.phase != Phase::Leaving {
            self.broadcasts.pop_front();
        }
        self.broadcasts.push_back(broadcast);
    }
}
