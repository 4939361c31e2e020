//! What a hash function written in JavaScript needs: TypeScript calls it, and gives tokens in place of keys.

use hypercache_core::{HashFunction, RingOptions, StatusSet, Token};
use napi::bindgen_prelude::{BigInt, BigUint64Array, Uint8Array};
use napi::sys;
use napi_derive::napi;

use crate::calls::{Wanted, answer, number, owner_bounded_of, owner_of, reason, reason_for, replicas_of};
use crate::error::{Result, to_js};
use crate::key::elements;
use crate::ring::NativeRing;

#[napi]
impl NativeRing {
    /// The token of a key, where the hash function is not JavaScript.
    #[napi(catch_unwind)]
    pub fn token_of(&self, key: Uint8Array) -> Result<BigInt> {
        Ok(self.snapshot()?.token(&key).into())
    }

    /// The token of a key, where the lookup cache has it.
    #[napi(catch_unwind)]
    pub fn known_token(&self, key: Uint8Array) -> Result<Option<BigInt>> {
        Ok(self.read(|reader| reader.known_token(&key))?.map(BigInt::from))
    }

    /// Puts the token of a key into the lookup cache.
    #[napi(catch_unwind)]
    pub fn keep_token(&self, key: Uint8Array, token: BigInt) -> Result<()> {
        let (_, token, _) = token.get_u64();
        self.read(|reader| reader.keep_token(&key, token))
    }

    /// The tokens that a node brought with it, by number of its virtual nodes.
    #[napi(catch_unwind)]
    pub fn tokens_of(&self, id: String) -> Result<Option<BigUint64Array>> {
        let snapshot = self.snapshot()?;
        let tokens = snapshot.find(&id).and_then(|node| node.tokens());
        Ok(tokens.map(|tokens| tokens.to_vec().into()))
    }

    /// How many virtual nodes a node of this weight has.
    #[napi(catch_unwind)]
    pub fn point_count_of(weight: f64, virtual_node_count: f64) -> Result<u32> {
        RingOptions::new(HashFunction::Custom, virtual_node_count, StatusSet::default(), false)
            .and_then(|options| hypercache_core::point_count(weight, options.virtual_node_count))
            .map_err(to_js)
    }
}

pub const TOKENS: [sys::napi_typedarray_type; 1] = [sys::TypedarrayType::biguint64_array];

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
