//! Bounds that every ring and every node keeps.

/// Longest id, address, zone, capability and metadata key, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 255;
/// Longest metadata value, in bytes of UTF-8.
pub const METADATA_VALUE_BYTES_MAX: usize = 4_096;
/// Most capabilities, and most metadata entries, of one node.
pub const LIST_COUNT_MAX: usize = 256;
/// Most nodes in one ring.
pub const NODES_MAX: usize = 65_535;
/// Most points in one ring, over all its nodes.
pub const POINTS_MAX: u32 = 16_000_000;
