//! What one JavaScript environment (the main thread or a worker) shares among its rings: the mailbox, the
//! readers, the working memory.
//!
//! Lookups do not go through objects of napi-rs: there one set of plain functions serves all rings. The
//! caller writes the number of its ring into the mailbox, calls with the key, and reads slots from the
//! mailbox. So every call site sees the same function, whatever the number of rings, and no JavaScript number
//! is made.

use std::cell::{Cell, RefCell};
use std::ptr;

use hypercache_core::{Reader, ReplicaScratch};
use napi::{Env, Status, sys};

/// Places in the mailbox, the same as in `ts/native.ts`.
pub mod place {
    /// In: number of the ring.
    pub const RING: usize = 0;
    /// In: how many replicas, or keys. Out: how many slots.
    pub const COUNT: usize = 1;
    /// In: 1 to answer from the snapshot of the call before.
    pub const IS_SAME_SNAPSHOT: usize = 2;
    /// Out: the version of the slot names (31 bits), or a negative reason why there is no answer.
    pub const MARK: usize = 3;
    /// Out: slots. In, for a batch: where each key ends in the joined string.
    pub const SLOTS: usize = 4;
}

/// Slots that the mailbox has room for: the most replicas of one answer, and a batch.
const SLOT_COUNT: usize = hypercache_core::REPLICA_COUNT_MAX as usize;
const MAILBOX_LEN: usize = place::SLOTS + SLOT_COUNT;

/// An `Int32Array` that native code and TypeScript write to in turn. Its memory is made here and never given
/// away, so its address is good for the life of the environment.
pub struct Mailbox {
    cells: ptr::NonNull<Cell<i32>>,
    array: sys::napi_ref,
    env: sys::napi_env,
}

impl Mailbox {
    fn new(env: &Env) -> napi::Result<Self> {
        let mut data = ptr::null_mut();
        let mut buffer = ptr::null_mut();
        let mut array = ptr::null_mut();
        let mut kept = ptr::null_mut();
        // SAFETY: N-API writes to live locals; the memory is zeroed and aligned for any element type. The
        // reference keeps it alive until this mailbox is dropped.
        unsafe {
            let len_bytes = MAILBOX_LEN * size_of::<i32>();
            check(sys::napi_create_arraybuffer(env.raw(), len_bytes, &mut data, &mut buffer))?;
            let kind = sys::TypedarrayType::int32_array;
            check(sys::napi_create_typedarray(env.raw(), kind, MAILBOX_LEN, buffer, 0, &mut array))?;
            check(sys::napi_create_reference(env.raw(), array, 1, &mut kept))?;
        }
        let cells =
            ptr::NonNull::new(data.cast()).ok_or_else(|| napi::Error::from_status(Status::GenericFailure))?;
        Ok(Self { cells, array: kept, env: env.raw() })
    }

    /// The array, for TypeScript.
    pub fn array(&self) -> napi::Result<sys::napi_value> {
        let mut value = ptr::null_mut();
        // SAFETY: the reference is live as long as `self`.
        check(unsafe { sys::napi_get_reference_value(self.env, self.array, &mut value) })?;
        Ok(value)
    }

    #[inline]
    fn cells(&self) -> &[Cell<i32>] {
        // SAFETY: MAILBOX_LEN zeroed integers that only this thread touches, alive as long as `self`.
        unsafe { std::slice::from_raw_parts(self.cells.as_ptr(), MAILBOX_LEN) }
    }

    #[inline]
    pub fn get(&self, place: usize) -> i32 {
        self.cells()[place].get()
    }

    #[inline]
    pub fn set(&self, place: usize, value: i32) {
        self.cells()[place].set(value);
    }

    /// The cells for slots, and for ends of keys.
    #[inline]
    pub fn slots(&self) -> &[Cell<i32>] {
        &self.cells()[place::SLOTS..]
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        // SAFETY: dropped by a finalizer of the same environment, on its own thread.
        unsafe { sys::napi_delete_reference(self.env, self.array) };
    }
}

/// Memory that batches and long replica lists use again and again.
#[derive(Default)]
pub struct Work {
    pub scratch: ReplicaScratch,
    pub replicas: Vec<u16>,
    pub units: Vec<u16>,
    pub bytes: Vec<u8>,
    pub ends: Vec<usize>,
}

pub struct Environment {
    pub mailbox: Mailbox,
    pub work: RefCell<Work>,
    readers: RefCell<Vec<Option<Reader>>>,
}

impl Environment {
    pub fn new(env: &Env) -> napi::Result<Self> {
        Ok(Self { mailbox: Mailbox::new(env)?, work: RefCell::default(), readers: RefCell::default() })
    }

    /// Registers a ring and answers its number here. Numbers of closed rings are given again.
    pub fn open(&self, reader: Reader) -> usize {
        let mut readers = self.readers.borrow_mut();
        let free = readers.iter().position(Option::is_none).unwrap_or(readers.len());
        if free == readers.len() {
            readers.push(None);
        }
        readers[free] = Some(reader);
        free
    }

    /// Forgets a ring.
    pub fn close(&self, number: usize) {
        let gone = self.readers.borrow_mut()[number].take();
        drop(gone);
    }

    /// Calls `then` with the reader of a ring, or answers `None` where the ring is closed.
    #[inline]
    pub fn with_reader<R>(&self, number: usize, then: impl FnOnce(&mut Reader) -> R) -> Option<R> {
        self.readers.borrow_mut().get_mut(number)?.as_mut().map(then)
    }
}

/// Turns a status of N-API into a result.
pub fn check(status: sys::napi_status) -> napi::Result<()> {
    if status == sys::Status::napi_ok { Ok(()) } else { Err(napi::Error::from_status(Status::from(status))) }
}
