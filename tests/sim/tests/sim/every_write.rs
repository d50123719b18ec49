//! Some writes of a device or of the server fail, in every way they can: afterwards nothing that was acknowledged is
//! gone, and the file is sound. `cargo xtask sim --writes` lets every single one fail; here it is every eleventh.

use trygkort_sim::disk::Failure;
use trygkort_sim::every_write::{Machine, fail_at, survivals, writes};

const STRIDE: usize = 11;

#[track_caller]
fn every_write(machine: Machine, failure: Failure) {
    let count = writes(machine);
    assert!(count > 50, "the reference run writes {count} times on the disk of the {machine:?}");
    for write in (0..count).step_by(STRIDE) {
        for survives in survivals(failure) {
            fail_at(machine, write, failure, *survives).unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
}

#[test]
fn a_write_of_a_device_fails() {
    every_write(Machine::Device, Failure::Once);
}

#[test]
fn a_device_has_no_room() {
    every_write(Machine::Device, Failure::Full);
}

#[test]
fn a_device_loses_its_power() {
    every_write(Machine::Device, Failure::PowerLoss);
}

#[test]
fn a_device_loses_its_power_in_the_middle_of_a_write() {
    every_write(Machine::Device, Failure::Torn);
}

#[test]
fn a_write_of_the_server_fails() {
    every_write(Machine::Server, Failure::Once);
}

#[test]
fn the_server_has_no_room() {
    every_write(Machine::Server, Failure::Full);
}

#[test]
fn the_server_loses_its_power() {
    every_write(Machine::Server, Failure::PowerLoss);
}

#[test]
fn the_server_loses_its_power_in_the_middle_of_a_write() {
    every_write(Machine::Server, Failure::Torn);
}
