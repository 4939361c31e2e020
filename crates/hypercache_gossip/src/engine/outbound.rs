//! Requests to other members: what they are for, and which are under way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::swim_runtime::Probe;
use crate::identity::Identity;
use crate::message::{Hello, PushPullState};

/// Requests that are under way at a time. Further ones wait.
pub const IN_FLIGHT_MAX: usize = 16;
/// Requests that may wait.
const QUEUED_MAX: usize = 4_096;

/// What a request is for.
#[derive(Debug)]
pub enum OutboundRequest {
    /// Ask a seed to let this member in.
    Join(usize),
    /// Anti-entropy: see whether a member knows the same.
    CompareDigests(String),
    /// Tell a member what is known, and hear what it knows.
    PushPull(String),
    /// Ask a member for the record of another one.
    FetchRecord { from: String, id: String },
    /// Give a member what it lacks.
    Push(Identity, PushPullState),
    /// See whether a member is there that no datagram has answered a probe of.
    Probe(Probe),
    /// Tell a member that this one leaves.
    Leave(String),
    /// See whether there is another process with this member's own id.
    CheckDuplicate(Identity),
    /// See whether a member still is where it was: somebody with its id wants to join on another stream.
    CheckIncumbent { incumbent: Identity, stream: u64, hello: Box<Hello>, state: PushPullState },
}

/// Of two requests with one key the second would do the same again.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Join(usize),
    CompareDigests(String),
    PushPull(String),
    FetchRecord(String, String),
    Leave(String),
    CheckDuplicate(Identity),
}

impl OutboundRequest {
    /// Its key, unless none is like another.
    fn key(&self) -> Option<Key> {
        match self {
            Self::Join(seed) => Some(Key::Join(*seed)),
            Self::CompareDigests(id) => Some(Key::CompareDigests(id.clone())),
            Self::PushPull(id) => Some(Key::PushPull(id.clone())),
            Self::FetchRecord { from, id } => Some(Key::FetchRecord(from.clone(), id.clone())),
            Self::Leave(id) => Some(Key::Leave(id.clone())),
            Self::CheckDuplicate(identity) => Some(Key::CheckDuplicate(identity.clone())),
            Self::Push(..) | Self::Probe(_) | Self::CheckIncumbent { .. } => None,
        }
    }
}

/// Requests that are under way, by their numbers, and those that wait until fewer are.
#[derive(Default)]
pub struct OutboundRequests {
    in_flight: BTreeMap<u64, OutboundRequest>,
    queued: VecDeque<OutboundRequest>,
    /// Of both.
    keys: BTreeSet<Key>,
    last_number: u64,
}

impl OutboundRequests {
    /// Has a request wait for its turn, unless it would be done twice, or too many wait.
    pub fn push(&mut self, request: OutboundRequest) {
        if self.queued.len() < QUEUED_MAX && request.key().is_none_or(|key| self.keys.insert(key)) {
            self.queued.push_back(request);
        }
    }

    /// Takes the request whose turn it is: it begins, or is dropped.
    pub fn next(&mut self) -> Option<OutboundRequest> {
        let request = self.queued.pop_front_if(|_| self.in_flight.len() < IN_FLIGHT_MAX)?;
        self.forget_key(&request);
        Some(request)
    }

    /// Takes note of a request that is under way, and gives it a number.
    pub fn begin(&mut self, request: OutboundRequest) -> u64 {
        self.last_number += 1;
        self.keys.extend(request.key());
        self.in_flight.insert(self.last_number, request);
        self.last_number
    }

    /// Takes a request that is over.
    pub fn end(&mut self, number: u64) -> Option<OutboundRequest> {
        let request = self.in_flight.remove(&number)?;
        self.forget_key(&request);
        Some(request)
    }

    /// All that are not over.
    pub fn iter(&self) -> impl Iterator<Item = &OutboundRequest> {
        self.in_flight.values().chain(&self.queued)
    }

    /// Forgets those that wait.
    pub fn clear_queued(&mut self) {
        while let Some(request) = self.queued.pop_front() {
            self.forget_key(&request);
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.in_flight.clear();
        self.queued.clear();
        self.keys.clear();
    }

    fn forget_key(&mut self, request: &OutboundRequest) {
        if let Some(key) = request.key() {
            self.keys.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_asked_twice_at_a_time_and_few_things_at_once() {
        let mut requests = OutboundRequests::default();
        for _ in 0..2 {
            (0..IN_FLIGHT_MAX + 2).for_each(|seed| requests.push(OutboundRequest::Join(seed)));
        }
        let mut numbers = Vec::new();
        while let Some(request) = requests.next() {
            numbers.push(requests.begin(request));
        }
        assert_eq!((numbers.len(), requests.iter().count()), (IN_FLIGHT_MAX, IN_FLIGHT_MAX + 2));
        requests.push(OutboundRequest::Join(0));
        assert_eq!(requests.iter().count(), IN_FLIGHT_MAX + 2, "it is under way");
        assert!(matches!(requests.end(numbers[0]), Some(OutboundRequest::Join(0))));
        assert!(requests.end(numbers[0]).is_none());
        assert!(matches!(requests.next(), Some(OutboundRequest::Join(IN_FLIGHT_MAX))));
        requests.push(OutboundRequest::Join(0));
        requests.clear_queued();
        requests.push(OutboundRequest::Join(0));
        assert_eq!(requests.iter().count(), IN_FLIGHT_MAX, "it is over, and was forgotten");
    }
}
