//! What a ring is made with and keeps.

use hypercache_types::{Error, HashFunction, StatusSet, shortened, whole_number};

/// Most virtual nodes for a weight of 1.
pub const VIRTUAL_NODE_COUNT_MAX: u32 = 65_536;
/// Most replicas of one answer.
pub const REPLICA_COUNT_MAX: u32 = 65_535;

/// Longest lookup cache, in entries.
pub const LOOKUP_CACHE_SIZE_MAX: u32 = 16_000_000;

/// Whether readers remember the tokens of keys they have hashed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LookupCache {
    /// Where it pays: with every hash function but XXH64.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

impl LookupCache {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::On, Self::Off];

    /// The word used in every interface.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

/// The options of a ring. They never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingOptions {
    /// Places keys and virtual nodes.
    pub hash: HashFunction,
    /// Points of a node of weight 1, 1 to 65,536.
    pub virtual_node_count: u32,
    /// Statuses that may answer.
    pub routable: StatusSet,
    /// Whether replicas are spread over zones.
    pub zone_aware: bool,
    /// Replicas that callers get unless they ask for another number, 1 to 65,535. Places nothing.
    pub replication_factor: u32,
    /// Whether readers have a lookup cache.
    pub lookup_cache: LookupCache,
    /// Entries of each reader's cache at the most, 0 to 16,000,000; 0 is none.
    pub lookup_cache_size: u32,
}

impl RingOptions {
    /// Checks and makes options; those that place nothing get their defaults.
    ///
    /// # Errors
    /// A virtual node count that is no whole number from 1 to 65,536.
    pub fn new(
        hash: HashFunction,
        virtual_node_count: f64,
        routable: StatusSet,
        zone_aware: bool,
    ) -> Result<Self, Error> {
        let bound = "a whole number from 1 to 65536";
        let count = whole_number("virtualNodeCount", virtual_node_count, VIRTUAL_NODE_COUNT_MAX, bound)?;
        Ok(Self {
            hash,
            virtual_node_count: count,
            routable,
            zone_aware,
            replication_factor: 3,
            lookup_cache: LookupCache::Auto,
            lookup_cache_size: 10_000,
        })
    }

    /// The same with another replication factor.
    ///
    /// # Errors
    /// No whole number from 1 to 65,535.
    pub fn with_replication_factor(self, value: f64) -> Result<Self, Error> {
        Ok(Self { replication_factor: replica_count("replicationFactor", value)?, ..self })
    }

    /// The same with another lookup cache.
    ///
    /// # Errors
    /// An unknown word for when; a size that is no whole number from 0 to 16,000,000.
    pub fn with_lookup_cache(self, when: &str, size: f64) -> Result<Self, Error> {
        let found = LookupCache::ALL.into_iter().find(|known| known.name() == when);
        let lookup_cache = found.ok_or_else(|| Error::UnknownLookupCache(shortened(when)))?;
        let bound = "a whole number from 0 to 16000000";
        let lookup_cache_size = if size == 0.0 {
            0
        } else {
            whole_number("lookupCacheSize", size, LOOKUP_CACHE_SIZE_MAX, bound)?
        };
        Ok(Self { lookup_cache, lookup_cache_size, ..self })
    }

    /// How many entries each reader's cache has: 0 where there is none.
    pub fn cached_key_count(&self) -> usize {
        let is_on = match self.lookup_cache {
            LookupCache::Auto => !matches!(self.hash, HashFunction::Xxhash64 { .. }),
            LookupCache::On => true,
            LookupCache::Off => false,
        };
        if is_on { self.lookup_cache_size as usize } else { 0 }
    }
}

/// Checks a number of replicas: `what` names the argument.
///
/// # Errors
/// No whole number from 1 to 65,535.
pub fn replica_count(what: &'static str, value: f64) -> Result<u32, Error> {
    whole_number(what, value, REPLICA_COUNT_MAX, "a whole number from 1 to 65535")
}
