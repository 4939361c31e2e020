//! What foca wants done: kept until the engine has time for it.

use std::net::SocketAddr;
use std::time::Duration;

use foca::{Message, Notification, Runtime, Timer};

use crate::identity::Identity;

#[derive(Default)]
pub struct SwimRuntime {
    pub datagrams: Vec<(SocketAddr, Vec<u8>)>,
    pub timers: Vec<(Duration, Timer<Identity>)>,
    /// SWIM's number of what this member says of itself. Foca tells it only in what it sends.
    pub incarnation: u16,
    pub probes_sent: u64,
    /// Members that have not answered a probe.
    pub unanswered: Vec<Identity>,
    /// Whether the datagram that foca handles is for this member.
    pub is_for_us: bool,
    /// Whether foca has told somebody that it is dead: its answer to a datagram of a dead member.
    pub has_told_death: bool,
    /// Whether this member has heard that it is dead.
    pub is_defunct: bool,
}

impl Runtime<Identity> for &mut SwimRuntime {
    fn notify(&mut self, notification: Notification<'_, Identity>) {
        match notification {
            Notification::DataSent(header) => {
                self.incarnation = header.src_incarnation;
                self.has_told_death |= header.message == Message::TurnUndead;
                self.probes_sent += u64::from(matches!(header.message, Message::Ping(_)));
            }
            Notification::DataReceived(_) => self.is_for_us = true,
            Notification::ProbeFailed(_, identity) => self.unanswered.push(identity.clone()),
            Notification::Defunct => self.is_defunct = true,
            // Of members the codec knows more: foca does not notify of suspicions.
            _ => {}
        }
    }

    fn send_to(&mut self, to: Identity, data: &[u8]) {
        self.datagrams.push((to.address, data.to_vec()));
    }

    fn submit_after(&mut self, event: Timer<Identity>, after: Duration) {
        self.timers.push((after, event));
    }
}
