//! The icons in use as one block of symbols inside the page: no request, no font, and they take the text's color.

use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};

/// What every Lucide icon says about itself on its outermost element.
const STROKES: &str =
    r#"fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round""#;

/// The names in `assets/icons/icons.txt`.
pub(crate) fn listed(layout: &Layout) -> Result<Vec<String>> {
    let list = layout::read_text(&layout.root.join("assets/icons/icons.txt"))?;
    let mut names: Vec<String> = names_in(&list).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// The block of symbols `#i-NAME`. A file `assets/icons/NAME.svg` of our own goes before Lucide's.
pub(super) fn sprite(layout: &Layout) -> Result<String> {
    let symbols = listed(layout)?.iter().map(|name| symbol(layout, name)).collect::<Result<String>>()?;
    Ok(format!(r#"<div hidden><svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg></div>"#))
}

fn symbol(layout: &Layout, name: &str) -> Result<String> {
    let own = layout.root.join(format!("assets/icons/{name}.svg"));
    let lucide = layout.npm(&format!("lucide-static/icons/{name}.svg"));
    if own.is_file() {
        return own_symbol(name, &layout::read_text(&own)?);
    }
    if !lucide.is_file() {
        return Err(Failure::new(format!("assets/icons/icons.txt lists {name}, which Lucide does not have")));
    }
    let (_, inner) = split_svg(&layout::read_text(&lucide)?).ok_or_else(|| not_svg(name))?;
    Ok(format!(r#"<symbol id="i-{name}" viewBox="0 0 24 24" {STROKES}>{inner}</symbol>"#))
}

/// Our own icons keep what they say about themselves.
fn own_symbol(name: &str, svg: &str) -> Result<String> {
    let (attributes, inner) = split_svg(svg).ok_or_else(|| not_svg(name))?;
    let attributes: String = ["viewBox", "fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin"]
        .iter()
        .filter_map(|key| Some(format!(r#" {key}="{}""#, attribute(&attributes, key)?)))
        .collect();
    Ok(format!(r#"<symbol id="i-{name}"{attributes}>{inner}</symbol>"#))
}

fn not_svg(name: &str) -> Failure {
    Failure::new(format!("the icon {name} is no SVG file that can be read"))
}

fn names_in(list: &str) -> impl Iterator<Item = &str> {
    list.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|name| !name.is_empty())
}

/// The attributes of the `<svg>` element and what stands inside it, on one line.
fn split_svg(svg: &str) -> Option<(String, String)> {
    let start = svg.find("<svg")? + "<svg".len();
    let open = start + svg[start..].find('>')?;
    let close = svg.rfind("</svg>")?;
    let one_line =
        |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace("> <", "><").replace(" />", "/>");
    Some((one_line(&svg[start..open]), one_line(svg.get(open + 1..close)?)))
}

fn attribute<'a>(attributes: &'a str, key: &str) -> Option<&'a str> {
    let spaced = format!(" {key}=\"");
    let start = match attributes.strip_prefix(&spaced[1..]) {
        Some(_) => spaced.len() - 1,
        None => attributes.find(&spaced)? + spaced.len(),
    };
    let value = &attributes[start..];
    value.find('"').map(|end| &value[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_empty_lines_are_no_icons() {
        assert_eq!(names_in("# a list\n\nphone # to call\nmap-pin\n").collect::<Vec<_>>(), ["phone", "map-pin"]);
    }

    #[test]
    fn an_icon_of_our_own_keeps_its_attributes() {
        let svg = "<?xml version=\"1.0\"?>\n<svg viewBox=\"0 0 20 20\"\n  fill=\"red\" width=\"20\">\n  <path d=\"M0 0\" />\n</svg>\n";
        let symbol = own_symbol("x", svg).unwrap();
        assert_eq!(symbol, r#"<symbol id="i-x" viewBox="0 0 20 20" fill="red"><path d="M0 0"/></symbol>"#);
        assert!(own_symbol("x", "no picture").is_err());
    }

    #[test]
    fn a_width_is_not_taken_for_a_stroke_width() {
        assert_eq!(attribute(r#"stroke-width="2" width="24""#, "width"), Some("24"));
        assert_eq!(attribute(r#"stroke-width="2""#, "width"), None);
    }
}
