//! `cargo xtask test`: every test there is, the quick ones first, and one honest sum at the end.

mod count;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use count::Count;

use crate::clones;
use crate::failure::{Failure, Result};
use crate::fuzz;
use crate::layout::{self, Layout};
use crate::mutants;
use crate::process::{Program, is_installed};
use crate::report::{say, seconds, size};
use crate::run;
use crate::screenshots::with_places;
use crate::setup::{self, Need};
use crate::sim;
use crate::web::{self, Mode};

/// For each fuzz target: enough to notice what breaks at once, `cargo xtask fuzz` is for the rest.
const FUZZ_SECONDS: u64 = 15;

/// One group of tests that runs by itself.
struct Stage {
    /// What `--only` takes.
    name: &'static str,
    words: &'static str,
    run: fn(&Layout) -> Result<Count>,
}

const STAGES: [Stage; 11] = [
    Stage { name: "scripts", words: "JavaScript of the page, the worker and the service worker", run: scripts },
    Stage { name: "native", words: "core, base map, server, developer commands, devices with a server", run: native },
    Stage {
        name: "simulation",
        words: "10,000 schedules of failing machines, and every write failing",
        run: simulation,
    },
    Stage { name: "mutants", words: "planted bugs, each with the test that is known to catch it", run: planted_bugs },
    Stage { name: "docs", words: "examples in the documentation", run: doc_examples },
    Stage { name: "fuzz", words: "what reads others' words: its corpus, then 15 s of fuzzing each", run: fuzz_targets },
    Stage { name: "screens", words: "view models of the screens", run: screens },
    Stage { name: "web", words: "the web app builds", run: web_build },
    Stage { name: "browser", words: "server and browser, phone and desktop size", run: browser },
    Stage { name: "shell", words: "the desktop window's own code", run: shell },
    Stage { name: "window", words: "the desktop window, driven", run: window },
];

