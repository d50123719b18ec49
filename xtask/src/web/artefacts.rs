//! Results kept by the hash of everything they were made from, shared by all clones.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};

/// Returns the kept file made by `recipe` from `input`, letting `make` write it first if there is none.
/// `recipe` names everything but the input that the result depends on: tool, version, options.
pub(super) fn kept(
    layout: &Layout,
    recipe: &str,
    input: &[u8],
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let key = blake3::Hasher::new().update(recipe.as_bytes()).update(&[0]).update(input).finalize().to_hex();
    let path = layout.artefacts.join(key.as_str());
    if path.is_file() {
        return Ok(path);
    }
    layout::make_folder(&layout.artefacts)?;
    // Written under another name, so that an interrupted build leaves no half of a result under the right one.
    let unfinished = layout.artefacts.join(format!("{key}.{}", std::process::id()));
    make(&unfinished)?;
    fs::rename(&unfinished, &path).map_err(|error| Failure::io("put in place", &path, &error))?;
    Ok(path)
}
