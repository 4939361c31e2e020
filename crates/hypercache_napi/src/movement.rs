//! What moves, and changes worked out before they are made.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use hypercache_core::{
    MovedRange, Movement, MovementCounts, Plan, PlannedChange, Snapshot, Transfer, share_of,
};
use napi::Env;
use napi::bindgen_prelude::{BigInt, BigUint64Array, Either4, Null, ObjectFinalize, Uint8Array, Uint32Array};
use napi_derive::napi;

use crate::batches::packed_keys;
use crate::convert::{NativeNodeChange, NativeNodeSpec, specs};
use crate::error::{Result, internal, to_js};
use crate::ring::NativeRing;

/// An update as a part of a plan.
#[napi(object, object_to_js = false)]
pub struct NativePlannedUpdate {
    pub id: String,
    pub change: NativeNodeChange,
}

/// A change of several parts.
#[napi(object, object_to_js = false)]
pub struct NativePlannedChange {
    pub add: Vec<NativeNodeSpec>,
    pub remove: Vec<String>,
    pub update: Vec<NativePlannedUpdate>,
    pub set: Option<Vec<NativeNodeSpec>>,
}

impl NativePlannedChange {
    pub fn into_core(self) -> Result<PlannedChange> {
        let update = self.update.into_iter().map(|update| Ok((update.id, update.change.into_core()?)));
        Ok(PlannedChange {
            add: specs(self.add)?,
            remove: self.remove,
            update: update.collect::<Result<_>>()?,
            set: self.set.map(specs).transpose()?,
        })
    }
}

/// Transfers, one after another: from, to, arc, number of ranges of each. `null` is nobody. TypeScript makes
/// objects of them: made here they take twice the time.
pub type Transfers = Vec<Either4<String, Null, BigInt, u32>>;

/// A range that moves. `null` is nobody.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct NativeRange {
    pub start: BigInt,
    pub end: BigInt,
    pub from: Option<String>,
    pub to: Option<String>,
}

impl From<MovedRange> for NativeRange {
    fn from(range: MovedRange) -> Self {
        let (from, to) = (text(range.from), text(range.to));
        Self { start: range.start.into(), end: range.end.into(), from, to }
    }
}

pub fn transfers(found: impl Iterator<Item = Transfer>) -> Transfers {
    let node = |id: Option<Arc<str>>| id.map_or(Either4::B(Null), |id| Either4::A(id.to_string()));
    let parts = |Transfer { from, to, arc, range_count }| {
        [node(from), node(to), Either4::C(arc.into()), Either4::D(range_count)]
    };
    found.flat_map(parts).collect()
}

fn text(id: Option<Arc<str>>) -> Option<String> {
    id.map(|id| id.to_string())
}

/// The owners of a key before and after. `null` is nobody.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct NativeOwnerChange {
    pub from: Option<String>,
    pub to: Option<String>,
}

/// Keys that move from one node to another.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct NativeKeyTransfer {
    pub from: Option<String>,
    pub to: Option<String>,
    pub key_count: f64,
}

/// Keys counted by where they move.
#[napi(object, object_from_js = false)]
pub struct NativeMovedKeys {
    pub key_count: f64,
    pub transfers: Vec<NativeKeyTransfer>,
}

/// The part of one node.
#[napi(object, object_from_js = false)]
pub struct NativeNodeOwnership {
    pub id: String,
    pub arc: BigInt,
    pub share: f64,
    pub fair_share: f64,
    pub home_arc: BigInt,
}

/// Who owns what at one version.
#[napi(object, object_from_js = false)]
pub struct NativeOwnership {
    pub version: f64,
    pub checksum: String,
    pub load_factor: f64,
    pub ownership: Vec<NativeNodeOwnership>,
}

