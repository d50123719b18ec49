//! What Trygkort decides, the same on every host: domain rules, user actions, the store, merging, synchronising and
//! the wire format.
//!
//! Invariants
//! - SQLite is the only effect. Network, clock and randomness are passed in ([`app::Env`]), so that a simulator can run
//!   the same code.
//! - A user action is one function, one transaction and one list of changes ([`ops`]).
//! - Merging is planned by pure code ([`merge`]) that client and server share.
//! - What travels ([`wire`]), what is stored ([`store`]) and what screens see ([`ipc`]) are three sets of types.
//!
//! Start reading at [`domain::schema`] (what is shared), then [`ops`] (what people do), then [`merge`] and [`sync`].

#[macro_use]
pub mod mutant;

#[cfg(feature = "sqlite")]
pub mod app;
#[cfg(feature = "sqlite")]
pub mod demo;
pub mod domain;
pub mod error;
#[cfg(feature = "sqlite")]
pub mod hub;
pub mod ipc;
pub mod merge;
#[cfg(feature = "sqlite")]
pub mod ops;
pub mod seal;
pub mod snapshot;
#[cfg(feature = "sqlite")]
pub mod store;
#[cfg(feature = "sqlite")]
pub mod sync;
pub mod wire;
