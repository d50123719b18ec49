//! Files that go into `dist/` as they are, and the demo area's base map.

use std::path::Path;

use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};
use crate::process::Program;

/// Folders whose files of these kinds are copied: from, to, extensions.
const COPIED: [(&str, &str, &[&str]); 5] = [
    ("src-ui/js", "js", &["js"]),
    ("assets/fonts", "fonts", &["woff2", "txt"]),
    ("assets/icons", "icons", &["png", "ico", "svg"]),
    ("assets/map-style", "map-style", &["json"]),
    ("assets/web", "", &["webmanifest", "txt", "png", "ico", "svg", "html"]),
];

pub(super) fn copy_all(layout: &Layout, staging: &Path) -> Result<()> {
    for (from, to, extensions) in COPIED {
        let folder = layout.root.join(from);
        for file in layout::files_below(&folder)? {
            let place = super::address(&folder, &file);
            let wanted = extensions.iter().any(|extension| layout::has_extension(&file, extension));
            if wanted && !is_for_the_build(&place) {
                layout::copy(&file, &staging.join(to).join(place))?;
            }
        }
    }
    copy_vendored(layout, staging)
}

/// The list of icons is for the build; a test beside a script is for the tests.
fn is_for_the_build(place: &str) -> bool {
    place == "icons.txt" || place.contains(".test.")
}

/// Files of npm packages, as `src-ui/js/vendor.txt` lists them: `PACKAGE/PATH -> PATH IN DIST`.
fn copy_vendored(layout: &Layout, staging: &Path) -> Result<()> {
    let list = layout::read_text(&layout.root.join("src-ui/js/vendor.txt"))?;
    for (from, to) in vendored(&list)? {
        layout::copy(&layout.npm(from), &staging.join(to))?;
    }
    Ok(())
}

fn vendored(list: &str) -> Result<Vec<(&str, &str)>> {
    let lines = list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (from, to) = line
                .split_once(" -> ")
                .ok_or_else(|| Failure::new(format!("src-ui/js/vendor.txt: {line:?} is not `from -> to`")))?;
            Ok((from.trim(), to.trim()))
        })
        .collect()
}

/// Vector tiles of the fictional estate, made by the same command a municipality's are made with.
pub(super) fn make_demo_basemap(layout: &Layout, staging: &Path) -> Result<()> {
    Program::new(layout.server())
        .args(["basemap", "build", "--geojson"])
        .arg(layout.root.join("assets/demo-area"))
        .arg("--out")
        .arg(staging.join("demo.pmtiles"))
        .output()
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_line_names_where_from_and_where_to() {
        let list = "# comment\n\nmaplibre-gl/dist/a.mjs -> vendor/a.mjs\n";
        assert_eq!(vendored(list).unwrap(), [("maplibre-gl/dist/a.mjs", "vendor/a.mjs")]);
        assert!(vendored("a b").is_err());
    }

    #[test]
    fn tests_are_not_served() {
        assert!(is_for_the_build("map.test.js") && is_for_the_build("icons.txt"));
        assert!(!is_for_the_build("map.js"));
    }
}
