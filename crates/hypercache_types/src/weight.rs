//! Weights: how many points a node has of them.

use crate::error::Error;
use crate::limits::POINTS_MAX;

/// Points of a node: round(weight * count), halves up, at least 1.
///
/// # Errors
/// A weight that is not finite or not above 0, or that makes more points than a ring can hold.
pub fn point_count(weight: f64, virtual_node_count: u32) -> Result<u32, Error> {
    if !(weight.is_finite() && weight > 0.0) {
        return Err(Error::OutOfRange { what: "weight", value: weight, bound: "a finite number above 0" });
    }
    let points = (weight * f64::from(virtual_node_count)).round().max(1.0);
    if points > f64::from(POINTS_MAX) {
        return Err(Error::TooManyPoints(points));
    }
    Ok(points as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_round_halves_up_and_are_at_least_one() {
        for (weight, count, points) in
            [(1.0, 256, 256), (0.5, 1, 1), (1.5, 1, 2), (2.5, 1, 3), (1e-9, 256, 1), (0.5, 5, 3)]
        {
            assert_eq!(point_count(weight, count), Ok(points), "{weight} * {count}");
        }
    }

    #[test]
    fn weights_that_are_none_are_refused() {
        for weight in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(point_count(weight, 256), Err(Error::OutOfRange { .. })), "{weight}");
        }
        assert_eq!(point_count(1e300, 256), Err(Error::TooManyPoints(2.56e302)));
        assert!(Error::TooManyPoints(2.56e302).to_string().contains("2.56e302"));
    }
}
