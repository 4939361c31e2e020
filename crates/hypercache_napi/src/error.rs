//! Errors on their way to JavaScript: the code of the core becomes the `code` of the JavaScript error.

use hypercache_core::Error;

/// What every exported function answers.
pub type Result<T> = std::result::Result<T, napi::Error<&'static str>>;

/// Turns an error of the core into one that napi throws.
pub fn to_js(error: Error) -> napi::Error<&'static str> {
    napi::Error::new(error.code(), error.to_string())
}

/// Turns an error of N-API itself into one that napi throws: no input of a user leads here.
pub fn internal(error: napi::Error) -> napi::Error<&'static str> {
    napi::Error::new("ERR_HYPERCACHE_INTERNAL", error.to_string())
}
