//! The server over real HTTP on port 0, and the program as people start it.

#![expect(
    clippy::unwrap_used,
    reason = "a test may fail anywhere; clippy.toml exempts test functions, not their helpers"
)]

mod access;
mod access_until;
mod area_transfer;
mod aside;
mod backups;
mod command_line;
mod files;
mod guesses;
mod harness;
mod held_open;
mod invitations;
mod kills;
mod limits;
mod long_requests;
mod mirrors;
mod openapi;
mod packed;
mod permissions;
mod person;
mod photos;
mod poke;
mod restored_access;
mod snapshot;
mod sync;
mod tls;
mod unsent;
mod upload_cuts;
mod walks;
