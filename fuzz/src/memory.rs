//! A meter on the heap, so that an input that makes us take memory out of proportion is a finding, with every compiler
//! and without a sanitizer. What SQLite takes is not counted here; libFuzzer's own limit is for that.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What any input may take, however short.
const BASE_BYTES: usize = 8 * 1024 * 1024;
/// What each byte of an input may take. A CBOR array of nulls or of empty arrays has a byte for each of its items, and
/// the largest item is a row with its fields.
const BYTES_PER_INPUT_BYTE: usize = 2_048;

struct Meter;

static TAKEN: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static METER: Meter = Meter;

// SAFETY: every call is passed on to the system's allocator as it came; counting touches no memory of others.
unsafe impl GlobalAlloc for Meter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let taken = TAKEN.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(taken, Relaxed);
        // SAFETY: the caller keeps the promises of this very method.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        TAKEN.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Runs a target and checks what it took. Only one may run at a time in a process.
pub fn bounded(input: &[u8], target: fn(&[u8])) {
    let before = TAKEN.load(Relaxed);
    PEAK.store(before, Relaxed);
    target(input);
    let taken = PEAK.load(Relaxed).saturating_sub(before);
    let allowed = BASE_BYTES + BYTES_PER_INPUT_BYTE * input.len();
    assert!(taken <= allowed, "{} bytes of input took {taken} bytes of memory, {allowed} are allowed", input.len());
}
