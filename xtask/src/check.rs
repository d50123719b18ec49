//! `cargo xtask check`: what can be said about the code without running it.

use std::process::ExitCode;

use crate::clones;
use crate::failure::Result;
use crate::layout::{self, Layout};
use crate::process::{Program, is_installed};
use crate::report::{say, step};
use crate::setup::{self, Need};

const SCREENS: &str = "trygkort-ui";
const WORKER: &str = "trygkort-web";
const WINDOW: &str = "trygkort-app";
/// Private items are documented too, so links to them lead somewhere.
const RUSTDOC: &str = "-D warnings -A rustdoc::private_intra_doc_links";
const WASM: [&str; 2] = ["--target", "wasm32-unknown-unknown"];

/// Runs every check, also after one has failed, so that one run tells all there is to mend.
pub(crate) fn check(layout: &Layout) -> Result<ExitCode> {
    setup::setup(layout, Need::Desktop)?;
    // Tauri refuses to be compiled when the folder it shows is not there; empty is enough for a check.
    layout::make_folder(&layout.dist())?;
    let checks: [(&str, &dyn Fn() -> Result<()>); 7] = [
        ("Locked versions", &|| locked(layout)),
        ("Formatting", &|| {
            let fmt = || Ok(clones::cargo(layout, &layout.native)?.args(["fmt", "--all", "--check"]));
            fmt()?.run()?;
            fmt()?.folder(&layout.root.join("fuzz")).run()
        }),
        ("Spelling", &|| optional(layout, "typos", "typos-cli", &[])),
        ("Licences and sources of dependencies", &|| {
            optional(layout, "cargo-deny", "cargo-deny", &["--all-features", "check", "bans", "licenses", "sources"])
        }),
        ("Lints", &|| lint(layout)),
        ("Lints for the browser and the window", &|| lint_hosts(layout)),
        ("Documentation", &|| document(layout)),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        if let Err(failure) = step(name, check) {
            say(format!("FAILED: {failure}"));
            failed.push(name);
        }
    }
    if failed.is_empty() {
        println!("Every check is fine.");
        return Ok(ExitCode::SUCCESS);
    }
    println!("To mend: {}.", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

/// The fuzz targets are a workspace of their own, whose lock file does not follow when the core gets a dependency.
fn locked(layout: &Layout) -> Result<()> {
    for folder in [layout.root.clone(), layout.root.join("fuzz")] {
        let metadata = clones::cargo(layout, &layout.native)?.args(["metadata", "--locked", "--format-version", "1"]);
        metadata.folder(&folder).hint("`cargo update --workspace` in that folder mends it").output()?;
    }
    Ok(())
}

/// Warnings are errors for our own crates only, and without making dependencies compile anew. The fuzz targets are looked
/// at too: no other command of the day compiles them, and so none would say that the core has left them behind.
fn lint(layout: &Layout) -> Result<()> {
    clones::cargo(layout, &layout.native)?.args(["clippy", "--all-targets", "--", "-D", "warnings"]).run()?;
    let fuzz = clones::cargo(layout, &layout.fuzz)?.args(["clippy", "--all-targets", "--all-features"]);
    fuzz.args(["--", "-D", "warnings"]).folder(&layout.root.join("fuzz")).run()
}

fn lint_hosts(layout: &Layout) -> Result<()> {
    for package in [SCREENS, WORKER] {
        let cargo = clones::cargo(layout, &layout.wasm)?.args(["clippy", "--package", package]).args(WASM);
        cargo.args(["--", "-D", "warnings"]).run()?;
    }
    let cargo = clones::cargo(layout, &layout.desktop)?.args(["clippy", "--package", WINDOW, "--all-targets"]);
    cargo.args(["--", "-D", "warnings"]).run()
}

fn document(layout: &Layout) -> Result<()> {
    let arguments = ["doc", "--no-deps", "--document-private-items"];
    let doc =
        |target| -> Result<Program> { Ok(clones::cargo(layout, target)?.args(arguments).env("RUSTDOCFLAGS", RUSTDOC)) };
    doc(&layout.native)?.run()?;
    for package in [SCREENS, WORKER] {
        doc(&layout.wasm)?.args(["--package", package]).args(WASM).run()?;
    }
    doc(&layout.desktop)?.args(["--package", WINDOW]).run()
}

/// Tools that take longer to compile than all of the project; they are used where somebody has installed them.
fn optional(layout: &Layout, program: &str, package: &str, arguments: &[&str]) -> Result<()> {
    let ours = layout.tool(program);
    if !ours.is_file() && !is_installed(program) {
        say(format!("SKIPPED: {program} is not installed; `cargo install {package} --locked` makes this check run"));
        return Ok(());
    }
    let program = if ours.is_file() { ours } else { program.into() };
    Program::new(program).args(arguments).folder(&layout.root).run()
}
