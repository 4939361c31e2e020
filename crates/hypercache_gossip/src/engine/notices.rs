//! What rides on datagrams: that there is a newer record, another ring, a message to all.

use std::time::Duration;

use hypercache_transport::{DATAGRAM_BYTES_MAX, ENVELOPE_BYTES_MAX, Heard};

use super::exchange::Errand;
use super::time::Task;
use super::{Effect, Engine, Event, Phase};
use crate::identity::{IDENTITY_BYTES_MAX, Identity};
use crate::message::{BROADCAST_BYTES_MAX, Broadcast, DatagramHead, Notice, RingMark, encoded};
use crate::record::{Record, Version};

/// Broadcasts that are kept for members who have missed them.
const BROADCASTS_MAX: usize = 256;
/// Notices that are on their way at a time, before further broadcasts of this member follow: far less than
/// members remember to have heard.
pub(super) const UNDER_WAY_MAX: usize = 64;

/// Longest notice that fits on a datagram whose sender and receiver have ids of any length: beside their
/// identities foca needs less than 16 bytes.
const NOTICE_BYTES_MAX: usize =
    DATAGRAM_BYTES_MAX - ENVELOPE_BYTES_MAX - DatagramHead::BYTES - 2 * IDENTITY_BYTES_MAX - 16;

impl Engine {
    /// Sends a message to every live member. Answers whether it takes part, and so could.
    ///
    /// # Errors
    /// The bytes of name and data, where they are more than [`BROADCAST_BYTES_MAX`]; then nothing is sent.
    pub fn broadcast(
        &mut self,
        now: Duration,
        name: String,
        data: String,
        lamport_time: u64,
    ) -> Result<bool, usize> {
        self.schedule.hear(now);
        let size = name.len() + data.len();
        if size > BROADCAST_BYTES_MAX {
            return Err(size);
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

    /// Sends messages that wait, until so many notices are on their way.
    pub(super) fn send_outgoing(&mut self, under_way_max: usize) {
        while self.foca.custom_broadcast_backlog() < under_way_max
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
            self.keep(broadcast.clone());
            if self.foca.num_members() > 0 {
                self.spread(&Notice::Broadcast(broadcast));
            }
        }
    }

    /// Takes note of which ring this member has.
    pub fn announce_ring(&mut self, now: Duration, checksum: u64) {
        self.schedule.hear(now);
        if self.ring.is_some_and(|ring| ring.checksum == checksum) {
            return;
        }
        let stamp = self.ring.map_or(1, |ring| ring.stamp + 1);
        self.ring = Some(RingMark { started_at_ms: self.record.version.started_at_ms, stamp, checksum });
        if self.is_ring_told {
            self.is_ring_told = false;
            // A ring that is changing changes again at once: one notice for all of that.
            self.schedule.add(self.options.timing.gossip_interval, Task::TellRing);
        }
        self.settle();
    }

    pub(super) fn tell_ring(&mut self) {
        self.is_ring_told = true;
        if let Some(ring) = self.ring {
            self.spread(&Notice::Ring { id: self.options.id.clone(), ring });
        }
    }

    pub(super) fn change_record(&mut self, change: impl FnOnce(&mut Record)) {
        change(&mut self.record);
        self.record.version.counter += 1;
        let is_leaving = self.phase == Phase::Leaving;
        self.spread(&Notice::Record {
            id: self.options.id.clone(),
            version: self.record.version,
            is_leaving,
        });
    }

    /// Tells that a member leaves along with the news that it is gone, which would else be taken for a
    /// failure by whoever hears that first.
    pub(super) fn tell_of_leave(&mut self, id: String, version: Version) {
        self.spread(&Notice::Record { id, version, is_leaving: true });
    }

    /// Puts a notice on the datagrams to come.
    pub(super) fn spread(&mut self, notice: &Notice) {
        let bytes = encoded(notice);
        // What fits on no datagram would wait for one for ever. The next exchange brings it.
        if bytes.len() <= NOTICE_BYTES_MAX {
            // It fails for what is bigger still.
            drop(self.foca.add_broadcast(&bytes));
        }
    }

    /// Heeds the notices that have come.
    pub(super) fn heed_notices(&mut self) {
        while let Ok((sender, bytes)) = self.arrived.try_recv() {
            match postcard::from_bytes(&bytes) {
                Ok(notice) => self.heed(&sender, notice),
                // Of a release that has more kinds of them.
                Err(_) => self.count_drop("unknown notice"),
            }
        }
    }

    fn heed(&mut self, sender: &Identity, notice: Notice) {
        match notice {
            Notice::Record { id, version, is_leaving } => {
                let Some(known) = self.identity_of(&id) else { return };
                let Some(peer) = self.peer_of(&id) else { return };
                let is_new = version > peer.version();
                // News of two lives that have left would else bring back each other without end.
                let is_known = version.started_at_ms <= known.life.started_at_ms;
                if is_leaving && is_known && peer.left_life < Some(version.started_at_ms) {
                    peer.left_life = Some(version.started_at_ms);
                    self.spread(&Notice::Record { id: id.clone(), version, is_leaving });
                }
                if is_new {
                    self.send_on(Errand::Fetch { from: sender.id.clone(), id });
                }
            }
            Notice::Ring { id, ring } => self.learn_ring(id, ring),
            Notice::Broadcast(broadcast) => self.learn_broadcast(broadcast),
        }
    }

    pub(super) fn learn_ring(&mut self, id: String, ring: RingMark) {
        if id == self.options.id {
            return;
        }
        let Some(peer) = self.peer_of(&id) else { return };
        if ring.is_newer(peer.ring.as_ref()) {
            peer.ring = Some(ring);
            self.spread(&Notice::Ring { id: id.clone(), ring });
            self.effects.push(Effect::Tell(Event::Ring(id, ring)));
        }
    }

    pub(super) fn learn_broadcast(&mut self, broadcast: Broadcast) {
        let is_joined = matches!(self.phase, Phase::Joined | Phase::Leaving);
        if !is_joined || broadcast.origin == self.options.id {
            return;
        }
        if broadcast.name.len() + broadcast.data.len() > BROADCAST_BYTES_MAX {
            self.count_drop("oversized");
            return;
        }
        // Of a life that it does not know yet, an exchange will bring it again; of one that it has forgotten,
        // it has had it.
        let is_known = |origin: &Identity| broadcast.started_at_ms <= origin.life.started_at_ms;
        let Some(origin) = self.identity_of(&broadcast.origin).filter(is_known) else {
            self.count_drop("unknown origin");
            return;
        };
        let mut heard = self.heard_of(&origin);
        if heard.take(broadcast.started_at_ms, broadcast.number) {
            self.heard.insert(origin.id, heard);
            self.counts.broadcasts_received += 1;
            self.keep(broadcast.clone());
            self.spread(&Notice::Broadcast(broadcast.clone()));
            self.effects.push(Effect::Tell(Event::Heard(broadcast)));
        }
    }

    /// What has been heard of a member. What was heard of a later life that has been forgotten since, of a
    /// node whose clock has gone back, says nothing of this one.
    pub(super) fn heard_of(&self, origin: &Identity) -> Heard {
        let heard = self.heard.get(&origin.id).copied().unwrap_or_default();
        if heard.started_at_ms > origin.life.started_at_ms { Heard::default() } else { heard }
    }

    fn keep(&mut self, broadcast: Broadcast) {
        // The farewell has all that were taken.
        if self.broadcasts.len() >= BROADCASTS_MAX && self.phase != Phase::Leaving {
            self.broadcasts.pop_front();
        }
        self.broadcasts.push_back(broadcast);
    }
}
