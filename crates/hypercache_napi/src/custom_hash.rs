//! What a hash function written in JavaScript needs: TypeScript calls it, and gives tokens in place of keys.

use hypercache_core::{HashFunction, RingOptions, StatusSet};
use napi::bindgen_prelude::{BigInt, BigUint64Array, Uint8Array};
use napi_derive::napi;

use crate::error::{Result, to_js};
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
