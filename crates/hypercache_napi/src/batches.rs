//! Lookups of many keys in one call. The rule of `calls.rs` holds here too.

use std::cell::Cell;

use hypercache_core::{HashFunction, Reader, Token};
use napi::sys;

use crate::calls::{BYTES, TOKENS, answer, reason, reason_for, version_of};
use crate::environment::{Environment, place};
use crate::key::{elements, push_utf8, read_units};

pub unsafe extern "C" fn owners_of_joined(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
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

pub unsafe extern "C" fn owners_of_packed(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
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

pub unsafe extern "C" fn owners_of_tokens(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
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
