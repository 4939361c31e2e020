//! How well datagrams reach this member: see `probing.rs`.

/// Probes that only streams have answered, one after the other, with no datagram of anybody in between, after
/// which a member takes itself for unreachable. Loss alone hardly ever does that.
const DEAF_PROBES_MAX: u32 = 3;

/// How well datagrams reach this member.
#[derive(Default)]
pub struct Reachability {
    /// Probes that only streams have answered since a datagram came.
    deaf_probes: u32,
}

impl Reachability {
    /// Whether this member takes itself for unreachable.
    pub fn is_unreachable(&self) -> bool {
        self.deaf_probes >= DEAF_PROBES_MAX
    }

    /// Another probe was answered by a stream alone.
    pub fn count_deaf_probe(&mut self) {
        self.deaf_probes = self.deaf_probes.saturating_add(1);
    }

    /// A datagram of a live member has come that was meant for this one.
    pub fn heard(&mut self) {
        self.deaf_probes = 0;
    }
}
