//! Requests of other members, and the responses that they get.

use std::net::SocketAddr;
use std::time::Duration;

use hypercache_transport::{FRAME_BYTES_MAX, Purpose, Refused};
use serde::de::DeserializeOwned;

use super::effects::Effect;
use super::state::{Engine, Phase};
use crate::message::{EncodedRecord, Hello, PushPullState, Request, Response, framed};

impl Engine {
    /// Takes a request that another member has sent over a stream. It gets an [`Effect::Respond`] with the
    /// same number of the stream, perhaps later.
    pub fn handle_request(&mut self, now: Duration, from: SocketAddr, stream: u64, frame: &[u8]) {
        self.schedule.advance_to(now);
        self.counts.bytes_received += frame.len() as u64;
        match self.opened::<Request>(Purpose::Request, frame) {
            Ok((protocol_version, request)) => {
                if let Some(response) = self.response_to(stream, request) {
                    self.respond(stream, protocol_version, &response);
                }
            }
            Err(reason) => {
                self.drop_message(from.ip(), reason);
                self.effects.push(Effect::Respond { stream, frame: None });
            }
        }
        self.settle();
    }

    pub(super) fn opened<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        frame: &[u8],
    ) -> Result<(u8, T), &'static str> {
        if frame.len() > FRAME_BYTES_MAX {
            return Err("oversized");
        }
        let message = self.sealer.open(purpose, frame).map_err(Refused::name)?;
        let (protocol_version, encoded) = message.split_first().ok_or("malformed")?;
        if !self.understands(*protocol_version) {
            return Err("other version");
        }
        let decoded = postcard::from_bytes(encoded).map_err(|_| "malformed")?;
        Ok((*protocol_version, decoded))
    }

    pub(super) fn respond(&mut self, stream: u64, protocol_version: u8, response: &Response) {
        let message = framed(protocol_version, response);
        let frame = self.sealer.seal(Purpose::Response, &message, &mut self.rng);
        self.counts.bytes_sent += frame.len() as u64;
        self.effects.push(Effect::Respond { stream, frame: Some(frame) });
    }

    /// The response to a request, unless it comes later.
    fn response_to(&mut self, stream: u64, request: Request) -> Option<Response> {
        Some(match request {
            _ if self.phase == Phase::Over => Response::NotJoined,
            Request::Identify if self.phase == Phase::Leaving => Response::NotJoined,
            Request::Identify => Response::Identity(self.identity().clone()),
            Request::CompareDigests { hello, digest } => self.refusal(&hello, false).unwrap_or_else(|| {
                if digest == self.digest() { Response::InSync } else { Response::OutOfSync }
            }),
            Request::Leave { hello, state } => self.refusal(&hello, true).unwrap_or_else(|| {
                self.merge(&hello, state);
                Response::InSync
            }),
            Request::FetchRecord { hello, id } => {
                self.refusal(&hello, false).unwrap_or_else(|| self.record_response(id))
            }
            Request::PushPull { hello, is_join, state } => match self.refusal(&hello, is_join) {
                Some(refused) => refused,
                None if is_join => return self.join_response(stream, hello, state),
                None => self.push_pull_response(&hello, state, false),
            },
        })
    }

    fn record_response(&self, id: String) -> Response {
        let known = if id == self.options.id {
            Some(&self.record)
        } else {
            self.details.get(&id).and_then(|member| member.record.as_ref())
        };
        let records = known.map(|record| EncodedRecord { id, bytes: record.encode() }).into_iter().collect();
        Response::PushPull { hello: self.hello(), state: PushPullState { records, ..Default::default() } }
    }

    pub(super) fn push_pull_response(
        &mut self,
        hello: &Hello,
        theirs: PushPullState,
        is_join: bool,
    ) -> Response {
        let entries = theirs.entries.clone();
        self.merge(hello, theirs);
        let mut state = self.missing_at(&entries);
        if is_join {
            // What was sent before it came is not for it.
            state.broadcasts.clear();
        }
        state.entries = self.entries_for(&hello.identity.id);
        Response::PushPull { hello: self.hello(), state }
    }
}
