//! The core as a whole: devices and a log that exchange messages in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod devices;

mod app;
mod conflicts;
mod convergence;
mod documents;
mod erasure;
mod folded;
mod forget;
mod guards;
mod held;
mod history;
mod hostile;
mod incarnations;
mod lock;
mod merge_story;
mod mirrors;
mod old_client;
mod old_wire;
mod pages;
mod photo_transfers;
mod photos;
mod restore;
mod scopes;
mod seeds;
mod snapshot_file;
mod snapshots;
mod vectors;
mod walks;
mod wire_bytes;
