//! Datagrams: around those of foca a head, which tells replays and other options, and an envelope.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hypercache_transport::{DATAGRAM_BYTES_MAX, Purpose, Refused};

use super::effects::{Effect, Event};
use super::state::{Engine, Phase};
use crate::message::DatagramHead;

/// Sources of strange messages that are remembered, so that each is told of once.
const STRANGERS_MAX: usize = 1_024;

impl Engine {
    /// Takes a datagram.
    pub fn handle_datagram(&mut self, now: Duration, from: SocketAddr, bytes: &[u8]) {
        self.schedule.advance_to(now);
        self.counts.datagrams_received += 1;
        self.counts.bytes_received += bytes.len() as u64;
        if let Err(reason) = self.receive(bytes) {
            self.drop_message(from.ip(), reason);
        }
        self.settle();
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        if self.phase == Phase::Over {
            return Err("not joined");
        }
        if bytes.len() > DATAGRAM_BYTES_MAX {
            return Err("oversized");
        }
        let message = self.sealer.open(Purpose::Datagram, bytes).map_err(Refused::name)?;
        let (head, rest) = DatagramHead::decode(&message).ok_or("malformed")?;
        if !self.understands(head.protocol_version) {
            return Err("other version");
        }
        if head.options_mark != self.options_mark {
            return Err("other options");
        }
        if head.session == self.session {
            return Err("own");
        }
        if !self.replays.is_new(head.session, head.number) {
            return Err("replayed");
        }
        (self.swim.runtime.is_for_us, self.swim.runtime.has_told_death) = (false, false);
        self.swim.handle_datagram(rest).map_err(|error| match error {
            foca::Error::DataTooBig => "oversized",
            foca::Error::DataFromOurselves | foca::Error::IndirectForOurselves => "own",
            _ => "malformed",
        })?;
        match (self.swim.runtime.is_for_us, self.swim.runtime.has_told_death) {
            (false, _) => Err("other member"),
            (true, true) => Err("dead sender"),
            (true, false) => {
                self.reachability.heard();
                Ok(())
            }
        }
    }

    /// Sends what foca wants sent.
    pub(super) fn send_datagrams(&mut self) {
        for (to, bytes) in std::mem::take(&mut self.swim.runtime.datagrams) {
            self.datagram_number += 1;
            let head = DatagramHead {
                protocol_version: self.common_protocol_version(),
                session: self.session,
                number: self.datagram_number,
                options_mark: self.options_mark,
            };
            let message = [&head.encode()[..], &bytes].concat();
            let bytes = self.sealer.seal(Purpose::Datagram, &message, &mut self.rng);
            self.counts.datagrams_sent += 1;
            self.counts.bytes_sent += bytes.len() as u64;
            self.effects.push(Effect::Datagram { to, bytes });
        }
    }

    pub(super) fn drop_message(&mut self, from: IpAddr, reason: &'static str) {
        self.count_drop(reason);
        let is_strange = matches!(
            reason,
            "other cluster" | "other key" | "not sealed" | "other version" | "other options" | "malformed"
        );
        if is_strange && self.strangers.len() < STRANGERS_MAX && self.strangers.insert((from, reason)) {
            self.effects.push(Effect::Emit(Event::Stranger(from, reason)));
        }
    }

    pub(super) fn count_drop(&mut self, reason: &'static str) {
        *self.counts.dropped.entry(reason).or_default() += 1;
    }
}
