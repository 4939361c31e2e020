//! Requests of this member to others, and what their responses bring.

use std::net::SocketAddr;
use std::time::Duration;

use hypercache_transport::{Purpose, Target};

use super::effects::Effect;
use super::outbound::OutboundRequest;
use super::schedule::Task;
use super::seeds::SeedStatus;
use super::state::{Engine, Phase};
use crate::message::{
    Hello, MemberEntry, PROTOCOL_VERSION_MIN, PushPullState, Refusal, Request, Response, framed,
};

impl Engine {
    /// Takes the response to an [`Effect::Request`], or why there is none.
    pub fn handle_response(
        &mut self,
        now: Duration,
        number: u64,
        response: Result<(SocketAddr, Vec<u8>), String>,
    ) {
        self.schedule.advance_to(now);
        let Some(request) = self.outbound.end(number) else { return };
        let opened = response.and_then(|(from, frame)| {
            self.counts.bytes_received += frame.len() as u64;
            self.opened::<Response>(Purpose::Response, &frame).map_err(|reason| {
                self.drop_message(from.ip(), reason);
                format!("it answers what cannot be read: {reason}")
            })
        });
        match opened {
            Ok((_, response)) => {
                self.counts.syncs_completed += 1;
                self.finish_request(request, response);
            }
            Err(why) => {
                // That the dead do not answer is no failure.
                let is_expected = match &request {
                    OutboundRequest::PushPull(id) => !self.is_live(id),
                    OutboundRequest::Probe(_) => true,
                    _ => false,
                };
                self.counts.syncs_failed += u64::from(!is_expected);
                self.fail_request(request, why);
            }
        }
        self.send_requests();
        self.settle_join();
        self.settle_leave();
        self.settle();
    }

    /// Sends a request when it is its turn.
    pub(super) fn start_request(&mut self, request: OutboundRequest) {
        if self.phase != Phase::Over {
            self.outbound.push(request);
            self.send_requests();
        }
    }

    fn send_requests(&mut self) {
        while let Some(request) = self.outbound.next() {
            // Nobody is asked that has been forgotten in the meantime.
            if let Some((to, protocol_version, message)) = self.message_of(&request) {
                self.send_request(request, to, &framed(protocol_version, &message));
            }
        }
    }

    fn send_request(&mut self, request: OutboundRequest, to: Target, message: &[u8]) {
        let frame = self.sealer.seal(Purpose::Request, message, &mut self.rng);
        self.counts.bytes_sent += frame.len() as u64;
        let timing = &self.options.timing;
        let timeout = match request {
            // Whoever is asked while somebody waits must answer sooner than that one gives up.
            OutboundRequest::CheckIncumbent { .. } => timing.sync_timeout / 2,
            OutboundRequest::Probe(_) => timing.probe_interval.saturating_sub(timing.probe_timeout),
            _ => timing.sync_timeout,
        };
        let number = self.outbound.begin(request);
        self.effects.push(Effect::Request { number, to, frame, timeout });
    }

    /// Where a request goes, in which format, and what it says.
    fn message_of(&self, request: &OutboundRequest) -> Option<(Target, u8, Request)> {
        let stranger = |address: SocketAddr| (Target::Address(address), PROTOCOL_VERSION_MIN);
        let (target, protocol_version) = match request {
            OutboundRequest::Join(seed) => {
                (Target::Name(self.seeds[*seed].name.clone()), PROTOCOL_VERSION_MIN)
            }
            OutboundRequest::CheckDuplicate(duplicate) => stranger(duplicate.address),
            OutboundRequest::CheckIncumbent { incumbent: identity, .. }
            | OutboundRequest::Probe((identity, _)) => stranger(identity.address),
            OutboundRequest::CompareDigests(id)
            | OutboundRequest::PushPull(id)
            | OutboundRequest::Leave(id)
            | OutboundRequest::FetchRecord { from: id, .. } => self.reached(id)?,
            OutboundRequest::Push(identity, _) => self.reached(&identity.id)?,
        };
        let (hello, entries) = (self.hello(), || self.entries());
        let message = match request {
            OutboundRequest::Join(_) => {
                let state = PushPullState {
                    entries: entries(),
                    records: vec![self.own_encoded()],
                    ..Default::default()
                };
                Request::PushPull { hello, is_join: true, state }
            }
            OutboundRequest::CompareDigests(_) | OutboundRequest::CheckDuplicate(_) => {
                Request::CompareDigests { hello, digest: self.digest() }
            }
            OutboundRequest::PushPull(_) => {
                let state = PushPullState { entries: entries(), ..Default::default() };
                Request::PushPull { hello, is_join: false, state }
            }
            OutboundRequest::Push(_, state) => {
                let state = PushPullState { entries: entries(), ..state.clone() };
                Request::PushPull { hello, is_join: false, state }
            }
            OutboundRequest::FetchRecord { id, .. } => Request::FetchRecord { hello, id: id.clone() },
            OutboundRequest::Leave(_) => Request::Leave { hello, state: self.leave_state() },
            OutboundRequest::CheckIncumbent { .. } | OutboundRequest::Probe(_) => Request::Identify,
        };
        Some((target, protocol_version, message))
    }

