//! `cargo xtask fuzz`: what reads the words of others, fed with what nobody would send (`fuzz/`).
//!
//! libFuzzer runs without a sanitizer, and so with the project's own compiler: our code has no `unsafe` that an address
//! sanitizer could find wrong, and what an input may take is counted by the targets themselves.

use std::path::PathBuf;

use crate::clones;
use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};
use crate::process::Program;
use crate::report::{say, step};
use crate::setup;

/// How long a target runs when nobody says.
pub(crate) const SECONDS: u64 = 60;
/// What one target may take, SQLite's memory and libFuzzer's own included.
const MEMORY_MB: u32 = 1024;
/// An input that keeps a target busy for longer is a finding.
const SECONDS_PER_INPUT: u32 = 10;
/// Longer than a page of the log, so that limits are met.
const INPUT_BYTES: u32 = 128 * 1024;

/// What became of the targets that ran.
pub(crate) struct Outcome {
    pub(crate) sound: Vec<String>,
    /// With where the input lies that shows it.
    pub(crate) broken: Vec<String>,
}

/// Runs all targets, or the one called `only`, for some seconds each.
pub(crate) fn fuzz(layout: &Layout, only: Option<&str>, seconds: u64) -> Result<Outcome> {
    let all = targets(layout)?;
    let chosen: Vec<&String> = all.iter().filter(|target| only.is_none_or(|only| only == target.as_str())).collect();
    if chosen.is_empty() {
        return Err(Failure::new(format!("there is no such target; one of: {}", all.join(", "))));
    }
    setup::setup_fuzzer(layout)?;
    step("Compiling the targets", || cargo_fuzz(layout, "build")?.run())?;
    let mut outcome = Outcome { sound: Vec::new(), broken: Vec::new() };
    for target in chosen {
        println!("==> Fuzzing: {target}, {seconds} s");
        match run(layout, target, seconds) {
            Ok(()) => outcome.sound.push(target.clone()),
            Err(failure) => {
                say(format!("FAILED: {failure}"));
                outcome.broken.push(target.clone());
            }
        }
    }
    Ok(outcome)
}

/// The tests of `fuzz/`: the same targets over the corpus and near it, without a fuzzer. Returns what they printed, and
/// whether all is well.
pub(crate) fn test_corpus(layout: &Layout) -> Result<crate::process::Watched> {
    clones::cargo(layout, &layout.fuzz)?.args(["test", "--tests", "--locked"]).folder(&layout.root.join("fuzz")).watch()
}

fn targets(layout: &Layout) -> Result<Vec<String>> {
    let files = layout::files_below(&layout.root.join("fuzz/fuzz_targets"))?;
    let names = files.iter().filter(|file| layout::has_extension(file, "rs")).filter_map(|file| file.file_stem());
    Ok(names.map(|name| name.to_string_lossy().into_owned()).collect())
}

fn run(layout: &Layout, target: &str, seconds: u64) -> Result<()> {
    // What is found goes into the first folder; the kept corpus is only read.
    let found = found(layout, target);
    layout::make_folder(&found)?;
    let findings = layout.scratch().join("fuzz/findings").join(target);
    layout::make_folder(&findings)?;
    let kept = layout.root.join("fuzz/corpus").join(target);
    cargo_fuzz(layout, "run")?
        .arg(target)
        .arg(&found)
        .arg(&kept)
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-rss_limit_mb={MEMORY_MB}"))
        .arg(format!("-timeout={SECONDS_PER_INPUT}"))
        .arg(format!("-max_len={INPUT_BYTES}"))
        .arg(format!("-artifact_prefix={}/", findings.display()))
        .args(["-verbosity=0", "-print_final_stats=1"])
        .hint(format!("the input that shows it lies in {}", findings.display()))
        .run()
}

/// Where a target's own corpus grows from run to run.
fn found(layout: &Layout, target: &str) -> PathBuf {
    layout.scratch().join("fuzz/corpus").join(target)
}

fn cargo_fuzz(layout: &Layout, command: &str) -> Result<Program> {
    let tools = layout.tools.join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(tools).chain(std::env::split_paths(&path)))
        .map_err(|error| Failure::new(format!("PATH cannot be put together: {error}")))?;
    Ok(clones::cargo(layout, &layout.fuzz)?
        .args(["fuzz", command, "--sanitizer", "none", "--features", "libfuzzer", "--target-dir"])
        .arg(&layout.fuzz)
        .env("PATH", path)
        .folder(&layout.root.join("fuzz")))
}
