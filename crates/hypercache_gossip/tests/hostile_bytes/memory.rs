//! The biggest piece of memory that was asked for at once, and how many pieces, for each thread by itself.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Watching;

thread_local! {
    static BIGGEST: Cell<usize> = const { Cell::new(0) };
    static PIECES: Cell<usize> = const { Cell::new(0) };
}

fn note(size: usize) {
    BIGGEST.set(BIGGEST.get().max(size));
    PIECES.set(PIECES.get() + 1);
}

// SAFETY: everything is passed on as it came; noting touches only constant-initialised thread locals, which
// neither allocate nor have a destructor.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(new_size);
        // SAFETY: the caller's promises.
        unsafe { System.realloc(pointer, layout, new_size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// The biggest piece that something asks for.
pub fn biggest_piece(work: impl FnOnce()) -> usize {
    BIGGEST.set(0);
    work();
    BIGGEST.get()
}

/// How many pieces something asks for.
pub fn pieces(work: impl FnOnce()) -> usize {
    PIECES.set(0);
    work();
    PIECES.get()
}
