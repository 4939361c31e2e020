//! The points of the routable nodes: how they are laid out and searched, and how they are changed.

mod sorted;
mod splice;

pub(crate) use sorted::{Point, Points};
pub(crate) use splice::{PointChange, sort_tokens};
