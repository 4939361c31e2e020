//! What a member says of itself, and how old it is.

use std::collections::BTreeMap;

use hypercache_types::{LIST_COUNT_MAX, NodeStatus, check_details, check_text, point_count};
use serde::{Deserialize, Serialize};

/// Most bytes of an encoded record.
pub const RECORD_BYTES_MAX: usize = 64 * 1024;

/// What a member says of its own state. Whether it is alive is for the others to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Claim {
    /// Takes part.
    #[default]
    Present,
    /// Is being upgraded, and still answers.
    Updating,
    /// Goes away on purpose.
    Leaving,
}

/// What a member holds against itself. The others see that it lives; it knows better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Its application does not turn over.
    Stalled,
    /// That has lasted too long: its keys are for others to have, as those of a dead member.
    GaveUp,
    /// The others cannot reach it where it says that it is.
    Unreachable,
}

impl Doubt {
    /// The word used in every interface.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stalled | Self::GaveUp => "stalled",
            Self::Unreachable => "unreachable",
        }
    }

    fn bits(self) -> u8 {
        match self {
            Self::Stalled => 1,
            Self::GaveUp => 2,
            Self::Unreachable => 3,
        }
    }

    fn of_bits(bits: u8) -> Option<Self> {
        [Self::Stalled, Self::GaveUp, Self::Unreachable].into_iter().find(|doubt| doubt.bits() == bits)
    }
}

/// Bits of the byte that follows the load: what a member holds against itself, and whether the load is none.
const DOUBT_BITS: u8 = 0b011;
const NO_LOAD_BIT: u8 = 0b100;

/// Orders what a member says: only that member makes a new one, and a later one replaces an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    /// When the process joined, in milliseconds since 1970, by its own clock.
    pub started_at_ms: u64,
    /// From 1, and one more with each change.
    pub counter: u64,
}

/// What may change while a process lives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Which version of what it says.
    pub version: Version,
    /// Its own state.
    pub claim: Claim,
    /// Where other programs reach it: an IP address or a host name.
    pub address: String,
    /// The port that goes with it.
    pub port: u16,
    /// Ports of its other servers, by name.
    pub ports: BTreeMap<String, u16>,
    /// Its share of points.
    pub weight: f64,
    /// Its failure domain.
    pub zone: Option<String>,
    /// Words for what it can do.
    pub capabilities: Vec<String>,
    /// Names and values.
    pub metadata: BTreeMap<String, String>,
    /// How loaded it is, 0 to 1, if it says. Since version 2 of the messages.
    #[serde(skip)]
    pub load: Option<f64>,
    /// What it holds against itself.
    #[serde(skip)]
    pub doubt: Option<Doubt>,
    /// What newer releases say after the load: kept and passed on as it came.
    #[serde(skip)]
    pub unknown: Vec<u8>,
}

impl Record {
    /// Of a member that says where it is, has a weight of 1, and says nothing else.
    pub fn new(address: impl Into<String>, port: u16) -> Self {
        Self {
            version: Version::default(),
            claim: Claim::default(),
            address: address.into(),
            port,
            ports: BTreeMap::new(),
            weight: 1.0,
            zone: None,
            capabilities: Vec::new(),
            metadata: BTreeMap::new(),
            load: None,
            doubt: None,
            unknown: Vec::new(),
        }
    }

    /// How it is, by what it says itself.
    pub fn status(&self) -> NodeStatus {
        match (self.claim, self.doubt) {
            (Claim::Leaving, _) => NodeStatus::Leaving,
            (_, Some(Doubt::GaveUp)) => NodeStatus::Dead,
            (_, Some(Doubt::Stalled | Doubt::Unreachable)) => NodeStatus::Suspected,
            (Claim::Updating, None) => NodeStatus::Updating,
            (Claim::Present, None) => NodeStatus::Alive,
        }
    }

