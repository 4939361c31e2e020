//! The sockets of a member.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, UdpSocket};

use crate::error::Error;

/// Ports that are tried where any free one will do, and it has to be free twice.
const PORT_TRIES: usize = 16;

/// The sockets of a member: one port for datagrams and streams.
pub struct Sockets {
    datagrams: std::net::UdpSocket,
    streams: std::net::TcpListener,
    /// Where they are bound: the port is never 0.
    pub address: SocketAddr,
}

impl Sockets {
    /// Opens both; port 0 is any that is free for both.
    ///
    /// # Errors
    /// Where the system does not let it listen.
    pub fn bind(address: SocketAddr) -> Result<Self, Error> {
        Self::open(address).map_err(|error| Error::Listen(address, error))
    }

    fn open(address: SocketAddr) -> io::Result<Self> {
        let mut tries = if address.port() == 0 { PORT_TRIES } else { 1 };
        loop {
            tries -= 1;
            let streams = std::net::TcpListener::bind(address)?;
            let bound = streams.local_addr()?;
            match std::net::UdpSocket::bind(bound) {
                Ok(datagrams) => {
                    datagrams.set_nonblocking(true)?;
                    streams.set_nonblocking(true)?;
                    return Ok(Self { datagrams, streams, address: bound });
                }
                Err(error) if tries == 0 => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// Both, watched by the runtime that is entered.
    pub(crate) fn watched(self) -> io::Result<(UdpSocket, TcpListener)> {
        Ok((UdpSocket::from_std(self.datagrams)?, TcpListener::from_std(self.streams)?))
    }
}
