//! The ring as an object: everything but the lookups.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use hypercache_core::{DistributionCounter, Reader, Ring, Snapshot, Watch};
use napi::Env;
use napi::bindgen_prelude::{BigInt, BigUint64Array, ObjectFinalize, Uint8Array, Uint32Array};
use napi_derive::napi;

use crate::batches::packed_keys;
use crate::calls::version_of;
use crate::convert::{
    NativeDistributionResult, NativeExplanation, NativeNames, NativeNode, NativeNodeChange, NativeNodeSpec,
    NativeOptions, NativePoint, NativeSetOutcome, explanation, point, specs,
};
use crate::environment::Environment;
use crate::error::{Result, internal, to_js};
use crate::native_calls::NativeCalls;

/// What the rings of one JavaScript environment share. Make one, when the module is loaded.
#[napi]
pub struct NativeEnvironment {
    pub(crate) inner: Rc<Environment>,
}

#[napi]
impl NativeEnvironment {
    /// Makes the mailbox.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env) -> Result<Self> {
        Ok(Self { inner: Rc::new(Environment::new(&env).map_err(internal)?) })
    }

    /// The lookups. They stay usable when this object is gone.
    #[napi(catch_unwind)]
    pub fn calls<'e>(&self, env: &'e Env) -> Result<NativeCalls<'e>> {
        NativeCalls::new(env, &self.inner).map_err(internal)
    }
}

/// Nanoseconds since the first call, for rings to time their changes by.
pub fn stopwatch() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_nanos() as u64
}

/// A ring as one environment has it.
#[napi(custom_finalize)]
pub struct NativeRing {
    environment: Rc<Environment>,
    /// `None` once closed.
    open: Cell<Option<usize>>,
    pub(crate) watch: RefCell<Option<Watch>>,
    /// Bytes that V8 was told of: it cannot see them, and would let dropped rings pile up.
    told_bytes: Cell<i64>,
}

impl ObjectFinalize for NativeRing {
    fn finalize(self, env: Env) -> napi::Result<()> {
        self.forget(env);
        Ok(())
    }
}

impl NativeRing {
    /// This environment's own object of a ring.
    pub(crate) fn open(env: Env, environment: &NativeEnvironment, ring: Arc<Ring>) -> Self {
        let bytes = ring.snapshot().memory_bytes();
        let environment = environment.inner.clone();
        let number = environment.open(Reader::new(ring));
        let open = Cell::new(Some(number));
        let made = Self { environment, open, watch: RefCell::default(), told_bytes: Cell::new(0) };
        made.tell(env, bytes as i64);
        made
    }

    fn forget(&self, env: Env) {
        if let Some(number) = self.open.take() {
            self.watch.take();
            self.environment.close(number);
            self.tell(env, 0);
        }
    }

    /// Tells V8 how much memory the ring holds, where that has changed by more than an eighth.
    fn tell(&self, env: Env, bytes: i64) {
        let change = bytes - self.told_bytes.get();
        if change.abs() > self.told_bytes.get() / 8 && env.adjust_external_memory(change).is_ok() {
            self.told_bytes.set(bytes);
        }
    }

    /// Calls `then` with the reader. TypeScript asks no closed ring.
    pub(crate) fn read<R>(&self, then: impl FnOnce(&mut Reader) -> R) -> Result<R> {
        let number = self.open.get();
        let found = number.and_then(|number| self.environment.with_reader(number, then));
        found.ok_or_else(|| napi::Error::new("ERR_HYPERCACHE_RING_CLOSED", "the ring is closed"))
    }

    pub(crate) fn snapshot(&self) -> Result<Arc<Snapshot>> {
        self.read(|reader| reader.snapshot().clone())
    }

