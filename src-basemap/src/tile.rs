//! One zoom level: every feature simplified, cut into tiles, rounded to the grid of the tile.

use std::collections::BTreeMap;

use geo::{
    Area, Coord, Euclidean, Length, LineString, MapCoords, MultiLineString, MultiPolygon, Polygon, Rect, Simplify,
};
use pmtiles::{TileCoord, TileId};

use crate::encode::{Piece, TilePart, encode};
use crate::error::BasemapError;
use crate::feature::{Feature, Geometry};

pub(crate) const MIN_ZOOM: u8 = 10;
pub(crate) const MAX_ZOOM: u8 = 16;

/// Steps along the side of a tile. MapLibre draws a tile 512 pixels wide, so 8 steps are a pixel.
pub(crate) const EXTENT: u32 = 4096;

/// How far what is drawn reaches into the neighbours, so that a wide road has no seam.
const BUFFER: f64 = 128.0;

/// Half a pixel; at the last zoom, which is also stretched to the zooms after it, half a step.
const TOLERANCE: f64 = 4.0;
const TOLERANCE_LAST: f64 = 0.5;

/// Areas below four square pixels and lines below half a pixel are not seen, before the last zoom.
const MIN_AREA: f64 = 256.0;
const MIN_LENGTH: f64 = 4.0;

/// A tile of the finished set: where it belongs and its encoded, not yet compressed bytes.
pub(crate) type EncodedTile = (TileCoord, Vec<u8>);

