//! What the benchmarks compare with, and never part of a release: the least that a native call can cost, and
//! the same lookup over a plain sorted array.

use std::cell::OnceCell;
use std::mem::MaybeUninit;
use std::ptr;

use napi::bindgen_prelude::{FromNapiValue, Function, Unknown};
use napi::{Env, sys};
use napi_derive::napi;

use crate::calls::{answer, bind};
use crate::environment::{check, place};
use crate::key::with_string;
use crate::ring::{NativeEnvironment, NativeRing};

thread_local! {
    static PLAIN_POINTS: OnceCell<Vec<(u64, u16)>> = const { OnceCell::new() };
}

/// Reads its argument as UTF-16 and answers how many units it has.
unsafe extern "C" fn floor(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut units = [const { MaybeUninit::<u16>::uninit() }; 256];
    let mut key = ptr::null_mut();
    let mut count = 1;
    let mut len = 0;
    let mut number = ptr::null_mut();
    // SAFETY: called by N-API with its own handles; the buffer has the room it is said to have.
    unsafe {
        sys::napi_get_cb_info(env, info, &mut count, &mut key, ptr::null_mut(), ptr::null_mut());
        sys::napi_get_value_string_utf16(env, key, units.as_mut_ptr().cast(), units.len(), &mut len);
        sys::napi_create_int32(env, len as i32, &mut number);
    }
    number
}

/// Finds the owner as `owner` does, by a binary search in the array of `make_plain`.
unsafe extern "C" fn plain_owner(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles.
    unsafe {
        answer(env, info, |environment, [key]| {
            let found = with_string(env, key, |key| {
                PLAIN_POINTS.with(|points| {
                    let points = points.get().expect("make_plain has filled it");
                    let token = hypercache_core::HashFunction::Xxhash64 { seed: 0 }.token(key);
                    let at = points.partition_point(|point| point.0 < token);
                    environment.mailbox.set(place::SLOTS, i32::from(points[at % points.len()].1));
                })
            });
            if found.is_some() { 1 } else { -2 }
        })
    }
}

/// Makes the floor function.
#[napi(catch_unwind, ts_return_type = "(key: string) => number")]
pub fn make_floor(env: &Env) -> napi::Result<Function<'_, Unknown<'_>, i32>> {
    let mut function = ptr::null_mut();
    // SAFETY: the function needs no data, and the handle is used at once.
    unsafe {
        let none = ptr::null_mut();
        check(sys::napi_create_function(env.raw(), c"floor".as_ptr(), -1, Some(floor), none, &mut function))?;
        Function::from_napi_value(env.raw(), function)
    }
}

/// Makes a lookup over a plain sorted array of the points of a ring. Once a thread.
#[napi(catch_unwind, ts_return_type = "(key: string) => void")]
pub fn make_plain<'e>(
    env: &'e Env,
    environment: &NativeEnvironment,
    ring: &NativeRing,
) -> napi::Result<Function<'e, Unknown<'e>, ()>> {
    let snapshot = ring.snapshot().map_err(|error| napi::Error::from_reason(error.reason.clone()))?;
    let points = snapshot.points().iter().map(|point| (point.token, point.slot)).collect();
    PLAIN_POINTS.with(|plain| plain.set(points)).map_err(|_| napi::Error::from_reason("once a thread"))?;
    bind(env, c"plainOwner", plain_owner, &environment.inner)
}