    /// Calls `edit` with the ring, then tells V8.
    pub(crate) fn change<R>(
        &self,
        env: Env,
        edit: impl FnOnce(&Ring) -> std::result::Result<R, hypercache_core::Error>,
    ) -> Result<R> {
        let answer = self.read(|reader| {
            let answer = edit(reader.ring());
            reader.snapshot();
            answer
        })?;
        self.tell_memory(env)?;
        answer.map_err(to_js)
    }
}

#[napi]
impl NativeRing {
    /// Makes a ring. `nowMs` is the time that its nodes' statuses begin.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        env: Env,
        environment: &NativeEnvironment,
        options: NativeOptions,
        nodes: Vec<NativeNodeSpec>,
        now_ms: f64,
    ) -> Result<Self> {
        let ring = Ring::new(options.into_core()?, specs(nodes)?, now_ms).map_err(to_js)?;
        Ok(Self::open(env, environment, ring.with_stopwatch(stopwatch).into()))
    }

    /// Its number, for the mailbox.
    #[napi(getter, catch_unwind)]
    pub fn number(&self) -> i32 {
        self.open.get().map_or(-1, |number| number as i32)
    }

    /// Lets go of the ring. A second call does nothing.
    #[napi(catch_unwind)]
    pub fn close(&self, env: Env) {
        self.forget(env);
    }

    /// Adds nodes, all or none.
    #[napi(catch_unwind)]
    pub fn add_nodes(&self, env: Env, nodes: Vec<NativeNodeSpec>, now_ms: f64) -> Result<()> {
        let nodes = specs(nodes)?;
        self.change(env, |ring| ring.add_nodes(nodes, now_ms))
    }

    /// Removes nodes, all or none.
    #[napi(catch_unwind)]
    pub fn remove_nodes(&self, env: Env, ids: Vec<String>, now_ms: f64) -> Result<()> {
        self.change(env, |ring| ring.remove_nodes(&ids, now_ms))
    }

    /// Changes a node.
    #[napi(catch_unwind)]
    pub fn update_node(&self, env: Env, id: String, change: NativeNodeChange, now_ms: f64) -> Result<()> {
        let change = change.into_core()?;
        self.change(env, |ring| ring.update_node(&id, change, now_ms))
    }

    /// Takes a node's load.
    #[napi(catch_unwind)]
    pub fn update_node_load(&self, id: String, load: f64) -> Result<()> {
        self.read(|reader| reader.ring().update_node_load(&id, load))?.map_err(to_js)
    }

    /// Makes the nodes those of the list.
    #[napi(catch_unwind)]
    pub fn set_nodes(&self, env: Env, nodes: Vec<NativeNodeSpec>, now_ms: f64) -> Result<NativeSetOutcome> {
        let nodes = specs(nodes)?;
        let outcome = self.change(env, |ring| ring.set_nodes(nodes, now_ms))?;
        let texts = |ids: Vec<Arc<str>>| ids.iter().map(ToString::to_string).collect();
        Ok(NativeSetOutcome {
            added: texts(outcome.added),
            removed: texts(outcome.removed),
            updated: texts(outcome.updated),
        })
    }

    /// A node, or nothing.
    #[napi(catch_unwind)]
    pub fn node(&self, id: String) -> Result<Option<NativeNode>> {
        Ok(self.snapshot()?.find(&id).map(|node| NativeNode::from(&**node)))
    }

    /// All nodes, in byte order of the ids.
    #[napi(catch_unwind)]
    pub fn nodes(&self) -> Result<Vec<NativeNode>> {
        Ok(self.snapshot()?.nodes().map(|(_, node)| NativeNode::from(&**node)).collect())
    }

    /// Whether there is a node of this id.
    #[napi(catch_unwind)]
    pub fn has_node(&self, id: String) -> Result<bool> {
        self.read(|reader| reader.snapshot().find(&id).is_some())
    }

    /// Number of nodes.
    #[napi(getter, catch_unwind)]
    pub fn node_count(&self) -> Result<u32> {
        self.read(|reader| reader.snapshot().node_count() as u32)
    }

    /// Number of points of all nodes.
    #[napi(getter, catch_unwind)]
    pub fn point_count(&self) -> Result<u32> {
        self.read(|reader| reader.snapshot().point_count() as u32)
    }

    /// Version of the placement.
    #[napi(getter, catch_unwind)]
    pub fn version(&self) -> Result<f64> {
        self.read(|reader| reader.snapshot().version() as f64)
    }

    /// Fingerprint of the placement, 16 hex digits.
    #[napi(getter, catch_unwind)]
    pub fn checksum(&self) -> Result<String> {
        Ok(format!("{:016x}", self.snapshot()?.checksum()))
    }

    /// All points in ring order.
    #[napi(catch_unwind)]
    pub fn points(&self) -> Result<Vec<NativePoint>> {
        let snapshot = self.snapshot()?;
        Ok(snapshot.points().iter().map(|found| point(&snapshot, found)).collect())
    }

    /// Tells V8 how much memory the ring holds by now, its lookup cache with it.
    #[napi(catch_unwind)]
    pub fn tell_memory(&self, env: Env) -> Result<()> {
        let bytes = self.read(|reader| reader.last().memory_bytes() + reader.cache_bytes())?;
        self.tell(env, bytes as i64);
        Ok(())
    }

    /// Names taken after `version`, of the snapshot that the last lookup used.
    #[napi(catch_unwind)]
    pub fn names_after(&self, env: Env, version: f64) -> Result<NativeNames> {
        self.tell_memory(env)?;
        let snapshot = self.read(|reader| reader.last().clone())?;
        let (slots, names) = snapshot
            .named_after(version as u64)
            .map(|(slot, node)| (u32::from(slot), node.id.to_string()))
            .unzip();
        let version = snapshot.names_version() as f64;
        Ok(NativeNames { version, mark: version_of(&snapshot), slots, names })
    }

    /// Why a key is where it is.
    #[napi(catch_unwind)]
    pub fn explain(&self, token: BigInt, count: u32) -> Result<NativeExplanation> {
        let snapshot = self.snapshot()?;
        let (_, token, _) = token.get_u64();
        let found = snapshot.explain(token, count as usize).ok_or_else(|| to_js(snapshot.no_owner()))?;
        Ok(explanation(&snapshot, &found))
    }

    /// The error of the last lookup, which found no owner: of the snapshot that it used.
    #[napi(catch_unwind)]
    pub fn fail(&self) -> Result<()> {
        Err(to_js(self.read(|reader| reader.last().no_owner())?))
    }

    /// Begins to count keys by owner.
    #[napi(catch_unwind)]
    pub fn distribution(&self) -> Result<NativeDistribution> {
        Ok(NativeDistribution { counter: DistributionCounter::new(self.snapshot()?) })
    }
}

/// Counts keys by owner, on the snapshot it was begun with.
#[napi]
pub struct NativeDistribution {
    counter: DistributionCounter,
}

#[napi]
impl NativeDistribution {
    /// Counts the keys `bytes[offsets[i] .. offsets[i + 1]]`.
    #[napi(catch_unwind)]
    pub fn add(&mut self, bytes: Uint8Array, offsets: Uint32Array) -> Result<()> {
        let keys = packed_keys(&bytes, &offsets, offsets.len().saturating_sub(1));
        let hash = self.counter.hash();
        self.counter.add(keys.into_iter().flatten().map(|key| hash.token(key))).map_err(to_js)
    }

    /// Counts keys given by their tokens.
    #[napi(catch_unwind)]
    pub fn add_tokens(&mut self, tokens: BigUint64Array) -> Result<()> {
        self.counter.add(tokens.iter().copied()).map_err(to_js)
    }

    /// The figures so far.
    #[napi(catch_unwind)]
    pub fn result(&self) -> NativeDistributionResult {
        self.counter.result().into()
    }
}
