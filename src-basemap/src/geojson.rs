//! Things from GeoJSON whose properties are OpenStreetMap tags.

use std::fs;
use std::path::Path;

use ::geojson::{Feature as GeoFeature, Geometry as GeoGeometry, GeometryValue, Position};
use geo::{Coord, LineString, MultiLineString, MultiPolygon, Polygon};
use serde_json::Value;

use crate::bbox::BoundingBox;
use crate::classify::{Shape, classify};
use crate::error::BasemapError;
use crate::feature::{Feature, Geometry, features_of};
use crate::project::{MAX_LATITUDE, to_world};
use crate::tags::Tags;

/// The map goes on around the data by this part of its size, and at least by this many degrees.
const MARGIN_PART: f64 = 0.05;
const MARGIN_DEGREES_MIN: f64 = 0.001;

/// What the files give, and the box around it.
pub(crate) struct Drawn {
    pub(crate) features: Vec<Feature>,
    pub(crate) bbox: BoundingBox,
}

/// One thing with its tags.
struct Item {
    tags: Vec<(String, String)>,
    geometry: Geometry,
    bounds: BoundingBox,
}

impl Item {
    fn tags(&self) -> Tags<'_> {
        self.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }
}

/// Every `.geojson` file of a folder, by name: (name, text).
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<(String, String)>, BasemapError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| BasemapError::Read { path, source }
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        if path.extension().is_some_and(|end| end == "geojson") && path.is_file() {
            files.push((path.display().to_string(), fs::read_to_string(&path).map_err(unreadable(&path))?));
        }
    }
    files.sort();
    match files.is_empty() {
        true => Err(BasemapError::NothingToDraw { source_name: format!("{} (no .geojson file)", folder.display()) }),
        false => Ok(files),
    }
}

/// Reads files given as (name, text).
pub(crate) fn read(files: &[(&str, &str)]) -> Result<Drawn, BasemapError> {
    let mut items = Vec::new();
    for (file, text) in files {
        read_file(file, text, &mut items)?;
    }
    // What no map shows does not make the map larger either.
    items.retain(|item| {
        let shapes = [Shape::Point, Shape::Line, Shape::ClosedLine, Shape::Area];
        shapes.into_iter().any(|shape| !classify(&item.tags(), shape).is_empty())
    });
    let extent = items.iter().map(|item| item.bounds).reduce(|all, bounds| all.union(&bounds));
    let names = || files.iter().map(|(file, _)| *file).collect::<Vec<_>>().join(", ");
    let Some(extent) = extent else {
        return Err(BasemapError::NothingToDraw { source_name: names() });
    };
    let bbox = with_margin(extent);
    bbox.validate()?;
    let within = bbox.to_world();
    let features: Vec<_> = items.iter().flat_map(|item| features_of(&item.tags(), &item.geometry, &within)).collect();
    match features.is_empty() {
        true => Err(BasemapError::NothingToDraw { source_name: names() }),
        false => Ok(Drawn { features, bbox }),
    }
}

fn with_margin(extent: BoundingBox) -> BoundingBox {
    let span = (extent.east - extent.west).max(extent.north - extent.south);
    extent.grown((span * MARGIN_PART).max(MARGIN_DEGREES_MIN))
}

fn read_file(file: &str, text: &str, items: &mut Vec<Item>) -> Result<(), BasemapError> {
    let wrong = |problem: String| BasemapError::GeoJson { file: file.to_owned(), problem };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut document: Value = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let features = match document["type"].as_str() {
        Some("FeatureCollection") => match document["features"].take() {
            Value::Array(features) => features,
            _ => return Err(wrong("a FeatureCollection needs an array \"features\"".to_owned())),
        },
        Some("Feature") => vec![document],
        Some(other) => return Err(wrong(format!("it is a \"{other}\", not a FeatureCollection"))),
        None => return Err(wrong("it has no \"type\"".to_owned())),
    };
    for (index, feature) in features.into_iter().enumerate() {
        let wrong = |problem: String| BasemapError::GeoJsonFeature { file: file.to_owned(), index, problem };
        let feature: GeoFeature = serde_json::from_value(feature).map_err(|error| wrong(error.to_string()))?;
        let tags = tags_of(&feature);
        if let Some(geometry) = &feature.geometry {
            read_geometry(geometry, &tags, items).map_err(wrong)?;
        }
    }
    Ok(())
}

