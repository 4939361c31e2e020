//! What foca wants done: kept until the engine has time for it.

use std::net::SocketAddr;
use std::time::Duration;

use foca::{Header, Message, Notification, Runtime, Timer};

use crate::identity::Identity;

/// A direct probe: of whom, and its number.
pub type Probe = (Identity, u8);

#[derive(Default)]
pub struct SwimRuntime {
    pub datagrams: Vec<(SocketAddr, Vec<u8>)>,
    pub timers: Vec<(Duration, Timer<Identity>)>,
    /// SWIM's number of what this member says of itself. Foca tells it only in what it sends.
    pub incarnation: u16,
    pub probes_sent: u64,
    /// The probe under way, until a datagram answers it.
    pub probe: Option<Probe>,
    /// Probes that no datagram has answered in time. They fail at their end, and not yet.
    pub late: Vec<Probe>,
    /// Members that datagrams of theirs have shown to hear those of this one.
    pub answered: Vec<Identity>,
    /// Members that have not answered a probe.
    pub unanswered: Vec<Identity>,
    /// Whether the datagram that foca handles is for this member.
    pub is_for_us: bool,
    /// Whether foca has told somebody that it is dead: its answer to a datagram of a dead member.
    pub has_told_death: bool,
    /// Whether this member has heard that it is dead.
    pub is_defunct: bool,
}

impl SwimRuntime {
    /// Takes note of the answer to the probe under way.
    fn take_ack(&mut self, header: &Header<Identity>) {
        let answered = match &header.message {
            Message::Ack(number) => (&header.src, number),
            Message::ForwardedAck { origin, probe_number } => (origin, probe_number),
            _ => return,
        };
        if let Some((identity, _)) =
            self.probe.take_if(|(identity, number)| (&*identity, &*number) == answered)
        {
            self.answered.push(identity);
        }
    }
}

impl Runtime<Identity> for &mut SwimRuntime {
    fn notify(&mut self, notification: Notification<'_, Identity>) {
        match notification {
            Notification::DataSent(header) => {
                self.incarnation = header.src_incarnation;
                self.has_told_death |= header.message == Message::TurnUndead;
                if let Message::Ping(number) = header.message {
                    self.probes_sent += 1;
                    self.probe = Some((header.dst.clone(), number));
                }
            }
            Notification::DataReceived(header) => {
                self.is_for_us = true;
                self.take_ack(header);
            }
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
