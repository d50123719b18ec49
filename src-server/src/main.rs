//! The program `trygkort`.

use std::process::ExitCode;

fn main() -> ExitCode {
    trygkort_server::cli::run()
}
