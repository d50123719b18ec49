//! Lines: roads, rails, streams, borders, hedges.

use super::{Class, Draw};
use crate::feature::{Layer, Value};
use crate::tags::Tags;

/// Roads and paths. What is planned, torn down or no road at all (`platform`, `rest_area`) is left out.
pub(super) fn road(tags: &Tags<'_>) -> Option<Class> {
    let highway = tags.get("highway")?;
    let (base, is_link) = match highway.strip_suffix("_link") {
        Some(base) => (base, true),
        None => (highway, false),
    };
    let (kind, min_zoom, rank) = match base {
        "motorway" => ("highway", 10, 400),
        "trunk" => ("major_road", 10, 390),
        "primary" => ("major_road", 10, 380),
        "secondary" => ("major_road", 10, 370),
        "tertiary" => ("major_road", 11, 360),
        "residential" | "unclassified" | "road" | "living_street" => ("minor_road", 12, 340),
        "busway" => ("minor_road", 13, 330),
        "service" => ("minor_road", service_zoom(tags), 320),
        "pedestrian" => ("path", 13, 310),
        "track" => ("path", 13, 290),
        "cycleway" => ("path", 13, 300),
        "footway" | "path" | "bridleway" | "steps" => ("path", 14, 280),
        "raceway" | "bus_guideway" | "escape" => ("other", 14, 270),
        _ => return None,
    };
    let detail = match tags.get("footway") {
        Some(part @ ("sidewalk" | "crossing")) if base == "footway" => part,
        _ => base,
    };
    let class = Class::new(Layer::Roads, Draw::Line, kind, if is_link { min_zoom.max(12) } else { min_zoom }, rank);
    let class = class.detail(Some(detail)).name(tags.name()).text("ref", tags.text("ref"));
    Some(
        class
            .text("service", tags.text("service"))
            .flag("is_link", is_link)
            .flag("is_bridge", tags.has("bridge"))
            .flag("is_tunnel", tags.has("tunnel"))
            .flag("oneway", tags.is("oneway", &["yes", "1", "-1"])),
    )
}

/// Ways to a house and rows of a car park clutter a map until one stands before them.
fn service_zoom(tags: &Tags<'_>) -> u8 {
    if tags.is("service", &["driveway", "parking_aisle", "drive-through", "emergency_access"]) { 15 } else { 14 }
}

pub(super) fn rail(tags: &Tags<'_>) -> Option<Class> {
    let railway = tags.get("railway")?;
    let min_zoom = match railway {
        "rail" if !tags.has("service") => 10,
        "rail" => 14,
        "light_rail" | "tram" | "subway" | "narrow_gauge" | "funicular" | "monorail" | "preserved" => 13,
        _ => return None,
    };
    let class = Class::new(Layer::Roads, Draw::Line, "rail", min_zoom, 350).detail(Some(railway));
    Some(class.name(tags.name()).flag("is_bridge", tags.has("bridge")).flag("is_tunnel", tags.has("tunnel")))
}

/// Running water. What runs in a pipe is not seen, so it is not drawn.
pub(super) fn waterway(tags: &Tags<'_>) -> Option<Class> {
    let waterway = tags.get("waterway")?;
    if tags.has("tunnel") {
        return None;
    }
    let min_zoom = match waterway {
        "river" => 10,
        "canal" => 11,
        "stream" => 13,
        "drain" | "ditch" => 15,
        _ => return None,
    };
    Some(Class::new(Layer::Water, Draw::Line, waterway, min_zoom, 200).name(tags.name()))
}

/// Borders, from the ways that carry the tags themselves.
pub(super) fn boundary(tags: &Tags<'_>) -> Option<Class> {
    if tags.get("boundary") != Some("administrative") {
        return None;
    }
    let level: i64 = tags.get("admin_level")?.parse().ok()?;
    let kind = match level {
        2 => "country",
        3 | 4 => "region",
        5..=7 => "county",
        _ => return None,
    };
    let mut class = Class::new(Layer::Boundaries, Draw::Line, kind, 10, 100 - level);
    class.extra.push(("kind_detail", Value::Number(level)));
    Some(class)
}

/// What one cannot walk or look through. The schema has no such lines; they stand among the grounds with kinds of their
/// own, because whether a path has overview or hiding places beside it is what a safety walk is about.
pub(super) fn barrier(tags: &Tags<'_>) -> Option<Class> {
    let (kind, min_zoom) = match (tags.get("barrier"), tags.get("natural")) {
        (Some("hedge"), _) => ("hedge", 15),
        (_, Some("tree_row")) => ("tree_row", 15),
        (Some("wall" | "retaining_wall" | "city_wall"), _) => ("wall", 16),
        (Some("fence" | "guard_rail"), _) => ("fence", 16),
        _ => return None,
    };
    Some(Class::new(Layer::Landuse, Draw::Line, kind, min_zoom, 97))
}
