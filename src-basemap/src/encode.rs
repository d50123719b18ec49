//! The bytes of one Mapbox vector tile.

use geo::{Coord, LineString};
use mvt::{GeomData, GeomEncoder, GeomType, Tile};

use crate::error::BasemapError;
use crate::feature::{Feature, Geometry, Layer, Value};
use crate::tile::EXTENT;

type Point = (i32, i32);

/// A geometry in the steps of one tile.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    Points(Vec<Point>),
    Lines(Vec<Vec<Point>>),
    /// Rings without the closing point; an outer ring has a positive area, its holes follow it and have a negative one.
    Rings(Vec<Vec<Point>>),
}

/// What one feature is in one tile.
pub(crate) type TilePart<'a> = (&'a Feature, Piece);

impl Piece {
    /// Rounds to whole steps from the tile's corner. What collapses is left out.
    pub(crate) fn rounded(geometry: &Geometry, origin_x: f64, origin_y: f64) -> Option<Self> {
        let round = |point: &Coord<f64>| ((point.x - origin_x).round() as i32, (point.y - origin_y).round() as i32);
        let line = |line: &LineString<f64>| {
            let mut points: Vec<Point> = line.0.iter().map(round).collect();
            points.dedup();
            points
        };
        match geometry {
            Geometry::Points(points) => Some(Self::Points(points.iter().map(round).collect())),
            Geometry::Lines(lines) => {
                let kept: Vec<_> = lines.iter().map(line).filter(|points| points.len() > 1).collect();
                (!kept.is_empty()).then_some(Self::Lines(kept))
            }
            Geometry::Areas(areas) => {
                let mut rings = Vec::new();
                for area in areas {
                    let Some(outer) = ring(line(area.exterior()), true) else { continue };
                    rings.push(outer);
                    rings.extend(area.interiors().iter().filter_map(|hole| ring(line(hole), false)));
                }
                (!rings.is_empty()).then_some(Self::Rings(rings))
            }
        }
    }
}

/// An open ring turned the way its role wants it, or nothing when it has no area left.
fn ring(mut points: Vec<Point>, outer: bool) -> Option<Vec<Point>> {
    while points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    let area = doubled_area(&points);
    if area == 0 {
        return None;
    }
    if (area > 0) != outer {
        points.reverse();
    }
    Some(points)
}

fn doubled_area(ring: &[Point]) -> i64 {
    let wide = |point: Point| (i64::from(point.0), i64::from(point.1));
    (0..ring.len())
        .map(|index| (wide(ring[index]), wide(ring[(index + 1) % ring.len()])))
        .map(|((x1, y1), (x2, y2))| x1 * y2 - x2 * y1)
        .sum()
}

/// Encodes the pieces of one tile; within a layer they keep their order.
pub(crate) fn encode(pieces: &[TilePart<'_>]) -> Result<Vec<u8>, BasemapError> {
    let mut tile = Tile::new(EXTENT);
    for name in Layer::ALL {
        let mut layer = tile.create_layer(name.name());
        for (feature, piece) in pieces.iter().filter(|(feature, _)| feature.layer == name) {
            let mut encoded = layer.into_feature(geometry(piece)?);
            for (key, value) in &feature.attributes {
                match value {
                    Value::Text(text) => encoded.add_tag_string(key, text),
                    Value::Number(number) => encoded.add_tag_int(key, *number),
                    Value::Flag(flag) => encoded.add_tag_bool(key, *flag),
                }
            }
            layer = encoded.into_layer();
        }
        if layer.num_features() > 0 {
            tile.add_layer(layer)?;
        }
    }
    Ok(tile.to_bytes()?)
}

fn geometry(piece: &Piece) -> Result<GeomData, mvt::Error> {
    match piece {
        Piece::Points(points) => parts(GeomType::Point, std::slice::from_ref(points)),
        Piece::Lines(lines) => parts(GeomType::Linestring, &joined(lines)),
        Piece::Rings(rings) => parts(GeomType::Polygon, &turned(rings)),
    }
}

fn parts(geometry: GeomType, parts: &[Vec<Point>]) -> Result<GeomData, mvt::Error> {
    let mut encoder = GeomEncoder::new(geometry);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            encoder.complete_geom()?;
        }
        for &(x, y) in part {
            encoder.add_point(x, y)?;
        }
    }
    encoder.encode()
}

