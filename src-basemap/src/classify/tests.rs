use super::*;

/// `layer/draw/kind[/detail]@zoom` of every class, the way the tables below are written.
fn classes(tags: &[(&'static str, &'static str)], shape: Shape) -> Vec<String> {
    let tags: Tags<'_> = tags.iter().copied().collect();
    let short = |class: Class| {
        let draw = match class.draw {
            Draw::Line => "line",
            Draw::Area => "area",
            Draw::Label => "label",
        };
        let detail = class.detail.map(|detail| format!("/{detail}")).unwrap_or_default();
        format!("{}/{draw}/{}{detail}@{}", class.layer.name(), class.kind, class.min_zoom)
    };
    classify(&tags, shape).into_iter().map(short).collect()
}

#[track_caller]
fn check(shape: Shape, tags: &[(&'static str, &'static str)], expected: &[&str]) {
    assert_eq!(classes(tags, shape), expected, "{tags:?} as {shape:?}");
}

#[test]
fn roads_and_paths() {
    check(Shape::Line, &[("highway", "motorway")], &["roads/line/highway/motorway@10"]);
    check(Shape::Line, &[("highway", "trunk_link")], &["roads/line/major_road/trunk@12"]);
    check(Shape::Line, &[("highway", "secondary")], &["roads/line/major_road/secondary@10"]);
    check(Shape::Line, &[("highway", "residential")], &["roads/line/minor_road/residential@12"]);
    check(Shape::Line, &[("highway", "service")], &["roads/line/minor_road/service@14"]);
    check(Shape::Line, &[("highway", "service"), ("service", "parking_aisle")], &["roads/line/minor_road/service@15"]);
    check(Shape::Line, &[("highway", "footway")], &["roads/line/path/footway@14"]);
    check(Shape::Line, &[("highway", "footway"), ("footway", "sidewalk")], &["roads/line/path/sidewalk@14"]);
    check(Shape::Line, &[("highway", "steps")], &["roads/line/path/steps@14"]);
    check(Shape::Line, &[("highway", "proposed")], &[]);
    check(Shape::Line, &[("railway", "rail")], &["roads/line/rail/rail@10"]);
    check(Shape::Line, &[("railway", "abandoned")], &[]);
}

#[test]
fn the_attributes_of_a_road_are_kept() {
    let tags = [("highway", "primary"), ("name", "Landstrasse"), ("ref", "16"), ("bridge", "yes"), ("tunnel", "no")];
    let class = classify(&tags.into_iter().collect(), Shape::Line).remove(0);
    assert_eq!(class.name.as_deref(), Some("Landstrasse"));
    assert_eq!(class.extra, [("ref", Value::Text("16".to_owned())), ("is_bridge", Value::Flag(true))]);
}

#[test]
fn a_closed_way_is_a_loop_or_an_area_as_its_tags_say() {
    check(Shape::ClosedLine, &[("highway", "footway")], &["roads/line/path/footway@14"]);
    check(Shape::ClosedLine, &[("highway", "pedestrian"), ("area", "yes")], &["landuse/area/pedestrian@14"]);
    check(Shape::Area, &[("highway", "pedestrian")], &["landuse/area/pedestrian@14"]);
    check(Shape::ClosedLine, &[("building", "yes")], &["buildings/area/building@13"]);
    check(Shape::Line, &[("building", "yes")], &[]);
    check(Shape::ClosedLine, &[("waterway", "stream")], &["water/line/stream@13"]);
    check(Shape::ClosedLine, &[("waterway", "riverbank")], &["water/area/water/riverbank@10"]);
}

#[test]
fn buildings_with_their_names() {
    check(Shape::Area, &[("building", "apartments")], &["buildings/area/building/apartments@13"]);
    check(
        Shape::Area,
        &[("building", "apartments"), ("name", "Blok A")],
        &["buildings/area/building/apartments@13", "pois/label/building/apartments@15"],
    );
    check(
        Shape::Area,
        &[("building", "school"), ("amenity", "school"), ("name", "Skolen")],
        &["buildings/area/building/school@13", "pois/label/school@13"],
    );
    check(
        Shape::Area,
        &[("building", "yes"), ("addr:housenumber", "12B")],
        &["buildings/area/building@13", "buildings/label/address@16"],
    );
    check(Shape::Area, &[("building", "no")], &[]);
    check(Shape::Point, &[("building", "yes"), ("name", "x")], &[]);
    check(Shape::Point, &[("addr:housenumber", "7")], &["buildings/label/address@16"]);
}

