//! Which slot was used when: all slots in one circle of links.
//!
//! The plain way is a list of the used slots, and another of the free ones. Here the used slots, from the
//! newest to the oldest, and then the free ones share one circle, so that the commonest step of a full cache,
//! to free the oldest slot and use it for another key, moves two marks and writes no link.

/// The slots by their last use. It knows nothing of what they hold.
#[derive(Debug, Default)]
pub(super) struct Order {
    links: Vec<Link>,
    /// The first of the used slots.
    newest: u32,
    /// The last of the used slots. Where none is used it is one beyond `newest`: the slot that is taken next.
    oldest: u32,
    used_count: usize,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    newer: u32,
    older: u32,
}

impl Order {
    /// Number of used slots.
    #[inline]
    pub fn used_count(&self) -> usize {
        self.used_count
    }

    /// The slot that has not been used for longest.
    #[inline]
    pub fn oldest(&self) -> Option<u32> {
        (self.used_count > 0).then_some(self.oldest)
    }

    /// Frees the oldest slot.
    #[inline]
    pub fn free_oldest(&mut self) {
        debug_assert!(self.used_count > 0, "nothing to free");
        self.oldest = self.links[self.oldest as usize].newer;
        self.used_count -= 1;
    }

    /// Takes a free slot, or adds one, as the newest. Slots are numbered from 0 in the order of addition.
    #[inline]
    pub fn take(&mut self) -> u32 {
        let slot = if self.used_count < self.links.len() {
            // The circle is closed: what is newer than the newest is the last of the free ones.
            self.links[self.newest as usize].newer
        } else {
            self.add()
        };
        self.newest = slot;
        self.used_count += 1;
        slot
    }

    /// Makes a used slot the newest.
    #[inline]
    pub fn touch(&mut self, slot: u32) {
        if slot == self.newest {
            return;
        }
        let Link { newer, older } = self.links[slot as usize];
        if slot == self.oldest {
            self.oldest = newer;
        }
        self.links[newer as usize].older = older;
        self.links[older as usize].newer = newer;
        self.insert_before_newest(slot);
        self.newest = slot;
    }

    /// Makes room for slots to come.
    pub fn reserve_exact(&mut self, additional: usize) {
        self.links.reserve_exact(additional);
    }

    /// Heap memory held, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.links.capacity() * size_of::<Link>()
    }

    fn add(&mut self) -> u32 {
        let slot = self.links.len() as u32;
        self.links.push(Link { newer: slot, older: slot });
        if slot > 0 {
            self.insert_before_newest(slot);
        }
        slot
    }

    #[inline]
    fn insert_before_newest(&mut self, slot: u32) {
        let (before, after) = (self.links[self.newest as usize].newer, self.newest);
        self.links[slot as usize] = Link { newer: before, older: after };
        self.links[before as usize].older = slot;
        self.links[after as usize].newer = slot;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The used slots from the newest to the oldest, then the free ones; checks the way back too.
    fn walk(order: &Order) -> (Vec<u32>, Vec<u32>) {
        let mut slots = Vec::new();
        let mut at = order.newest;
        for _ in 0..order.links.len() {
            slots.push(at);
            let next = order.links[at as usize].older;
            assert_eq!(order.links[next as usize].newer, at);
            at = next;
        }
        assert_eq!(at, order.newest, "no circle");
        let free = slots.split_off(order.used_count);
        assert_eq!(order.oldest(), slots.last().copied());
        (slots, free)
    }

    #[test]
    fn circle_equals_a_list_through_random_steps() {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        for slot_count_max in 1..9 {
            let (mut order, mut plain, mut total) = (Order::default(), Vec::new(), 0);
            for _ in 0..3_000 {
                match random.u8(..4) {
                    0 if !plain.is_empty() => {
                        order.free_oldest();
                        plain.pop();
                    }
                    1 | 2 if !plain.is_empty() => {
                        let slot = plain.remove(random.usize(..plain.len()));
                        order.touch(slot);
                        plain.insert(0, slot);
                    }
                    _ if plain.len() < slot_count_max => {
                        let slot = order.take();
                        assert!(!plain.contains(&slot), "slot {slot} is in use");
                        plain.insert(0, slot);
                        // Free slots are used before there are more.
                        total = total.max(plain.len());
                    }
                    _ => {}
                }
                let (used, mut all) = walk(&order);
                assert_eq!(used, plain);
                all.extend(used);
                all.sort_unstable();
                assert!(all.iter().copied().eq(0..total as u32), "{all:?}");
            }
        }
    }
}
