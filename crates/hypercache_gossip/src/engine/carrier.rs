//! How notices get onto foca's datagrams and off them.

use std::convert::Infallible;
use std::sync::mpsc::Sender;

use foca::{BroadcastHandler, Invalidates};

use crate::identity::Identity;
use crate::message::Notice;

/// Gives the engine every notice that comes; the engine decides which go on.
pub struct Carrier {
    pub arrived: Sender<(Identity, Vec<u8>)>,
}

/// What a notice is about, so that a newer one takes the place of an older one.
pub enum Subject {
    Record(String),
    Ring(String),
    Broadcast(String, u64),
}

impl Invalidates for Subject {
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

impl BroadcastHandler<Identity> for Carrier {
    type Key = Subject;
    type Error = Infallible;

    fn receive_item(
        &mut self,
        data: &[u8],
        sender: Option<&Identity>,
    ) -> Result<Option<Subject>, Infallible> {
        if let Some(sender) = sender {
            // The receiver lives as long as the engine, and so does this.
            let _ = self.arrived.send((sender.clone(), data.to_vec()));
            return Ok(None);
        }
        // The engine's own: it only adds what it has encoded.
        Ok(postcard::from_bytes(data).ok().map(|notice| match notice {
            Notice::Record { id, .. } => Subject::Record(id),
            Notice::Ring { id, .. } => Subject::Ring(id),
            Notice::Broadcast(broadcast) => Subject::Broadcast(broadcast.origin, broadcast.number),
        }))
    }
}
