//! Some calls to the disk of a device or of the server fail, in every way they can: afterwards nothing that was
//! acknowledged is gone, and the file is sound. `cargo xtask sim --writes` lets every single one fail; here it is every
//! 31st way.

use trygkort_sim::disk::{Call, Failure, Tear};
use trygkort_sim::every_write::{Machine, Story, Way, every_way, fail_at, ways};

const STRIDE: usize = 31;

#[track_caller]
fn some_ways(machine: Machine, call: Call, failures: &[Failure]) {
    let chosen = |way: &Way| way.machine == machine && way.fault.call == call && failures.contains(&way.fault.failure);
    let ways: Vec<Way> = every_way().into_iter().filter(chosen).collect();
    assert!(ways.len() > STRIDE, "the reference runs have {} such calls", ways.len());
    for way in ways.iter().step_by(STRIDE) {
        fail_at(way).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}

fn torn() -> [Failure; 3] {
    Tear::ALL.map(Failure::Torn)
}

#[test]
fn a_write_of_a_device_fails() {
    some_ways(Machine::Device, Call::Write, &[Failure::Once]);
}

#[test]
fn a_read_of_a_device_fails() {
    some_ways(Machine::Device, Call::Read, &[Failure::Once]);
}

#[test]
fn a_device_has_no_room() {
    some_ways(Machine::Device, Call::Write, &[Failure::Full]);
}

#[test]
fn a_device_loses_its_power() {
    some_ways(Machine::Device, Call::Write, &[Failure::PowerLoss]);
}

#[test]
fn a_device_loses_its_power_in_the_middle_of_a_write() {
    some_ways(Machine::Device, Call::Write, &torn());
}

#[test]
fn a_write_of_the_server_fails() {
    some_ways(Machine::Server, Call::Write, &[Failure::Once]);
}

#[test]
fn a_read_of_the_server_fails() {
    some_ways(Machine::Server, Call::Read, &[Failure::Once]);
}

#[test]
fn the_server_has_no_room() {
    some_ways(Machine::Server, Call::Write, &[Failure::Full]);
}

#[test]
fn the_server_loses_its_power() {
    some_ways(Machine::Server, Call::Write, &[Failure::PowerLoss]);
}

#[test]
fn the_server_loses_its_power_in_the_middle_of_a_write() {
    some_ways(Machine::Server, Call::Write, &torn());
}

#[test]
fn what_was_erased_is_written_over_as_soon_as_there_is_room() {
    let no_room = |way: &Way| way.fault.failure == Failure::Full;
    let ways: Vec<Way> = ways(Story::Erasing, Machine::Server).into_iter().filter(no_room).collect();
    for way in ways.iter().step_by(7) {
        fail_at(way).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}
