//! Where members say that they are. Two at one address cannot both be reached there.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use super::problem::Problem;
use crate::identity::Identity;

/// The addresses of live members.
pub struct Addresses {
    by_id: BTreeMap<String, SocketAddr>,
    ids: BTreeMap<SocketAddr, BTreeSet<String>>,
    /// Those of more than one member.
    shared: BTreeSet<SocketAddr>,
}

impl Addresses {
    /// That of this member alone.
    pub fn of(own: &Identity) -> Self {
        let mut addresses = Self { by_id: BTreeMap::new(), ids: BTreeMap::new(), shared: BTreeSet::new() };
        addresses.set(&own.id, Some(own.address));
        addresses
    }

    /// Takes note of where a member is; of one that is gone, nowhere.
    pub fn set(&mut self, id: &str, address: Option<SocketAddr>) {
        if self.by_id.get(id).copied() == address {
            return;
        }
        if let Some(before) = self.by_id.remove(id) {
            let ids = self.ids.entry(before).or_default();
            ids.remove(id);
            if ids.len() <= 1 {
                self.shared.remove(&before);
            }
            if ids.is_empty() {
                self.ids.remove(&before);
            }
        }
        if let Some(address) = address {
            self.by_id.insert(id.into(), address);
            let ids = self.ids.entry(address).or_default();
            ids.insert(id.into());
            if ids.len() > 1 {
                self.shared.insert(address);
            }
        }
    }

    /// A problem for each address of more than one member.
    pub fn shared(&self) -> impl Iterator<Item = Problem> + '_ {
        self.shared.iter().map(|address| {
            let ids = self.ids[address].iter().cloned().collect();
            Problem::SharedAddress { address: *address, ids }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Generation;

    fn at(port: u16) -> SocketAddr {
        ([10, 0, 0, 1], port).into()
    }

    #[test]
    fn an_address_is_shared_while_more_than_one_live_member_has_it() {
        let own = Identity { id: "a".into(), address: at(1), generation: Generation::default() };
        let mut addresses = Addresses::of(&own);
        let shared = |addresses: &Addresses| {
            addresses.shared().map(|problem| problem.to_string()).collect::<Vec<_>>().join("; ")
        };
        addresses.set("b", Some(at(2)));
        assert_eq!(shared(&addresses), "");
        addresses.set("b", Some(at(1)));
        addresses.set("c", Some(at(1)));
        assert!(shared(&addresses).starts_with("members a, b, c all say that they are at 10.0.0.1:1:"));
        addresses.set("b", None);
        assert!(shared(&addresses).starts_with("members a, c all say that they are at 10.0.0.1:1:"));
        addresses.set("c", Some(at(2)));
        assert_eq!(shared(&addresses), "");
    }
}
