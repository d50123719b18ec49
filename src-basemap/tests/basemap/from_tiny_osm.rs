//! Extracts of a few nodes: what is read from a PBF file, seen in the tiles.

use std::fs;
use std::path::PathBuf;

use geo::{Area, BoundingRect, Geometry};
use trygkort_basemap::{BasemapError, BoundingBox, BuildReport, build_from_osm};

use crate::read_back::{Tile, kinds, text, tile};
use crate::tiny_pbf::TinyPbf;

/// A box within one tile of zoom 14.
const BOX: BoundingBox = BoundingBox { west: 12.002, south: 55.602, east: 12.018, north: 55.608 };

/// The tile of zoom 14 that the box lies in, or what went wrong.
fn build(pbf: &TinyPbf) -> Result<(BuildReport, Tile), BasemapError> {
    let folder = tempfile::tempdir().unwrap();
    let (osm, out): (PathBuf, _) = (folder.path().join("tiny.osm.pbf"), folder.path().join("tiny.pmtiles"));
    fs::write(&osm, pbf.bytes()).unwrap();
    let report = build_from_osm(&osm, BOX, &out)?;
    Ok((report, tile(&out, 14, 12.01, 55.605).unwrap()))
}

/// Corners of a square within the box, ids from `first` on, counted against the clock from the south-west.
fn square(pbf: TinyPbf, first: i64, west: f64, south: f64, size: f64) -> TinyPbf {
    [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
        .into_iter()
        .zip(first..)
        .fold(pbf, |pbf, ((x, y), id)| pbf.node(id, west + x * size, south + y * size, &[]))
}

fn road(pbf: TinyPbf) -> TinyPbf {
    pbf.node(1, 12.003, 55.603, &[]).node(2, 12.017, 55.603, &[]).way(1, &[1, 2], &[("highway", "residential")])
}

#[test]
fn a_wood_of_several_ways_has_its_clearing() {
    let pbf = square(square(TinyPbf::new(), 10, 12.004, 55.603, 0.004), 20, 12.005, 55.604, 0.002)
        .way(1, &[10, 11, 12], &[])
        .way(2, &[10, 13, 12], &[])
        .way(3, &[20, 21, 22, 23, 20], &[("natural", "water")])
        .relation(1, &[("outer", 1), ("outer", 2), ("inner", 3)], &[("type", "multipolygon"), ("landuse", "forest")]);
    let (report, tile) = build(&pbf).unwrap();
    assert_eq!((report.features, report.skipped), (2, 0));
    let Geometry::MultiPolygon(wood) = &tile["landuse"][0].geometry else { panic!("a wood is an area") };
    assert_eq!(wood.0[0].interiors().len(), 1);
    let share = wood.unsigned_area() / geo::Polygon::new(wood.0[0].exterior().clone(), vec![]).unsigned_area();
    assert!((share - 0.75).abs() < 0.01, "the clearing is a quarter of the wood: {share}");
    assert_eq!(kinds(&tile, "water"), ["water"], "the lake in the clearing is drawn for itself");
}

#[test]
fn a_ring_that_does_not_close_is_counted_and_the_rest_is_drawn() {
    let pbf = square(road(TinyPbf::new()), 10, 12.004, 55.604, 0.002).way(2, &[10, 11, 12], &[]).relation(
        1,
        &[("outer", 2), ("outer", 99)],
        &[("type", "multipolygon"), ("landuse", "forest")],
    );
    let (report, tile) = build(&pbf).unwrap();
    assert_eq!((report.features, report.skipped), (1, 1));
    assert!(tile.contains_key("roads") && !tile.contains_key("landuse"));
}

#[test]
fn roads_are_cut_at_the_box_and_named_in_danish() {
    let tags = [("highway", "primary"), ("name", "Flensburger Straße"), ("name:da", "Flensborgvej")];
    let pbf = TinyPbf::new()
        .node(1, 11.9, 55.605, &[])
        .node(2, 12.01, 55.605, &[])
        .node(3, 12.1, 55.605, &[])
        .node(4, 12.01, 55.606, &[("amenity", "school"), ("name", "Skolen")])
        .node(5, 12.0, 55.5, &[("amenity", "school"), ("name", "outside")])
        .way(1, &[1, 2, 404, 3], &tags);
    let (report, tile) = build(&pbf).unwrap();
    assert_eq!(report.features, 2);
    assert_eq!(text(&tile["roads"][0], "name"), Some("Flensborgvej"));
    let bounds = tile["roads"][0].geometry.bounding_rect().unwrap();
    let side = |lon: f64| ((lon + 180.0) / 360.0 * 16384.0).fract() as f32 * 4096.0;
    assert!((bounds.min().x - side(BOX.west)).abs() < 2.0 && (bounds.max().x - side(BOX.east)).abs() < 2.0);
    assert_eq!(tile["pois"].len(), 1);
    assert_eq!(text(&tile["pois"][0], "name"), Some("Skolen"));
}

#[test]
fn the_sea_lies_right_of_the_coast() {
    let pbf = TinyPbf::new()
        .node(1, 12.01, 55.5, &[])
        .node(2, 12.01, 55.605, &[])
        .node(3, 12.01, 55.7, &[])
        .way(1, &[2, 3], &[("natural", "coastline")])
        .way(2, &[1, 2], &[("natural", "coastline")]);
    let (_, tile) = build(&pbf).unwrap();
    assert_eq!(kinds(&tile, "water"), ["ocean"]);
    let water = tile["water"][0].geometry.bounding_rect().unwrap();
    let middle = ((12.01_f64 + 180.0) / 360.0 * 16384.0).fract() as f32 * 4096.0;
    assert!((water.min().x - middle).abs() < 2.0, "going north the water is in the east");
}

#[test]
fn what_is_missing_is_said() {
    let error = build(&TinyPbf::new().node(1, 12.01, 55.605, &[])).unwrap_err();
    assert!(error.to_string().contains("has points but no ways"), "{error}");
    let pbf = TinyPbf::new().node(1, 12.01, 55.605, &[]).node(2, 12.011, 55.605, &[]);
    let error = build(&pbf.way(1, &[1, 2], &[("power", "line")])).unwrap_err();
    assert!(error.to_string().contains("holds nothing that a map could show"), "{error}");
    let empty = road(TinyPbf::new()).relation(1, &[], &[("type", "multipolygon"), ("landuse", "forest")]);
    assert_eq!(build(&empty).unwrap().0.features, 1, "a relation without members is nothing");
}

#[test]
fn no_way_of_cutting_the_file_off_makes_a_map_or_a_panic() {
    let whole = road(TinyPbf::new()).bytes();
    let folder = tempfile::tempdir().unwrap();
    let (osm, out) = (folder.path().join("cut.osm.pbf"), folder.path().join("cut.pmtiles"));
    for length in 0..whole.len() {
        fs::write(&osm, &whole[..length]).unwrap();
        assert!(build_from_osm(&osm, BOX, &out).is_err(), "{length} of {} bytes", whole.len());
    }
    assert!(!out.exists());
}

#[test]
fn no_single_wrong_byte_makes_it_panic() {
    let whole = square(road(TinyPbf::new()), 10, 12.004, 55.604, 0.002)
        .way(2, &[10, 11, 12, 10], &[("building", "yes")])
        .relation(1, &[("outer", 2)], &[("type", "multipolygon"), ("landuse", "forest")])
        .bytes();
    let folder = tempfile::tempdir().unwrap();
    let (osm, out) = (folder.path().join("bad.osm.pbf"), folder.path().join("bad.pmtiles"));
    for position in 0..whole.len() {
        for value in [0x01, 0xff] {
            let mut bytes = whole.clone();
            bytes[position] = value;
            fs::write(&osm, &bytes).unwrap();
            // Some bytes only move a node a little; every answer is right but a panic.
            drop(build_from_osm(&osm, BOX, &out));
        }
    }
}
