//! Tells the linker what an addon needs.

fn main() {
    napi_build::setup();
    // Node unloads an addon when the last environment that has loaded it ends, and the threads of the runtime
    // would go on in code that is gone. On Windows the library pins itself: `src/pinned.rs`.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
