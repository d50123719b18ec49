use std::fs;

use geo::Area;
use mvt_reader::feature::Feature;
use serde_json::json;
use trygkort_basemap::{BoundingBox, build_from_geojson, build_from_geojson_dir, inspect};

use crate::read_back::{kinds, metadata, text, tile};

const LON: f64 = 12.4501;
const LAT: f64 = 55.6501;

/// A square of `size` degrees with its south-western corner `east` and `north` degrees from the middle.
fn ring(east: f64, north: f64, size: f64) -> serde_json::Value {
    let corner = |x: f64, y: f64| json!([LON + east + x * size, LAT + north + y * size]);
    json!([corner(0.0, 0.0), corner(1.0, 0.0), corner(1.0, 1.0), corner(0.0, 1.0), corner(0.0, 0.0)])
}

#[expect(clippy::needless_pass_by_value, reason = "the tables below read better without references")]
fn feature(kind: &str, coordinates: serde_json::Value, tags: serde_json::Value) -> serde_json::Value {
    json!({"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": tags})
}

/// A small estate: a block around a yard, a lawn, a path, a playground, a pond, a bus stop.
fn estate() -> String {
    json!({"type": "FeatureCollection", "features": [
        feature("Polygon", json!([ring(0.0, 0.0, 0.001), ring(0.0003, 0.0003, 0.0004)]),
            json!({"building": "apartments", "name": "Blok A", "building:levels": 4})),
        feature("Polygon", json!([ring(-0.001, -0.001, 0.003)]), json!({"landuse": "grass"})),
        feature("LineString", json!([[LON - 0.001, LAT + 0.0012], [LON + 0.002, LAT + 0.0012]]),
            json!({"highway": "footway", "name": "Stien"})),
        feature("Point", json!([LON + 0.0015, LAT + 0.0015]), json!({"leisure": "playground"})),
        feature("Polygon", json!([ring(0.0012, 0.0012, 0.0004)]), json!({"natural": "water", "water": "pond"})),
        feature("Point", json!([LON + 0.0001, LAT + 0.0015]), json!({"highway": "bus_stop", "name": "Bøgeparken"})),
        feature("Point", json!([LON + 0.5, LAT + 0.5]), json!({"note": "no map shows this"})),
    ]})
    .to_string()
}

fn named<'a>(features: &'a [Feature], name: &str) -> &'a Feature {
    features.iter().find(|feature| text(feature, "name") == Some(name)).expect("a feature with this name")
}

#[test]
fn an_estate_comes_back_from_its_tiles() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("estate.geojson"), estate()).unwrap();
    fs::write(folder.path().join("README.md"), "not GeoJSON").unwrap();
    let out = folder.path().join("area.pmtiles");
    let report = build_from_geojson_dir(folder.path(), &out).unwrap();
    assert_eq!(report.bytes, fs::metadata(&out).unwrap().len());
    assert_eq!(report.features, 7, "the block counts twice: as a building and as a label");

    let last = tile(&out, 16, LON, LAT).unwrap();
    let layers: Vec<_> = last.keys().map(String::as_str).collect();
    assert_eq!(layers, ["buildings", "earth", "landuse", "pois", "roads", "water"]);
    assert_eq!(kinds(&last, "landuse"), ["grass"]);
    assert_eq!(kinds(&last, "pois"), ["building", "bus_stop", "playground"]);
    assert_eq!(text(&last["roads"][0], "kind_detail"), Some("footway"));
    assert_eq!(text(&last["roads"][0], "name"), Some("Stien"));
    assert_eq!(text(&last["water"][0], "kind_detail"), Some("pond"));

    let block = named(&last["buildings"], "Blok A");
    let geo::Geometry::MultiPolygon(areas) = &block.geometry else { panic!("{:?}", block.geometry) };
    assert_eq!(areas.0.iter().map(|area| area.interiors().len()).collect::<Vec<_>>(), [1], "the yard is a hole");
    let around = geo::Polygon::new(areas.0[0].exterior().clone(), vec![]);
    let share = areas.unsigned_area() / around.unsigned_area();
    assert!((share - 0.84).abs() < 0.01, "the yard is 16 % of the block: {share}");
}

#[test]
fn small_things_are_left_out_from_far_away() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("area.pmtiles");
    fs::write(&out, build_from_geojson(&[("estate", &estate())]).unwrap()).unwrap();
    let far = tile(&out, 10, LON, LAT).unwrap();
    assert_eq!(far.keys().collect::<Vec<_>>(), ["earth"], "nothing of an estate is seen at zoom 10");
    let near = tile(&out, 14, LON, LAT).unwrap();
    assert!(near.contains_key("roads") && near.contains_key("buildings"));
    assert!(!near.contains_key("pois"), "labels of blocks wait until there is room");
    assert!(tile(&out, 17, LON, LAT).is_none());
    assert!(tile(&out, 16, LON + 0.1, LAT).is_none(), "what no map shows does not make the map larger");
}

#[test]
fn the_file_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("area.pmtiles");
    let bytes = build_from_geojson(&[("estate", &estate())]).unwrap();
    let info = inspect(&bytes).unwrap();
    assert_eq!((info.min_zoom, info.max_zoom), (10, 16));
    assert_eq!(info.layers, ["earth", "landuse", "water", "roads", "boundaries", "buildings", "pois", "places"]);
    assert_eq!(info.attribution.as_deref(), Some("Trygkort demo data"));
    let BoundingBox { west, south, east, north } = info.bounds;
    assert!(west < LON - 0.001 && east > LON + 0.002 && east < LON + 0.005, "{}", info.bounds);
    assert!(south < LAT - 0.001 && north > LAT + 0.002 && north < LAT + 0.005, "{}", info.bounds);

    fs::write(&out, &bytes).unwrap();
    let metadata = metadata(&out);
    assert_eq!(metadata["vector_layers"][5]["fields"]["height"], "Number");
    assert_eq!(metadata["vector_layers"][3]["minzoom"], 14);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (first, second) = (estate(), estate());
    assert_eq!(build_from_geojson(&[("a", &first)]).unwrap(), build_from_geojson(&[("b", &second)]).unwrap());
}

#[test]
fn geometries_of_every_kind_are_drawn() {
    let text = json!({"type": "FeatureCollection", "features": [
        feature("MultiPolygon", json!([[ring(0.0, 0.0, 0.001)], [ring(0.002, 0.0, 0.001)]]), json!({"leisure": "park"})),
        feature("MultiLineString", json!([[[LON, LAT], [LON + 0.001, LAT]], [[LON, LAT + 0.001], [LON, LAT + 0.002]]]),
            json!({"highway": "residential"})),
        feature("LineString", ring(0.004, 0.0, 0.001), json!({"building": true})),
        {"type": "Feature", "properties": {"highway": "bus_stop"}, "geometry": {"type": "GeometryCollection",
            "geometries": [{"type": "Point", "coordinates": [LON, LAT, 12.5]}]}},
        {"type": "Feature", "properties": {"highway": "bus_stop"}, "geometry": null},
        {"type": "Feature", "properties": null, "geometry": {"type": "Point", "coordinates": [LON, LAT]}},
    ]})
    .to_string();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("area.pmtiles");
    fs::write(&out, build_from_geojson(&[("all", &text)]).unwrap()).unwrap();
    let tile = tile(&out, 14, LON + 0.002, LAT).unwrap();
    assert_eq!(tile["landuse"].len(), 1);
    assert_eq!(tile["roads"].len(), 1);
    assert_eq!(kinds(&tile, "buildings"), ["building"], "a closed line with a building's tags is an area");
}
