//! Streams: one frame there, one frame back. A frame is its length in four bytes, big-endian, and its bytes.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, lookup_host};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::bounds::FRAME_BYTES_MAX;
use crate::target::Target;

/// Streams of others that are open at a time. Further ones wait in the listener's queue.
const STREAMS_MAX: usize = 64;
/// After a failure to accept, such as for want of file descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// A question of another member.
pub struct Question {
    /// Whose.
    pub from: SocketAddr,
    /// What it asks.
    pub frame: Vec<u8>,
    /// Takes the answer, or `None` where there is none to be had.
    pub answer: oneshot::Sender<Option<Vec<u8>>>,
}

/// What has come over streams.
pub enum Arrival {
    /// Somebody asks.
    Question(Question),
    /// What has become of a question of our own.
    Answer {
        /// The number that [`ask`] was given.
        number: u64,
        /// Who answered, and what; or why there is no answer.
        answer: Result<(SocketAddr, Vec<u8>), String>,
    },
}

/// Takes streams of others, for ever.
pub async fn accept(listener: TcpListener, limit: Duration, arrivals: mpsc::Sender<Arrival>) {
    let room = Arc::new(Semaphore::new(STREAMS_MAX));
    let mut served = JoinSet::new();
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        while served.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, from)) => {
                let arrivals = arrivals.clone();
                served.spawn(async move {
                    // Whoever is too slow, or goes away, gets no answer.
                    let _ = timeout(limit * 2, serve(stream, from, limit, arrivals)).await;
                    drop(permit);
                });
            }
            Err(_) => sleep(ACCEPT_REST).await,
        }
    }
}

async fn serve(
    mut stream: TcpStream,
    from: SocketAddr,
    limit: Duration,
    arrivals: mpsc::Sender<Arrival>,
) -> io::Result<()> {
    let frame = timeout(limit, read_frame(&mut stream)).await??;
    let (answer, answered) = oneshot::channel();
    let question = Arrival::Question(Question { from, frame, answer });
    if arrivals.send(question).await.is_ok()
        && let Ok(Some(frame)) = answered.await
    {
        write_frame(&mut stream, &frame).await?;
    }
    Ok(())
}

/// Asks a member, and tells how that went.
pub async fn ask(
    number: u64,
    own: SocketAddr,
    to: Target,
    frame: Vec<u8>,
    limit: Duration,
    arrivals: mpsc::Sender<Arrival>,
) {
    let answer = match timeout(limit, exchange(number, own, to, &frame)).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("no answer within {} ms", limit.as_millis())),
    };
    // The engine is gone where it does not take the answer.
    let _ = arrivals.send(Arrival::Answer { number, answer }).await;
}

async fn exchange(
    number: u64,
    own: SocketAddr,
    to: Target,
    frame: &[u8],
) -> Result<(SocketAddr, Vec<u8>), String> {
    let addresses: Vec<SocketAddr> = match to {
        Target::Address(address) => vec![address],
        Target::Name(name) => {
            lookup_host(&name).await.map_err(|_| "the host name has no address".to_string())?.collect()
        }
    };
    let mut why = "the host name has no address".to_string();
    for address in in_turn(number, own, addresses) {
        match converse(address, frame).await {
            Ok(answer) => return Ok((address, answer)),
            Err(error) => why = words(&error),
        }
    }
    Err(why)
}

/// In which order to try the addresses of a name: another one is the first each time, for one that swallows
/// what it is sent takes all the time there is. A name may stand for all members, and who asks itself stays
/// alone: its own address is left out where there are others.
fn in_turn(number: u64, own: SocketAddr, mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    if addresses.iter().any(|address| *address != own) {
        addresses.retain(|address| *address != own);
    }
    if !addresses.is_empty() {
        let first = number as usize % addresses.len();
        addresses.rotate_left(first);
    }
    addresses
}

async fn converse(address: SocketAddr, frame: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    write_frame(&mut stream, frame).await?;
    read_frame(&mut stream).await
}

async fn write_frame(stream: &mut TcpStream, frame: &[u8]) -> io::Result<()> {
    let length = u32::try_from(frame.len()).map_err(|_| ErrorKind::InvalidData)?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(frame).await?;
    stream.flush().await
}

/// Reads a frame. Memory grows with what has come, not with what was announced.
async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = stream.read_u32().await?;
    if length as usize > FRAME_BYTES_MAX {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut frame = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut frame).await?;
    if frame.len() < length as usize { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(frame) }
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "nobody listens there".into(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            "it closed the stream: it has another key or cluster name, or is no member".into()
        }
        ErrorKind::InvalidData => "it answers what is no frame".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_for_all_members_leads_to_the_others_in_turn() {
        let address = |port: u16| SocketAddr::from(([10, 0, 0, 1], port));
        let all = || vec![address(1), address(2), address(3)];
        assert_eq!(in_turn(0, address(1), all()), [address(2), address(3)]);
        assert_eq!(in_turn(1, address(1), all()), [address(3), address(2)]);
        assert_eq!(in_turn(4, address(9), all()), [address(2), address(3), address(1)]);
        assert_eq!(in_turn(7, address(1), vec![address(1)]), [address(1)]);
        assert_eq!(in_turn(7, address(1), Vec::new()), []);
    }

    #[tokio::test]
    async fn a_frame_that_is_announced_too_long_or_cut_short_is_none() {
        let announced = |length: u32, bytes: &[u8]| [&length.to_be_bytes()[..], bytes].concat();
        let read = async |bytes: Vec<u8>| read_frame(&mut &bytes[..]).await.map_err(|error| error.kind());
        assert_eq!(read(announced(3, b"abc")).await, Ok(b"abc".to_vec()));
        assert_eq!(read(announced(0, b"")).await, Ok(Vec::new()));
        assert_eq!(read(announced(4, b"abc")).await, Err(ErrorKind::UnexpectedEof));
        assert_eq!(read(announced(u32::MAX, b"abc")).await, Err(ErrorKind::InvalidData));
        assert_eq!(read(vec![0, 0]).await, Err(ErrorKind::UnexpectedEof));
    }
}
