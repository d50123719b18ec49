//! The browser host: the core over SQLite on OPFS, in a dedicated worker of its own.
//!
//! The page (`src-ui/js/host.js`) starts `worker-HASH.js`: the module that wasm-bindgen writes for this crate with
//! `start.js` appended by the build. From then on messages are all there is:
//!
//! | page → worker | worker → page |
//! | --- | --- |
//! | `{id, request}`, `{id, basemap: true}` | `{id, ok}`, `{id, err}`, `{id, bytes}` |
//! | `{visible}`, `{online: true}`, `{take_over: true}` | `{ready: true}`, `{leads}`, `{event}`, `{failed}` |
//!
//! **Invariants.** One tab of the browser has the database, and that tab is visible: `worker` takes the Web Lock, opens
//! the files, serves, and closes everything again before it lets go. A request that arrives in between waits; none is
//! lost and none is answered from a file that another tab may be writing. Nothing here decides about content: requests
//! go to `trygkort_core::app::App`.
//!
//! Start reading at `worker` (taking turns), then `leader` (what the tab whose turn it is does), `storage` (files) and
//! `net` (HTTP). What can be decided without a browser is in [`policy`].

pub mod policy;

#[cfg(target_family = "wasm")]
mod env;
#[cfg(target_family = "wasm")]
mod inbox;
#[cfg(target_family = "wasm")]
mod leader;
#[cfg(target_family = "wasm")]
mod lock;
#[cfg(target_family = "wasm")]
mod net;
#[cfg(target_family = "wasm")]
mod outbox;
#[cfg(target_family = "wasm")]
mod poke;
#[cfg(target_family = "wasm")]
mod storage;
#[cfg(target_family = "wasm")]
mod worker;