    /// As bytes that every version reads: what it does not know comes last.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = postcard::to_stdvec(self).expect("a record has nothing that postcard cannot hold");
        let doubt = self.doubt.map_or(0, Doubt::bits);
        let no_load = if self.load.is_none() { NO_LOAD_BIT } else { 0 };
        if self.load.is_none() && doubt == 0 && self.unknown.is_empty() {
            return bytes;
        }
        bytes.extend_from_slice(&self.load.unwrap_or_default().to_le_bytes());
        let (known, rest) = self.unknown.split_first().unwrap_or((&0, &[]));
        if doubt | no_load != 0 || !self.unknown.is_empty() {
            bytes.push(known | doubt | no_load);
            bytes.extend_from_slice(rest);
        }
        bytes
    }

    /// From bytes, or `None` where no ring could take the record. Bytes of newer releases are kept.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > RECORD_BYTES_MAX {
            return None;
        }
        let (mut record, rest) = postcard::take_from_bytes::<Self>(bytes).ok()?;
        if let Some((load, rest)) = rest.split_first_chunk() {
            let bits = rest.first().copied().unwrap_or_default();
            record.load = (bits & NO_LOAD_BIT == 0).then(|| f64::from_le_bytes(*load));
            record.doubt = Doubt::of_bits(bits & DOUBT_BITS);
            let others = bits & !(DOUBT_BITS | NO_LOAD_BIT);
            // A byte that has told all there is in it is made anew.
            if rest.len() > 1 || others == bits {
                record.unknown = rest.to_vec();
                record.unknown.iter_mut().take(1).for_each(|first| *first = others);
            }
        }
        record.is_fit().then_some(record)
    }

    /// Whether nothing of it breaks a bound of a node, whatever the number of virtual nodes.
    fn is_fit(&self) -> bool {
        let is_port = |name: &String| check_text("port name", name).is_ok();
        check_details(Some(&self.address), self.zone.as_deref(), &self.capabilities, &self.metadata).is_ok()
            && point_count(self.weight, 1).is_ok()
            && self.load.is_none_or(|load| (0.0..=1.0).contains(&load))
            && self.ports.len() <= LIST_COUNT_MAX
            && self.ports.keys().all(is_port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            version: Version { started_at_ms: 7, counter: 3 },
            claim: Claim::Updating,
            ports: BTreeMap::from([("http".into(), 8080)]),
            weight: 2.5,
            zone: Some("east".into()),
            capabilities: vec!["read".into()],
            metadata: BTreeMap::from([("rack".into(), "r1".into())]),
            load: Some(0.25),
            ..Record::new("10.0.0.1", 7946)
        }
    }

    #[test]
    fn a_record_comes_back_as_it_was() {
        assert_eq!(Record::decode(&record().encode()), Some(record()));
    }

    #[test]
    fn records_of_the_version_before_have_no_load() {
        let old = Record { load: None, ..record() };
        assert_eq!(Record::decode(&old.encode()), Some(old));
    }

    #[test]
    fn what_newer_releases_add_is_passed_on() {
        for first in [0, 0b1000, 0b1111_1000] {
            let mut bytes = record().encode();
            bytes.push(first);
            bytes.extend_from_slice(b"of the future");
            let kept = Record::decode(&bytes).expect("a record");
            assert_eq!((kept.encode(), kept.load, kept.doubt), (bytes, Some(0.25), None));
            let doubting = Record { doubt: Some(Doubt::GaveUp), ..kept };
            assert_eq!(Record::decode(&doubting.encode()), Some(doubting));
        }
    }

    #[test]
    fn what_a_member_holds_against_itself_comes_back_with_a_load_and_without() {
        for doubt in [None, Some(Doubt::Stalled), Some(Doubt::GaveUp), Some(Doubt::Unreachable)] {
            for load in [None, Some(0.0), Some(1.0)] {
                let said = Record { doubt, load, ..record() };
                assert_eq!(Record::decode(&said.encode()), Some(said));
            }
        }
    }

    #[test]
    fn records_that_would_break_a_ring_are_none() {
        for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Record::decode(&Record { weight, ..record() }.encode()), None, "weight {weight}");
        }
        for load in [-0.1, 1.1, f64::NAN] {
            assert_eq!(
                Record::decode(&Record { load: Some(load), ..record() }.encode()),
                None,
                "load {load}"
            );
        }
        let bytes = Record { load: None, ..record() }.encode();
        for length in 0..bytes.len() {
            assert_eq!(Record::decode(&bytes[..length]), None, "cut at {length}");
        }
    }
}
