//! What Trygkort reads from others, as functions that take arbitrary bytes. None may panic, none may take memory out of
//! proportion to its input, and each keeps a promise of its own, which it checks.
//!
//! `cargo xtask fuzz` runs them under libFuzzer, one program each (`fuzz_targets/`). `cargo test` in this folder runs
//! them over the corpus and over some thousand mutations of it, with the compiler and nothing else.
//!
//! To add one: a function here, its line in [`TARGETS`], a program in `fuzz_targets/`, its `[[bin]]`, and seeds.

mod actions;
mod backup;
mod link;
mod memory;
pub mod seeds;
mod world;

pub use actions::hub_actions;
pub use backup::backup;
pub use link::invitation_link;
pub use memory::bounded;

use trygkort_core::domain::jpeg;
use trygkort_core::hub::HubError;
use trygkort_core::snapshot::Snapshot;
use trygkort_core::sync;
use trygkort_core::wire::unsent::UnsentFile;
use trygkort_core::wire::v1::SyncRequest;
use trygkort_core::wire::{from_bytes, to_bytes};
use world::{NOW_MS, device, hub, next_request};

/// A target: what it is called, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// Every target, as [`bounded`] runs them.
pub const TARGETS: [Target; 8] = [
    ("wire_request", wire_request),
    ("wire_response", wire_response),
    ("hub_bytes", hub_bytes),
    ("hub_actions", hub_actions),
    ("invitation_link", invitation_link),
    ("snapshot", snapshot),
    ("backup", backup),
    ("unsent_file", unsent_file),
];

/// Reads a device's request. What can be read can be written, and reads the same again.
pub fn wire_request(input: &[u8]) {
    let Ok(request) = from_bytes::<SyncRequest>(input) else { return };
    let bytes = to_bytes(&request);
    let again: SyncRequest = from_bytes(&bytes).expect("what was written can be read");
    assert_eq!(to_bytes(&again), bytes, "a request changes while it is passed on");
}

/// A device takes a server's answer: all of it, or nothing of it.
pub fn wire_response(input: &[u8]) {
    let mut device = device();
    let before = device.dump().expect("memory holds");
    let cursor = device.cursor().expect("memory holds");
    if sync::apply(&mut device, input, NOW_MS).is_err() {
        assert_eq!(device.dump().expect("memory holds"), before, "a refused answer left something behind");
        assert_eq!(device.cursor().expect("memory holds"), cursor, "a refused answer moved the cursor");
    }
    let next = next_request(&device);
    from_bytes::<SyncRequest>(&next).expect("a device sends what can be read");
}

/// Reads a snapshot's file. What can be read can be written, and reads the same again.
pub fn snapshot(input: &[u8]) {
    let Ok(read) = Snapshot::from_bytes(input) else { return };
    let bytes = read.to_bytes();
    let again = Snapshot::from_bytes(&bytes).expect("what was written can be read");
    assert!(again.to_bytes() == bytes, "a snapshot changes while it is passed on");
}

/// Reads a file of what a device could not send. What can be read can be written, reads the same again, and has no
/// photo that is more than a picture.
pub fn unsent_file(input: &[u8]) {
    let Ok(file) = UnsentFile::read(input) else { return };
    let again = UnsentFile::read(&to_bytes(&file)).expect("what was written can be read");
    assert!(again == file, "a file changes while it is passed on");
    for photo in file.photos.iter().flatten() {
        assert_eq!(jpeg::without_metadata(photo).as_deref(), Ok(photo.as_slice()), "a photo with metadata passed");
    }
}

/// The server gets a body from a device that may say anything. A refused body leaves no trace; one that was taken
/// leaves a log that is whole.
pub fn hub_bytes(input: &[u8]) {
    let mut hub = hub();
    let before = hub.state();
    match hub.exchange(input) {
        Ok(_) => hub.expect_whole(),
        Err(HubError::Store(error)) => panic!("a device's bytes made the store fail: {error}"),
        Err(_) => assert_eq!(hub.state(), before, "a refused request left something behind"),
    }
}
