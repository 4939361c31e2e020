//! The lookups, as plain N-API functions.
//!
//! The rule of this file: read everything from JavaScript first, then take the snapshot; between taking it
//! and its last use no N-API call is made. A getter, a coercion or a callback could change or close the ring.

use std::cell::Cell;
use std::ffi::{CStr, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;

use hypercache_core::{FIRST_REPLICA_COUNT, HashFunction, Reader, Snapshot, Token};
use napi::bindgen_prelude::{FromNapiValue, Function, JsValuesTupleIntoVec, Unknown};
use napi::{Env, sys};
use napi_derive::napi;

use crate::environment::{Environment, check, place};
use crate::key::{NotReadable, elements, push_utf8, read_units, with_string};

/// Why there is no answer, in place of the version. The same numbers as in `ts/native.ts`.
mod reason {
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

/// The lookups and the mailbox they answer into. Nothing is returned: `mailbox` says what was found.
#[napi(object, object_from_js = false)]
pub struct NativeCalls<'e> {
    /// [ring, count, is same snapshot, version or reason, slots …]: see `ts/native.ts`.
    #[napi(ts_type = "Int32Array")]
    pub mailbox: Unknown<'e>,
    /// Finds the owner of a key.
    #[napi(ts_type = "(key: string) => void")]
    pub owner: Function<'e, Unknown<'e>, ()>,
    /// Finds the owner of a key given as bytes.
    #[napi(ts_type = "(key: Uint8Array) => void")]
    pub owner_of_bytes: Function<'e, Unknown<'e>, ()>,
    /// Finds as many replicas as the mailbox asks for.
    #[napi(ts_type = "(key: string) => void")]
    pub replicas: Function<'e, Unknown<'e>, ()>,
    /// Finds as many replicas as the mailbox asks for, of a key given as bytes.
    #[napi(ts_type = "(key: Uint8Array) => void")]
    pub replicas_of_bytes: Function<'e, Unknown<'e>, ()>,
    /// Finds the owners of keys joined to one string; the mailbox holds how many there are and where each
    /// ends.
    #[napi(ts_type = "(joined: string) => void")]
    pub owners_of_joined: Function<'e, Unknown<'e>, ()>,
    /// Finds the owners of the keys `bytes[offsets[i] .. offsets[i + 1]]`, into `slots`.
    #[napi(ts_type = "(bytes: Uint8Array, offsets: Int32Array | Uint32Array, slots: Int32Array) => void")]
    pub owners_of_packed: Function<'e, Unknown<'e>, ()>,
    /// Finds the owner of a key under bounded loads.
    #[napi(ts_type = "(key: string, maxLoadFactor: number) => void")]
    pub owner_bounded: Function<'e, Unknown<'e>, ()>,
    /// Finds the owner under bounded loads of a key given as bytes.
    #[napi(ts_type = "(key: Uint8Array, maxLoadFactor: number) => void")]
    pub owner_bounded_of_bytes: Function<'e, Unknown<'e>, ()>,
    /// Finds the owners of tokens, into `slots`.
    #[napi(ts_type = "(tokens: BigUint64Array, slots: Int32Array) => void")]
    pub owners_of_tokens: Function<'e, Unknown<'e>, ()>,
    /// Finds the owner of one token.
    #[napi(ts_type = "(token: BigUint64Array) => void")]
    pub owner_of_token: Function<'e, Unknown<'e>, ()>,
    /// Finds as many replicas of one token as the mailbox asks for.
    #[napi(ts_type = "(token: BigUint64Array) => void")]
    pub replicas_of_token: Function<'e, Unknown<'e>, ()>,
    /// Finds the owner of one token under bounded loads.
    #[napi(ts_type = "(token: BigUint64Array, maxLoadFactor: number) => void")]
    pub owner_bounded_of_token: Function<'e, Unknown<'e>, ()>,
}

impl<'e> NativeCalls<'e> {
    pub fn new(env: &'e Env, environment: &Rc<Environment>) -> napi::Result<Self> {
        // SAFETY: the array belongs to this environment.
        let mailbox = unsafe { Unknown::from_napi_value(env.raw(), environment.mailbox.array()?)? };
        Ok(Self {
            mailbox,
            owner: bind(env, c"owner", owner, environment)?,
            owner_of_bytes: bind(env, c"ownerOfBytes", owner_of_bytes, environment)?,
            replicas: bind(env, c"replicas", replicas, environment)?,
            replicas_of_bytes: bind(env, c"replicasOfBytes", replicas_of_bytes, environment)?,
            owners_of_joined: bind(env, c"ownersOfJoined", owners_of_joined, environment)?,
            owners_of_packed: bind(env, c"ownersOfPacked", owners_of_packed, environment)?,
            owner_bounded: bind(env, c"ownerBounded", owner_bounded, environment)?,
            owner_bounded_of_bytes: bind(env, c"ownerBoundedOfBytes", owner_bounded_of_bytes, environment)?,
            owners_of_tokens: bind(env, c"ownersOfTokens", owners_of_tokens, environment)?,
            owner_of_token: bind(env, c"ownerOfToken", owner_of_token, environment)?,
            replicas_of_token: bind(env, c"replicasOfToken", replicas_of_token, environment)?,
            owner_bounded_of_token: bind(env, c"ownerBoundedOfToken", owner_bounded_of_token, environment)?,
        })
    }
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
    let version = catch_unwind(AssertUnwindSafe(|| then(environment, values))).unwrap_or(reason::PANIC);
    environment.mailbox.set(place::VERSION, version);
    ptr::null_mut()
}

/// What is looked up: a key, or the token that TypeScript made of it.
#[derive(Clone, Copy)]
enum Wanted<'a> {
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

fn owner_of(environment: &Environment, wanted: Wanted<'_>) -> i32 {
    look_up(environment, wanted, |reader, token| {
        let Some(slot) = reader.owner(token) else { return false };
        environment.mailbox.set(place::SLOTS, i32::from(slot));
        true
    })
}

fn owner_bounded_of(environment: &Environment, wanted: Wanted<'_>, max_load_factor: f64) -> i32 {
    look_up(environment, wanted, |reader, token| {
        let Some(slot) = reader.owner_bounded(token, max_load_factor) else { return false };
        environment.mailbox.set(place::SLOTS, i32::from(slot));
        true
    })
}

fn replicas_of(environment: &Environment, wanted: Wanted<'_>) -> i32 {
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

fn reason_for(why: NotReadable) -> i32 {
    match why {
        NotReadable::OtherType => reason::OTHER_TYPE,
        NotReadable::Shared => reason::SHARED,
    }
}

unsafe extern "C" fn owner(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles.
    unsafe {
        answer(env, info, |environment, [key]| {
            with_string(env, key, |key| owner_of(environment, Wanted::Key(key))).unwrap_or(reason::OTHER_TYPE)
        })
    }
}

unsafe extern "C" fn replicas(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles.
    unsafe {
        answer(env, info, |environment, [key]| {
            with_string(env, key, |key| replicas_of(environment, Wanted::Key(key)))
                .unwrap_or(reason::OTHER_TYPE)
        })
    }
}

const BYTES: [sys::napi_typedarray_type; 1] = [sys::TypedarrayType::uint8_array];

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

unsafe extern "C" fn owner_of_bytes(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles; no JavaScript runs while the key is in use.
    unsafe {
        answer(env, info, |environment, [key]| {
            key_bytes(env, key).map_or_else(|why| why, |key| owner_of(environment, Wanted::Key(key)))
        })
    }
}

unsafe extern "C" fn replicas_of_bytes(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
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
unsafe fn number(env: sys::napi_env, value: sys::napi_value) -> f64 {
    let mut number = f64::NAN;
    // SAFETY: N-API writes to a live local, or leaves it alone.
    unsafe { sys::napi_get_value_double(env, value, &mut number) };
    number
}

unsafe extern "C" fn owner_bounded(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles.
    unsafe {
        answer(env, info, |environment, [key, max_load_factor]| {
            let factor = number(env, max_load_factor);
            let found = with_string(env, key, |key| owner_bounded_of(environment, Wanted::Key(key), factor));
            found.unwrap_or(reason::OTHER_TYPE)
        })
    }
}

unsafe extern "C" fn owner_bounded_of_bytes(
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

const TOKENS: [sys::napi_typedarray_type; 1] = [sys::TypedarrayType::biguint64_array];

/// The one token of an array that TypeScript made.
///
/// # Safety
/// As [`elements`].
unsafe fn one_token(env: sys::napi_env, value: sys::napi_value) -> Result<Token, i32> {
    // SAFETY: as this function.
    let tokens = unsafe { elements::<Token>(env, value, &TOKENS) }.map_err(reason_for)?;
    tokens.first().copied().ok_or(reason::NO_BYTES)
}

unsafe extern "C" fn owner_of_token(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles.
    unsafe {
        answer(env, info, |environment, [token]| {
            one_token(env, token).map_or_else(|why| why, |token| owner_of(environment, Wanted::Token(token)))
        })
    }
}

unsafe extern "C" fn replicas_of_token(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles.
    unsafe {
        answer(env, info, |environment, [token]| {
            one_token(env, token)
                .map_or_else(|why| why, |token| replicas_of(environment, Wanted::Token(token)))
        })
    }
}

unsafe extern "C" fn owner_bounded_of_token(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles.
    unsafe {
        answer(env, info, |environment, [token, max_load_factor]| {
            let factor = number(env, max_load_factor);
            let found = |token| owner_bounded_of(environment, Wanted::Token(token), factor);
            one_token(env, token).map_or_else(|why| why, found)
        })
    }
}

unsafe extern "C" fn owners_of_tokens(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: as `owners_of_packed`.
    unsafe {
        answer(env, info, |environment, [tokens, slots]| {
            let kinds = [sys::TypedarrayType::int32_array];
            let arrays = elements::<Token>(env, tokens, &TOKENS)
                .and_then(|tokens| Ok((tokens, elements::<Cell<i32>>(env, slots, &kinds)?)));
            match arrays {
                Ok((tokens, slots)) => {
                    let find =
                        |reader: &mut Reader| reader.owners_of_tokens(tokens.iter().copied(), writer(slots));
                    owners_of(environment, find, |_| reason::NO_OWNER)
                }
                Err(why) => reason_for(why),
            }
        })
    }
}

unsafe extern "C" fn owners_of_joined(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles.
    unsafe {
        answer(env, info, |environment, [joined]| {
            let mailbox = &environment.mailbox;
            let work = &mut *environment.work.borrow_mut();
            let count = (mailbox.get(place::COUNT) as usize).min(mailbox.slots().len());
            let cells = &mailbox.slots()[..count];
            let len = cells.last().map_or(0, |end| end.get() as usize);
            if !cells.is_sorted_by_key(|end| end.get() as u32) {
                return reason::BAD_ENDS;
            }
            if !read_units(env, joined, len, &mut work.units) {
                return reason::OTHER_TYPE;
            }
            split_joined(&work.units, cells, &mut work.bytes, &mut work.ends);
            let mut start = 0;
            let keys = work.ends.iter().map(|end| &work.bytes[std::mem::replace(&mut start, *end)..*end]);
            owners_of(environment, |reader| reader.owners(keys, writer(cells)), no_owner_of_keys)
        })
    }
}

/// Makes UTF-8 and its ends of joined UTF-16 and its ends, key by key where it is not all ASCII: two keys
/// never make one character together.
pub fn split_joined(units: &[u16], unit_ends: &[Cell<i32>], bytes: &mut Vec<u8>, ends: &mut Vec<usize>) {
    bytes.clear();
    ends.clear();
    if units.iter().fold(0, |seen, unit| seen | unit) < 0x80 {
        bytes.extend(units.iter().map(|unit| *unit as u8));
        ends.extend(unit_ends.iter().map(|end| end.get() as usize));
        return;
    }
    let mut start = 0;
    for end in unit_ends.iter().map(|end| end.get() as usize) {
        push_utf8(&units[start..end], bytes);
        ends.push(bytes.len());
        start = end;
    }
}

unsafe extern "C" fn owners_of_packed(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles; no JavaScript runs while the arrays are in use.
    // TypeScript makes `slots`, so nothing else refers to its memory; the other two are only read. An element
    // of an Int32Array may be read as u32: what was negative is too large and refused.
    unsafe {
        answer(env, info, |environment, [bytes, offsets, slots]| {
            let kinds = [sys::TypedarrayType::uint32_array, sys::TypedarrayType::int32_array];
            let arrays = elements::<u8>(env, bytes, &BYTES).and_then(|bytes| {
                let offsets = elements::<u32>(env, offsets, &kinds)?;
                Ok((bytes, offsets, elements::<Cell<i32>>(env, slots, &kinds[1..])?))
            });
            match arrays {
                Ok((bytes, offsets, slots)) => match packed_keys(bytes, offsets, slots.len()) {
                    Some(keys) => {
                        owners_of(environment, |reader| reader.owners(keys, writer(slots)), no_owner_of_keys)
                    }
                    None => reason::BAD_ENDS,
                },
                Err(why) => reason_for(why),
            }
        })
    }
}

/// The keys of a packed batch; `None` where the offsets are not `count + 1` rising numbers within the bytes.
pub fn packed_keys<'a>(
    bytes: &'a [u8],
    offsets: &'a [u32],
    count: usize,
) -> Option<impl Iterator<Item = &'a [u8]> + use<'a>> {
    let is_within = offsets.last().is_some_and(|end| *end as usize <= bytes.len());
    let is_good = offsets.len() == count + 1 && is_within && offsets.is_sorted();
    is_good.then(|| offsets.windows(2).map(|ends| &bytes[ends[0] as usize..ends[1] as usize]))
}

/// Writes slots to cells, one after another.
fn writer(cells: &[Cell<i32>]) -> impl FnMut(u16) {
    let mut cells = cells.iter();
    move |slot| {
        if let Some(cell) = cells.next() {
            cell.set(i32::from(slot));
        }
    }
}

/// Why keys of a batch have no owners: with JavaScript's hash function only their tokens can tell.
fn no_owner_of_keys(hash: HashFunction) -> i32 {
    if hash == HashFunction::Custom { reason::CUSTOM_HASH } else { reason::NO_OWNER }
}

/// Finds the owners of a batch, on the snapshot that the mailbox asks for; or `why` there are none.
#[inline]
fn owners_of(
    environment: &Environment,
    find: impl FnOnce(&mut Reader) -> bool,
    why: impl FnOnce(HashFunction) -> i32,
) -> i32 {
    let mailbox = &environment.mailbox;
    let is_same = mailbox.get(place::IS_SAME_SNAPSHOT) == 1;
    let number = mailbox.get(place::RING) as usize;
    let found = environment.with_reader(number, |reader| {
        if !is_same {
            reader.snapshot();
        }
        if find(reader) { version_of(reader.last()) } else { why(reader.hash()) }
    });
    found.unwrap_or(reason::CLOSED)
}