pub fn ownership(snapshot: &Snapshot) -> NativeOwnership {
    let found = snapshot.ownership();
    let nodes = found.nodes.into_iter().map(|node| NativeNodeOwnership {
        id: node.id.to_string(),
        arc: node.arc.into(),
        share: share_of(node.arc),
        fair_share: node.fair_share,
        home_arc: node.home_arc.into(),
    });
    NativeOwnership {
        version: snapshot.version() as f64,
        checksum: format!("{:016x}", snapshot.checksum()),
        load_factor: found.load_factor,
        ownership: nodes.collect(),
    }
}

enum Source {
    Planned(Plan),
    Compared(Movement),
}

impl Source {
    fn movement(&self) -> &Movement {
        match self {
            Self::Planned(plan) => plan.movement(),
            Self::Compared(movement) => movement,
        }
    }
}

/// What moves between two versions of rings; and where the second is planned, the way to make it.
#[napi(custom_finalize)]
pub struct NativeMovement {
    /// `None` once closed.
    source: RefCell<Option<Rc<Source>>>,
    /// Bytes that V8 was told of.
    told_bytes: Cell<i64>,
}

impl NativeMovement {
    fn new(env: Env, source: Source) -> Self {
        let bytes = source.movement().memory_bytes() as i64;
        let told_bytes = if env.adjust_external_memory(bytes).is_ok() { bytes } else { 0 };
        Self { source: RefCell::new(Some(Rc::new(source))), told_bytes: Cell::new(told_bytes) }
    }

    fn source(&self) -> Result<Rc<Source>> {
        let source = self.source.borrow().clone();
        source.ok_or_else(|| {
            napi::Error::new("ERR_HYPERCACHE_PLAN_CLOSED", "the plan, or comparison, is closed")
        })
    }

    fn forget(&self, env: Env) -> napi::Result<()> {
        self.source.take();
        env.adjust_external_memory(-self.told_bytes.take()).map(drop)
    }
}

impl ObjectFinalize for NativeMovement {
    fn finalize(self, env: Env) -> napi::Result<()> {
        self.forget(env)
    }
}

#[napi]
impl NativeRing {
    /// Works out what a change would move.
    #[napi(catch_unwind)]
    pub fn plan(&self, env: Env, change: NativePlannedChange, now_ms: f64) -> Result<NativeMovement> {
        let change = change.into_core()?;
        let plan = self.read(|reader| reader.ring().plan(change, now_ms))?.map_err(to_js)?;
        Ok(NativeMovement::new(env, Source::Planned(plan)))
    }

    /// Makes a planned change of this ring.
    #[napi(catch_unwind)]
    pub fn apply(&self, env: Env, planned: &NativeMovement, now_ms: f64) -> Result<()> {
        match &*planned.source()? {
            Source::Planned(plan) => self.change(env, |ring| ring.apply(plan, now_ms)),
            Source::Compared(_) => Err(internal(napi::Error::from_reason("a comparison is no plan"))),
        }
    }

    /// What moves from this ring to another one.
    #[napi(catch_unwind)]
    pub fn diff(&self, env: Env, other: &NativeRing) -> Result<NativeMovement> {
        let movement = Movement::new(self.snapshot()?, other.snapshot()?).map_err(to_js)?;
        Ok(NativeMovement::new(env, Source::Compared(movement)))
    }

    /// Who owns what.
    #[napi(catch_unwind)]
    pub fn ownership(&self) -> Result<NativeOwnership> {
        Ok(ownership(&*self.snapshot()?))
    }
}

#[napi]
impl NativeMovement {
    /// Lets go of what it holds. A second call does nothing.
    #[napi(catch_unwind)]
    pub fn close(&self, env: Env) -> Result<()> {
        self.forget(env).map_err(internal)
    }

    /// Number of tokens whose owner changes.
    #[napi(getter, catch_unwind)]
    pub fn moved_arc(&self) -> Result<BigInt> {
        Ok(self.source()?.movement().moved_arc().into())
    }