/// Lines of which one begins where the one before ended become one line. `mvt` writes no move between two such parts.
fn joined(lines: &[Vec<Point>]) -> Vec<Vec<Point>> {
    let mut joined: Vec<Vec<Point>> = Vec::new();
    for line in lines {
        match joined.last_mut() {
            Some(before) if before.last() == line.first() => before.extend(&line[1..]),
            _ => joined.push(line.clone()),
        }
    }
    joined
}

/// Rings begun at another point when the ring before ends where they would begin: `mvt` would write no move there and
/// the two rings would be read as one.
fn turned(rings: &[Vec<Point>]) -> Vec<Vec<Point>> {
    let mut turned: Vec<Vec<Point>> = Vec::new();
    for ring in rings {
        let mut ring = ring.clone();
        if turned.last().and_then(|before| before.last()) == ring.first() {
            ring.rotate_left(1);
        }
        turned.push(ring);
    }
    turned
}

#[cfg(test)]
mod tests {
    use geo::{MultiPolygon, Polygon};

    use super::*;

    fn ring_of(points: &[(f64, f64)]) -> LineString<f64> {
        points.iter().map(|&(x, y)| Coord { x, y }).collect()
    }

    #[test]
    fn rings_are_opened_and_turned() {
        // Both rings run against what vector tiles ask for.
        let polygon = Polygon::new(
            ring_of(&[(0.0, 0.0), (0.0, 9.0), (9.0, 9.0), (9.0, 0.0), (0.0, 0.0)]),
            vec![ring_of(&[(2.0, 2.0), (4.0, 2.0), (4.0, 4.0), (2.0, 2.0)])],
        );
        let piece = Piece::rounded(&Geometry::Areas(MultiPolygon(vec![polygon])), 0.0, 0.0).unwrap();
        let Piece::Rings(rings) = piece else { panic!("an area gives rings") };
        assert_eq!(rings.iter().map(Vec::len).collect::<Vec<_>>(), [4, 3]);
        assert_eq!(rings.iter().map(|ring| doubled_area(ring)).collect::<Vec<_>>(), [162, -4]);
    }

    #[test]
    fn what_collapses_when_rounded_is_left_out() {
        let sliver = Polygon::new(ring_of(&[(0.0, 0.0), (5.0, 0.1), (9.0, 0.0), (0.0, 0.0)]), vec![]);
        assert_eq!(Piece::rounded(&Geometry::Areas(MultiPolygon(vec![sliver])), 0.0, 0.0), None);
        let dot = geo::MultiLineString(vec![ring_of(&[(1.0, 1.0), (1.1, 1.2)])]);
        assert_eq!(Piece::rounded(&Geometry::Lines(dot), 0.0, 0.0), None);
    }

    #[test]
    fn rings_and_lines_that_touch_end_to_start_stay_apart() {
        let first = vec![(0, 0), (4, 0), (4, 4), (0, 4)];
        let touching = vec![(0, 4), (4, 8), (0, 8)];
        let rings = turned(&[first.clone(), touching]);
        assert_eq!(rings, [first, vec![(4, 8), (0, 8), (0, 4)]]);
        let lines = joined(&[vec![(0, 0), (1, 1)], vec![(1, 1), (2, 0)], vec![(5, 5), (6, 6)]]);
        assert_eq!(lines, [vec![(0, 0), (1, 1), (2, 0)], vec![(5, 5), (6, 6)]]);
    }
}
