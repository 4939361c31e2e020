//! Keeps this library loaded on Windows: see `build.rs` for why, and for how that is said elsewhere.

use std::ffi::c_void;
use std::ptr;

/// The module stays until the process ends, whoever frees it.
const PIN: u32 = 0x1;
/// The module is that of an address in it, and not of a name.
const FROM_ADDRESS: u32 = 0x4;

#[link(name = "kernel32")]
unsafe extern "system" {
    fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut *mut c_void) -> i32;
}

#[napi_derive::module_init]
fn pin() {
    let mut module = ptr::null_mut();
    let address = pin as fn() as *const c_void;
    // SAFETY: the address is in this module, which is loaded; the answer goes to a live local.
    let is_pinned = unsafe { GetModuleHandleExW(PIN | FROM_ADDRESS, address, &mut module) };
    debug_assert!(is_pinned != 0, "it cannot fail for an address of a loaded module");
}
