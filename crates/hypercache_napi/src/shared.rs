//! Rings that other threads and other machines have.

use hypercache_core::Ring;
use napi::Env;
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use crate::error::{Result, to_js};
use crate::ring::{NativeEnvironment, NativeRing};

/// What TypeScript must know of a ring that it has not made.
#[napi(object, object_from_js = false)]
pub struct NativeRingOptions {
    pub replication_factor: u32,
    pub hash_function: String,
    pub zone_aware: bool,
    /// Whether each thread's object of it has a lookup cache.
    pub has_lookup_cache: bool,
}

#[napi]
impl NativeRing {
    /// The name by which other threads find this ring.
    #[napi(catch_unwind)]
    pub fn handle(&self) -> Result<String> {
        self.read(|reader| reader.ring().handle())?.map_err(to_js)
    }

    /// The ring of a handle.
    #[napi(factory, catch_unwind)]
    pub fn attach(env: Env, environment: &NativeEnvironment, handle: String) -> Result<Self> {
        Ok(Self::open(env, environment, Ring::attach(&handle).map_err(to_js)?))
    }

    /// The ring as bytes.
    #[napi(catch_unwind)]
    pub fn serialize(&self) -> Result<Uint8Array> {
        self.snapshot()?.serialize().map(Uint8Array::from).map_err(to_js)
    }

    /// The ring of bytes. `nowMs` is the time that its nodes' statuses begin.
    #[napi(factory, catch_unwind)]
    pub fn deserialize(
        env: Env,
        environment: &NativeEnvironment,
        bytes: Uint8Array,
        now_ms: f64,
    ) -> Result<Self> {
        let ring = Ring::deserialize(&bytes, now_ms).map_err(to_js)?;
        Ok(Self::open(env, environment, ring.with_stopwatch(crate::ring::stopwatch).into()))
    }

    /// Its options.
    #[napi(catch_unwind)]
    pub fn options(&self) -> Result<NativeRingOptions> {
        let snapshot = self.snapshot()?;
        let options = snapshot.options();
        Ok(NativeRingOptions {
            replication_factor: options.replication_factor,
            hash_function: options.hash.name().into(),
            zone_aware: options.zone_aware,
            has_lookup_cache: options.cached_key_count() > 0,
        })
    }
}
