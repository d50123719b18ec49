//! `cargo xtask sim`: the simulation of `tests/sim`, in the profile that it is written for.

use std::process::ExitCode;

use crate::clones;
use crate::failure::Result;
use crate::layout::{self, Layout};
use crate::process::Program;

/// Builds the simulation and becomes it, with these arguments (`--help` names them).
pub(crate) fn sim(layout: &Layout, arguments: &[String]) -> Result<ExitCode> {
    program(layout)?.args(arguments).become_it()
}

/// The simulation, built.
pub(crate) fn program(layout: &Layout) -> Result<Program> {
    let build = ["build", "--quiet", "--profile", "sim", "--package", "trygkort-sim", "--bin", "trygkort-sim"];
    clones::cargo(layout, &layout.native)?.args(build).run()?;
    Ok(Program::new(layout.native.join("sim").join(layout::program_name("trygkort-sim"))))
}
