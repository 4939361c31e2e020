//! The floor that the benchmarks compare with: the least a native call can cost that reads a key and answers a
//! number.

use std::mem::MaybeUninit;
use std::ptr;

use napi::bindgen_prelude::{FromNapiValue, Function, Unknown};
use napi::{Env, sys};
use napi_derive::napi;

use crate::environment::check;

/// Reads its argument as UTF-16 and answers how many units it has.
unsafe extern "C" fn floor(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut units = [const { MaybeUninit::<u16>::uninit() }; 256];
    let mut key = ptr::null_mut();
    let mut count = 1;
    let mut len = 0;
    let mut answer = ptr::null_mut();
    // SAFETY: called by N-API with its own handles; the buffer has the room it is said to have.
    unsafe {
        sys::napi_get_cb_info(env, info, &mut count, &mut key, ptr::null_mut(), ptr::null_mut());
        sys::napi_get_value_string_utf16(env, key, units.as_mut_ptr().cast(), units.len(), &mut len);
        sys::napi_create_int32(env, len as i32, &mut answer);
    }
    answer
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
