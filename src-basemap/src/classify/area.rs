//! Areas: buildings, water, and what the ground is used for.

use super::{Class, Draw};
use crate::feature::{Layer, Value};
use crate::tags::Tags;

const METRES_PER_LEVEL: f64 = 3.0;
const HEIGHT_METRES_MAX: f64 = 1_000.0;

pub(super) fn building(tags: &Tags<'_>) -> Option<Class> {
    let building = tags.get("building").filter(|value| *value != "no")?;
    let mut class = Class::new(Layer::Buildings, Draw::Area, "building", 13, 400)
        .detail((building != "yes").then_some(building))
        .name(tags.name())
        .text("ref", tags.text("ref"))
        .text("addr_housenumber", tags.text("addr:housenumber"));
    class.extra.extend(height_metres(tags).map(|height| ("height", Value::Number(height))));
    Some(class)
}

/// The height in whole metres, from the height itself or from the storeys.
fn height_metres(tags: &Tags<'_>) -> Option<i64> {
    let number = |key: &str| tags.get(key)?.trim_end_matches('m').trim().parse::<f64>().ok();
    let height = number("height").or_else(|| number("building:levels").map(|levels| levels * METRES_PER_LEVEL))?;
    (height > 0.0 && height < HEIGHT_METRES_MAX).then_some(height.round() as i64)
}

/// Standing and running water that has a width.
pub(super) fn water(tags: &Tags<'_>) -> Option<Class> {
    let (kind, detail, min_zoom) = if tags.get("natural") == Some("water") {
        match tags.get("water") {
            Some("lake") => ("lake", None, 10),
            Some(
                detail @ ("basin" | "canal" | "ditch" | "drain" | "lagoon" | "oxbow" | "pond" | "reservoir" | "river"
                | "stream" | "moat" | "wastewater"),
            ) => ("water", Some(detail), 10),
            _ => ("water", None, 10),
        }
    } else if tags.is("waterway", &["riverbank", "dock"]) {
        ("water", tags.get("waterway"), 10)
    } else if tags.is("landuse", &["basin", "reservoir"]) {
        ("water", tags.get("landuse"), 10)
    } else if tags.get("leisure") == Some("swimming_pool") || tags.get("amenity") == Some("swimming_pool") {
        ("swimming_pool", None, 14)
    } else if tags.get("amenity") == Some("fountain") {
        ("fountain", None, 15)
    } else {
        return None;
    };
    // What lies under a roof or a street is not seen.
    if tags.has("covered") || tags.has("tunnel") || tags.get("location") == Some("underground") || tags.has("indoor") {
        return None;
    }
    Some(Class::new(Layer::Water, Draw::Area, kind, min_zoom, 190).detail(detail).name(tags.name()))
}

