//! What comes from outside, checked while it is decoded: with something that no member says it is no message.

use std::fmt;
use std::marker::PhantomData;
use std::net::SocketAddr;

use hypercache_types::{TEXT_BYTES_MAX, check_text};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Most members, records or broadcasts in one message: what a member hears of so many takes it seconds.
const MEMBERS_MAX: usize = 16_384;
/// Most options that members share.
const OPTIONS_MAX: usize = 64;

/// The last time that is one, in milliseconds since 1970. Whoever has lived later could not be outlived.
pub const TIME_MAX_MS: u64 = (1 << 53) - 1;

/// When a generation began.
pub fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let time_ms = u64::deserialize(deserializer)?;
    if time_ms > TIME_MAX_MS { Err(D::Error::custom("no time")) } else { Ok(time_ms) }
}

/// A node id.
pub fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    check_text("node id", &text).map_err(|_| D::Error::custom("no node id"))?;
    Ok(text)
}

/// A word to be shown to somebody; it may be empty.
pub fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() > TEXT_BYTES_MAX || text.contains(char::is_control) {
        return Err(D::Error::custom("no word"));
    }
    Ok(text)
}

/// Where one member can be reached.
pub fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let address = SocketAddr::deserialize(deserializer)?;
    let is_everybody = match address {
        SocketAddr::V4(v4) => v4.ip().is_broadcast() || v4.ip().is_multicast(),
        SocketAddr::V6(v6) => v6.ip().is_multicast(),
    };
    if address.port() == 0 || address.ip().is_unspecified() || is_everybody {
        return Err(D::Error::custom("no address of one member"));
    }
    Ok(address)
}

/// Names and values of options.
pub fn options<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    #[derive(Deserialize)]
    struct Word(#[serde(deserialize_with = "word")] String);
    let pairs: Vec<(Word, Word)> = at_most(OPTIONS_MAX, deserializer)?;
    Ok(pairs.into_iter().map(|(name, value)| (name.0, value.0)).collect())
}

/// A list of members, or of something that each of them has.
pub fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    at_most(MEMBERS_MAX, deserializer)
}

fn at_most<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    count_max: usize,
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(AtMost(count_max, PhantomData))
}

struct AtMost<T>(usize, PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AtMost<T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "at most {} items", self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            if list.len() == self.0 {
                return Err(A::Error::invalid_length(self.0 + 1, &self));
            }
            list.push(item);
        }
        Ok(list)
    }
}