    /// The same as a part of the ring.
    #[napi(getter, catch_unwind)]
    pub fn moved_share(&self) -> Result<f64> {
        Ok(self.source()?.movement().moved_share())
    }

    /// The least part of the ring that must move.
    #[napi(getter, catch_unwind)]
    pub fn ideal_share(&self) -> Result<f64> {
        Ok(self.source()?.movement().ideal_share())
    }

    /// What moves between each pair of nodes.
    #[napi(catch_unwind, ts_return_type = "Array<string | null | bigint | number>")]
    pub fn transfers(&self) -> Result<Transfers> {
        Ok(transfers(self.source()?.movement().transfers()))
    }

    /// Some of the ranges that move.
    #[napi(catch_unwind)]
    pub fn ranges(&self, from: u32, count: u32) -> Result<Vec<NativeRange>> {
        let source = self.source()?;
        let ranges = source.movement().ranges();
        Ok(ranges.skip(from as usize).take(count as usize).map(NativeRange::from).collect())
    }

    /// What each node must receive to have its replicas.
    #[napi(catch_unwind)]
    pub fn copies(&self, replica_count: u32) -> Result<Vec<NativeRange>> {
        let copies = self.source()?.movement().copies(replica_count as usize);
        Ok(copies.into_iter().map(NativeRange::from).collect())
    }

    /// Who owned what before, or will own it after.
    #[napi(catch_unwind)]
    pub fn ownership(&self, is_after: bool) -> Result<NativeOwnership> {
        let source = self.source()?;
        let movement = source.movement();
        Ok(ownership(if is_after { movement.after() } else { movement.before() }))
    }

    /// The token of a key, where the hash function is not JavaScript.
    #[napi(catch_unwind)]
    pub fn token_of(&self, key: Uint8Array) -> Result<BigInt> {
        Ok(self.source()?.movement().before().token(&key).into())
    }

    /// The owners of a token before and after, where they differ.
    #[napi(catch_unwind)]
    pub fn owner_change(&self, token: BigInt) -> Result<Option<NativeOwnerChange>> {
        let (_, token, _) = token.get_u64();
        let source = self.source()?;
        let change = source.movement().owner_change(token);
        Ok(change.map(|(from, to)| NativeOwnerChange { from: text(from.cloned()), to: text(to.cloned()) }))
    }

    /// Begins to count keys.
    #[napi(catch_unwind)]
    pub fn counter(&self) -> Result<NativeMovementCounter> {
        Ok(NativeMovementCounter { source: self.source()?, counts: MovementCounts::default() })
    }
}

/// Counts keys by where they move.
#[napi]
pub struct NativeMovementCounter {
    source: Rc<Source>,
    counts: MovementCounts,
}

#[napi]
impl NativeMovementCounter {
    /// Counts the keys `bytes[offsets[i] .. offsets[i + 1]]`.
    #[napi(catch_unwind)]
    pub fn add(&mut self, bytes: Uint8Array, offsets: Uint32Array) {
        let movement = self.source.movement();
        let keys = packed_keys(&bytes, &offsets, offsets.len().saturating_sub(1));
        let tokens = keys.into_iter().flatten().map(|key| movement.before().token(key));
        movement.count(tokens, &mut self.counts);
    }

    /// Counts keys given by their tokens.
    #[napi(catch_unwind)]
    pub fn add_tokens(&mut self, tokens: BigUint64Array) {
        self.source.movement().count(tokens.iter().copied(), &mut self.counts);
    }

    /// The counts so far.
    #[napi(catch_unwind)]
    pub fn result(&self) -> NativeMovedKeys {
        let (key_count, transfers) = self.source.movement().counted(&self.counts);
        let transfers = transfers.into_iter().map(|(found, key_count)| NativeKeyTransfer {
            from: text(found.from),
            to: text(found.to),
            key_count: key_count as f64,
        });
        NativeMovedKeys { key_count: key_count as f64, transfers: transfers.collect() }
    }
}
