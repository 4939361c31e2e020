//! The hash functions that place keys and virtual nodes.

use sha2::{Digest, Sha256};
use xxhash_rust::xxh64::xxh64;

use crate::error::{Error, shortened};
use crate::token::Token;

/// A placement hash function. Two rings agree on owners only if theirs are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashFunction {
    /// XXH64 (Yann Collet's xxHash, 64-bit variant). Seed 0 is the placement contract; another seed is
    /// another placement.
    Xxhash64 {
        /// Any 64-bit number.
        seed: u64,
    },
    /// The first 8 bytes of SHA-256 (FIPS 180-4), read big-endian.
    Sha256,
    /// A function of the caller, which this crate cannot call: it is given tokens, those of virtual nodes
    /// with the nodes, those of keys in place of keys.
    Custom,
}

impl HashFunction {
    /// Finds a function by name.
    ///
    /// # Errors
    /// An unknown name; a seed other than 0 with a function that takes none.
    pub fn new(name: &str, seed: u64) -> Result<Self, Error> {
        match name {
            "xxhash64" => Ok(Self::Xxhash64 { seed }),
            "sha256" if seed == 0 => Ok(Self::Sha256),
            "sha256" => Err(Error::SeedNotSupported("sha256")),
            _ => Err(Error::UnknownHashFunction(shortened(name))),
        }
    }

    /// The name that [`HashFunction::new`] takes; "custom" where it takes none.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xxhash64 { .. } => "xxhash64",
            Self::Sha256 => "sha256",
            Self::Custom => "custom",
        }
    }

    /// The seed, 0 where there is none.
    #[inline]
    pub fn seed(self) -> u64 {
        match self {
            Self::Xxhash64 { seed } => seed,
            Self::Sha256 | Self::Custom => 0,
        }
    }

    /// The token of a key, or of the text of a virtual node.
    ///
    /// # Panics
    /// [`HashFunction::Custom`]: nobody here can compute it.
    #[inline]
    pub fn token(self, bytes: &[u8]) -> Token {
        // Alone, so that it is small enough to stand in every lookup.
        if let Self::Xxhash64 { seed } = self { xxh64(bytes, seed) } else { self.other_token(bytes) }
    }

    #[inline(never)]
    fn other_token(self, bytes: &[u8]) -> Token {
        assert_ne!(self, Self::Custom, "a custom hash function is the caller's: give tokens, not keys");
        let digest = Sha256::digest(bytes);
        digest[..8].iter().fold(0, |token, byte| token << 8 | u64::from(*byte))
    }
}
