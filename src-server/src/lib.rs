//! The sync server of Trygkort and its command line.
//!
//! Invariants
//! - What is acknowledged is on the disk: every answer to a write comes after its commit (`group_commit`).
//! - No async code touches SQLite: one thread owns `control.db` (`control`), a fixed pool owns the areas' files
//!   (`area_pool`).
//! - Who may see what is decided here and in `trygkort_core::hub`, never on a device.
//! - Secrets are stored as hashes; names, addresses and secrets are never logged (`request_log`).
//!
//! Start reading at `router`, which lists every address, then `handlers`; `server` is how it starts and stops.

mod area_delete;
mod area_export;
mod area_files;
mod area_names;
mod area_pool;
mod aside;
mod auth;
mod backup;
mod blobs;
mod check;
pub mod cli;
mod clock;
mod config;
mod control;
mod data_dir;
mod demo;
mod erasures;
mod error;
mod group_commit;
mod guesses;
mod handlers;
mod hub;
mod invitation;
mod limits;
mod logging;
mod long_requests;
mod mirror;
mod packed_body;
mod person;
mod poke;
mod rate_limit;
mod request_log;
mod restore;
mod router;
mod rows_json;
mod secrets;
mod security_headers;
mod server;
mod snapshots;
mod tidy;
mod tls;
mod web_files;

pub use area_delete::{DeleteError, delete_area};
pub use area_files::{AddBasemapError, AreaSpec};
pub use backup::{BackupError, back_up};
pub use config::{Config, TlsFiles};
pub use control::ControlError;
pub use control::InvitedTo;
pub use data_dir::DataDirError;
pub use demo::DemoError;
pub use hub::AreaError;
pub use invitation::{Invitation, InvitationSpec};
pub use rate_limit::RateConfig;
pub use restore::{RestoreError, restore};
pub use secrets::{NoRandom, Secret};
pub use server::{ServeError, Server, bind, serve_on};
pub use tls::TlsError;
pub use web_files::WebDirError;