/// The ground: (key, value, kind, first zoom, rank). The first row that fits wins; a higher rank lies on top.
const LANDUSE: &[(&str, &str, &str, u8, i64)] = &[
    ("leisure", "playground", "playground", 14, 90),
    ("leisure", "pitch", "pitch", 14, 90),
    ("leisure", "dog_park", "dog_park", 14, 80),
    ("leisure", "park", "park", 11, 60),
    ("leisure", "garden", "garden", 14, 70),
    ("leisure", "golf_course", "golf_course", 11, 50),
    ("leisure", "nature_reserve", "nature_reserve", 10, 5),
    ("leisure", "stadium", "stadium", 13, 50),
    ("leisure", "sports_centre", "recreation_ground", 13, 50),
    ("leisure", "recreation_ground", "recreation_ground", 13, 50),
    ("leisure", "common", "park", 12, 55),
    ("leisure", "marina", "marina", 12, 30),
    ("amenity", "school", "school", 12, 40),
    ("amenity", "kindergarten", "kindergarten", 13, 45),
    ("amenity", "childcare", "kindergarten", 13, 45),
    ("amenity", "college", "college", 12, 40),
    ("amenity", "university", "university", 12, 40),
    ("amenity", "hospital", "hospital", 12, 40),
    ("amenity", "parking", "parking", 14, 85),
    ("amenity", "bicycle_parking", "parking", 16, 86),
    ("amenity", "grave_yard", "cemetery", 12, 50),
    ("tourism", "zoo", "zoo", 12, 50),
    ("tourism", "camp_site", "camp_site", 12, 50),
    ("landuse", "residential", "residential", 11, 10),
    ("landuse", "commercial", "commercial", 12, 12),
    ("landuse", "retail", "commercial", 12, 12),
    ("landuse", "industrial", "industrial", 11, 12),
    ("landuse", "brownfield", "industrial", 12, 12),
    ("landuse", "construction", "industrial", 13, 12),
    ("landuse", "railway", "railway", 12, 14),
    ("landuse", "garages", "parking", 15, 80),
    ("landuse", "military", "military", 11, 12),
    ("landuse", "cemetery", "cemetery", 12, 50),
    ("landuse", "allotments", "allotments", 12, 50),
    ("landuse", "village_green", "village_green", 13, 60),
    ("landuse", "recreation_ground", "recreation_ground", 12, 50),
    ("landuse", "grass", "grass", 13, 65),
    ("landuse", "meadow", "meadow", 11, 30),
    ("landuse", "forest", "forest", 10, 35),
    ("landuse", "orchard", "orchard", 12, 30),
    ("landuse", "vineyard", "orchard", 12, 30),
    ("landuse", "farmland", "farmland", 10, 20),
    ("landuse", "farmyard", "farmland", 13, 22),
    ("landuse", "greenhouse_horticulture", "farmland", 13, 22),
    ("landuse", "flowerbed", "garden", 16, 72),
    ("landuse", "plant_nursery", "farmland", 13, 22),
    ("natural", "wood", "wood", 10, 35),
    ("natural", "scrub", "scrub", 11, 34),
    ("natural", "heath", "scrub", 11, 33),
    ("natural", "grassland", "grassland", 11, 30),
    ("natural", "grass", "grass", 13, 65),
    ("natural", "wetland", "wetland", 11, 36),
    ("natural", "beach", "beach", 11, 40),
    ("natural", "sand", "sand", 12, 40),
    ("natural", "shingle", "sand", 13, 40),
    ("natural", "bare_rock", "bare_rock", 11, 34),
    ("natural", "scree", "bare_rock", 11, 34),
    ("natural", "glacier", "glacier", 10, 34),
    ("place", "square", "pedestrian", 14, 75),
    ("man_made", "pier", "pier", 13, 95),
    ("man_made", "bridge", "pedestrian", 14, 96),
    ("railway", "platform", "platform", 15, 95),
    ("public_transport", "platform", "platform", 15, 95),
    ("highway", "platform", "platform", 15, 95),
    ("highway", "pedestrian", "pedestrian", 14, 95),
    ("highway", "footway", "pedestrian", 14, 95),
    ("highway", "path", "pedestrian", 14, 95),
    ("highway", "service", "parking", 14, 84),
    ("highway", "living_street", "pedestrian", 14, 95),
    ("aeroway", "aerodrome", "aerodrome", 10, 12),
    ("aeroway", "runway", "runway", 10, 15),
];

pub(super) fn landuse(tags: &Tags<'_>) -> Option<Class> {
    // Cars under the ground or on a roof take no ground.
    if tags.is("parking", &["underground", "multi-storey", "rooftop"]) || tags.has("indoor") {
        return None;
    }
    let (key, value, kind, min_zoom, rank) =
        LANDUSE.iter().copied().find(|(key, value, ..)| tags.get(key) == Some(value))?;
    // A school in one building: the building is drawn, the ground around it is not the school's.
    if key == "amenity" && tags.has("building") {
        return None;
    }
    let detail = match (key, value) {
        ("leisure", "pitch") => tags.get("sport"),
        ("natural", "wetland") => tags.get("wetland"),
        _ => Some(value).filter(|value| *value != kind),
    };
    Some(Class::new(Layer::Landuse, Draw::Area, kind, min_zoom, rank).detail(detail))
}
