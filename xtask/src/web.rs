//! `cargo xtask web`: everything a browser needs, in `dist/`.
//!
//! The screens (src-ui) and the worker (src-web) become one WebAssembly module each, in two calls of cargo, so that the
//! screens are not compiled with SQLite. Around them come the gathered CSS, the icons in use, the map library and the
//! other files, and the list of all that for the service worker. The result is made beside `dist/` and swapped in at
//! the end: whoever serves the old one never sees half of the new one.
//!
//! Slow results (optimised modules, compressed files) are kept by the hash of what they were made from.

mod artefacts;
mod assets;
mod compress;
mod css;
mod icons;
mod module;
mod page;

use std::fs;
use std::path::{Path, PathBuf};

use crate::clones;
use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};
use crate::report::{self, say, silent_step, step};
use crate::setup;

#[cfg(test)]
pub(crate) use {css::gathered_files as css_files, icons::listed as listed_icons};

/// What is sent to people, or what is quick to make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    Release,
    /// Not optimised, not compressed, with names in stack traces.
    Dev,
}

impl Mode {
    fn word(self) -> &'static str {
        match self {
            Mode::Release => "release",
            Mode::Dev => "dev",
        }
    }
}

/// Folders and files whose change makes a new build necessary.
const INPUTS: [&str; 12] = [
    ".cargo/config.toml",
    "assets",
    "src-basemap/src",
    "src-core/Cargo.toml",
    "src-core/src",
    "src-ui",
    "src-web",
    "xtask/src/web",
    "xtask/src/web.rs",
    "Cargo.lock",
    "Cargo.toml",
    "package-lock.json",
];

/// Builds `dist/` unless it is there and nothing it is made from has changed.
pub(crate) fn build(layout: &Layout, mode: Mode) -> Result<()> {
    let _alone = setup::lock(layout)?;
    let stamp = layout.scratch().join("web-stamp");
    let wanted = format!("{} {}", mode.word(), hash_of_inputs(layout)?);
    if layout.dist().join("index.html").is_file() && layout::read_text(&stamp).is_ok_and(|made| made == wanted) {
        say("the web app in dist/ is up to date");
        return Ok(());
    }
    let staging = layout.scratch().join("dist");
    remove_folder(&staging)?;
    layout::make_folder(&staging)?;
    fill(layout, mode, &staging)?;
    // Only then: a build that is interrupted while it swaps must not look finished.
    let _ = fs::remove_file(&stamp);
    swap(&staging, &layout.dist())?;
    layout::write(&stamp, wanted)
}

fn fill(layout: &Layout, mode: Mode, staging: &Path) -> Result<()> {
    compile(layout, mode, "trygkort-ui", "the screens")?;
    compile(layout, mode, "trygkort-web", "the worker")?;
    step("Compiling the server, whose command line makes the demo area's base map", || build_server(layout))?;
    let page = silent_step("Making WebAssembly ready for the browser", || {
        let [app, worker] = module::make_both(layout, mode, staging)?;
        Ok(page::Names { app, worker, css: css::gather(layout, mode, staging)? })
    })?;
    step("Gathering icons, fonts, map library and page", || {
        assets::copy_all(layout, staging)?;
        assets::make_demo_basemap(layout, staging)?;
        page::fill(layout, staging, &page)?;
        page::fill_service_worker(layout, staging)
    })?;
    if mode == Mode::Release {
        silent_step("Compressing for the wire", || compress::compress_all(layout, staging))?;
    }
    let total: u64 =
        layout::files_below(staging)?.iter().filter_map(|file| fs::metadata(file).ok()).map(|file| file.len()).sum();
    say(format!("dist/ is {} on disk", report::size(total)));
    Ok(())
}

/// The server and command line, as `cargo xtask run` starts it.
pub(crate) fn build_server(layout: &Layout) -> Result<()> {
    let cargo = clones::cargo(layout, &layout.native)?;
    cargo.args(["build", "--package", "trygkort-server", "--bin", "trygkort"]).run()?;
    clones::keep_program(&layout.native.join("debug").join(layout::program_name("trygkort")), &layout.server())
}

fn compile(layout: &Layout, mode: Mode, package: &str, words: &str) -> Result<()> {
    let profile = module::profile(mode);
    step(&format!("Compiling {words} for the browser ({} build)", mode.word()), || {
        clones::cargo(layout, &layout.wasm)?
            .args(["build", "--package", package, "--target", module::TARGET, "--profile", profile])
            .run()
    })
}

fn hash_of_inputs(layout: &Layout) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    for input in INPUTS {
        let path = layout.root.join(input);
        let files = if path.is_dir() { layout::files_below(&path)? } else { vec![path] };
        for file in files {
            let name = file.strip_prefix(&layout.root).unwrap_or(&file);
            hasher.update(name.to_string_lossy().as_bytes()).update(&[0]);
            hasher.update(blake3::hash(&layout::read(&file)?).as_bytes());
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn swap(staging: &Path, dist: &Path) -> Result<()> {
    let old = staging.with_extension("old");
    remove_folder(&old)?;
    if dist.exists() {
        rename(dist, &old)?;
    }
    rename(staging, dist)?;
    remove_folder(&old)
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|error| Failure::io("put in place", to, &error))
}

fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::io("remove", folder, &error)),
        _ => Ok(()),
    }
}

/// `NAME-HASH.EXTENSION`: the name changes whenever the contents do, so it may be cached for ever.
fn hashed_name(name: &str, extension: &str, contents: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in contents {
        hasher.update(part);
    }
    format!("{name}-{}.{extension}", &hasher.finalize().to_hex().as_str()[..12])
}

/// The path of a file in `dist/` as a browser asks for it, without the leading slash.
fn address(dist: &Path, file: &Path) -> String {
    let relative: PathBuf = file.strip_prefix(dist).unwrap_or(file).to_path_buf();
    relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashed_name_follows_the_contents() {
        let name = hashed_name("app", "js", &[b"one", b"two"]);
        assert_eq!(name, hashed_name("app", "js", &[b"onetwo"]));
        assert_ne!(name, hashed_name("app", "js", &[b"other"]));
        assert!(name.starts_with("app-") && name.ends_with(".js") && name.len() == "app-.js".len() + 12);
    }

    #[test]
    fn every_input_exists() {
        let layout = Layout::find().unwrap();
        for input in INPUTS {
            assert!(layout.root.join(input).exists(), "{input} is watched for changes and is not there");
        }
    }
}