    /// Where a member is reached, and the format that it understands.
    fn reached(&self, id: &str) -> Option<(Target, u8)> {
        let identity = self.identity_of(id)?;
        Some((Target::Address(identity.address), self.protocol_version_of(identity)))
    }

    fn finish_request(&mut self, request: OutboundRequest, response: Response) {
        match (request, response) {
            (OutboundRequest::CheckIncumbent { incumbent, stream, hello, state }, response) => {
                let is_there =
                    matches!(&response, Response::Identity(identity) if identity.id == incumbent.id);
                self.respond_to_newcomer(stream, &incumbent, &hello, state, is_there);
            }
            (OutboundRequest::CompareDigests(id), Response::OutOfSync) => {
                self.start_request(OutboundRequest::PushPull(id));
            }
            (OutboundRequest::Probe(probe), response) => self.finish_stream_probe(probe, &response),
            (OutboundRequest::FetchRecord { .. }, Response::PushPull { hello, state }) => {
                self.merge(&hello, state);
            }
            (request, Response::PushPull { hello, state }) => self.finish_push_pull(request, &hello, state),
            (OutboundRequest::Join(seed), response) => self.handle_seed_response(seed, response),
            (_, Response::Refused(Refusal::IdTaken { address })) => {
                if let Ok(address) = address.parse() {
                    self.conflict(address);
                }
            }
            // It is there, and will find out by itself that it has to give way.
            (OutboundRequest::CheckDuplicate(_), Response::OutOfSync) => {}
            // It has given way, or somebody else is where it was.
            (OutboundRequest::CheckDuplicate(duplicate), _) => self.supersede(&duplicate),
            _ => {}
        }
    }

    fn fail_request(&mut self, request: OutboundRequest, why: String) {
        match request {
            OutboundRequest::Join(seed) => self.seed_failed(seed, why),
            OutboundRequest::CheckIncumbent { incumbent, stream, hello, state } => {
                self.respond_to_newcomer(stream, &incumbent, &hello, state, false);
            }
            OutboundRequest::CheckDuplicate(duplicate) => self.supersede(&duplicate),
            _ => {}
        }
    }

    fn finish_push_pull(&mut self, request: OutboundRequest, hello: &Hello, state: PushPullState) {
        let before = self.identity().clone();
        let entries = state.entries.clone();
        let was_push = matches!(request, OutboundRequest::Push(..));
        // Also where it answers late: what was sent before it did, by members that were not known here, is
        // not for this one.
        if matches!(request, OutboundRequest::Join(_)) {
            for MemberEntry { identity, received, .. } in &entries {
                if self.swim.member(&identity.id).is_none() {
                    self.received.entry(identity.id.clone()).or_insert(*received);
                }
            }
        }
        self.merge(hello, state);
        if let OutboundRequest::Join(seed) = request {
            self.seeds[seed].status = SeedStatus::Member(hello.identity.id.clone());
            self.seeds[seed].failure_count = 0;
            self.schedule.add(self.options.timing.seed_retry_max, Task::RetrySeed(seed));
        }
        let missing = self.missing_at(&entries);
        // What somebody has not taken, it would not take the next time either.
        let has_more = !was_push && (!missing.records.is_empty() || !missing.broadcasts.is_empty());
        if self.phase != Phase::Over && (has_more || *self.identity() != before) {
            self.start_request(OutboundRequest::Push(hello.identity.clone(), missing));
        }
    }
}
