//! A week of an area in milliseconds, from one number: devices and a server whose network, clocks, disks and power fail
//! as a seed says, and what must hold whatever happens.
//!
//! What runs is the real code: `trygkort_core::app::App` on every device, `trygkort_core::hub::AreaLog` as the server,
//! SQLite with its write-ahead log. Simulated are the people, the network, the clocks and the disks ([`disk`]). Every
//! choice comes from the seed, so a seed that fails fails again, with a trace that says in words what happened:
//! `cargo xtask sim --seed 4711 --trace`.
//!
//! Start reading at [`run_twice`]; `fault` lists what goes wrong, `check` what must hold.

#![expect(
    clippy::unwrap_used,
    reason = "these are helpers of tests, which may fail anywhere; clippy.toml exempts test functions only"
)]

mod check;
mod device;
pub mod disk;
pub mod every_write;
mod fault;
mod impostor;
mod older;
mod orders;
mod people;
mod prepared;
pub mod process;
pub mod rng;
mod schedule;
mod server;
mod stranger;
mod trace;
mod world;

pub use orders::{Tried, all_orders_agree};
pub use schedule::Schedule;
pub use trace::{Outcome, said};

/// Lives through the schedule of a seed twice; what happens twice must be the same to the letter, and then what holds
/// after the one holds after the other.
#[must_use]
pub fn run_twice(seed: u64) -> Outcome {
    let live = || world::World::new(Schedule::of(seed)).live();
    let first = live();
    let digest = first.outcome().digest();
    let mut first = first.judged();
    let second = live();
    let second = second.outcome();
    if digest != second.digest() {
        let line = first.trace.iter().zip(&second.trace).position(|(one, other)| one != other);
        first.wrong.push(format!("the second run of this seed was another one, from line {line:?} of the trace on"));
    }
    first
}
