//! Tokens of virtual nodes.

use std::ops::Range;

use crate::hash::HashFunction;
use crate::token::Token;

/// Calls `each` with the number and the token of the virtual nodes `range` of node `id`, in order.
///
/// The hashed text is `id:number`. It is kept in one buffer and counted up in place, because formatting
/// it anew would cost several times as much as hashing it.
pub fn each_virtual_node(hash: HashFunction, id: &str, range: Range<u32>, mut each: impl FnMut(u32, Token)) {
    let mut text = format!("{id}:{}", range.start).into_bytes();
    for number in range {
        each(number, hash.token(&text));
        count_up(&mut text, id.len() + 1);
    }
}

/// Adds one to the decimal number that starts at `first_digit`.
#[inline]
fn count_up(text: &mut Vec<u8>, first_digit: usize) {
    for digit in text[first_digit..].iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    text.insert(first_digit, b'1');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_node_text_counts_in_decimal_from_any_start() {
        let hash = HashFunction::Xxhash64 { seed: 0 };
        for range in [0..1_100, 95..105, 99_990..100_010] {
            let mut next = range.start;
            each_virtual_node(hash, "node:7", range.clone(), |number, token| {
                assert_eq!(number, next);
                assert_eq!(token, hash.token(format!("node:7:{number}").as_bytes()));
                next += 1;
            });
            assert_eq!(next, range.end);
        }
    }
}