#[test]
fn the_height_of_a_building_comes_from_metres_or_storeys() {
    for (tags, expected) in [
        (vec![("building", "yes"), ("height", "12.4 m")], Some(12)),
        (vec![("building", "yes"), ("building:levels", "4")], Some(12)),
        (vec![("building", "yes"), ("height", "high")], None),
        (vec![("building", "yes"), ("height", "-3")], None),
        (vec![("building", "yes"), ("height", "1e300")], None),
    ] {
        let class = classify(&tags.iter().copied().collect(), Shape::Area).remove(0);
        let height = class.extra.iter().find(|(key, _)| *key == "height").map(|(_, value)| value.clone());
        assert_eq!(height, expected.map(Value::Number), "{tags:?}");
    }
}

#[test]
fn water() {
    check(Shape::Area, &[("natural", "water")], &["water/area/water@10"]);
    check(Shape::Area, &[("natural", "water"), ("water", "pond")], &["water/area/water/pond@10"]);
    check(
        Shape::Area,
        &[("natural", "water"), ("water", "lake"), ("name", "Furesø")],
        &["water/area/lake@10", "water/label/lake@13"],
    );
    check(Shape::Area, &[("landuse", "basin")], &["water/area/water/basin@10"]);
    check(Shape::Area, &[("leisure", "swimming_pool")], &["water/area/swimming_pool@14"]);
    check(Shape::Line, &[("waterway", "stream")], &["water/line/stream@13"]);
    check(Shape::Line, &[("waterway", "stream"), ("tunnel", "culvert")], &[]);
    check(Shape::Line, &[("waterway", "dam")], &[]);
}

#[test]
fn grounds_with_their_labels() {
    check(Shape::Area, &[("landuse", "grass")], &["landuse/area/grass@13"]);
    check(Shape::Area, &[("leisure", "playground")], &["landuse/area/playground@14", "pois/label/playground@15"]);
    check(Shape::Point, &[("leisure", "playground")], &["pois/label/playground@15"]);
    check(
        Shape::Area,
        &[("amenity", "school"), ("name", "Bøgeskolen")],
        &["landuse/area/school@12", "pois/label/school@13"],
    );
    check(Shape::Area, &[("amenity", "parking")], &["landuse/area/parking@14"]);
    check(Shape::Area, &[("amenity", "parking"), ("parking", "underground")], &[]);
    check(Shape::Area, &[("leisure", "pitch"), ("sport", "soccer")], &["landuse/area/pitch/soccer@14"]);
    check(
        Shape::Area,
        &[("landuse", "forest"), ("name", "Skoven")],
        &["landuse/area/forest@10", "pois/label/forest@13"],
    );
    check(Shape::Area, &[("landuse", "retail")], &["landuse/area/commercial/retail@12"]);
}

#[test]
fn points_of_interest_and_places() {
    check(Shape::Point, &[("shop", "laundry")], &["pois/label/laundry@16"]);
    check(Shape::Point, &[("amenity", "cafe"), ("name", "Caféen")], &["pois/label/cafe@15"]);
    check(Shape::Point, &[("amenity", "cafe")], &[]);
    check(Shape::Point, &[("amenity", "bench"), ("name", "Bænken")], &[]);
    check(Shape::Point, &[("highway", "bus_stop")], &["pois/label/bus_stop@15"]);
    check(Shape::Point, &[("highway", "crossing"), ("name", "x")], &[]);
    check(Shape::Point, &[("place", "village"), ("name", "Vaduz")], &["places/label/locality/village@10"]);
    check(
        Shape::Point,
        &[("place", "neighbourhood"), ("name", "Bøgeparken")],
        &["places/label/neighbourhood/neighbourhood@13"],
    );
    check(Shape::Point, &[("place", "village")], &[]);
}

#[test]
fn hedges_and_fences_stand_around_a_ground_without_hiding_it() {
    check(Shape::Line, &[("barrier", "hedge")], &["landuse/line/hedge@15"]);
    check(Shape::Line, &[("natural", "tree_row")], &["landuse/line/tree_row@15"]);
    check(Shape::Line, &[("barrier", "kerb")], &[]);
    check(
        Shape::ClosedLine,
        &[("leisure", "playground"), ("barrier", "fence"), ("name", "Legepladsen")],
        &["landuse/line/fence@16", "landuse/area/playground@14", "pois/label/playground@15"],
    );
}

#[test]
fn borders_and_things_no_map_shows() {
    check(Shape::Line, &[("boundary", "administrative"), ("admin_level", "2")], &["boundaries/line/country@10"]);
    check(Shape::Line, &[("boundary", "administrative"), ("admin_level", "x")], &[]);
    check(Shape::Line, &[("power", "line")], &[]);
    check(Shape::Area, &[("source", "survey")], &[]);
    check(Shape::Point, &[], &[]);
}