/// The properties as tags: texts, numbers and yes/no; what is empty or nested is no tag.
fn tags_of(feature: &GeoFeature) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("yes".to_owned()),
        Value::Bool(false) => Some("no".to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    let properties = feature.properties.iter().flatten();
    properties.filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect()
}

fn read_geometry(geometry: &GeoGeometry, tags: &[(String, String)], items: &mut Vec<Item>) -> Result<(), String> {
    let (geometry, positions): (Geometry, Vec<&Position>) = match &geometry.value {
        GeometryValue::Point { coordinates } => {
            (Geometry::Points(points(std::slice::from_ref(coordinates))?), vec![coordinates])
        }
        GeometryValue::MultiPoint { coordinates } => {
            (Geometry::Points(points(coordinates)?), coordinates.iter().collect())
        }
        GeometryValue::LineString { coordinates } => {
            (Geometry::Lines(MultiLineString(vec![line(coordinates)?])), coordinates.iter().collect())
        }
        GeometryValue::MultiLineString { coordinates } => {
            let lines = coordinates.iter().map(|one| line(one)).collect::<Result<_, _>>()?;
            (Geometry::Lines(MultiLineString(lines)), coordinates.iter().flatten().collect())
        }
        GeometryValue::Polygon { coordinates } => {
            (Geometry::Areas(MultiPolygon(vec![polygon(coordinates)?])), coordinates.iter().flatten().collect())
        }
        GeometryValue::MultiPolygon { coordinates } => {
            let areas = coordinates.iter().map(|one| polygon(one)).collect::<Result<_, _>>()?;
            (Geometry::Areas(MultiPolygon(areas)), coordinates.iter().flatten().flatten().collect())
        }
        GeometryValue::GeometryCollection { geometries } => {
            return geometries.iter().try_for_each(|geometry| read_geometry(geometry, tags, items));
        }
    };
    let bounds = BoundingBox::around(positions.into_iter().map(|position| (position[0], position[1])));
    let bounds = bounds.ok_or("it has no coordinates")?;
    items.push(Item { tags: tags.to_vec(), geometry, bounds });
    Ok(())
}

fn points(positions: &[Position]) -> Result<Vec<Coord<f64>>, String> {
    positions.iter().map(point).collect()
}

fn point(position: &Position) -> Result<Coord<f64>, String> {
    let [lon, lat, ..] = *position.as_slice() else {
        return Err("a position needs two numbers".to_owned());
    };
    if !(-180.0..=180.0).contains(&lon) || !(-MAX_LATITUDE..=MAX_LATITUDE).contains(&lat) {
        return Err(format!("the position {lon},{lat} is not longitude, latitude in degrees"));
    }
    Ok(to_world(lon, lat))
}

fn line(positions: &[Position]) -> Result<LineString<f64>, String> {
    match positions.len() {
        0 | 1 => Err("a line needs two positions".to_owned()),
        _ => Ok(LineString(points(positions)?)),
    }
}

fn polygon(rings: &[Vec<Position>]) -> Result<Polygon<f64>, String> {
    let ring = |positions: &Vec<Position>| {
        let ring = LineString(points(positions)?);
        match ring.0.len() >= 4 && ring.is_closed() {
            true => Ok(ring),
            false => Err("a ring needs four positions, and the last must be the first".to_owned()),
        }
    };
    let mut rings = rings.iter().map(ring).collect::<Result<Vec<_>, _>>()?.into_iter();
    let exterior = rings.next().ok_or("a polygon needs a ring")?;
    Ok(Polygon::new(exterior, rings.collect()))
}
