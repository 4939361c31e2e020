//! What every crate speaks of: ids and other texts of nodes, their statuses and weights, tokens and the hash
//! functions that make them, limits, and the errors with their codes.
//!
//! What a lookup uses says `#[inline]`: it is compiled into another crate, which may be without link-time
//! optimization.

mod error;
mod hash;
mod limits;
mod number;
mod status;
mod text;
mod token;
mod virtual_nodes;
mod weight;

pub use error::{Error, shortened};
pub use hash::HashFunction;
pub use limits::{LIST_COUNT_MAX, METADATA_VALUE_BYTES_MAX, NODES_MAX, POINTS_MAX, TEXT_BYTES_MAX};
pub use number::whole_number;
pub use status::{NodeStatus, StatusSet};
pub use text::{check_details, check_text};
pub use token::{RING_ARC, Token, arc_between, distance};
pub use virtual_nodes::each_virtual_node;
pub use weight::point_count;
