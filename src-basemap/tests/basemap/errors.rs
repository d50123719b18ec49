//! Known-bad input: every mistake is named, and nothing is left behind.

use std::fs;
use std::path::Path;

use trygkort_basemap::{BoundingBox, build_from_geojson, build_from_geojson_dir, build_from_osm};

const BOX: BoundingBox = BoundingBox { west: 9.50, south: 47.12, east: 9.54, north: 47.16 };

/// Builds from a file with these bytes and returns what went wrong, after a look that no output is there.
fn osm_error(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let osm = folder.path().join("extract.osm.pbf");
    fs::write(&osm, bytes).unwrap();
    let error = build_from_osm(&osm, BOX, &folder.path().join("out.pmtiles")).unwrap_err().to_string();
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["extract.osm.pbf"], "nothing is left behind");
    error
}

/// A block with a frame like a real one around bytes that are no data.
fn frame(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut header = vec![0x0a, kind.len() as u8];
    header.extend(kind.as_bytes());
    header.extend([0x18, payload.len() as u8]);
    [&(header.len() as u32).to_be_bytes()[..], &header, payload].concat()
}

#[test]
fn a_file_that_is_no_extract_is_refused() {
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("text", b"{\"type\": \"FeatureCollection\", \"features\": []}".to_vec()),
        ("xml", b"<?xml version='1.0'?><osm version=\"0.6\"/>".to_vec()),
        ("zip", b"PK\x03\x04 and so on and so on".to_vec()),
        ("zeros", vec![0; 4096]),
        ("data without a header", frame("OSMData", b"xx")),
    ] {
        let error = osm_error(&bytes);
        assert!(error.contains("is not an OpenStreetMap extract"), "{what}: {error}");
    }
}

#[test]
fn a_damaged_extract_names_the_place() {
    let bytes = [frame("OSMHeader", b"xx"), frame("OSMData", b"xx")].concat();
    let error = osm_error(&bytes);
    assert!(error.contains("is damaged in the block at byte 0"), "{error}");
    // An empty raw header is valid, the data after it is not.
    let bytes = [frame("OSMHeader", &[0x0a, 0x00]), frame("OSMData", b"xx")].concat();
    let error = osm_error(&bytes);
    assert!(error.contains("is damaged in the block at byte 19"), "{error}");
    let bytes = [frame("OSMHeader", &[0x0a, 0x00]), vec![0xff; 40]].concat();
    let error = osm_error(&bytes);
    assert!(error.contains("is damaged in the block at byte 19: no block begins here"), "{error}");
}

#[test]
fn a_cut_off_extract_is_told_from_a_wrong_one() {
    let whole = [frame("OSMHeader", &[0x0a, 0x00]), frame("OSMData", &[0x0a, 0x00])].concat();
    for length in [19, 21, 25, whole.len() - 1] {
        let error = osm_error(&whole[..length]);
        assert!(error.contains("is cut off"), "{length}: {error}");
    }
}

#[test]
fn missing_files_and_bad_places_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.osm.pbf");
    let out = folder.path().join("out.pmtiles");
    let error = build_from_osm(&missing, BOX, &out).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot read {}", missing.display())), "{error}");
    let error = build_from_osm(&missing, BOX, Path::new("/no/such/folder/out.pmtiles")).unwrap_err().to_string();
    assert!(error.starts_with("cannot write /no/such/folder/out.pmtiles"), "{error}");
    let upside_down = BoundingBox { south: BOX.north, north: BOX.south, ..BOX };
    let error = build_from_osm(&missing, upside_down, &out).unwrap_err().to_string();
    assert!(error.contains("south must be less than north"), "{error}");
    let error = build_from_geojson_dir(&missing, &out).unwrap_err().to_string();
    assert!(error.contains("cannot read"), "{error}");
    let error = build_from_geojson_dir(folder.path(), &out).unwrap_err().to_string();
    assert!(error.contains("no .geojson file"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn bad_geojson_names_the_file_and_the_feature() {
    let one = |geometry: &str| {
        format!(
            r#"{{"type": "FeatureCollection", "features": [
                {{"type": "Feature", "properties": {{}}, "geometry": null}},
                {{"type": "Feature", "properties": {{"highway": "footway"}}, "geometry": {geometry}}}]}}"#
        )
    };
    for (text, expected) in [
        (String::new(), "paths.geojson is not GeoJSON"),
        ("{\"type\":".to_owned(), "paths.geojson is not GeoJSON"),
        ("[1, 2]".to_owned(), "has no \"type\""),
        ("{\"type\": \"Topology\"}".to_owned(), "it is a \"Topology\""),
        ("{\"type\": \"FeatureCollection\"}".to_owned(), "needs an array"),
        ("{\"type\": \"FeatureCollection\", \"features\": [7]}".to_owned(), "feature 0"),
        (one("{}"), "feature 1 "),
        (one("{\"type\": \"Circle\", \"coordinates\": [1, 2]}"), "feature 1 "),
        (one("{\"type\": \"LineString\", \"coordinates\": [[1, 2]]}"), "feature 1 (counted from 0): a line needs two"),
        (one("{\"type\": \"LineString\", \"coordinates\": [[1], [2]]}"), "feature 1 "),
        (one("{\"type\": \"LineString\", \"coordinates\": [[1, 2], [1, \"2\"]]}"), "feature 1 "),
        (one("{\"type\": \"LineString\", \"coordinates\": [[1, 2], [725000, 6170000]]}"), "in degrees"),
        (one("{\"type\": \"Polygon\", \"coordinates\": []}"), "a polygon needs a ring"),
        (one("{\"type\": \"Polygon\", \"coordinates\": [[[1, 2], [2, 2], [2, 3], [1, 3]]]}"), "a ring needs"),
        (one("{\"type\": \"MultiPoint\", \"coordinates\": []}"), "no coordinates"),
    ] {
        let error = build_from_geojson(&[("paths.geojson", &text)]).unwrap_err().to_string();
        assert!(error.contains("paths.geojson") && error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn geojson_without_anything_to_draw_or_over_half_the_world_is_refused() {
    let error = build_from_geojson(&[("a.geojson", r#"{"type": "FeatureCollection", "features": []}"#)]).unwrap_err();
    assert!(error.to_string().contains("a.geojson holds nothing"), "{error}");
    let wide = r#"{"type": "Feature", "properties": {"highway": "path"},
        "geometry": {"type": "LineString", "coordinates": [[1, 2], [50, 60]]}}"#;
    let error = build_from_geojson(&[("a.geojson", wide)]).unwrap_err();
    assert!(error.to_string().contains("at most 1 degree"), "{error}");
}
