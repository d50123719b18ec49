//! `cargo xtask setup`: installs what is missing, and nothing else.
//!
//! Made for a fresh Debian 12 with rustup and node. On other systems it says what it looks for and goes on with what
//! is there. When everything is in place it takes a second.

mod debian;

use std::fs::File;
use std::path::Path;

use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};
use crate::process::{Program, is_installed};
use crate::report::{say, step};

const NODE_MAJOR_MIN: u32 = 20;
const TAURI_DRIVER_VERSION: &str = "2.1.0";
const CARGO_FUZZ_VERSION: &str = "0.13.2";
/// What a first build writes, roughly: three target folders, npm packages, tools.
const FIRST_BUILD_MB: u64 = 8_000;
const LATER_BUILD_MB: u64 = 500;

/// What a command is about to need.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// The web app and the server.
    Web,
    /// The desktop window as well.
    Desktop,
    /// Browsers, drivers and a display for the tests as well.
    Everything,
}

/// Installs what `need` asks for and is not there. Only one process does this at a time.
pub(crate) fn setup(layout: &Layout, need: Need) -> Result<()> {
    check_disk(layout)?;
    let _alone = lock(layout)?;
    debian::install_packages(need)?;
    check_node()?;
    add_wasm_target()?;
    install_npm_packages(layout)?;
    install_tool(layout, "wasm-bindgen", "wasm-bindgen-cli", &locked_version(layout, "wasm-bindgen")?)?;
    if need == Need::Everything {
        install_tool(layout, "tauri-driver", "tauri-driver", TAURI_DRIVER_VERSION)?;
    }
    Ok(())
}

/// Installs what `cargo xtask fuzz` needs and nothing else does.
pub(crate) fn setup_fuzzer(layout: &Layout) -> Result<()> {
    let _alone = lock(layout)?;
    install_tool(layout, "cargo-fuzz", "cargo-fuzz", CARGO_FUZZ_VERSION)
}

/// Waits until no other set-up or web build of this person is under way; held until the result is dropped.
pub(crate) fn lock(layout: &Layout) -> Result<File> {
    layout::make_folder(&layout.tools)?;
    let path = layout.tools.join(".lock");
    let file = File::create(&path).map_err(|error| Failure::io("create", &path, &error))?;
    if file.try_lock().is_err() {
        say("waiting for another cargo xtask to finish its set-up or build");
        file.lock().map_err(|error| Failure::io("lock", &path, &error))?;
    }
    Ok(file)
}

/// The version of a crate that `Cargo.lock` settles.
pub(crate) fn locked_version(layout: &Layout, name: &str) -> Result<String> {
    let lock = layout::read_text(&layout.root.join("Cargo.lock"))?;
    version_in_lock(&lock, name).ok_or_else(|| Failure::new(format!("Cargo.lock has no package {name}")))
}

fn version_in_lock(lock: &str, name: &str) -> Option<String> {
    let mut lines = lock.lines();
    lines.find(|line| *line == format!("name = \"{name}\""))?;
    Some(lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?.to_owned())
}

fn check_disk(layout: &Layout) -> Result<()> {
    let first = !layout.native.exists() || !layout.wasm.exists();
    let needed_mb = if first { FIRST_BUILD_MB } else { LATER_BUILD_MB };
    layout::make_folder(&layout.tools)?;
    for folder in [&layout.tools, &layout.root] {
        // A system without `df` in this form is not worth stopping for.
        if let Some(free_mb) = free_megabytes(folder)
            && free_mb < needed_mb
        {
            let place = folder.display();
            return Err(Failure::new(format!(
                "the disk with {place} has {free_mb} MB free and this needs {needed_mb} MB; make room, or set \
                 CARGO_TARGET_DIR to a folder on another disk"
            )));
        }
    }
    Ok(())
}

fn free_megabytes(folder: &Path) -> Option<u64> {
    let table = Program::new("df").arg("-Pm").arg(folder).output().ok()?;
    table.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

fn check_node() -> Result<()> {
    let mend = format!("install Node.js {NODE_MAJOR_MIN} or newer with npm and run this again");
    let version = Program::new("node").arg("--version").hint(&mend).output()?;
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MAJOR_MIN) {
        return Err(Failure::new(format!("Node.js is {}; {mend}", version.trim())));
    }
    if !is_installed("npm") && !is_installed("npm.cmd") {
        return Err(Failure::new(format!("npm is not installed; {mend}")));
    }
    Ok(())
}

fn add_wasm_target() -> Result<()> {
    let sysroot = Program::new("rustc").args(["--print", "sysroot"]).output()?;
    if Path::new(sysroot.trim()).join("lib/rustlib/wasm32-unknown-unknown").is_dir() {
        return Ok(());
    }
    step("Adding the WebAssembly target to Rust", || {
        Program::new("rustup")
            .args(["target", "add", "wasm32-unknown-unknown"])
            .hint("it needs rustup (https://rustup.rs) and the network")
            .run()
    })
}

/// `npm ci`, unless exactly this `package-lock.json` has been installed before.
fn install_npm_packages(layout: &Layout) -> Result<()> {
    let lock = layout::read(&layout.root.join("package-lock.json"))?;
    let wanted = blake3::hash(&lock).to_hex().to_string();
    let stamp = layout.npm(".trygkort-installed");
    if layout::read_text(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step("Installing the npm packages", || {
        Program::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .folder(&layout.root)
            .hint("is the network there? What npm wrote stands above")
            .run()?;
        layout::write(&stamp, wanted)
    })
}

/// Compiles a program of exactly that version into [`Layout::tools`], without the optimisations that would take longer
/// than they save.
fn install_tool(layout: &Layout, program: &str, package: &str, version: &str) -> Result<()> {
    let installed = Program::new(layout.tool(program)).arg("--version").output();
    if installed.is_ok_and(|words| words.split_whitespace().any(|word| word == version))
        || stamped(layout, program, version)
    {
        return Ok(());
    }
    step(&format!("Compiling {program} {version} (once; some minutes)"), || {
        let install = |locked: &[&str]| {
            Program::cargo(&layout.root, &layout.tools.join("target"))
                .args(["install", package, "--version", version, "--bin", program, "--force", "--root"])
                .arg(&layout.tools)
                .args(locked)
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                .hint("is the network there, and room on the disk? What cargo wrote stands above")
                .run()
        };
        install(&["--locked"]).or_else(|_| {
            // A mirror of the registry lags by days, and may not have what the tool was released with.
            say("once more, with the newest versions there are instead of those that its authors used");
            install(&[])
        })?;
        // What it was compiled from is not needed again, and is large.
        let _ = std::fs::remove_dir_all(layout.tools.join("target"));
        layout::write(&stamp_of(layout, program), version)
    })
}

/// tauri-driver does not tell its version, so it is noted beside it.
fn stamped(layout: &Layout, program: &str, version: &str) -> bool {
    layout.tool(program).is_file() && layout::read_text(&stamp_of(layout, program)).is_ok_and(|stamp| stamp == version)
}

fn stamp_of(layout: &Layout, program: &str) -> std::path::PathBuf {
    layout.tools.join(format!("{program}.version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_comes_from_the_package_of_exactly_that_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in_lock(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in_lock(lock, "wasm"), None);
    }

    #[test]
    fn free_space_is_read_from_this_systems_df() {
        assert!(free_megabytes(Path::new("/")).is_some());
        assert_eq!(free_megabytes(Path::new("/no/such/folder")), None);
    }
}
