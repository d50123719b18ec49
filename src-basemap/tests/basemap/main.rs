//! The crate from the outside: files in, tiles out, read back with other people's readers.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests may fail at once, and a skipped test says so"
)]

mod errors;
mod from_geojson;
mod from_osm;
mod from_tiny_osm;
mod inspect;
mod read_back;
mod styles;
mod tiny_pbf;
