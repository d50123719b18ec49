//! `cargo xtask bundle`: the installable package of the desktop app.

use std::fs;

use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};
use crate::process::Program;
use crate::report::{say, size, step};
use crate::setup::{self, Need};
use crate::web::{self, Mode};

/// Makes the .deb and says where it is. Tauri's command line wants to be run from its crate.
pub(crate) fn bundle(layout: &Layout) -> Result<()> {
    setup::setup(layout, Need::Desktop)?;
    web::build(layout, Mode::Release)?;
    step("Building the desktop app and its .deb (release build, some minutes)", || {
        Program::new("node")
            .arg(layout.npm("@tauri-apps/cli/tauri.js"))
            .args(["build", "--bundles", "deb", "--ci"])
            .env("CARGO_TARGET_DIR", &layout.desktop)
            .folder(&layout.root.join("src-tauri"))
            .run()
    })?;
    let folder = layout.desktop.join("release/bundle/deb");
    let packages = layout::files_below(&folder)?.into_iter().filter(|file| layout::has_extension(file, "deb"));
    let newest = packages.max_by_key(|file| fs::metadata(file).and_then(|about| about.modified()).ok());
    let package = newest.ok_or_else(|| Failure::new(format!("Tauri left no .deb in {}", folder.display())))?;
    let bytes = fs::metadata(&package).map_err(|error| Failure::io("look at", &package, &error))?.len();
    say(format!("{} ({})", package.display(), size(bytes)));
    say(format!("install it with: sudo apt install {}", package.display()));
    Ok(())
}
