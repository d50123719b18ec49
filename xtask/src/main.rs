//! What a person types to work on Trygkort: `cargo xtask run`, `cargo xtask test` and the rest (`cargo xtask help`).
//!
//! Two rules hold everywhere in here. A step says what it does before it does it and how long it took. Whatever goes
//! wrong ends in one line that says what happened and how to mend it, and in an exit code that is not 0.
//!
//! Start reading at [`Task`]; each command has a module of its own. Nothing here is needed when Trygkort runs.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal talks to the terminal")]

mod bench;
mod bundle;
mod check;
mod clones;
mod failure;
mod fuzz;
mod layout;
mod mutants;
mod process;
mod report;
mod run;
mod screenshots;
mod setup;
mod sim;
mod test;
#[cfg(test)]
mod tidy;
mod web;

use std::process::ExitCode;

use failure::{Failure, Result};
use layout::Layout;
use lexopt::ValueExt;
use lexopt::prelude::*;

const HELP: &str = "\
Developer commands of Trygkort.

    cargo xtask run [--listen ADDRESS]    start the server with a demo area on 127.0.0.1:8787
    cargo xtask run --desktop             open the desktop window instead
    cargo xtask test [--only STAGE]       set up, then run every test there is
    cargo xtask check                     formatting, lints, documentation, licences, spelling
    cargo xtask bench [NAME] [--quick]    measure the figures of the README, keep them under bench/results/
    cargo xtask fuzz [TARGET] [--seconds N]
                                          feed what reads others' words with what nobody would send
    cargo xtask sim [--seeds N] [--seed S] [--trace] [--writes]
                                          live through schedules of failing networks, disks, clocks and people
    cargo xtask mutants [BUG] [--known]   plant bugs, one at a time, and name the test that catches each
    cargo xtask setup                     install what is missing; the commands above do this by themselves
    cargo xtask web [--dev]               build the web app into dist/
    cargo xtask bundle                    make the installable .deb of the desktop app
    cargo xtask screenshots [ARGS]        photograph every screen

Compiled code is kept outside the clone, in $CARGO_TARGET_DIR or ~/.cache/trygkort.";

/// One command with what was asked of it.
enum Task {
    Help,
    Setup,
    Web(web::Mode),
    Run { desktop: bool, mode: web::Mode, listen: String },
    Test { only: Option<String> },
    Check,
    Fuzz { only: Option<String>, seconds: u64 },
    Bench { only: Option<String>, effort: bench::Effort },
    Bundle,
    Screenshots(Vec<String>),
    Sim(Vec<String>),
    Mutants(mutants::Effort),
}

fn main() -> ExitCode {
    match parse().and_then(carry_out) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(task: Task) -> Result<ExitCode> {
    let layout = Layout::find()?;
    match task {
        Task::Help => println!("{HELP}"),
        Task::Setup => setup::setup(&layout, setup::Need::Everything)?,
        Task::Web(mode) => {
            setup::setup(&layout, setup::Need::Web)?;
            web::build(&layout, mode)?;
        }
        Task::Run { desktop: false, mode, listen } => return run::serve(&layout, mode, &listen),
        Task::Run { desktop: true, mode, .. } => return run::open_window(&layout, mode),
        Task::Test { only } => return test::test(&layout, only.as_deref()),
        Task::Check => return check::check(&layout),
        Task::Fuzz { only, seconds } => return fuzz_all(&layout, only.as_deref(), seconds),
        Task::Bench { only, effort } => bench::bench(&layout, only.as_deref(), effort)?,
        Task::Bundle => bundle::bundle(&layout)?,
        Task::Screenshots(arguments) => screenshots::screenshots(&layout, &arguments)?,
        Task::Mutants(effort) => return mutants::mutants(&layout, &effort),
        Task::Sim(arguments) => return sim::sim(&layout, &arguments),
    }
    Ok(ExitCode::SUCCESS)
}

fn fuzz_all(layout: &Layout, only: Option<&str>, seconds: u64) -> Result<ExitCode> {
    let outcome = fuzz::fuzz(layout, only, seconds)?;
    println!("{} passed, {} failed", outcome.sound.len(), outcome.broken.len());
    Ok(if outcome.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn parse() -> Result<Task> {
    let mut parser = lexopt::Parser::from_env();
    let mut words: Vec<String> = Vec::new();
    let mut listen = run::LISTEN.to_owned();
    let (mut desktop, mut dev, mut help, mut quick, mut known) = (false, false, false, false, false);
    let (mut only, mut seconds) = (None, fuzz::SECONDS);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            // What comes after it is the simulation's own.
            Value(word) if words.is_empty() && word == "sim" => {
                let rest = parser.raw_args().map_err(usage)?.map(|word| word.string().map_err(usage));
                return Ok(Task::Sim(rest.collect::<Result<_>>()?));
            }
            Long("desktop") => desktop = true,
            Long("dev") => dev = true,
            Long("quick") => quick = true,
            Long("known") => known = true,
            Long("listen") => listen = parser.value().and_then(ValueExt::string).map_err(usage)?,
            Long("only") => only = Some(parser.value().and_then(ValueExt::string).map_err(usage)?),
            Long("seconds") => seconds = parser.value().and_then(|value| value.parse()).map_err(usage)?,
            Short('h') | Long("help") => help = true,
            Value(word) => words.push(word.string().map_err(usage)?),
            other => return Err(usage(other.unexpected())),
        }
    }
    let mode = if dev { web::Mode::Dev } else { web::Mode::Release };
    let command = words.first().cloned();
    let task = match command.as_deref() {
        _ if help => Task::Help,
        None | Some("help") => Task::Help,
        Some("setup") => Task::Setup,
        Some("web") => Task::Web(mode),
        Some("run") => Task::Run { desktop, mode, listen },
        Some("test") => Task::Test { only },
        Some("check") => Task::Check,
        Some("fuzz") => {
            let only = words.get(1).cloned();
            words.truncate(1);
            Task::Fuzz { only, seconds }
        }
        Some("bench") => {
            let only = only.or_else(|| words.get(1).cloned());
            words.truncate(1);
            Task::Bench { only, effort: if quick { bench::Effort::Quick } else { bench::Effort::Whole } }
        }
        Some("mutants") => {
            let only = words.get(1).cloned();
            words.truncate(1);
            let all = if known { mutants::Effort::Known } else { mutants::Effort::Whole };
            Task::Mutants(only.map_or(all, mutants::Effort::One))
        }
        Some("bundle") => Task::Bundle,
        Some("screenshots") => return Ok(Task::Screenshots(words.split_off(1))),
        Some(other) => return Err(Failure::new(format!("there is no command {other:?}; see `cargo xtask help`"))),
    };
    match words.get(1) {
        Some(extra) => Err(Failure::new(format!("{extra:?} was not expected; see `cargo xtask help`"))),
        None => Ok(task),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn usage(error: lexopt::Error) -> Failure {
    Failure::new(format!("{error}; see `cargo xtask help`"))
}