/// The tiles of one zoom in the order in which the archive wants them. `bounds` is the box in world coordinates.
pub(crate) fn tiles_at(zoom: u8, features: &[Feature], bounds: &Rect<f64>) -> Result<Vec<EncodedTile>, BasemapError> {
    let grid = Grid::new(zoom, bounds);
    let mut tiles: BTreeMap<u64, (TileCoord, Vec<TilePart<'_>>)> = BTreeMap::new();
    for feature in features.iter().filter(|feature| feature.min_zoom <= zoom) {
        let Some(geometry) = simplified(&feature.geometry, &grid) else { continue };
        for (x, y, piece) in grid.cut(&geometry) {
            let coord = TileCoord::new(zoom, x, y)?;
            tiles.entry(TileId::from(coord).value()).or_insert_with(|| (coord, vec![])).1.push((feature, piece));
        }
    }
    tiles.into_values().map(|(coord, pieces)| Ok((coord, encode(&pieces)?))).collect()
}

/// The geometry in steps of this zoom, without what is too small to see.
fn simplified(geometry: &Geometry, grid: &Grid) -> Option<Geometry> {
    let to_steps = |point: Coord<f64>| Coord { x: point.x * grid.steps, y: point.y * grid.steps };
    let last = grid.zoom == MAX_ZOOM;
    let tolerance = if last { TOLERANCE_LAST } else { TOLERANCE };
    let (min_area, min_length) = if last { (0.0, 0.0) } else { (MIN_AREA, MIN_LENGTH) };
    match geometry {
        Geometry::Points(points) => Some(Geometry::Points(points.iter().copied().map(to_steps).collect())),
        Geometry::Lines(lines) => {
            let lines: Vec<LineString<f64>> = lines
                .map_coords(to_steps)
                .into_iter()
                .filter(|line| Euclidean.length(line) > min_length)
                .map(|line| line.simplify(tolerance))
                .collect();
            (!lines.is_empty()).then_some(Geometry::Lines(MultiLineString(lines)))
        }
        Geometry::Areas(areas) => {
            let areas: Vec<Polygon<f64>> = areas
                .map_coords(to_steps)
                .into_iter()
                .filter(|area| area.unsigned_area() > min_area)
                .map(|area| without_small_holes(area, min_area).simplify(tolerance))
                .collect();
            (!areas.is_empty()).then_some(Geometry::Areas(MultiPolygon(areas)))
        }
    }
}

fn without_small_holes(area: Polygon<f64>, min_area: f64) -> Polygon<f64> {
    let (exterior, holes) = area.into_inner();
    let seen = |hole: &LineString<f64>| Polygon::new(hole.clone(), vec![]).unsigned_area() > min_area;
    Polygon::new(exterior, holes.into_iter().filter(seen).collect())
}

/// The tiles of one zoom that the box touches.
struct Grid {
    zoom: u8,
    /// Steps around the whole world.
    steps: f64,
    columns: (u32, u32),
    rows: (u32, u32),
}

impl Grid {
    fn new(zoom: u8, bounds: &Rect<f64>) -> Self {
        let tiles = f64::from(1_u32 << zoom);
        // The far side belongs to the tile before it when it falls on the line between two.
        let span = |min: f64, max: f64| {
            let first = (min * tiles).floor();
            (first as u32, ((max * tiles).ceil() - 1.0).max(first) as u32)
        };
        Self {
            zoom,
            steps: tiles * f64::from(EXTENT),
            columns: span(bounds.min().x, bounds.max().x),
            rows: span(bounds.min().y, bounds.max().y),
        }
    }

    /// Cuts a geometry into columns and those into tiles: a wood over a hundred tiles is not walked a hundred times.
    fn cut(&self, geometry: &Geometry) -> Vec<(u32, u32, Piece)> {
        if let Geometry::Points(points) = geometry {
            return points.iter().filter_map(|point| self.place(*point)).collect();
        }
        let mut pieces = Vec::new();
        let Some(bounds) = geometry.bounds() else { return pieces };
        for x in covered(bounds.min().x, bounds.max().x, self.columns) {
            let (west, east) = side(x);
            let strip = Rect::new((west, f64::NEG_INFINITY), (east, f64::INFINITY));
            let Some(column) = geometry.clipped(&strip) else { continue };
            let Some(bounds) = column.bounds() else { continue };
            for y in covered(bounds.min().y, bounds.max().y, self.rows) {
                let (north, south) = side(y);
                let tile = Rect::new((f64::NEG_INFINITY, north), (f64::INFINITY, south));
                let piece = column.clipped(&tile).and_then(|part| Piece::rounded(&part, origin(x), origin(y)));
                pieces.extend(piece.map(|piece| (x, y, piece)));
            }
        }
        pieces
    }

    /// A point lies in exactly one tile, else its label would be drawn twice.
    fn place(&self, point: Coord<f64>) -> Option<(u32, u32, Piece)> {
        let index =
            |value: f64, range: (u32, u32)| ((value / f64::from(EXTENT)).floor() as u32).clamp(range.0, range.1);
        let (x, y) = (index(point.x, self.columns), index(point.y, self.rows));
        Piece::rounded(&Geometry::Points(vec![point]), origin(x), origin(y)).map(|piece| (x, y, piece))
    }
}

fn origin(tile: u32) -> f64 {
    f64::from(tile) * f64::from(EXTENT)
}

fn side(tile: u32) -> (f64, f64) {
    (origin(tile) - BUFFER, origin(tile) + f64::from(EXTENT) + BUFFER)
}

/// The tiles among `range` that a stretch from `min` to `max` reaches, buffer included.
fn covered(min: f64, max: f64, range: (u32, u32)) -> std::ops::RangeInclusive<u32> {
    let tile = |value: f64| (value / f64::from(EXTENT)).floor().max(0.0) as u32;
    tile(min - BUFFER).max(range.0)..=tile(max + BUFFER).min(range.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(points: &[(f64, f64)]) -> Geometry {
        Geometry::Lines(MultiLineString(vec![points.iter().map(|&(x, y)| Coord { x, y }).collect()]))
    }

    fn grid() -> Grid {
        Grid { zoom: 14, steps: 16384.0 * 4096.0, columns: (0, 3), rows: (0, 3) }
    }

    #[test]
    fn a_line_over_two_tiles_reaches_into_the_buffer_of_both() {
        let pieces = grid().cut(&lines(&[(2000.0, 100.0), (6000.0, 100.0)]));
        let expected = [
            (0, 0, Piece::Lines(vec![vec![(2000, 100), (4224, 100)]])),
            (0, 0, Piece::Lines(vec![vec![(-128, 100), (1904, 100)]])),
        ];
        assert_eq!(pieces[0], expected[0]);
        assert_eq!((pieces[1].0, &pieces[1].2), (1, &expected[1].2));
        assert_eq!(pieces.len(), 2);
    }

    #[test]
    fn what_lies_outside_the_grid_is_in_no_tile() {
        assert_eq!(grid().cut(&lines(&[(20_000.0, 100.0), (30_000.0, 100.0)])), []);
    }

    #[test]
    fn a_point_is_in_one_tile_even_on_a_border() {
        let pieces = grid().cut(&Geometry::Points(vec![Coord { x: 4096.0, y: 10.0 }]));
        assert_eq!(pieces, [(1, 0, Piece::Points(vec![(0, 10)]))]);
    }

    #[test]
    fn small_areas_and_holes_go_before_the_last_zoom() {
        let ring = |min: f64, size: f64| -> LineString<f64> {
            [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
                .map(|(x, y)| Coord { x: min + x * size, y: min + y * size })
                .into_iter()
                .collect()
        };
        let world = |zoom: u8| 1.0 / (f64::from(1_u32 << zoom) * 4096.0);
        let at = |zoom: u8, size: f64, hole: f64| {
            let polygon = Polygon::new(ring(10.0, size), vec![ring(12.0, hole)]).map_coords(|c| c * world(zoom));
            let bounds = Rect::new((0.0, 0.0), (world(zoom) * 4096.0, world(zoom) * 4096.0));
            simplified(&Geometry::Areas(MultiPolygon(vec![polygon])), &Grid::new(zoom, &bounds))
        };
        let holes = |geometry: Option<Geometry>| match geometry {
            Some(Geometry::Areas(areas)) => Some(areas.0[0].interiors().len()),
            _ => None,
        };
        assert_eq!(holes(at(14, 15.0, 2.0)), None, "225 square steps are too small");
        assert_eq!(holes(at(14, 100.0, 2.0)), Some(0));
        assert_eq!(holes(at(14, 100.0, 20.0)), Some(1));
        assert_eq!(holes(at(16, 15.0, 2.0)), Some(1), "at the last zoom everything stays");
    }
}
