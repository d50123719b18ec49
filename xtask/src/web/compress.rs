//! A `.br` beside every file worth compressing, so that the server compresses nothing while people wait.

use std::path::Path;

use super::artefacts;
use crate::failure::Result;
use crate::layout::{self, Layout};
use crate::process::Program;

const EXTENSIONS: [&str; 8] = ["html", "js", "mjs", "css", "wasm", "json", "svg", "webmanifest"];
/// A smaller file fits into the first packet either way.
const SIZE_MIN: usize = 1_000;

/// Node has brotli built in and compiled with optimisation; a crate would be compiled without, once for every clone.
const SCRIPT: &str = "\
const { brotliCompressSync, constants } = require('node:zlib'), fs = require('node:fs');\
const [from, to] = process.argv.slice(1), input = fs.readFileSync(from);\
fs.writeFileSync(to, brotliCompressSync(input, { params: {\
[constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24,\
[constants.BROTLI_PARAM_SIZE_HINT]: input.length } }));";

pub(super) fn compress_all(layout: &Layout, staging: &Path) -> Result<()> {
    for file in layout::files_below(staging)? {
        if !EXTENSIONS.iter().any(|extension| layout::has_extension(&file, extension)) {
            continue;
        }
        let contents = layout::read(&file)?;
        if contents.len() >= SIZE_MIN {
            let compressed = artefacts::kept(layout, SCRIPT, &contents, |to| compress(&file, to))?;
            let mut name = file.into_os_string();
            name.push(".br");
            layout::copy(&compressed, Path::new(&name))?;
        }
    }
    Ok(())
}

fn compress(from: &Path, to: &Path) -> Result<()> {
    Program::new("node").args(["-e", SCRIPT]).arg(from).arg(to).output().map(drop)
}
