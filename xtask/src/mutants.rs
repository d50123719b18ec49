//! `cargo xtask mutants`: whether the tests find bugs that are planted on purpose (docs/testing.md).
//!
//! The bugs lie in the code behind `mutant!(Name)` (`src-core/src/mutant.rs`) and are compiled in by a feature that
//! nothing else uses. The tests are built once with all of them and first run with none; then every bug is turned on by
//! itself. The test that is known to catch it runs first, and all others until one fails when that one does not.

mod suite;
mod table;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Result};
use crate::layout::Layout;
use crate::report::{say, seconds, step};
use suite::{CAUGHT_BY, Caught, Suite};
use table::{MUTANTS, Mutant};

/// What is tried of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// All tests must pass without a bug; then all bugs.
    Whole,
    /// The same with those tests alone that are known to catch one.
    Known,
    /// Every test against this one bug.
    One(String),
}

/// How many bugs were caught, and what became of those that were not, or not as the table says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) caught: u64,
    pub(crate) missed: Vec<String>,
}

/// Tries the bugs; the exit code says whether all were caught.
pub(crate) fn mutants(layout: &Layout, effort: &Effort) -> Result<ExitCode> {
    table::write(layout)?;
    let outcome = match effort {
        Effort::One(name) => try_one(layout, name)?,
        Effort::Whole | Effort::Known => try_all(layout, effort)?,
    };
    Ok(if outcome.missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Tries all bugs, as [`Effort::Whole`] or [`Effort::Known`].
pub(crate) fn try_all(layout: &Layout, effort: &Effort) -> Result<Outcome> {
    let start = Instant::now();
    let suite = Suite::build(layout)?;
    step("The tests without a bug", || match effort {
        Effort::Whole => suite.passes_without(),
        _ => suite.passes_without_known(&MUTANTS),
    })?;
    println!("==> {} planted bugs, one at a time", MUTANTS.len());
    let mut outcome = Outcome::default();
    for mutant in &MUTANTS {
        let start = Instant::now();
        let (line, is_as_said) = try_mutant(&suite, mutant)?;
        say(format!("{:<36} {line}, {}", mutant.name, seconds(start.elapsed())));
        match is_as_said {
            true => outcome.caught += 1,
            false => outcome.missed.push(format!("{}: {line}", mutant.name)),
        }
    }
    let (caught, missed) = (outcome.caught, outcome.missed.len());
    println!("{caught} caught, {missed} missed or not as the table says, in {}", seconds(start.elapsed()));
    Ok(outcome)
}

/// What became of a bug, and whether that is what the table says.
fn try_mutant(suite: &Suite, mutant: &Mutant) -> Result<(String, bool)> {
    /// Longer than any of the tests that are known to catch one takes.
    const KNOWN: Duration = Duration::from_secs(120);
    if let Some(Caught { by, how }) = suite.run_one(mutant.name, mutant.caught_by, KNOWN)? {
        // Who hangs or ends names no test, and a busy machine is slow.
        return Ok((format!("{how} {by}"), how == CAUGHT_BY));
    }
    let (binary, test) = mutant.caught_by;
    let not_by = format!("not by {} {test}", binary.id());
    match suite.first_to_fail(mutant.name)? {
        Some(Caught { by, how }) => Ok((format!("{how} {by}, {not_by}: correct the table"), false)),
        None => Ok(("NOT CAUGHT: write the test that does".to_owned(), false)),
    }
}

/// Names every test that catches a bug.
fn try_one(layout: &Layout, name: &str) -> Result<Outcome> {
    if MUTANTS.iter().all(|mutant| mutant.name != name) {
        return Err(Failure::new(format!("there is no planted bug {name:?}; they are in docs/testing.md")));
    }
    let caught = Suite::build(layout)?.all_that_fail(name)?;
    caught.iter().for_each(|Caught { by, how }| say(format!("{how} {by}")));
    println!("{name}: caught by {} tests", caught.len());
    Ok(match caught.is_empty() {
        true => Outcome { caught: 0, missed: vec![name.to_owned()] },
        false => Outcome { caught: 1, missed: Vec::new() },
    })
}
