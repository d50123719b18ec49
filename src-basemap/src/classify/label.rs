//! Labels: points of interest, places, names of grounds and buildings, house numbers.

use super::{Class, Draw, Shape};
use crate::feature::{Layer, Value};
use crate::tags::Tags;

/// The keys that make a point of interest, the most telling first; its value is the kind.
const POI_KEYS: &[&str] = &[
    "amenity",
    "shop",
    "leisure",
    "tourism",
    "healthcare",
    "emergency",
    "social_facility",
    "club",
    "office",
    "craft",
    "historic",
    "railway",
    "highway",
];

/// Worth showing without a name: a janitor looks for them.
const NAMELESS_POIS: &[&str] =
    &["playground", "toilets", "drinking_water", "defibrillator", "bus_stop", "laundry", "recycling", "police"];

/// Seen from further away.
const LANDMARKS: &[&str] = &["school", "hospital", "station", "university", "college", "police", "townhall", "library"];

/// The label of a thing: what it offers, the place it is, or the name of its water, ground or building.
pub(super) fn label(tags: &Tags<'_>, shape: Shape, ground: Option<&Class>) -> Option<Class> {
    poi(tags).or_else(|| place(tags)).or_else(|| if shape == Shape::Point { None } else { area_name(tags, ground) })
}

fn poi(tags: &Tags<'_>) -> Option<Class> {
    let (key, kind) =
        POI_KEYS.iter().find_map(|key| Some((*key, tags.get(key).filter(|value| is_poi(key, value))?)))?;
    let name = tags.name().or_else(|| tags.text("operator"));
    if name.is_none() && !NAMELESS_POIS.contains(&kind) {
        return None;
    }
    let min_zoom = if LANDMARKS.contains(&kind) {
        13
    } else if matches!(key, "shop" | "office" | "craft" | "historic") {
        16
    } else {
        15
    };
    let detail = tags.get("sport").or_else(|| tags.get("cuisine"));
    Some(Class::new(Layer::Pois, Draw::Label, kind, min_zoom, poi_rank(kind)).detail(detail).name(name))
}

/// Of two labels that collide, the one with the lower rank stays.
fn poi_rank(kind: &str) -> i64 {
    match kind {
        kind if LANDMARKS.contains(&kind) => 10,
        "kindergarten" | "community_centre" | "doctors" | "pharmacy" | "supermarket" | "playground" => 20,
        _ => 30,
    }
}

/// Leaves out values that are no place to go to, and furniture.
fn is_poi(key: &str, value: &str) -> bool {
    match key {
        "highway" => value == "bus_stop",
        "railway" => matches!(value, "station" | "halt" | "tram_stop"),
        "emergency" => value == "defibrillator",
        "historic" => matches!(value, "monument" | "memorial" | "castle" | "ruins" | "archaeological_site"),
        "amenity" => !matches!(
            value,
            "parking"
                | "parking_space"
                | "parking_entrance"
                | "bench"
                | "waste_basket"
                | "waste_disposal"
                | "vending_machine"
                | "bicycle_parking"
                | "hunting_stand"
                | "grit_bin"
                | "no"
                | "swimming_pool"
                | "fountain"
        ),
        "leisure" => !matches!(
            value,
            "swimming_pool" | "picnic_table" | "bench" | "firepit" | "bleachers" | "common" | "no" | "yes"
        ),
        "tourism" => !matches!(value, "information" | "viewpoint" | "no" | "yes"),
        _ => !matches!(value, "no" | "vacant"),
    }
}

fn place(tags: &Tags<'_>) -> Option<Class> {
    let place = tags.get("place")?;
    let name = tags.name()?;
    let (kind, min_zoom, rank) = match place {
        "city" => ("locality", 10, 10),
        "town" => ("locality", 10, 20),
        "village" => ("locality", 10, 30),
        "hamlet" => ("locality", 12, 40),
        "suburb" => ("macrohood", 11, 50),
        "quarter" | "neighbourhood" => ("neighbourhood", 13, 60),
        "isolated_dwelling" | "farm" => ("locality", 14, 70),
        _ => return None,
    };
    let mut class = Class::new(Layer::Places, Draw::Label, kind, min_zoom, rank).detail(Some(place)).name(Some(name));
    let population = tags.get("population").and_then(|text| text.parse().ok());
    class.extra.extend(population.map(|population| ("population", Value::Number(population))));
    Some(class)
}

/// The name of a lake stands in the layer of the water; of a wood, a park or a block among the points of interest.
fn area_name(tags: &Tags<'_>, ground: Option<&Class>) -> Option<Class> {
    let label = |layer, kind: &str, min_zoom| Class::new(layer, Draw::Label, kind, min_zoom, 40);
    if let Some(ground) = ground {
        let name = tags.name()?;
        let layer = if ground.layer == Layer::Water { Layer::Water } else { Layer::Pois };
        // `residential` and the like: the name of the quarter belongs to its place node.
        let zoom = ground.min_zoom.clamp(13, 16);
        return Some(label(layer, &ground.kind, zoom).detail(ground.detail.as_deref()).name(Some(name)));
    }
    if !tags.has("building") {
        return None;
    }
    let name = tags.name().or_else(|| tags.text("ref")).or_else(|| tags.text("addr:housename"))?;
    let detail = tags.get("building").filter(|value| *value != "yes");
    Some(label(Layer::Pois, "building", 15).detail(detail).name(Some(name)).text("ref", tags.text("ref")))
}

/// A house number, shown when one stands before the door.
pub(super) fn address(tags: &Tags<'_>) -> Option<Class> {
    let number = tags.text("addr:housenumber")?;
    Some(Class::new(Layer::Buildings, Draw::Label, "address", 16, 410).text("addr_housenumber", Some(number)))
}
