//! Watching a ring: being called with each change, or having changes wait until they are taken.

use std::sync::Arc;

use super::change_queue::{ChangeQueue, RingChange, Waiting};
use super::current::Ring;
use super::observe::Observe;

/// Has a function be called with each change of a ring's placement. It ends when it is dropped.
#[derive(Debug)]
pub struct Observer {
    ring: Arc<Ring>,
    observe: Observe,
}

/// Somebody's watch over a ring. It ends when it is dropped.
#[derive(Debug)]
pub struct Watch {
    queue: Arc<ChangeQueue>,
    _observer: Observer,
}

impl Observer {
    /// Begins to observe. Every change of placement made from now on is told, each once and in order, by the
    /// thread that makes it, while it holds the ring's lock for writers: `observe` must be quick, and not
    /// change the ring.
    pub fn new(ring: Arc<Ring>, observe: impl Fn(&Arc<RingChange>) + Send + Sync + 'static) -> Self {
        let observe = Observe::new(observe);
        ring.observers().push(observe.clone());
        Self { ring, observe }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.ring.observers().retain(|observe| !observe.is(&self.observe));
    }
}

impl Watch {
    /// Begins to watch. Every change of placement made from now on comes, each once and in order, by
    /// whichever thread it is made. `wake` is called by the thread that makes the first change after the
    /// watch was last asked, while it holds the ring's lock for writers: it must be quick, and not touch the
    /// ring. A [`Watch::take`] that leaves some calls it too.
    pub fn new(ring: Arc<Ring>, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let queue = Arc::new(ChangeQueue::new(wake));
        let pushed = queue.clone();
        Self { queue, _observer: Observer::new(ring, move |change| pushed.push(change)) }
    }

    /// Takes what has come since the last call, but for changes beyond the first `count_max`: `wake` is
    /// called again for those.
    pub fn take(&self, count_max: usize) -> Waiting {
        self.queue.take(count_max)
    }
}
