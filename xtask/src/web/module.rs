//! From what the Rust compiler made to the two files a browser loads: `NAME-HASH.js` and `NAME-HASH_bg.wasm`.

use std::path::{Path, PathBuf};
use std::thread;

use super::{Mode, artefacts, hashed_name};
use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};
use crate::process::Program;
use crate::report::{say, size};

pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// The features that Rust's `wasm32-unknown-unknown` and wasm-bindgen emit, all of them in every browser that has
/// the private file system for SQLite.
const FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-call-indirect-overlong",
];
/// `--converge` gains less than one per cent and doubles the time.
const OPTIMISE: [&str; 3] = ["-Oz", "--strip-debug", "--strip-producers"];
/// The screens are thousands of functions that are almost the same. Moving a helper into its only caller makes the
/// module 2 % smaller and what is downloaded 12 % larger, because what was alike no longer is. The worker's functions
/// have less in common: it would gain half a per cent, and SQLite is to be fast.
const KEEP_ALIKE: [&str; 2] = ["--one-caller-inline-max-function-size", "12"];

/// Starts the screens as soon as their module is loaded: the content policy allows no script in the page that could do
/// it. An error must reach `onerror`. The worker brings its own last lines.
const START_APP: &str = "\n__wbg_init().catch((error) => { setTimeout(() => { throw error; }); });\n";

/// The names of the files of one module.
pub(super) struct Module {
    pub(super) js: String,
    pub(super) wasm: String,
}

pub(super) fn profile(mode: Mode) -> &'static str {
    match mode {
        Mode::Release => "wasm-release",
        Mode::Dev => "dev",
    }
}

/// Makes the module of the screens and that of the worker, at the same time.
pub(super) fn make_both(layout: &Layout, mode: Mode, staging: &Path) -> Result<[Module; 2]> {
    let start_worker = layout::read_text(&layout.root.join("src-web/start.js"))?;
    thread::scope(|scope| {
        let app = scope.spawn(|| make(layout, mode, staging, ("app", "trygkort_ui"), START_APP));
        let worker = make(layout, mode, staging, ("worker", "trygkort_web"), &start_worker);
        let app = app.join().map_err(|_| Failure::new("making the screens' module panicked; see above"))?;
        Ok([app?, worker?])
    })
}

fn make(layout: &Layout, mode: Mode, staging: &Path, (name, library): (&str, &str), start: &str) -> Result<Module> {
    let bound = bind(layout, mode, name, library)?;
    let js = layout::read_text(&bound.join(format!("{name}.js")))?;
    require_complete(name, &js)?;
    let bound_wasm = bound.join(format!("{name}_bg.wasm"));
    let wasm = match mode {
        Mode::Dev => layout::read(&bound_wasm)?,
        Mode::Release => optimise(layout, name, &bound_wasm)?,
    };
    let hashed = hashed_name(name, "js", &[js.as_bytes(), start.as_bytes(), &wasm]);
    let hashed_wasm = hashed.replace(".js", "_bg.wasm");
    let js = rename_wasm(&js, &format!("{name}_bg.wasm"), &hashed_wasm)?;
    layout::write(&staging.join(&hashed), format!("{js}\n{start}"))?;
    layout::write(&staging.join(&hashed_wasm), wasm)?;
    copy_snippets(&bound, staging)?;
    Ok(Module { js: hashed, wasm: hashed_wasm })
}

/// Runs wasm-bindgen into a scratch folder and returns the folder.
fn bind(layout: &Layout, mode: Mode, name: &str, library: &str) -> Result<PathBuf> {
    let folder = layout.scratch().join("bindgen").join(name);
    super::remove_folder(&folder)?;
    let profile = if mode == Mode::Dev { "debug" } else { profile(mode) };
    let compiled = layout.wasm.join(TARGET).join(profile).join(format!("{library}.wasm"));
    let trim: &[&str] =
        if mode == Mode::Release { &["--remove-name-section", "--remove-producers-section"] } else { &[] };
    Program::new(layout.tool("wasm-bindgen"))
        .args(["--target", "web", "--no-typescript", "--out-name", name, "--out-dir"])
        .arg(&folder)
        .args(trim)
        .arg(&compiled)
        .output()?;
    Ok(folder)
}

fn optimise(layout: &Layout, name: &str, wasm: &Path) -> Result<Vec<u8>> {
    let input = layout::read(wasm)?;
    let binaryen = layout.npm("binaryen/bin/wasm-opt");
    let version = layout::read_text(&layout.npm("binaryen/package.json"))?;
    let inlining: &[&str] = if name == "app" { &KEEP_ALIKE } else { &[] };
    let recipe = format!("wasm-opt {} {FEATURES:?} {OPTIMISE:?} {inlining:?}", blake3::hash(version.as_bytes()));
    let optimised = artefacts::kept(layout, &recipe, &input, |output| {
        Program::new("node")
            .arg(&binaryen)
            .args(FEATURES)
            .args(OPTIMISE)
            .args(inlining)
            .arg(wasm)
            .arg("-o")
            .arg(output)
            .output()
            .map(drop)
    })?;
    let output = layout::read(&optimised)?;
    say(format!(
        "{name}: {} after wasm-bindgen, {} after wasm-opt",
        size(input.len() as u64),
        size(output.len() as u64)
    ));
    Ok(output)
}

/// A function of C that the linker did not find becomes an import that no browser can fulfil; nothing else says so.
fn require_complete(name: &str, js: &str) -> Result<()> {
    if js.contains(r#"from "env""#) {
        return Err(Failure::new(format!(
            "{name}: something it calls is not in the module (an import from \"env\"); has a part of SQLite been left \
             out in .cargo/config.toml that is used?"
        )));
    }
    Ok(())
}

/// Points the loader at the module's new name.
fn rename_wasm(js: &str, from: &str, to: &str) -> Result<String> {
    if !js.contains(from) {
        return Err(Failure::new(format!("what wasm-bindgen made does not mention {from}; has its version changed?")));
    }
    Ok(js.replace(from, to))
}

/// JavaScript that dependencies bring along. Our own is bound by address (`raw_module`) and is not among it.
fn copy_snippets(bound: &Path, staging: &Path) -> Result<()> {
    for file in layout::files_below(&bound.join("snippets"))? {
        layout::copy(&file, &staging.join(super::address(bound, &file)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_lacks_a_function_is_no_module() {
        assert!(require_complete("worker", "import * as import1 from \"env\"\n").is_err());
        assert!(require_complete("worker", "import { ask } from \"/js/host.js\"\n").is_ok());
    }

    #[test]
    fn the_loader_asks_for_the_hashed_module() {
        let js = "module_or_path = new URL('app_bg.wasm', import.meta.url);";
        let renamed = rename_wasm(js, "app_bg.wasm", "app-12_bg.wasm").unwrap();
        assert_eq!(renamed, "module_or_path = new URL('app-12_bg.wasm', import.meta.url);");
        assert!(rename_wasm("nothing here", "app_bg.wasm", "x").is_err());
    }
}
