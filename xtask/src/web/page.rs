//! `index.html` and `service-worker.js`, with what only the build knows filled in.

use std::path::Path;

use super::module::Module;
use super::{address, icons};
use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};

/// The hashed names that the page refers to.
pub(super) struct Names {
    pub(super) app: Module,
    pub(super) worker: Module,
    pub(super) css: String,
}

/// Fills `src-ui/index.html`. Names are written with a leading slash, because the page is served at every path.
pub(super) fn fill(layout: &Layout, staging: &Path, names: &Names) -> Result<()> {
    let template = layout::read_text(&layout.root.join("src-ui/index.html"))?;
    let sprite = icons::sprite(layout)?;
    let values = [
        ("app_js", names.app.js.as_str()),
        ("app_wasm", names.app.wasm.as_str()),
        ("app_css", names.css.as_str()),
        ("worker_js", names.worker.js.as_str()),
        ("worker_wasm", names.worker.wasm.as_str()),
    ];
    let mut page = template;
    for (name, value) in values {
        let mark = format!("{{{{{name}}}}}");
        page = page.replace(&format!("/{mark}"), &mark).replace(&mark, &format!("/{value}"));
    }
    page = page.replace("{{icons_sprite}}", &sprite);
    refuse_leftovers("src-ui/index.html", &page)?;
    layout::write(&staging.join("index.html"), page)
}

/// Puts the list of everything that must be there without a network in front of the service worker, as
/// `[[path, hash], …]`. Runs when all else is in place.
pub(super) fn fill_service_worker(layout: &Layout, staging: &Path) -> Result<()> {
    let script = layout::read_text(&layout.root.join("src-web/service-worker.js"))?;
    let mut entries = Vec::new();
    for file in layout::files_below(staging)? {
        let place = address(staging, &file);
        if is_precached(&place) {
            let hash = blake3::hash(&layout::read(&file)?).to_hex();
            entries.push(serde_json::json!([format!("/{place}"), &hash.as_str()[..12]]));
        }
    }
    let list = serde_json::Value::Array(entries);
    layout::write(&staging.join("service-worker.js"), format!("self.__PRECACHE = {list};\n{script}"))
}

/// Licence texts are read on line; everything else belongs to the app.
fn is_precached(place: &str) -> bool {
    !place.ends_with(".txt")
}

fn refuse_leftovers(file: &str, filled: &str) -> Result<()> {
    let Some(start) = filled.find("{{") else { return Ok(()) };
    let mark: String = filled[start..].chars().take(30).collect();
    Err(Failure::new(format!("{file} has a mark that the build does not know: {mark:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_that_nobody_fills_stops_the_build() {
        assert!(refuse_leftovers("index.html", "<link href=\"{{app_csss}}\">").is_err());
        assert!(refuse_leftovers("index.html", "<link href=\"/app.css\">").is_ok());
    }

    #[test]
    fn licences_are_not_kept_on_every_phone() {
        assert!(is_precached("vendor/maplibre-gl.mjs") && !is_precached("vendor/maplibre-gl.LICENSE.txt"));
    }
}
