//! Lookups by token, of keys that a hash function written in JavaScript has hashed.

use hypercache_core::Token;
use napi::sys;

use crate::calls::{
    TOKENS, Wanted, answer, number, owner_bounded_of, owner_of, reason, reason_for, replicas_of,
};
use crate::key::elements;

/// The one token of an array that TypeScript made.
///
/// # Safety
/// As [`elements`].
unsafe fn one_token(env: sys::napi_env, value: sys::napi_value) -> std::result::Result<Token, i32> {
    // SAFETY: as this function.
    let tokens = unsafe { elements::<Token>(env, value, &TOKENS) }.map_err(reason_for)?;
    tokens.first().copied().ok_or(reason::NO_BYTES)
}

pub unsafe extern "C" fn owner_of_token(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles.
    unsafe {
        answer(env, info, |environment, [token]| {
            one_token(env, token).map_or_else(|why| why, |token| owner_of(environment, Wanted::Token(token)))
        })
    }
}

pub unsafe extern "C" fn replicas_of_token(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    // SAFETY: called by N-API with its own handles.
    unsafe {
        answer(env, info, |environment, [token]| {
            one_token(env, token)
                .map_or_else(|why| why, |token| replicas_of(environment, Wanted::Token(token)))
        })
    }
}

pub unsafe extern "C" fn owner_bounded_of_token(
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
