//! The bytes of one key, in a slot that outlives it.
//!
//! The plain way is a `Vec<u8>` for each key. Keys of the usual length are held in place instead: a lookup
//! then reads one line of memory, and neither allocates. A longer key has a buffer, which the next key of the
//! slot uses again unless it is large: a large one goes with its key, or the memory held would be that of the
//! longest key each slot ever had.

/// Longest key held in place. An entry of the cache then has 64 bytes.
const INLINE_BYTES_MAX: usize = 46;
/// Largest buffer that stays when its key goes.
pub(super) const KEPT_BUFFER_BYTES_MAX: usize = 128;

pub(super) enum Key {
    Inline { len: u8, bytes: [u8; INLINE_BYTES_MAX] },
    Buffer(Vec<u8>),
}

impl Key {
    pub const EMPTY: Self = Self::Inline { len: 0, bytes: [0; INLINE_BYTES_MAX] };

    #[inline]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Inline { len, bytes } => &bytes[..usize::from(*len)],
            Self::Buffer(buffer) => buffer,
        }
    }

    /// Takes over the bytes of another key.
    #[inline]
    pub fn set(&mut self, key: &[u8]) {
        match self {
            Self::Inline { len, bytes } if key.len() <= INLINE_BYTES_MAX => {
                bytes[..key.len()].copy_from_slice(key);
                *len = key.len() as u8;
            }
            Self::Buffer(buffer) if key.len() <= buffer.capacity() => {
                buffer.clear();
                buffer.extend_from_slice(key);
            }
            _ => *self = Self::allocated(key),
        }
    }

    /// Lets go of what the next key must not inherit. The bytes are nobody's afterwards.
    #[inline]
    pub fn release(&mut self) {
        if self.heap_bytes() > KEPT_BUFFER_BYTES_MAX {
            *self = Self::EMPTY;
        }
    }

    /// Heap memory held, in bytes.
    #[inline]
    pub fn heap_bytes(&self) -> usize {
        match self {
            Self::Inline { .. } => 0,
            Self::Buffer(buffer) => buffer.capacity(),
        }
    }

    /// A buffer for a key too long for what the slot has. Short ones are rounded up, so that after a while
    /// every slot has one that fits; long ones are not, for they are counted by the length of their key.
    #[cold]
    fn allocated(key: &[u8]) -> Self {
        let capacity = match key.len() {
            len if len <= KEPT_BUFFER_BYTES_MAX => len.next_power_of_two(),
            len => len,
        };
        let mut buffer = Vec::with_capacity(capacity);
        buffer.extend_from_slice(key);
        Self::Buffer(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_key_may_follow_any_other() {
        let lengths = [0, 1, 45, 46, 47, 63, 64, 65, 127, 128, 129, 200, 4_096];
        for first in lengths {
            for second in lengths {
                let mut key = Key::EMPTY;
                for (len, byte) in [(first, 1), (second, 2), (first, 3)] {
                    let bytes = vec![byte; len];
                    key.release();
                    assert!(key.heap_bytes() <= KEPT_BUFFER_BYTES_MAX);
                    key.set(&bytes);
                    assert_eq!(key.bytes(), bytes);
                    assert!(key.heap_bytes() <= len.max(KEPT_BUFFER_BYTES_MAX), "{first} then {second}");
                }
            }
        }
    }

    #[test]
    fn buffers_of_usual_size_stay_and_large_ones_go() {
        let mut key = Key::EMPTY;
        for (len, held, after) in [(46, 0, 0), (47, 64, 64), (3, 64, 64), (65, 128, 128), (129, 129, 0)] {
            key.set(&vec![7; len]);
            assert_eq!(key.heap_bytes(), held, "{len}");
            key.release();
            assert_eq!(key.heap_bytes(), after, "{len}");
        }
    }
}
