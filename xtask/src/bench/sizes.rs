//! What the first visit costs over the wire, as compressed by the build.

use std::fs;
use std::path::{Path, PathBuf};

use super::Figure;
use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};

const GOAL_FIRST_LOAD_KB: f64 = 900.0;
const GOAL_SCREENS_KB: f64 = 400.0;

pub(super) fn measure(layout: &Layout) -> Result<Vec<Figure>> {
    let files = layout::files_below(&layout.dist())?;
    let part = |what: &str, wanted: &dyn Fn(&str) -> bool, goal: Option<f64>| -> Result<Figure> {
        kilobytes(what, wire_bytes(layout, &files, wanted)?, goal)
    };
    Ok(vec![
        kilobytes("first load (UI, worker, JS, CSS, page)", wire_size(layout)?, Some(GOAL_FIRST_LOAD_KB))?,
        part("UI WASM", &|place| place.starts_with("app-") && place.ends_with(".wasm"), Some(GOAL_SCREENS_KB))?,
        part(
            "worker WASM (core with SQLite)",
            &|place| place.starts_with("worker-") && place.ends_with(".wasm"),
            None,
        )?,
        part("JS", &|place| is_first_load(place) && place.ends_with(".js"), None)?,
        part("CSS", &|place| is_first_load(place) && place.ends_with(".css"), None)?,
        part("page with icons", &|place| place == "index.html", None)?,
        part("fonts", &|place| place.starts_with("fonts/") && place.ends_with(".woff2"), None)?,
        part("map library, when the map is first opened", &|place| place.starts_with("vendor/"), None)?,
        part("everything kept for use without a network", &|place| !place.ends_with(".txt"), None)?,
    ])
}

/// Bytes of everything that the first visit loads before the card is there, compressed; the map library comes later.
pub(crate) fn wire_size(layout: &Layout) -> Result<u64> {
    wire_bytes(layout, &layout::files_below(&layout.dist())?, &is_first_load)
}

fn is_first_load(place: &str) -> bool {
    let kinds = [".wasm", ".js", ".css"];
    let apart = ["vendor/", "service-worker.js", "js/map"];
    place == "index.html"
        || kinds.iter().any(|kind| place.ends_with(kind)) && !apart.iter().any(|apart| place.starts_with(apart))
}

fn wire_bytes(layout: &Layout, files: &[PathBuf], wanted: &dyn Fn(&str) -> bool) -> Result<u64> {
    let dist = layout.dist();
    let mut bytes = 0;
    for file in files.iter().filter(|file| !layout::has_extension(file, "br")) {
        let place = file.strip_prefix(&dist).unwrap_or(file).to_string_lossy().replace('\\', "/");
        if wanted(&place) {
            bytes += compressed_length(file)?;
        }
    }
    if bytes == 0 {
        return Err(Failure::new("dist/ has none of the files to be measured; run `cargo xtask web`"));
    }
    Ok(bytes)
}

/// The length of the `.br` beside the file, or its own where it goes as it is.
fn compressed_length(file: &Path) -> Result<u64> {
    let mut compressed = file.as_os_str().to_owned();
    compressed.push(".br");
    let about = fs::metadata(&compressed).or_else(|_| fs::metadata(file));
    Ok(about.map_err(|error| Failure::io("look at", file, &error))?.len())
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files, far below 2^52")]
fn kilobytes(what: &str, bytes: u64, goal: Option<f64>) -> Result<Figure> {
    let note = "brotli, 1 kB = 1,000 bytes".to_owned();
    Ok(Figure { what: what.to_owned(), value: bytes as f64 / 1e3, unit: "kB".to_owned(), goal, note })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_load_is_what_the_card_needs() {
        for place in ["index.html", "app-1.js", "app-1_bg.wasm", "worker-1_bg.wasm", "app-1.css", "js/host.js"] {
            assert!(is_first_load(place), "{place}");
        }
        for place in ["vendor/maplibre-gl.mjs", "service-worker.js", "js/map.js", "demo.pmtiles", "fonts/a.woff2"] {
            assert!(!is_first_load(place), "{place}");
        }
    }
}
