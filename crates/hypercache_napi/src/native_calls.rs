//! All lookups, as TypeScript gets them.

use std::rc::Rc;

use napi::Env;
use napi::bindgen_prelude::{FromNapiValue, Function, Unknown};
use napi_derive::napi;

use crate::batches::{owners_of_joined, owners_of_packed, owners_of_tokens};
use crate::calls::{
    bind, owner, owner_bounded, owner_bounded_of_bytes, owner_of_bytes, replicas, replicas_of_bytes,
};
use crate::environment::Environment;
use crate::tokens::{owner_bounded_of_token, owner_of_token, replicas_of_token};

/// The lookups and the mailbox they answer into. Nothing is returned: `mailbox` says what was found.
#[napi(object, object_from_js = false)]
pub struct NativeCalls<'e> {
    /// [ring, count, is same snapshot, mark or reason, slots …]: see `ts/native.ts`.
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
