//! Any one write of a device or of the server fails, in every way it can: afterwards nothing that was acknowledged is
//! gone, and the file is sound.

use trygkort_sim::disk::Failure;
use trygkort_sim::every_write::{Machine, Survives, fail_at, writes};

#[track_caller]
fn every_write(machine: Machine, failure: Failure, survives: &[Survives]) {
    let count = writes(machine);
    assert!(count > 50, "the reference run writes {count} times on the disk of the {machine:?}");
    for write in 0..count {
        for survives in survives {
            fail_at(machine, write, failure, *survives).unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
}

const ONE: &[Survives] = &[Survives::Nothing];
const ALL: &[Survives] = &[Survives::Everything, Survives::Nothing, Survives::Some(1), Survives::Some(2)];

#[test]
fn a_write_of_a_device_fails() {
    every_write(Machine::Device, Failure::Once, ONE);
}

#[test]
fn a_device_has_no_room() {
    every_write(Machine::Device, Failure::Full, ONE);
}

#[test]
fn a_device_loses_its_power() {
    every_write(Machine::Device, Failure::PowerLoss, ALL);
}

#[test]
fn a_device_loses_its_power_in_the_middle_of_a_write() {
    every_write(Machine::Device, Failure::Torn, ALL);
}

#[test]
fn a_write_of_the_server_fails() {
    every_write(Machine::Server, Failure::Once, ONE);
}

#[test]
fn the_server_has_no_room() {
    every_write(Machine::Server, Failure::Full, ONE);
}

#[test]
fn the_server_loses_its_power() {
    every_write(Machine::Server, Failure::PowerLoss, ALL);
}

#[test]
fn the_server_loses_its_power_in_the_middle_of_a_write() {
    every_write(Machine::Server, Failure::Torn, ALL);
}
