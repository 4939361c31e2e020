//! Counters, and requests in flight.

use hypercache_core::NodeStatus;
use napi_derive::napi;

use crate::error::{Result, to_js};
use crate::ring::NativeRing;

/// What a ring tells of itself. Counts are of all threads.
#[napi(object, object_from_js = false)]
pub struct NativeMetrics {
    /// Numbers of nodes, in the order alive, suspected, dead, leaving, updating.
    pub nodes_by_status: Vec<u32>,
    pub point_count: u32,
    pub version: f64,
    pub rebuild_count: f64,
    pub rebuild_time_ms: f64,
    pub lookup_count: f64,
    pub replica_lookup_count: f64,
    pub batch_key_count: f64,
    pub cache_hit_count: f64,
    pub cache_miss_count: f64,
    pub cache_eviction_count: f64,
    pub cache_key_count: f64,
    pub cache_bytes: f64,
    pub snapshot_bytes: f64,
    pub in_flight_count: f64,
    pub load_factor: f64,
}

#[napi]
impl NativeRing {
    /// All counters.
    #[napi(catch_unwind)]
    pub fn metrics(&self) -> Result<NativeMetrics> {
        let snapshot = self.snapshot()?;
        let metrics = self.read(|reader| reader.ring().metrics())?;
        let of_status = |status| snapshot.nodes().filter(|(_, node)| node.status == status).count() as u32;
        let counts = metrics.lookups;
        Ok(NativeMetrics {
            nodes_by_status: NodeStatus::ALL.map(of_status).into(),
            point_count: snapshot.point_count() as u32,
            version: snapshot.version() as f64,
            rebuild_count: metrics.rebuild_count as f64,
            rebuild_time_ms: metrics.rebuild_ns as f64 / 1e6,
            lookup_count: counts.lookups as f64,
            replica_lookup_count: counts.replica_lookups as f64,
            batch_key_count: counts.batch_keys as f64,
            cache_hit_count: counts.cache_hits as f64,
            cache_miss_count: counts.cache_misses as f64,
            cache_eviction_count: counts.cache_evictions as f64,
            cache_key_count: counts.cache_keys as f64,
            cache_bytes: counts.cache_bytes as f64,
            snapshot_bytes: snapshot.memory_bytes() as f64,
            in_flight_count: metrics.in_flight as f64,
            load_factor: snapshot.load_factor(),
        })
    }

    /// Counts a request that goes to a node.
    #[napi(catch_unwind)]
    pub fn acquire(&self, id: String) -> Result<()> {
        self.read(|reader| reader.ring().acquire(&id))?.map_err(to_js)
    }

    /// Counts a request that has ended; answers whether there was one.
    #[napi(catch_unwind)]
    pub fn release(&self, id: String) -> Result<bool> {
        self.read(|reader| reader.ring().release(&id))
    }
}
