//! The lookups of one key, as plain N-API functions, and what those of many keys and of tokens share with
//! them.
//!
//! The rule of this file: read everything from JavaScript first, then take the snapshot; between taking it
//! and its last use no N-API call is made. A getter, a coercion or a callback could change or close the ring.

use std::ffi::{CStr, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;

use hypercache_core::{FIRST_REPLICA_COUNT, Reader, Snapshot, Token};
use napi::bindgen_prelude::{FromNapiValue, Function, JsValuesTupleIntoVec};
use napi::{Env, sys};

use crate::environment::{Environment, check, place};
use crate::key::{NotReadable, elements, with_string};

/// Why there is no answer, in place of the version. The same numbers as in `ts/native.ts`.
pub mod reason {
    pub const NO_OWNER: i32 = -1;
    pub const OTHER_TYPE: i32 = -2;
    pub const SHARED: i32 = -3;
    /// Bytes without length: the empty key, or memory that is gone. TypeScript can tell.
    pub const NO_BYTES: i32 = -4;
    pub const CLOSED: i32 = -5;
    pub const BAD_ENDS: i32 = -6;
    pub const PANIC: i32 = -7;
    /// The hash function is JavaScript: tokens are to be given in place of keys.
    pub const CUSTOM_HASH: i32 = -8;
}

type Callback = unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value;

/// Makes a function that holds one count of `data` for as long as it lives.
pub fn bind<'e, A: JsValuesTupleIntoVec, R>(
    env: &'e Env,
    name: &CStr,
    callback: Callback,
    data: &Rc<Environment>,
) -> napi::Result<Function<'e, A, R>> {
    unsafe extern "C" fn drop_one(_: sys::napi_env, data: *mut c_void, _: *mut c_void) {
        // SAFETY: takes back the count that `bind` gave, once.
        drop(unsafe { Rc::from_raw(data.cast::<Environment>()) });
    }
    let raw = Rc::into_raw(data.clone()).cast_mut().cast::<c_void>();
    let mut function = ptr::null_mut();
    // SAFETY: `raw` stays valid until the finalizer has run; where none was set, the count is taken back
    // here.
    unsafe {
        let made = check(sys::napi_create_function(
            env.raw(),
            name.as_ptr(),
            -1,
            Some(callback),
            raw,
            &mut function,
        ))
        .and_then(|()| {
            let (hint, result) = (ptr::null_mut(), ptr::null_mut());
            check(sys::napi_add_finalizer(env.raw(), function, raw, Some(drop_one), hint, result))
        });
        if let Err(error) = made {
            drop(Rc::from_raw(raw.cast::<Environment>()));
            return Err(error);
        }
        Function::from_napi_value(env.raw(), function)
    }
}

/// The arguments of a callback, `undefined` where missing, and its environment. A panic of `then` becomes a
/// reason in the mailbox: unwinding into the engine would end the process.
#[inline]
pub unsafe fn answer<const N: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    then: impl FnOnce(&Environment, [sys::napi_value; N]) -> i32,
) -> sys::napi_value {
    let mut values = [ptr::null_mut(); N];
    let mut count = N;
    let mut data = ptr::null_mut();
    // SAFETY: N-API fills `values` and answers the pointer that `bind` gave, which is live while its function
    // is.
    let environment = unsafe {
        sys::napi_get_cb_info(env, info, &mut count, values.as_mut_ptr(), ptr::null_mut(), &mut data);
        &*data.cast::<Environment>()
    };
    let mark = catch_unwind(AssertUnwindSafe(|| then(environment, values))).unwrap_or(reason::PANIC);
    environment.mailbox.set(place::MARK, mark);
    ptr::null_mut()
}

/// What is looked up: a key, or the token that TypeScript made of it.
#[derive(Clone, Copy)]
pub enum Wanted<'a> {
    Key(&'a [u8]),
    Token(Token),
}

/// Calls `find` with the reader of the ring and the token looked for. Answers the version of the names, or a
/// reason.
#[inline]
fn look_up(
    environment: &Environment,
    wanted: Wanted<'_>,
    find: impl FnOnce(&mut Reader, Token) -> bool,
) -> i32 {
    let number = environment.mailbox.get(place::RING) as usize;
    let found = environment.with_reader(number, |reader| {
        let token = match wanted {
            Wanted::Key(key) => reader.token(key),
            Wanted::Token(token) => Some(token),
        };
        let Some(token) = token else { return reason::CUSTOM_HASH };
        if find(reader, token) { version_of(reader.last()) } else { reason::NO_OWNER }
    });
    found.unwrap_or(reason::CLOSED)
}

/// The low 31 bits of the version: what fits beside negative reasons. It would take 2^31 changes between two
/// lookups to be misled.
#[inline]
pub fn version_of(snapshot: &Snapshot) -> i32 {
    (snapshot.names_version() & 0x7FFF_FFFF) as i32
}

