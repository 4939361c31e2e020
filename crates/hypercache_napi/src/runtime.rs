//! A node of a cluster, as TypeScript has it.

use hypercache_node::{Node, Patience, Runtime, Sockets};
use napi::Status;
use napi::bindgen_prelude::{BigUint64Array, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

use crate::error::{Result, internal};
use crate::gossip::{
    NativeGossipCounts, NativeGossipOptions, NativeRecord, counts_of, engine_options, record_of, refused,
    socket_address,
};
use crate::node_events::{
    NativeEvent, NativeMemberChange, NativeRefusal, change_into, checksum_text, checksum_texts, duration,
    event_of, milliseconds, refusal_of,
};
use crate::ring::NativeRing;

/// A member whose virtual nodes only TypeScript can hash.
#[napi(object, object_to_js = false)]
pub struct NativeMemberTokens {
    pub id: String,
    pub tokens: BigUint64Array,
}

/// How the rings of members agree.
#[napi(object, object_from_js = false)]
pub struct NativeAgreement {
    /// The checksum that this node has told, if it takes part.
    pub checksum: Option<String>,
    /// For how long rings have differed, where that is too long.
    pub diverged_for_ms: Option<f64>,
    pub diverged_count: f64,
    pub agreeing_count: u32,
    /// Ids and checksums in turn.
    pub others: Vec<String>,
    pub convergence_ms: Option<f64>,
}

/// Runs a function in its own environment. Weak: it does not keep the event loop running.
type Wake = ThreadsafeFunction<(), (), (), Status, false, true>;

/// How patient a node is.
#[napi(object, object_to_js = false)]
pub struct NativePatience {
    /// How long the rings of members may differ until that is told.
    pub divergence_ms: f64,
    /// How long the lease lasts; 0: for ever.
    pub stall_timeout_ms: f64,
}

/// A node: the ring that follows its members, the gossip that it takes part by, and one queue of events. It
/// runs until it is closed, or its environment ends.
#[napi]
pub struct NativeRuntime {
    runtime: Runtime,
}

#[napi]
impl NativeRuntime {
    /// A node that takes no part. `wake` is called, in a turn of the event loop of its own, when events have
    /// come; it must not throw.
    #[napi(constructor, catch_unwind)]
    pub fn new(id: String, wake: Function<(), ()>) -> Result<Self> {
        let wake: Wake = wake.build_threadsafe_function().weak::<true>().build().map_err(internal)?;
        let node = Node::new(id, move || {
            // An environment that is about to end takes no call: nobody is left to be told.
            let _ = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        });
        Ok(Self { runtime: Runtime::new(node) })
    }

    /// Sets how patient it is, before it takes part.
    #[napi(catch_unwind)]
    pub fn configure(&self, patience: NativePatience) {
        let divergence = duration(patience.divergence_ms);
        let stall_timeout = duration(patience.stall_timeout_ms);
        self.runtime.node().configure(Patience { divergence, stall_timeout });
    }

    /// Has a ring follow the members.
    #[napi(catch_unwind)]
    pub fn follow(&self, ring: &NativeRing, now_ms: f64) -> Result<()> {
        let ring = ring.read(|reader| reader.ring().clone())?;
        self.runtime.node().follow(ring, now_ms);
        Ok(())
    }

    /// Has the ring follow changes that TypeScript knows. Answers those of the members that it does not take
    /// as they are.
    #[napi(catch_unwind)]
    pub fn apply(
        &self,
        changes: Vec<NativeMemberChange>,
        tokens: Vec<NativeMemberTokens>,
        now_ms: f64,
    ) -> Result<Vec<NativeRefusal>> {
        let changes = changes.into_iter().map(change_into).collect::<Result<_>>()?;
        let tokens = tokens.into_iter().map(|member| (member.id, member.tokens[..].into())).collect();
        Ok(self.runtime.node().apply(changes, &tokens, now_ms).into_iter().map(refusal_of).collect())
    }

    /// Members that the ring does not take as they are.
    #[napi(catch_unwind)]
    pub fn refused(&self) -> Vec<NativeRefusal> {
        self.runtime.node().refused().into_iter().map(refusal_of).collect()
    }

    /// Takes events that have come, at most `countMax`.
    #[napi(catch_unwind)]
    pub fn take_events(&self, count_max: u32) -> Vec<NativeEvent> {
        self.runtime.node().take(count_max as usize).into_iter().map(event_of).collect()
    }

    /// Begins to compare the rings of members, or ends that. Gossip does so by itself.
    #[napi(catch_unwind)]
    pub fn compare_rings(&self, is_on: bool) {
        self.runtime.node().compare_rings(is_on);
    }

    /// Compares the rings of members with what they have told: ids and checksums in turn. Answers when to
    /// call again, in milliseconds.
    #[napi(catch_unwind)]
    pub fn look(&self, told: Vec<String>, elapsed_ms: f64, now_ms: f64) -> Option<f64> {
        let node = self.runtime.node();
        let checksum = |pair: &[String]| Some((pair[0].clone(), u64::from_str_radix(&pair[1], 16).ok()?));
        node.tell_all(told.chunks_exact(2).filter_map(checksum).collect());
        let elapsed = duration(elapsed_ms);
        let (_, next) = node.look(elapsed, now_ms);
        next.map(|next| milliseconds(next.saturating_sub(elapsed)))
    }

    /// How the rings of members agree, now or when that was looked at last.
    #[napi(catch_unwind)]
    pub fn agreement(&self, elapsed_ms: Option<f64>) -> NativeAgreement {
        let report = self.runtime.node().agreement(elapsed_ms.map(duration));
        NativeAgreement {
            checksum: report.checksum.map(checksum_text),
            diverged_for_ms: report.diverged_for.map(milliseconds),
            diverged_count: report.diverged_count as f64,
            agreeing_count: report.agreeing_count as u32,
            others: checksum_texts(report.others),
            convergence_ms: report.convergence.map(milliseconds),
        }
    }

    /// The event loop turns.
    #[napi(catch_unwind)]
    pub fn renew_lease(&self) {
        self.runtime.node().renew_lease();
    }

    /// Nobody renews the lease any more, and that is as it should be.
    #[napi(catch_unwind)]
    pub fn drop_lease(&self) {
        self.runtime.node().drop_lease();
    }

    /// Opens the sockets of a member. It takes part from `join` on. Answers the port where it listens.
    #[napi(catch_unwind)]
    pub fn open_gossip(&self, options: NativeGossipOptions) -> Result<u16> {
        let bind = socket_address(&options.bind_address, options.bind_port)?;
        let sockets = Sockets::bind(bind).map_err(refused)?;
        let options = engine_options(options, sockets.address.port())?;
        self.runtime.open_gossip(options, sockets).map(|address| address.port()).map_err(refused)
    }

    /// Begins to take part, by asking these addresses first.
    #[napi(catch_unwind)]
    pub fn join(&self, seeds: Vec<String>) {
        self.runtime.join(seeds);
    }

    /// Goes away on purpose.
    #[napi(catch_unwind)]
    pub fn leave(&self) {
        self.runtime.leave();
    }

    /// Replaces what it says of itself. The event that tells of it is there when the call returns.
    #[napi(catch_unwind)]
    pub fn update(&self, record: NativeRecord) -> Result<bool> {
        self.runtime.update(record_of(record)).map_err(refused)
    }

    /// Sends a message to every other live member.
    #[napi(catch_unwind)]
    pub fn broadcast(&self, name: String, data: String, lamport_time: f64) -> Result<bool> {
        self.runtime.broadcast(name, data, lamport_time as u64).map_err(refused)
    }

    /// Tells the others which ring it has, where none follows here: 16 hexadecimal digits.
    #[napi(catch_unwind)]
    pub fn announce_ring(&self, checksum: String) {
        if let Ok(checksum) = u64::from_str_radix(&checksum, 16) {
            self.runtime.announce_ring(checksum);
        }
    }

    /// Counters of gossip. They stay when it ends.
    #[napi(catch_unwind)]
    pub fn counts(&self) -> NativeGossipCounts {
        counts_of(self.runtime.counts())
    }

    /// Ends gossip, without a word to the others. May be called again.
    #[napi(catch_unwind)]
    pub fn end_gossip(&self) {
        self.runtime.end_gossip();
    }

    /// Ends everything, without a word to the others. May be called again.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.runtime.close();
    }
}
