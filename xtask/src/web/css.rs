//! Gathers the plain CSS files that lie beside the components into one file.
//!
//! Which layer a file belongs to follows from where it lies; within a layer the order is that of the paths, and no rule
//! may depend on it.

use std::path::{Path, PathBuf};

use super::{Mode, hashed_name};
use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};

const LAYERS: [&str; 4] = ["tokens", "base", "components", "features"];

/// Every CSS file of the screens with its layer, in the order in which they are gathered.
pub(crate) fn gathered_files(layout: &Layout) -> Result<Vec<(&'static str, PathBuf)>> {
    let ui = layout.root.join("src-ui");
    let files = layout::files_below(&ui)?.into_iter().filter(|file| layout::has_extension(file, "css"));
    let mut gathered = files
        .map(|file| {
            let place = super::address(&ui, &file);
            let layer = layer_of(&place).ok_or_else(|| {
                Failure::new(format!(
                    "src-ui/{place} belongs to no layer; put it under styles, components, features or map"
                ))
            })?;
            Ok((rank(layer, &place), layer, file))
        })
        .collect::<Result<Vec<_>>>()?;
    gathered.sort();
    Ok(gathered.into_iter().map(|(_, layer, file)| (layer, file)).collect())
}

/// Writes `app-HASH.css` and returns its name.
pub(super) fn gather(layout: &Layout, mode: Mode, staging: &Path) -> Result<String> {
    let mut css = format!("@layer {};\n", LAYERS.join(", "));
    for (layer, file) in gathered_files(layout)? {
        let text = layout::read_text(&file)?;
        // A file that names its layer itself is taken as it is.
        let text = if text.contains("@layer") { text } else { format!("@layer {layer} {{\n{text}\n}}\n") };
        css.push_str(&if mode == Mode::Release { minify(&text) } else { text });
    }
    let name = hashed_name("app", "css", &[css.as_bytes()]);
    layout::write(&staging.join(&name), css)?;
    Ok(name)
}

fn layer_of(place: &str) -> Option<&'static str> {
    match place {
        "styles/tokens.css" => Some("tokens"),
        _ if place.starts_with("styles/") => Some("base"),
        _ if place.starts_with("src/components/") => Some("components"),
        _ if place.starts_with("src/features/") || place.starts_with("src/map/") => Some("features"),
        _ => None,
    }
}

/// Layer first, then the two files that lay the ground for theirs, then by path.
fn rank(layer: &str, place: &str) -> (usize, usize, String) {
    let layer = LAYERS.iter().position(|known| *known == layer).unwrap_or(LAYERS.len());
    let ground = ["styles/base.css", "styles/layout.css"].iter().position(|known| *known == place).unwrap_or(2);
    (layer, ground, place.to_owned())
}

/// Takes out comments and needless white space; strings are left alone. What gain remains, compression finds.
fn minify(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '"' | '\'' => {
                let length = string_length(rest, next);
                out.push_str(&rest[..length]);
                length
            }
            '/' if rest.starts_with("/*") => {
                let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
                push_space(&mut out);
                length
            }
            _ if next.is_whitespace() => {
                push_space(&mut out);
                next.len_utf8()
            }
            '{' | '}' | ';' | ',' => {
                trim_space(&mut out);
                if next == '}' && out.ends_with(';') {
                    out.pop();
                }
                out.push(next);
                1
            }
            _ => {
                out.push(next);
                next.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    out
}

/// One space where there was any white space, none after a character that needs none.
fn push_space(out: &mut String) {
    if !out.is_empty() && !out.ends_with(['{', '}', ';', ',', ' ']) {
        out.push(' ');
    }
}

fn trim_space(out: &mut String) {
    if out.ends_with(' ') {
        out.pop();
    }
}

/// The length of the string that `text` starts with, both quotes included.
fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return index + character.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minifying_keeps_the_meaning() {
        let table = [
            (".a {\n  color: red;\n}\n", ".a{color: red}", "white space and the last semicolon go"),
            ("/* why */ .a { margin: 0 }", ".a{margin: 0}", "comments go"),
            (".a { width: calc(1px + 2px) }", ".a{width: calc(1px + 2px)}", "a sum needs its spaces"),
            (".a { content: \"a ; /* b */ }\" }", ".a{content: \"a ; /* b */ }\"}", "strings stay as they are"),
            (r#".a { content: "\"  ;" }"#, r#".a{content: "\"  ;"}"#, "so do quotes inside them"),
            ("a :hover, b:hover { x: y }", "a :hover,b:hover{x: y}", "the space before a colon means something"),
            ("a/**/b { x: y }", "a b{x: y}", "a comment parts words"),
        ];
        for (given, expected, why) in table {
            assert_eq!(minify(given), expected, "{why}");
        }
    }

    #[test]
    fn the_layer_follows_the_place() {
        assert_eq!(layer_of("styles/tokens.css"), Some("tokens"));
        assert_eq!(layer_of("styles/print.css"), Some("base"));
        assert_eq!(layer_of("src/components/button/button.css"), Some("components"));
        assert_eq!(layer_of("src/features/card/card.css"), Some("features"));
        assert_eq!(layer_of("elsewhere.css"), None);
    }

    #[test]
    fn the_ground_comes_first_within_its_layer() {
        let mut places = ["styles/a.css", "styles/layout.css", "styles/base.css", "styles/tokens.css"];
        places.sort_by_key(|place| rank(layer_of(place).unwrap(), place));
        assert_eq!(places, ["styles/tokens.css", "styles/base.css", "styles/layout.css", "styles/a.css"]);
    }
}
