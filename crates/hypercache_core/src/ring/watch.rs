//! Watching a ring: changes wait until the watcher takes them.

use std::sync::Arc;

use super::change_queue::{ChangeQueue, Waiting};
use super::current::Ring;

/// Somebody's watch over a ring. It ends when it is dropped.
#[derive(Debug)]
pub struct Watch {
    ring: Arc<Ring>,
    queue: Arc<ChangeQueue>,
}

impl Watch {
    /// Begins to watch. Every change of placement made from now on comes, each once and in order, by
    /// whichever thread it is made. `wake` is called by the thread that makes the first change after the
    /// watch was last asked, while it holds the ring's lock for writers: it must be quick, and not touch the
    /// ring. A [`Watch::take`] that leaves some calls it too.
    pub fn new(ring: Arc<Ring>, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let queue = Arc::new(ChangeQueue::new(wake));
        ring.watchers().push(queue.clone());
        Self { ring, queue }
    }

    /// Takes what has come since the last call, but for changes beyond the first `count_max`: `wake` is
    /// called again for those.
    pub fn take(&self, count_max: usize) -> Waiting {
        self.queue.take(count_max)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ring.watchers().retain(|queue| !Arc::ptr_eq(queue, &self.queue));
    }
}
