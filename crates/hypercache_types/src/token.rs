//! Tokens: places on the ring.

/// A place on the ring, 0 ..= 2^64 - 1. The ring wraps from the highest to 0.
pub type Token = u64;

/// Number of tokens: the arc of the whole ring.
pub const RING_ARC: u128 = 1 << 64;

/// Number of tokens from `start`, exclusive, to `end`, inclusive. Equal ones are the whole ring.
#[inline]
pub fn arc_between(start: Token, end: Token) -> u128 {
    // One less, so that what stands for the whole ring fits.
    u128::from(end.wrapping_sub(start).wrapping_sub(1)) + 1
}

/// How far `to` lies clockwise of `from`.
#[inline]
pub fn distance(from: Token, to: Token) -> u64 {
    to.wrapping_sub(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_wraps() {
        assert_eq!(distance(5, 5), 0);
        assert_eq!(distance(u64::MAX, 1), 2);
    }
}
