//! How rumors get onto foca's datagrams and off them.

use std::convert::Infallible;
use std::sync::mpsc::Sender;

use foca::{BroadcastHandler, Invalidates};

use crate::identity::Identity;
use crate::message::Rumor;

/// Gives the engine every rumor that comes; the engine decides which go on.
pub struct RumorHandler {
    pub arrived: Sender<(Identity, Vec<u8>)>,
}

/// What a rumor is about, so that a newer one takes the place of an older one.
pub enum RumorKey {
    Record(String),
    Ring(String),
    Broadcast(String, u64),
}

impl Invalidates for RumorKey {
    fn invalidates(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Record(ours), Self::Record(theirs)) | (Self::Ring(ours), Self::Ring(theirs)) => {
                ours == theirs
            }
            (Self::Broadcast(ours, number), Self::Broadcast(theirs, other)) => {
                (ours, number) == (theirs, other)
            }
            _ => false,
        }
    }
}

impl BroadcastHandler<Identity> for RumorHandler {
    type Key = RumorKey;
    type Error = Infallible;

    fn receive_item(
        &mut self,
        data: &[u8],
        sender: Option<&Identity>,
    ) -> Result<Option<RumorKey>, Infallible> {
        if let Some(sender) = sender {
            // The receiver lives as long as the engine, and so does this.
            let _ = self.arrived.send((sender.clone(), data.to_vec()));
            return Ok(None);
        }
        // The engine's own: it only adds what it has encoded.
        Ok(postcard::from_bytes(data).ok().map(|rumor| match rumor {
            Rumor::Record { id, .. } => RumorKey::Record(id),
            Rumor::Ring { id, .. } => RumorKey::Ring(id),
            Rumor::Broadcast(broadcast) => RumorKey::Broadcast(broadcast.origin, broadcast.number),
        }))
    }
}
