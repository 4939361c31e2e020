//! Names by which one thread of a process gives a ring to another.
//!
//! A handle is a text: `hypercache-ring:PROCESS:NUMBER:TAG`. `PROCESS` tells processes apart (and copies of
//! this library in one), `TAG` is a keyed hash of the others: whoever makes a handle up, or misreads one, is
//! told so. It is a check on mistakes and no secret.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock, Weak};

use hypercache_types::{Error, HashFunction};
use parking_lot::Mutex;

use super::current::Ring;

const PREFIX: &str = "hypercache-ring";

/// The rings of this process that have handles.
struct Shared {
    process: u64,
    key: RandomState,
    rings: Mutex<Numbered>,
}

#[derive(Default)]
struct Numbered {
    by_number: HashMap<u64, Weak<Ring>>,
    last: u64,
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| Shared {
    process: RandomState::new().hash_one(PREFIX),
    key: RandomState::new(),
    rings: Mutex::default(),
});

impl Shared {
    fn handle(&self, number: u64) -> String {
        let tag = self.key.hash_one((self.process, number));
        format!("{PREFIX}:{:016x}:{number}:{tag:016x}", self.process)
    }

    /// The number in a handle, if this process made it.
    fn number(&self, handle: &str) -> Result<u64, Error> {
        let mut parts = handle.split(':');
        let (prefix, process, number) = (parts.next(), parts.next(), parts.next());
        let number = number.and_then(|text| text.parse().ok());
        match (prefix, process, number) {
            (Some(PREFIX), Some(_), Some(number)) if handle == self.handle(number) => Ok(number),
            (Some(PREFIX), Some(process), Some(_)) if process != format!("{:016x}", self.process) => {
                Err(Error::InvalidHandle("is of another process, or of another copy of this package"))
            }
            (Some(PREFIX), ..) => Err(Error::InvalidHandle("was altered or made up")),
            _ => Err(Error::InvalidHandle("is no handle of a ring")),
        }
    }
}

impl Ring {
    /// The name by which other threads of this process find the ring: always the same. It keeps nothing
    /// alive.
    ///
    /// # Errors
    /// The hash function is custom.
    pub fn handle(self: &Arc<Self>) -> Result<String, Error> {
        if self.snapshot().options.hash == HashFunction::Custom {
            return Err(Error::CustomHash("shared with other threads"));
        }
        let mut rings = SHARED.rings.lock();
        let this = Arc::downgrade(self);
        let known = rings.by_number.iter().find(|(_, ring)| ring.ptr_eq(&this)).map(|(number, _)| *number);
        let number = known.unwrap_or_else(|| {
            rings.by_number.retain(|_, ring| ring.strong_count() > 0);
            rings.last += 1;
            let number = rings.last;
            rings.by_number.insert(number, this);
            number
        });
        Ok(SHARED.handle(number))
    }

    /// The ring of a handle.
    ///
    /// # Errors
    /// A text that is no handle of this process; a handle of a ring that nobody has any more.
    pub fn attach(handle: &str) -> Result<Arc<Self>, Error> {
        let number = SHARED.number(handle)?;
        SHARED.rings.lock().by_number.get(&number).and_then(Weak::upgrade).ok_or(Error::RingGone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NodeSpec, RingOptions, StatusSet};

    fn ring(hash: HashFunction) -> Arc<Ring> {
        let options = RingOptions::new(hash, 4.0, StatusSet::default(), false).expect("legal options");
        Ring::new(options, Vec::<NodeSpec>::new(), 0.0).expect("no nodes").into()
    }

    #[test]
    fn a_handle_leads_to_its_ring_while_somebody_has_it() {
        let (one, other) = (ring(HashFunction::Sha256), ring(HashFunction::Sha256));
        let handle = one.handle().expect("shareable");
        assert_eq!(one.handle(), Ok(handle.clone()));
        assert_ne!(other.handle(), Ok(handle.clone()));
        let attached = Ring::attach(&handle).expect("it is there");
        assert!(Arc::ptr_eq(&one, &attached));
        drop(one);
        assert!(Ring::attach(&handle).is_ok());
        drop(attached);
        assert_eq!(Ring::attach(&handle).err(), Some(Error::RingGone));
        // Making another handle forgets those that are gone; the answer stays.
        assert!(ring(HashFunction::Sha256).handle().is_ok());
        assert_eq!(Ring::attach(&handle).err(), Some(Error::RingGone));
    }

    #[test]
    fn what_is_no_handle_of_this_process_is_refused() {
        let ring = ring(HashFunction::Sha256);
        let handle = ring.handle().expect("shareable");
        let problem = |handle: &str| match Ring::attach(handle) {
            Err(Error::InvalidHandle(problem)) => problem,
            other => panic!("{handle}: {other:?}"),
        };
        for place in 0..handle.len() {
            let mut altered = handle.clone().into_bytes();
            altered[place] ^= 1;
            problem(std::str::from_utf8(&altered).expect("still ASCII"));
        }
        for end in 0..handle.len() {
            problem(&handle[..end]);
        }
        problem(&format!("{handle} "));
        assert_eq!(
            problem("hypercache-ring:0:1:0"),
            "is of another process, or of another copy of this package"
        );
        let mut parts: Vec<_> = handle.split(':').collect();
        parts[2] = "1000000";
        assert_eq!(problem(&parts.join(":")), "was altered or made up");
    }

    #[test]
    fn a_ring_with_a_custom_hash_function_has_no_handle() {
        assert_eq!(
            ring(HashFunction::Custom).handle().map_err(|error| error.code()),
            Err("ERR_HYPERCACHE_CUSTOM_HASH")
        );
    }
}
