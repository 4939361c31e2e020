//! Numbers that come as the double that JavaScript has.

use crate::error::Error;

/// Checks a whole number from 1 to `max`: `what` names it, and `bound` says in words what it must be.
///
/// # Errors
/// Another number.
pub fn whole_number(what: &'static str, value: f64, max: u32, bound: &'static str) -> Result<u32, Error> {
    if value.fract() == 0.0 && value >= 1.0 && value <= f64::from(max) {
        return Ok(value as u32);
    }
    Err(Error::OutOfRange { what, value, bound })
}
