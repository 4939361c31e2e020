//! Requests in flight: counted for each node, and all together.

use std::sync::atomic::{AtomicU64, Ordering};

/// Stands in the count of a node that has left its ring: what was counted there is no longer part of the sum.
const GONE: u64 = 1 << 63;

/// The count of one node. All versions of the node share it, so that a change of the node loses no request.
///
/// The sum goes up before the count and down after it. So the sum is never below the counts, and a node that
/// leaves in the middle takes exactly what was counted with it.
#[derive(Debug, Default)]
pub(crate) struct InFlight(AtomicU64);

impl InFlight {
    #[inline]
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed) & !GONE
    }

    /// Counts one request more. `false` where the node has left its ring.
    pub fn acquire(&self, sum: &AtomicU64) -> bool {
        sum.fetch_add(1, Ordering::AcqRel);
        let is_counted = self.step(|count| Some(count + 1));
        if !is_counted {
            sum.fetch_sub(1, Ordering::AcqRel);
        }
        is_counted
    }

    /// Counts one request less. `false` where there is none, or the node has left its ring.
    pub fn release(&self, sum: &AtomicU64) -> bool {
        let is_counted = self.step(|count| count.checked_sub(1));
        if is_counted {
            sum.fetch_sub(1, Ordering::AcqRel);
        }
        is_counted
    }

    /// The node leaves its ring, and its requests leave the sum.
    pub fn retire(&self, sum: &AtomicU64) {
        let count = self.0.swap(GONE, Ordering::AcqRel);
        if count != GONE {
            sum.fetch_sub(count, Ordering::AcqRel);
        }
    }

    fn step(&self, next: impl Fn(u64) -> Option<u64>) -> bool {
        let step = |count| if count == GONE { None } else { next(count) };
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, step).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_never_fall_below_nothing() {
        let (node, sum) = (InFlight::default(), AtomicU64::new(0));
        assert!(!node.release(&sum));
        assert!(node.acquire(&sum) && node.acquire(&sum) && node.release(&sum));
        assert_eq!((node.count(), sum.load(Ordering::Relaxed)), (1, 1));
    }

    #[test]
    fn a_node_that_leaves_takes_its_requests_along_once() {
        let (node, sum) = (InFlight::default(), AtomicU64::new(5));
        assert!(node.acquire(&sum));
        node.retire(&sum);
        node.retire(&sum);
        assert!(!node.acquire(&sum) && !node.release(&sum));
        assert_eq!((node.count(), sum.load(Ordering::Relaxed)), (0, 5));
    }

    #[test]
    fn the_sum_holds_when_threads_race_with_the_leaving() {
        let sum = AtomicU64::new(0);
        for _ in 0..200 {
            let node = InFlight::default();
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| (0..100).filter(|_| node.acquire(&sum) && node.release(&sum)).count());
                }
                scope.spawn(|| node.retire(&sum));
            });
            assert_eq!(sum.load(Ordering::Relaxed), 0);
        }
    }
}