pub fn owner_of(environment: &Environment, wanted: Wanted<'_>) -> i32 {
    look_up(environment, wanted, |reader, token| {
        let Some(slot) = reader.owner(token) else { return false };
        environment.mailbox.set(place::SLOTS, i32::from(slot));
        true
    })
}

pub fn owner_bounded_of(environment: &Environment, wanted: Wanted<'_>, max_load_factor: f64) -> i32 {
    look_up(environment, wanted, |reader, token| {
        let Some(slot) = reader.owner_bounded(token, max_load_factor) else { return false };
        environment.mailbox.set(place::SLOTS, i32::from(slot));
        true
    })
}

pub fn replicas_of(environment: &Environment, wanted: Wanted<'_>) -> i32 {
    let mailbox = &environment.mailbox;
    let count = (mailbox.get(place::COUNT) as usize).min(mailbox.slots().len());
    look_up(environment, wanted, |reader, token| {
        let work = &mut *environment.work.borrow_mut();
        if count <= FIRST_REPLICA_COUNT {
            let (first, first_count) = reader.first_replicas(token, &mut work.scratch);
            mailbox.set(place::COUNT, count.min(first_count) as i32);
            // All of them, always: a loop of unknown length costs more.
            mailbox.slots().iter().zip(first).for_each(|(cell, slot)| cell.set(i32::from(slot)));
            return first_count > 0;
        }
        work.replicas.resize(count, 0);
        let found = reader.replicas(token, &mut work.replicas, &mut work.scratch);
        mailbox.set(place::COUNT, found as i32);
        mailbox
            .slots()
            .iter()
            .zip(&work.replicas[..found])
            .for_each(|(cell, slot)| cell.set(i32::from(*slot)));
        found > 0
    })
}

pub fn reason_for(why: NotReadable) -> i32 {
    match why {
        NotReadable::OtherType => reason::OTHER_TYPE,
        NotReadable::Shared => reason::SHARED,
    }
}

pub unsafe extern "C" fn owner(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles.
    unsafe {
        answer(env, info, |environment, [key]| {
            with_string(env, key, |key| owner_of(environment, Wanted::Key(key))).unwrap_or(reason::OTHER_TYPE)
        })
    }
}

pub unsafe extern "C" fn replicas(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles.
    unsafe {
        answer(env, info, |environment, [key]| {
            with_string(env, key, |key| replicas_of(environment, Wanted::Key(key)))
                .unwrap_or(reason::OTHER_TYPE)
        })
    }
}

pub const BYTES: [sys::napi_typedarray_type; 1] = [sys::TypedarrayType::uint8_array];
pub const TOKENS: [sys::napi_typedarray_type; 1] = [sys::TypedarrayType::biguint64_array];

/// A key's bytes, or the reason why there are none.
///
/// # Safety
/// As [`elements`].
unsafe fn key_bytes<'a>(env: sys::napi_env, key: sys::napi_value) -> Result<&'a [u8], i32> {
    // SAFETY: as this function; a Uint8Array has elements of one byte.
    match unsafe { elements(env, key, &BYTES) } {
        Ok([]) => Err(reason::NO_BYTES),
        found => found.map_err(reason_for),
    }
}

pub unsafe extern "C" fn owner_of_bytes(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles; no JavaScript runs while the key is in use.
    unsafe {
        answer(env, info, |environment, [key]| {
            key_bytes(env, key).map_or_else(|why| why, |key| owner_of(environment, Wanted::Key(key)))
        })
    }
}

pub unsafe extern "C" fn replicas_of_bytes(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles; no JavaScript runs while the key is in use.
    unsafe {
        answer(env, info, |environment, [key]| {
            key_bytes(env, key).map_or_else(|why| why, |key| replicas_of(environment, Wanted::Key(key)))
        })
    }
}

/// A number; NaN where the value is none.
///
/// # Safety
/// As [`with_string`].
pub unsafe fn number(env: sys::napi_env, value: sys::napi_value) -> f64 {
    let mut number = f64::NAN;
    // SAFETY: N-API writes to a live local, or leaves it alone.
    unsafe { sys::napi_get_value_double(env, value, &mut number) };
    number
}

pub unsafe extern "C" fn owner_bounded(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles.
    unsafe {
        answer(env, info, |environment, [key, max_load_factor]| {
            let factor = number(env, max_load_factor);
            let found = with_string(env, key, |key| owner_bounded_of(environment, Wanted::Key(key), factor));
            found.unwrap_or(reason::OTHER_TYPE)
        })
    }
}

pub unsafe extern "C" fn owner_bounded_of_bytes(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles; no JavaScript runs while the key is in use.
    unsafe {
        answer(env, info, |environment, [key, max_load_factor]| {
            let factor = number(env, max_load_factor);
            let found = |key| owner_bounded_of(environment, Wanted::Key(key), factor);
            key_bytes(env, key).map_or_else(|why| why, found)
        })
    }
}
