//! Announcements on their way to one JavaScript environment.

use hypercache_core::{RingChange, Watch};
use napi::Status;
use napi::bindgen_prelude::{BigInt, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

use crate::error::{Result, internal};
use crate::movement::{Transfers, transfers};
use crate::ring::NativeRing;

/// A change of placement that was made.
#[napi(object, object_from_js = false)]
pub struct NativeRingChange {
    pub version: f64,
    pub previous_version: f64,
    pub checksum: String,
    pub moved_arc: BigInt,
    pub moved_share: f64,
    #[napi(ts_type = "Array<string | null | bigint | number>")]
    pub transfers: Transfers,
    pub transfer_count: u32,
    pub other_arc: BigInt,
}

/// Changes that have come.
#[napi(object, object_from_js = false)]
pub struct NativeWaiting {
    pub changes: Vec<NativeRingChange>,
    /// Whether changes after these were dropped, for nobody took any for too long.
    pub has_overflowed: bool,
}

/// A change on its way to JavaScript.
pub fn ring_change(made: &RingChange) -> NativeRingChange {
    NativeRingChange {
        version: made.version as f64,
        previous_version: made.previous_version as f64,
        checksum: format!("{:016x}", made.checksum),
        moved_arc: made.moved_arc.into(),
        moved_share: hypercache_core::share_of(made.moved_arc),
        transfers: transfers(made.transfers.iter().cloned()),
        transfer_count: made.transfer_count as u32,
        other_arc: made.other_arc.into(),
    }
}

/// Runs a function in its own environment. Weak: it does not keep the event loop running.
type Wake = ThreadsafeFunction<(), (), (), Status, false, true>;

#[napi]
impl NativeRing {
    /// Begins to watch: `wake` is called, in a turn of the event loop of its own, when changes have come. It
    /// must not throw.
    #[napi(catch_unwind)]
    pub fn watch(&self, wake: Function<(), ()>) -> Result<()> {
        let wake: Wake = wake.build_threadsafe_function().weak::<true>().build().map_err(internal)?;
        let ring = self.read(|reader| reader.ring().clone())?;
        // An environment that is about to end takes no call: nobody is left to be told.
        let watch = Watch::new(ring, move || {
            let _ = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        });
        self.watch.replace(Some(watch));
        Ok(())
    }

    /// Takes changes that have come, at most `countMax`. Where more wait, `wake` is called again.
    #[napi(catch_unwind)]
    pub fn take_changes(&self, count_max: u32) -> NativeWaiting {
        let watch = self.watch.borrow();
        let waiting = watch.as_ref().map(|watch| watch.take(count_max as usize)).unwrap_or_default();
        NativeWaiting {
            changes: waiting.changes.iter().map(|made| ring_change(made)).collect(),
            has_overflowed: waiting.has_overflowed,
        }
    }

    /// Ends the watch.
    #[napi(catch_unwind)]
    pub fn unwatch(&self) {
        self.watch.take();
    }
}
