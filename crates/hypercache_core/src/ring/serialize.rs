//! stub
#![allow(missing_docs)]
use super::{Ring, Snapshot};
use crate::error::Error;
impl Snapshot {
    pub fn serialize(&self) -> Result<Vec<u8>, Error> {
        Err(Error::CustomHash("serialized"))
    }
}
impl Ring {
    pub fn deserialize(_: &[u8], _: f64) -> Result<Self, Error> {
        Err(Error::CustomHash("serialized"))
    }
}
