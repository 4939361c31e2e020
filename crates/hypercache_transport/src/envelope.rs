//! How messages travel: marked with the cluster they are of, and sealed where there are keys.
//!
//! ```text
//! 0      magic
//! 1      0: open, 1: sealed
//! 2..10  XXH64 of the cluster name: tells apart clusters that happen to meet. It is no secret.
//! open:    10..    the message
//! sealed:  10..34  nonce
//!          34..    XChaCha20-Poly1305 of the message; the first ten bytes, the cluster name and what
//!                  the message is for are authenticated with it
//! ```

use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key as CipherKey, KeyInit, XChaCha20Poly1305, XNonce};
use rand::Rng;
use xxhash_rust::xxh64::xxh64;

const MAGIC: u8 = 0xC7;
const OPEN: u8 = 0;
const SEALED: u8 = 1;
const HEAD_BYTES: usize = 10;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// What an envelope adds to a message at most.
pub const ENVELOPE_BYTES_MAX: usize = HEAD_BYTES + NONCE_BYTES + TAG_BYTES;
/// Most keys of one member.
pub const KEYS_MAX: usize = 8;

/// What a message is for: one that was sealed for one purpose opens for no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A datagram.
    Datagram,
    /// The question of an exchange over a stream.
    Request,
    /// The answer to it.
    Response,
}

/// Why an envelope was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Not one of ours: another program, or cut short.
    Malformed,
    /// Of a cluster with another name.
    OtherCluster,
    /// Sealed, and none of our keys opens it; or changed on its way.
    OtherKey,
    /// Open, where everything has to be sealed.
    NotSealed,
}

impl Refused {
    /// The reason under which it is counted.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::OtherCluster => "other cluster",
            Self::OtherKey => "other key",
            Self::NotSealed => "not sealed",
        }
    }
}

/// Seals and opens the messages of one cluster.
pub struct Sealer {
    cluster_name: String,
    head: [u8; HEAD_BYTES],
    ciphers: Vec<XChaCha20Poly1305>,
}

impl Sealer {
    /// The first key seals, all open. Without keys messages travel open.
    pub fn new(cluster_name: &str, keys: &[[u8; 32]]) -> Self {
        let mut head = [0; HEAD_BYTES];
        head[0] = MAGIC;
        head[1] = if keys.is_empty() { OPEN } else { SEALED };
        head[2..].copy_from_slice(&xxh64(cluster_name.as_bytes(), 0).to_be_bytes());
        let ciphers = keys.iter().map(|key| XChaCha20Poly1305::new(&CipherKey::from(*key))).collect();
        Self { cluster_name: cluster_name.into(), head, ciphers }
    }

    /// Puts a message into an envelope.
    pub fn seal(&self, purpose: Purpose, message: &[u8], rng: &mut impl Rng) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(message.len() + ENVELOPE_BYTES_MAX);
        sealed.extend_from_slice(&self.head);
        let Some(cipher) = self.ciphers.first() else {
            sealed.extend_from_slice(message);
            return sealed;
        };
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        sealed.extend_from_slice(&nonce);
        let payload = Payload { msg: message, aad: &self.authenticated(purpose) };
        let text = cipher.encrypt(&XNonce::from(nonce), payload).expect("messages are short");
        sealed.extend_from_slice(&text);
        sealed
    }

    /// Takes a message out of its envelope.
    ///
    /// # Errors
    /// What stands against it.
    pub fn open(&self, purpose: Purpose, bytes: &[u8]) -> Result<Vec<u8>, Refused> {
        let (head, rest) = bytes.split_first_chunk::<HEAD_BYTES>().ok_or(Refused::Malformed)?;
        if head[0] != MAGIC || head[1] > SEALED {
            return Err(Refused::Malformed);
        }
        if head[2..] != self.head[2..] {
            return Err(Refused::OtherCluster);
        }
        match (head[1], self.ciphers.is_empty()) {
            (OPEN, true) => Ok(rest.to_vec()),
            (OPEN, false) => Err(Refused::NotSealed),
            (_, true) => Err(Refused::OtherKey),
            (_, false) => self.unsealed(purpose, rest),
        }
    }

    fn unsealed(&self, purpose: Purpose, sealed: &[u8]) -> Result<Vec<u8>, Refused> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(Refused::Malformed)?;
        let aad = self.authenticated(purpose);
        let nonce = XNonce::from(*nonce);
        let mut tried = self.ciphers.iter().map(|c| c.decrypt(&nonce, Payload { msg: text, aad: &aad }));
        tried.find_map(Result::ok).ok_or(Refused::OtherKey)
    }

    fn authenticated(&self, purpose: Purpose) -> Vec<u8> {
        [&self.head[..], &[purpose as u8], self.cluster_name.as_bytes()].concat()
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sealer").field("key_count", &self.ciphers.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    const OLD: [u8; 32] = [1; 32];
    const NEW: [u8; 32] = [2; 32];

    fn sealed(sealer: &Sealer, message: &[u8]) -> Vec<u8> {
        sealer.seal(Purpose::Datagram, message, &mut StdRng::seed_from_u64(1))
    }

    fn opened(sealer: &Sealer, bytes: &[u8]) -> Result<Vec<u8>, Refused> {
        sealer.open(Purpose::Datagram, bytes)
    }

    #[test]
    fn messages_come_out_as_they_went_in() {
        for keys in [&[][..], &[OLD][..]] {
            let sealer = Sealer::new("c", keys);
            for message in [&b""[..], b"text", &[7; 1_300]] {
                assert_eq!(opened(&sealer, &sealed(&sealer, message)).as_deref(), Ok(message));
            }
        }
    }

    #[test]
    fn keys_are_rotated_without_a_moment_in_which_members_cannot_hear_each_other() {
        let steps = [vec![OLD], vec![OLD, NEW], vec![NEW, OLD], vec![NEW]];
        for pair in steps.windows(2) {
            let [before, after] = [Sealer::new("c", &pair[0]), Sealer::new("c", &pair[1])];
            assert!(opened(&after, &sealed(&before, b"x")).is_ok());
            assert!(opened(&before, &sealed(&after, b"x")).is_ok());
        }
        let [first, last] = [Sealer::new("c", &steps[0]), Sealer::new("c", &steps[3])];
        assert_eq!(opened(&first, &sealed(&last, b"x")), Err(Refused::OtherKey));
    }

    #[test]
    fn nothing_opens_that_is_not_for_here() {
        let sealer = Sealer::new("c", &[OLD]);
        let bytes = sealed(&sealer, b"x");
        assert_eq!(opened(&Sealer::new("d", &[OLD]), &bytes), Err(Refused::OtherCluster));
        assert_eq!(opened(&Sealer::new("c", &[]), &bytes), Err(Refused::OtherKey));
        assert_eq!(opened(&sealer, &sealed(&Sealer::new("c", &[]), b"x")), Err(Refused::NotSealed));
        assert_eq!(sealer.open(Purpose::Request, &bytes), Err(Refused::OtherKey));
        // The name itself is authenticated, not only its hash.
        let mut other = Sealer::new("c", &[OLD]);
        other.cluster_name = "d".into();
        assert_eq!(opened(&other, &bytes), Err(Refused::OtherKey));
    }

    #[test]
    fn every_bit_counts() {
        let sealer = Sealer::new("c", &[OLD]);
        let bytes = sealed(&sealer, b"message");
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(opened(&sealer, &changed).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(opened(&sealer, &bytes[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn no_key_is_shown() {
        assert_eq!(format!("{:?}", Sealer::new("c", &[OLD])), "Sealer { key_count: 1, .. }");
    }
}
