//! The test programs with the planted bugs in them, and running them.

use std::path::PathBuf;
use std::time::Duration;

use super::table::Mutant;
use crate::clones;
use crate::failure::{Failure, Result};
use crate::layout::{Layout, read_text};
use crate::process::{Program, Tried};
use crate::report::{say, step};

/// Names the bug to a test program; see `src-core/src/mutant.rs`.
const VARIABLE: &str = "TRYGKORT_MUTANT";
/// What a whole test program may take on a machine that is busy with other things.
const PROGRAM: Duration = Duration::from_secs(900);

/// A test program, called as nextest calls it. In the order in which they are run: the quick ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    CoreUnits,
    ServerUnits,
    Server,
    Core,
    Simulation,
}

impl Binary {
    const ALL: [Binary; 5] = [Binary::CoreUnits, Binary::ServerUnits, Binary::Server, Binary::Core, Binary::Simulation];

    pub(super) fn id(self) -> &'static str {
        match self {
            Binary::CoreUnits => "trygkort-core",
            Binary::ServerUnits => "trygkort-server",
            Binary::Server => "trygkort-server::it",
            Binary::Core => "trygkort-core::core",
            Binary::Simulation => "trygkort-sim::sim",
        }
    }

    /// The folder of its package, where it is run.
    fn folder(self) -> &'static str {
        match self {
            Binary::CoreUnits | Binary::Core => "src-core",
            Binary::ServerUnits | Binary::Server => "src-server",
            Binary::Simulation => "tests/sim",
        }
    }

    /// Its target's kind and name, as cargo reports them.
    fn target(self) -> (&'static str, &'static str) {
        match self {
            Binary::CoreUnits => ("lib", "trygkort_core"),
            Binary::ServerUnits => ("lib", "trygkort_server"),
            Binary::Server => ("test", "it"),
            Binary::Core => ("test", "core"),
            Binary::Simulation => ("test", "sim"),
        }
    }
}

