//! A server and devices in one process, talking over real HTTP: what the tests in `it/` and the benches share.
//!
//! A [`Device`] is the whole application of `trygkort_core` with database files in a folder of its own; this crate only
//! carries its requests, as the desktop window and the browser's worker do. A [`TestServer`] is the real server on a
//! free port. A [`WireTap`] stands between them and counts every byte.

// There are no servers in a browser; what is built for one is an example that needs nothing of this.
#![cfg(not(target_family = "wasm"))]
#![expect(
    clippy::unwrap_used,
    reason = "these are helpers of tests, which may fail anywhere; clippy.toml exempts test functions only"
)]

mod device;
pub mod raw;
mod test_server;
mod wire_tap;

pub use device::{Answer, Device, Listener, Push, Traffic};
pub use test_server::TestServer;
pub use wire_tap::{Shape, WireTap};

/// A client that follows no redirect and trusts nobody: the tests speak plain HTTP with this machine.
#[must_use]
pub fn http_client() -> reqwest::Client {
    // Fails when it is installed already, by another test of the process.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}
