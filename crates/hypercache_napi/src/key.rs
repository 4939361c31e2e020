//! Keys on their way in: JavaScript strings become UTF-8, typed arrays are read where they are.

use std::mem::MaybeUninit;
use std::ptr;

use napi::sys;

/// Strings up to this many UTF-16 units are read without the heap.
const STACK_UNITS: usize = 512;
/// A UTF-16 unit takes at most this many bytes of UTF-8.
const UTF8_BYTES_PER_UNIT: usize = 3;

/// Calls `then` with a string's UTF-8, lone surrogates as U+FFFD. `None` where the value is no string.
///
/// The string is read as UTF-16, which every engine here does fastest, and narrowed: while all units are
/// below 0x80 they are the bytes.
///
/// # Safety
/// `env` and `value` must be those of the running callback.
#[inline]
pub unsafe fn with_string<R>(
    env: sys::napi_env,
    value: sys::napi_value,
    then: impl FnOnce(&[u8]) -> R,
) -> Option<R> {
    let mut units = [const { MaybeUninit::<u16>::uninit() }; STACK_UNITS];
    let mut len = 0;
    // SAFETY: the buffer has room for STACK_UNITS units; N-API writes fewer and says how many.
    let status = unsafe {
        sys::napi_get_value_string_utf16(env, value, units.as_mut_ptr().cast(), STACK_UNITS, &mut len)
    };
    if status != sys::Status::napi_ok {
        return None;
    }
    if len + 1 >= STACK_UNITS {
        // SAFETY: as this function.
        return unsafe { read_long(env, value) }.map(|units| then(&utf8_of(&units)));
    }
    // SAFETY: N-API has written `len` units.
    let units = unsafe { std::slice::from_raw_parts(units.as_ptr().cast::<u16>(), len) };
    let mut bytes = [const { MaybeUninit::<u8>::uninit() }; STACK_UNITS];
    let mut seen = 0;
    for (byte, unit) in bytes.iter_mut().zip(units) {
        seen |= unit;
        byte.write(*unit as u8);
    }
    if seen < 0x80 {
        // SAFETY: the loop has written `len` bytes.
        Some(then(unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast::<u8>(), len) }))
    } else {
        Some(with_wide(units, then))
    }
}

/// A string of any length.
///
/// # Safety
/// As [`with_string`].
unsafe fn read_long(env: sys::napi_env, value: sys::napi_value) -> Option<Vec<u16>> {
    let mut len = 0;
    // SAFETY: without a buffer N-API only answers the length.
    let status = unsafe { sys::napi_get_value_string_utf16(env, value, ptr::null_mut(), 0, &mut len) };
    if status != sys::Status::napi_ok {
        return None;
    }
    let mut units = Vec::new();
    // SAFETY: as this function.
    unsafe { read_units(env, value, len, &mut units) }.then_some(units)
}

/// Reads a string that should have `len` units into `units`; `false` where it has another length or is none.
///
/// # Safety
/// As [`with_string`].
pub unsafe fn read_units(
    env: sys::napi_env,
    value: sys::napi_value,
    len: usize,
    units: &mut Vec<u16>,
) -> bool {
    units.clear();
    // One for the zero that N-API ends with, one to notice a longer string.
    units.reserve(len + 2);
    let mut written = 0;
    // SAFETY: there is room for `len + 2` units; N-API says how many it wrote, and all of those are
    // initialised.
    unsafe {
        let status = sys::napi_get_value_string_utf16(env, value, units.as_mut_ptr(), len + 2, &mut written);
        if status != sys::Status::napi_ok || written != len {
            return false;
        }
        units.set_len(len);
    }
    true
}

/// UTF-8 of short units that are not all ASCII, on the stack.
#[inline(never)]
fn with_wide<R>(units: &[u16], then: impl FnOnce(&[u8]) -> R) -> R {
    let mut bytes = [0; STACK_UNITS * UTF8_BYTES_PER_UNIT];
    let mut len = 0;
    for character in characters(units) {
        len += character.encode_utf8(&mut bytes[len..]).len();
    }
    then(&bytes[..len])
}

fn utf8_of(units: &[u16]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(units.len());
    push_utf8(units, &mut bytes);
    bytes
}

/// Appends the UTF-8 of units.
pub fn push_utf8(units: &[u16], bytes: &mut Vec<u8>) {
    for character in characters(units) {
        bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

fn characters(units: &[u16]) -> impl Iterator<Item = char> {
    char::decode_utf16(units.iter().copied()).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// Why a typed array cannot be read.
pub enum NotReadable {
    /// It is no typed array of the wanted element type.
    OtherType,
    /// Its memory is shared with other threads, which may write while we read.
    Shared,
}

/// The elements of a typed array, where they are. None of an array whose memory is gone: its length is 0, and
/// engines differ in what else they tell of it.
///
/// # Safety
/// As [`with_string`]; no JavaScript may run while the slice is in use. `T` must be the element type of
/// `kinds`.
#[inline]
pub unsafe fn elements<'a, T>(
    env: sys::napi_env,
    value: sys::napi_value,
    kinds: &[sys::napi_typedarray_type],
) -> std::result::Result<&'a [T], NotReadable> {
    let mut kind = 0;
    let mut len = 0;
    let mut data = ptr::null_mut();
    let mut buffer = ptr::null_mut();
    let mut is_unshared = false;
    // SAFETY: N-API writes to live locals, and answers an error for a value that is no typed array.
    unsafe {
        let status = sys::napi_get_typedarray_info(
            env,
            value,
            &mut kind,
            &mut len,
            &mut data,
            &mut buffer,
            ptr::null_mut(),
        );
        if status != sys::Status::napi_ok || !kinds.contains(&kind) {
            return Err(NotReadable::OtherType);
        }
        // For a SharedArrayBuffer the answer is no.
        sys::napi_is_arraybuffer(env, buffer, &mut is_unshared);
        if !is_unshared {
            return Err(NotReadable::Shared);
        }
        // Without elements the pointer may be null.
        Ok(if len == 0 { &[] } else { std::slice::from_raw_parts(data.cast::<T>(), len) })
    }
}
