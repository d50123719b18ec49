//! Those whom the bench compares Trygkort with, installed into the cache and never into the clone.

use std::path::PathBuf;

use crate::failure::Result;
use crate::layout::{self, Layout};
use crate::process::Program;
use crate::report::step;
use crate::setup;

/// Installs exactly what `bench/peers/package-lock.json` names, beside copies of the scripts that drive it.
pub(super) fn install(layout: &Layout) -> Result<PathBuf> {
    let _alone = setup::lock(layout)?;
    let folder = layout.tools.with_file_name("peers");
    for file in layout::files_below(&layout.root.join("bench/peers"))? {
        layout::copy(&file, &folder.join(file.file_name().unwrap_or_default()))?;
    }
    let wanted = blake3::hash(&layout::read(&folder.join("package-lock.json"))?).to_hex().to_string();
    let stamp = folder.join("node_modules/.trygkort-installed");
    if layout::read_text(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    step("Installing those to compare with", || {
        // Nothing is compiled: what needs machine code comes with it. `npm ci` would want the packages of every other
        // system in the lock file as well, and some are not in every registry; the versions are the lock file's either way.
        Program::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"])
            .folder(&folder)
            .hint("is the network there? What npm wrote stands above")
            .run()?;
        layout::write(&stamp, wanted)
    })?;
    Ok(folder)
}
