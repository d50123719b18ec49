//! A real extract. It is not part of the repository, so these tests pass politely where it is absent.

use std::fs;
use std::path::PathBuf;

use geo::BoundingRect;
use trygkort_basemap::{BoundingBox, build_from_osm, inspect};

use crate::read_back::{kinds, text, tile};

/// Vaduz and Schaan, with the Rhine along the western side.
const VADUZ: BoundingBox = BoundingBox { west: 9.50, south: 47.12, east: 9.54, north: 47.16 };

fn liechtenstein() -> Option<PathBuf> {
    let shared = std::env::var_os("TRYGKORT_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"));
    let file = shared.join("data/liechtenstein.osm.pbf");
    if !file.is_file() {
        println!("skipped: {} is not here (set TRYGKORT_SHARED to the folder that has it)", file.display());
        return None;
    }
    Some(file)
}

#[test]
fn vaduz_has_its_roads_houses_river_and_woods() {
    let Some(osm) = liechtenstein() else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("vaduz.pmtiles");
    let report = build_from_osm(&osm, VADUZ, &out).unwrap();
    assert!(report.bytes < 2_000_000, "{report:?}");
    assert!(report.features > 1_500, "{report:?}");

    let bytes = fs::read(&out).unwrap();
    let info = inspect(&bytes).unwrap();
    assert_eq!(info.attribution.as_deref(), Some("© OpenStreetMap contributors"));
    assert_eq!(info.tiles, report.tiles);
    assert!((info.bounds.west - 9.5).abs() < 1e-6 && (info.bounds.north - 47.16).abs() < 1e-6);

    let centre = tile(&out, 14, 9.5209, 47.1410).unwrap();
    let roads = kinds(&centre, "roads");
    for kind in ["major_road", "minor_road", "path"] {
        assert!(roads.iter().any(|found| found == kind), "{kind} among {roads:?}");
    }
    assert!(centre["buildings"].len() > 200, "{}", centre["buildings"].len());
    let landuse = kinds(&centre, "landuse");
    assert!(landuse.iter().any(|kind| kind == "forest" || kind == "wood"), "{landuse:?}");
    assert!(centre["places"].iter().any(|place| text(place, "name") == Some("Vaduz")));

    // The Rhine: an area of water west of the town.
    let rhine = tile(&out, 13, 9.505, 47.14).unwrap();
    let widest = rhine["water"].iter().filter_map(|water| water.geometry.bounding_rect()).map(geo::Rect::height);
    assert!(widest.fold(0.0_f32, f32::max) > 2000.0, "it runs through half of the tile at least");

    let again = folder.path().join("again.pmtiles");
    build_from_osm(&osm, VADUZ, &again).unwrap();
    assert!(fs::read(&again).unwrap() == bytes, "the same input gives the same bytes");
}

#[test]
fn a_box_elsewhere_says_where_the_data_is() {
    let Some(osm) = liechtenstein() else { return };
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = BoundingBox { west: 12.44, south: 55.66, east: 12.48, north: 55.68 };
    let error = build_from_osm(&osm, elsewhere, &folder.path().join("out.pmtiles")).unwrap_err().to_string();
    assert!(error.contains("the box 12.44,55.66,12.48,55.68 lies outside the data"), "{error}");
    assert!(error.contains("which covers 9."), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn the_extract_cut_off_anywhere_is_refused() {
    let Some(osm) = liechtenstein() else { return };
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(osm).unwrap();
    let (cut, out) = (folder.path().join("cut.osm.pbf"), folder.path().join("out.pmtiles"));
    for length in [whole.len() - 1, whole.len() / 2, whole.len() / 3, 1000, 20] {
        fs::write(&cut, &whole[..length]).unwrap();
        let error = build_from_osm(&cut, VADUZ, &out).unwrap_err().to_string();
        assert!(error.contains("cut off"), "{length} bytes: {error}");
    }
    let mut broken = whole.clone();
    for byte in &mut broken[whole.len() / 2..whole.len() / 2 + 64] {
        *byte ^= 0x55;
    }
    fs::write(&cut, &broken).unwrap();
    let error = build_from_osm(&cut, VADUZ, &out).unwrap_err().to_string();
    assert!(error.contains("is damaged in the block at byte"), "{error}");
    assert!(!out.exists());
}