/// A test of a program, by its name there.
pub(super) type Test = (Binary, &'static str);

/// A test that failed with a bug turned on.
pub(super) struct Caught {
    pub(super) by: String,
    /// *caught by*, or that it hung or ended otherwise.
    pub(super) how: &'static str,
}

/// All test programs, built.
pub(super) struct Suite {
    root: PathBuf,
    output: PathBuf,
    programs: Vec<(Binary, PathBuf)>,
}

impl Suite {
    pub(super) fn build(layout: &Layout) -> Result<Suite> {
        let cargo = |format: &str| -> Result<Program> {
            let packages = ["--package", "trygkort-core", "--package", "trygkort-server", "--package", "trygkort-sim"];
            let cargo = clones::cargo(layout, &layout.native)?.args(["test", "--no-run", "--quiet"]).arg(format);
            Ok(cargo.args(packages).args(["--features", "trygkort-core/mutants"]))
        };
        // Once for a person to see what does not compile, and once for the names of the programs.
        step("Compiling the tests with planted bugs", || cargo("--message-format=short")?.run())?;
        let built = cargo("--message-format=json")?.output()?;
        let found = |binary: Binary| {
            let program = built.lines().find_map(|line| program_in(line, binary));
            let missing = || Failure::new(format!("cargo built no test program {}", binary.id()));
            Ok((binary, program.ok_or_else(missing)?))
        };
        let programs = Binary::ALL.into_iter().map(found).collect::<Result<_>>()?;
        let output = layout.scratch().join("mutants").join(format!("output-{}.txt", std::process::id()));
        Ok(Suite { root: layout.root.clone(), output, programs })
    }

    /// All tests pass when no bug is turned on.
    pub(super) fn passes_without(&self) -> Result<()> {
        self.programs.iter().try_for_each(|(binary, _)| self.passes(*binary, &[]))
    }

    /// The tests that are known to catch a bug pass when none is turned on.
    pub(super) fn passes_without_known(&self, mutants: &[Mutant]) -> Result<()> {
        for (binary, _) in &self.programs {
            let known = mutants.iter().map(|mutant| mutant.caught_by).filter(|(of, _)| of == binary);
            let known: Vec<&str> = known.map(|(_, test)| test).collect();
            if !known.is_empty() {
                self.passes(*binary, &known)?;
            }
        }
        Ok(())
    }

    fn passes(&self, binary: Binary, tests: &[&str]) -> Result<()> {
        let (tried, output) = self.run("", binary, tests, PROGRAM)?;
        let wrong: Vec<&str> = failed_in(&output).collect();
        if tried.succeeded() && output.contains("test result: ok. ") && !output.contains("ok. 0 passed") {
            say(format!("{}: {}", binary.id(), output.lines().rfind(|line| !line.is_empty()).unwrap_or_default()));
            return Ok(());
        }
        Err(Failure::new(format!("{} fails without any bug: {}", binary.id(), wrong.join(", "))))
    }

    /// Runs one test; `None`: it passes all the same.
    pub(super) fn run_one(&self, mutant: &str, (binary, test): Test, limit: Duration) -> Result<Option<Caught>> {
        let (tried, output) = self.run(mutant, binary, &[test], limit)?;
        if !output.contains(&format!("test {test} ...")) && output.contains("running 0 tests") {
            return Err(Failure::new(format!("{} has no test {test}: correct the table", binary.id())));
        }
        Ok(caught(binary, &tried, &output).into_iter().next())
    }

    /// Runs one program after the other until a test fails.
    pub(super) fn first_to_fail(&self, mutant: &str) -> Result<Option<Caught>> {
        for (binary, _) in &self.programs {
            let (tried, output) = self.run(mutant, *binary, &[], PROGRAM)?;
            if let Some(first) = caught(*binary, &tried, &output).into_iter().next() {
                return Ok(Some(first));
            }
        }
        Ok(None)
    }

    /// Runs everything, and returns every test that fails.
    pub(super) fn all_that_fail(&self, mutant: &str) -> Result<Vec<Caught>> {
        let mut all = Vec::new();
        for (binary, _) in &self.programs {
            let (tried, output) = self.run(mutant, *binary, &[], PROGRAM)?;
            all.extend(caught(*binary, &tried, &output));
        }
        Ok(all)
    }

    fn run(&self, mutant: &str, binary: Binary, tests: &[&str], limit: Duration) -> Result<(Tried, String)> {
        let (_, path) = self.programs.iter().find(|(known, _)| *known == binary).expect("all are built");
        let mut program = Program::new(path)
            .folder(&self.root.join(binary.folder()))
            .env(VARIABLE, mutant)
            // What fails on purpose is nothing to be remembered beside the tests, and fails alike in every run.
            .env("INSTA_UPDATE", "no")
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true")
            .env("PROPTEST_RNG_SEED", "4711");
        if !tests.is_empty() {
            program = program.arg("--exact").args(tests);
        }
        let tried = program.try_for(limit, &self.output)?;
        let output = read_text(&self.output)?;
        Ok((tried, output))
    }
}

/// How a test that fails has caught a bug.
pub(super) const CAUGHT_BY: &str = "caught by";

/// What failed in a run; nothing when all passed.
fn caught(binary: Binary, tried: &Tried, output: &str) -> Vec<Caught> {
    let by = |test: &str| format!("{} {test}", binary.id());
    let failed: Vec<Caught> = failed_in(output).map(|test| Caught { by: by(test), how: CAUGHT_BY }).collect();
    match tried {
        _ if !failed.is_empty() => failed,
        Tried::Ended { succeeded: true } => Vec::new(),
        Tried::Ended { succeeded: false } => vec![Caught { by: by(""), how: "ends the program of" }],
        Tried::Stopped => vec![Caught { by: by(""), how: "hangs" }],
    }
}

/// `test hostile::an_action_is_whole_or_not_at_all ... FAILED`
fn failed_in(output: &str) -> impl Iterator<Item = &str> {
    output.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
}

/// The test program that a line of cargo's report is about, if it is this one.
fn program_in(line: &str, binary: Binary) -> Option<PathBuf> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let (kind, name) = binary.target();
    let target = &line["target"];
    let is_it = line["profile"]["test"] == true && target["name"] == name && target["kind"][0] == kind;
    is_it.then(|| line["executable"].as_str().map(PathBuf::from))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_fails_hangs_or_ends_its_program_has_caught_the_bug() {
        let output = "running 2 tests\ntest pages::whole ... ok\ntest pages::split ... FAILED\n\ntest result: FAILED.";
        let found = caught(Binary::Core, &Tried::Ended { succeeded: false }, output);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].how, found[0].by.as_str()), ("caught by", "trygkort-core::core pages::split"));
        let passed = "running 1 test\ntest pages::whole ... ok\n\ntest result: ok. 1 passed;";
        assert!(caught(Binary::Core, &Tried::Ended { succeeded: true }, passed).is_empty());
        assert_eq!(caught(Binary::Core, &Tried::Stopped, "running 1 test")[0].how, "hangs");
        assert_eq!(caught(Binary::Core, &Tried::Ended { succeeded: false }, "")[0].how, "ends the program of");
    }

    #[test]
    fn cargo_names_the_programs() {
        let line = r#"{"reason":"compiler-artifact","target":{"kind":["test"],"name":"core"},"profile":{"test":true},"executable":"/t/core-1"}"#;
        assert_eq!(program_in(line, Binary::Core), Some("/t/core-1".into()));
        assert_eq!(program_in(line, Binary::Server), None);
        assert_eq!(program_in(&line.replace("true", "false"), Binary::Core), None);
    }
}
