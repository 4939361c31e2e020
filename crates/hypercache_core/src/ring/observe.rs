//! What is called with each change of a ring.

use std::fmt;
use std::sync::Arc;

use super::change_queue::RingChange;

type Call = dyn Fn(&Arc<RingChange>) + Send + Sync;

/// What is called with each change.
#[derive(Clone)]
pub(crate) struct Observe(Arc<Call>);

impl Observe {
    pub fn new(call: impl Fn(&Arc<RingChange>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(call))
    }

    pub fn call(&self, change: &Arc<RingChange>) {
        (self.0)(change);
    }

    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Observe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observe").finish_non_exhaustive()
    }
}
