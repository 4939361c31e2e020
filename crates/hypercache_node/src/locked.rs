//! Locks of this crate.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Nothing here panics with a lock held, and what is behind it would be whole if something did.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