/// Runs all stages, or the one called `only`. A stage that fails does not keep the others from running.
pub(crate) fn test(layout: &Layout, only: Option<&str>) -> Result<ExitCode> {
    let stages: Vec<&Stage> = STAGES.iter().filter(|stage| only.is_none_or(|only| only == stage.name)).collect();
    if stages.is_empty() {
        let names: Vec<&str> = STAGES.iter().map(|stage| stage.name).collect();
        return Err(Failure::new(format!("there is no such stage; one of: {}", names.join(", "))));
    }
    let start = Instant::now();
    setup::setup(layout, Need::Everything)?;
    let mut lines = Vec::new();
    let mut total = Count::default();
    for stage in stages {
        let (count, took) = run_stage(layout, stage);
        lines.push(format!("{:<11}{:<28}{:>12}   {}", stage.name, count.words(), seconds(took), stage.words));
        total = total + Count { failures: prefixed(stage, &count.failures), ..count };
    }
    if !total.failures.is_empty() {
        println!("\nWhat failed:\n{}", total.failures.join("\n"));
    }
    println!("\nAll stages, {}:\n{}\n", seconds(start.elapsed()), lines.join("\n"));
    println!("{} passed, {} failed{}", total.passed, total.failed, total.skipped_words());
    Ok(if total.failed == 0 && total.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn prefixed(stage: &Stage, failures: &[String]) -> Vec<String> {
    failures.iter().map(|failure| format!("{}: {failure}", stage.name)).collect()
}

fn run_stage(layout: &Layout, stage: &Stage) -> (Count, Duration) {
    println!("\n==> Tests: {} ({})", stage.name, stage.words);
    let start = Instant::now();
    let count = (stage.run)(layout).unwrap_or_else(|failure| {
        say(format!("FAILED: {failure}"));
        Count::failure(failure.to_string())
    });
    say(format!("{}: {} in {}", stage.name, count.words(), seconds(start.elapsed())));
    (count, start.elapsed())
}

fn scripts(layout: &Layout) -> Result<Count> {
    let mut files = Vec::new();
    for folder in ["src-ui", "src-web"] {
        files.extend(layout::files_below(&layout.root.join(folder))?.into_iter().filter(|file| is_node_test(file)));
    }
    node_tests(layout, Program::new("node"), files)
}

/// Everything in `default-members` of the workspace.
fn native(layout: &Layout) -> Result<Count> {
    rust_tests(layout, &layout.native, &[])
}

/// A schedule counts as a test; so do all the ways in which a write can fail, together.
fn simulation(layout: &Layout) -> Result<Count> {
    // Ten thousand in about ten minutes: on two cores with nothing else to do, 600 took 32 s.
    const SCHEDULES: u64 = 10_000;
    let schedules = sim::program(layout)?.args(["--seeds", &SCHEDULES.to_string()]).watch()?;
    let writes = sim::program(layout)?.arg("--writes").watch()?;
    let lived = Count { passed: if schedules.succeeded { SCHEDULES } else { 0 }, ..Count::default() };
    let written = Count { passed: u64::from(writes.succeeded), ..Count::default() };
    Ok(lived.judged(&schedules) + written.judged(&writes))
}

/// A bug that is caught counts as a test that passed.
fn planted_bugs(layout: &Layout) -> Result<Count> {
    let mutants::Outcome { caught, missed } = mutants::try_all(layout, &mutants::Effort::Known)?;
    Ok(Count { passed: caught, failed: missed.len() as u64, failures: missed, ..Count::default() })
}

fn screens(layout: &Layout) -> Result<Count> {
    rust_tests(layout, &layout.native, &["--package", "trygkort-ui", "--package", "trygkort-web"])
}

fn shell(layout: &Layout) -> Result<Count> {
    layout::make_folder(&layout.dist())?;
    rust_tests(layout, &layout.desktop, &["--package", "trygkort-app"])
}

fn doc_examples(layout: &Layout) -> Result<Count> {
    let watched = clones::cargo(layout, &layout.native)?.args(["test", "--doc"]).watch()?;
    Ok(Count::of_libtest(&watched.output).judged(&watched))
}

/// The corpus first, the same in every run; then a little of what is another in every run.
fn fuzz_targets(layout: &Layout) -> Result<Count> {
    let watched = fuzz::test_corpus(layout)?;
    let corpus = Count::of_libtest(&watched.output).judged(&watched);
    let fuzz::Outcome { sound, broken } = fuzz::fuzz(layout, None, FUZZ_SECONDS)?;
    Ok(corpus + Count { passed: sound.len() as u64, failed: broken.len() as u64, failures: broken, ..Count::default() })
}

/// Compiling for the browser is no test, but failing at it is a failure.
fn web_build(layout: &Layout) -> Result<Count> {
    web::build(layout, Mode::Release)?;
    let wire = crate::bench::wire_size(layout)?;
    say(format!("first load over the wire: {}", size(wire)));
    Ok(Count::default())
}

fn browser(layout: &Layout) -> Result<Count> {
    require_web_build(layout)?;
    web::build_server(layout)?;
    build_profile_checker(layout)?;
    let folder = layout.root.join("tests/e2e");
    let report = layout.scratch().join("playwright.json");
    let _ = std::fs::remove_file(&report);
    let program = with_places(layout, Program::new("node"))
        .arg(layout.npm("@playwright/test/cli.js"))
        .args(["test", "--reporter=list,json"])
        .env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report)
        .folder(&folder);
    let watched = program.watch()?;
    Ok(Count::of_playwright(&layout::read_text(&report)?)?.judged(&watched))
}

/// What says whether a browser left its databases whole, beside the server.
fn build_profile_checker(layout: &Layout) -> Result<()> {
    const NAME: &str = "check_profile";
    clones::cargo(layout, &layout.native)?.args(["build", "--package", "trygkort-tests", "--example", NAME]).run()?;
    let name = layout::program_name(NAME);
    clones::keep_program(&layout.native.join("debug/examples").join(&name), &layout.server().with_file_name(name))
}

fn window(layout: &Layout) -> Result<Count> {
    require_web_build(layout)?;
    run::build_window(layout)?;
    web::build_server(layout)?;
    let files = layout::files_below(&layout.root.join("tests/desktop"))?
        .into_iter()
        .filter(|file| is_node_test(file))
        .collect();
    // A display and a message bus of its own: nothing of the person's session is touched. WebKit's fast path to the
    // graphics card does not work on a display without one.
    let program = Program::new("xvfb-run")
        .args(["--auto-servernum", "--server-args=-screen 0 1280x900x24", "dbus-run-session", "--", "node"])
        .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
        .env("WEBKIT_DISABLE_COMPOSITING_MODE", "1");
    node_tests(layout, program, files)
}

/// Runs Rust tests with nextest, which stops tests that hang, or with cargo where it is not installed.
fn rust_tests(layout: &Layout, target: &Path, selection: &[&str]) -> Result<Count> {
    if !is_installed("cargo-nextest") {
        say(
            "cargo-nextest is not installed (`cargo install cargo-nextest --locked`); `cargo test` runs the same tests",
        );
        let arguments = ["test", "--no-fail-fast", "--lib", "--bins", "--tests"];
        let watched = clones::cargo(layout, target)?.args(arguments).args(selection).watch()?;
        return Ok(Count::of_libtest(&watched.output).judged(&watched));
    }
    // nextest keeps its reports below the workspace, wherever the target folder is.
    let report = layout.root.join("target/nextest/default/junit.xml");
    let _ = std::fs::remove_file(&report);
    let arguments = ["nextest", "run", "--no-fail-fast", "--no-tests=pass"];
    let watched = clones::cargo(layout, target)?.args(arguments).args(selection).watch()?;
    // Without tests there is no report.
    let count = layout::read_text(&report).map_or(Ok(Count::default()), |report| Count::of_junit(&report))?;
    Ok(count.judged(&watched))
}

fn node_tests(layout: &Layout, program: Program, files: Vec<PathBuf>) -> Result<Count> {
    if files.is_empty() {
        say("there are none yet");
        return Ok(Count::default());
    }
    let report = layout.scratch().join("node-tests.tap");
    layout::write(&report, "")?;
    let watched = with_places(layout, program)
        .args(["--test", "--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=tap"])
        .arg(format!("--test-reporter-destination={}", report.display()))
        .args(files)
        .folder(&layout.root)
        .watch()?;
    Ok(Count::of_tap(&layout::read_text(&report)?).judged(&watched))
}

fn require_web_build(layout: &Layout) -> Result<()> {
    web::build(layout, Mode::Release)
}

fn is_node_test(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".test.mjs"))
}
