//! Devices and a server over real HTTP: the stories of issue by issue, end to end.

#![expect(
    clippy::unwrap_used,
    reason = "a test may fail anywhere; clippy.toml exempts test functions, not their helpers"
)]

mod access;
mod basemap;
mod deleted_area;
mod devices;
mod kill;
mod locked_out;
mod old_client;
mod poke;
mod restart;
mod restore;
mod sync_story;
mod unsent;
mod wire;
