//! The sea, from the coastline: OpenStreetMap draws the coast as lines with the land on the left and the water on the
//! right, and leaves it to the reader to close them.

use std::collections::{HashMap, HashSet};

use geo::{Area, Coord, LineString, MultiPolygon, Polygon, Rect};

use crate::clip::clip_line;
use crate::feature::{Feature, Geometry, Layer, Value};
use crate::multipolygon::polygons;
use crate::tile::MIN_ZOOM;

/// Two places nearer than this are one: far below a millimetre.
const SAME_PLACE: f64 = 1e-12;

/// One way of the coast.
pub(crate) struct CoastWay {
    pub(crate) nodes: Vec<i64>,
    pub(crate) line: LineString<f64>,
}

/// The coast stops inside the box in this many places, so nobody can say where the water is.
#[derive(Debug, PartialEq)]
pub(crate) struct LooseEnds(pub(crate) u64);

/// The sea inside the box; nothing when no coast runs through it.
pub(crate) fn sea(ways: &[CoastWay], within: &Rect<f64>) -> Result<Option<Feature>, LooseEnds> {
    let mut lines = Vec::new();
    let mut rings = Vec::new();
    for chain in chains(ways) {
        for part in clipped(&chain, within) {
            let is_ring = part.len() >= 4 && part.first() == part.last();
            if is_ring { rings.push(LineString(part)) } else { lines.push(part) }
        }
    }
    if lines.is_empty() && rings.is_empty() {
        return Ok(None);
    }
    let border = Border(*within);
    let loose = lines.iter().flat_map(|line| [line[0], line[line.len() - 1]]).filter(|end| !border.touches(*end));
    match loose.count() {
        0 => {}
        count => return Err(LooseEnds(count as u64)),
    }
    let mut outers = border.close(&lines);
    // A ring with the water inside runs clockwise, an island the other way round.
    let (bays, islands): (Vec<_>, Vec<_>) =
        rings.into_iter().partition(|ring| Polygon::new(ring.clone(), vec![]).signed_area() > 0.0);
    outers.extend(bays);
    if outers.is_empty() {
        outers.push(within.to_polygon().exterior().clone());
    }
    Ok(Some(feature(polygons(outers, islands))))
}

fn feature(areas: MultiPolygon<f64>) -> Feature {
    Feature {
        layer: Layer::Water,
        geometry: Geometry::Areas(areas),
        attributes: vec![("kind", Value::Text("ocean".to_owned()))],
        min_zoom: MIN_ZOOM,
        rank: 0,
    }
}

/// Ways joined end to start. The direction says where the water is, so none is turned round.
fn chains(ways: &[CoastWay]) -> Vec<Vec<Coord<f64>>> {
    let usable = || (0..ways.len()).filter(|&way| ways[way].nodes.len() > 1 && ways[way].line.0.len() > 1);
    let by_start: HashMap<i64, usize> = usable().map(|way| (ways[way].nodes[0], way)).collect();
    let end = |way: usize| ways[way].nodes[ways[way].nodes.len() - 1];
    let ends: HashSet<i64> = usable().map(end).collect();
    let mut used = vec![false; ways.len()];
    let mut chains = Vec::new();
    // First the chains that have a beginning, then what is left: rings.
    let beginnings: Vec<usize> = usable().filter(|&way| !ends.contains(&ways[way].nodes[0])).chain(usable()).collect();
    for first in beginnings {
        let mut chain: Vec<Coord<f64>> = Vec::new();
        let mut next = Some(first);
        while let Some(way) = next.filter(|&way| !used[way]) {
            used[way] = true;
            chain.extend(ways[way].line.0.iter().skip(usize::from(!chain.is_empty())));
            next = by_start.get(&end(way)).copied();
        }
        if chain.len() > 1 {
            chains.push(chain);
        }
    }
    chains
}

/// The parts of a chain inside the box. A ring that begins inside is put together again where it was opened.
fn clipped(chain: &[Coord<f64>], within: &Rect<f64>) -> Vec<Vec<Coord<f64>>> {
    let mut parts = clip_line(chain, within);
    let opened_inside = chain.first() == chain.last() && parts.first().and_then(|part| part.first()) == chain.first();
    if parts.len() > 1
        && opened_inside
        && let Some(last) = parts.pop_if(|last| last.last() == chain.last())
    {
        let first = std::mem::replace(&mut parts[0], last);
        parts[0].extend(&first[1..]);
    }
    parts
}

/// The border of the box, walked clockwise from its north-western corner.
struct Border(Rect<f64>);

impl Border {
    /// Closes lines that run from border to border: from the end of each clockwise, with the water on the right, to
    /// where the next one begins.
    fn close(&self, lines: &[Vec<Coord<f64>>]) -> Vec<LineString<f64>> {
        let mut used = vec![false; lines.len()];
        let mut rings = Vec::new();
        for first in 0..lines.len() {
            let mut ring: Vec<Coord<f64>> = Vec::new();
            let mut current = first;
            while !used[current] {
                used[current] = true;
                ring.extend(&lines[current]);
                let end = lines[current][lines[current].len() - 1];
                let distance = |line: usize| self.distance(end, lines[line][0]);
                let next = (0..lines.len())
                    .filter(|&line| !used[line] || line == first)
                    .min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
                    .unwrap_or(first);
                ring.extend(self.corners(end, distance(next)));
                current = next;
            }
            if ring.len() >= 3 {
                ring.push(ring[0]);
                rings.push(LineString(ring));
            }
        }
        rings
    }

    fn touches(&self, point: Coord<f64>) -> bool {
        let near = |a: f64, b: f64| (a - b).abs() < SAME_PLACE;
        near(point.x, self.0.min().x)
            || near(point.x, self.0.max().x)
            || near(point.y, self.0.min().y)
            || near(point.y, self.0.max().y)
    }

    /// How far along the border a point lies.
    fn position(&self, point: Coord<f64>) -> f64 {
        let (min, max) = (self.0.min(), self.0.max());
        let (width, height) = (self.0.width(), self.0.height());
        let sides = [
            ((point.y - min.y).abs(), point.x - min.x),
            ((point.x - max.x).abs(), width + point.y - min.y),
            ((point.y - max.y).abs(), width + height + max.x - point.x),
            ((point.x - min.x).abs(), 2.0 * width + height + max.y - point.y),
        ];
        sides.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0.0, |(_, position)| position)
    }

    fn perimeter(&self) -> f64 {
        2.0 * (self.0.width() + self.0.height())
    }

    fn distance(&self, from: Coord<f64>, to: Coord<f64>) -> f64 {
        (self.position(to) - self.position(from)).rem_euclid(self.perimeter())
    }

    /// The corners passed within `distance` clockwise from a point of the border.
    fn corners(&self, from: Coord<f64>, distance: f64) -> Vec<Coord<f64>> {
        let (min, max) = (self.0.min(), self.0.max());
        let mut corners: Vec<(f64, Coord<f64>)> = [(min.x, min.y), (max.x, min.y), (max.x, max.y), (min.x, max.y)]
            .map(|(x, y)| Coord { x, y })
            .map(|corner| (self.distance(from, corner), corner))
            .into_iter()
            .filter(|(along, _)| *along > 0.0 && *along < distance)
            .collect();
        corners.sort_by(|a, b| a.0.total_cmp(&b.0));
        corners.into_iter().map(|(_, corner)| corner).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A box of 10 by 10. North is up and y runs down, as on the screen.
    fn within() -> Rect<f64> {
        Rect::new((0.0, 0.0), (10.0, 10.0))
    }

    fn way(nodes: &[i64], points: &[(f64, f64)]) -> CoastWay {
        CoastWay { nodes: nodes.to_vec(), line: points.iter().map(|&(x, y)| Coord { x, y }).collect() }
    }

    fn water(ways: &[CoastWay]) -> Option<f64> {
        sea(ways, &within()).unwrap().map(|feature| feature.geometry.area())
    }

    #[test]
    fn the_water_lies_on_the_right() {
        // Going north the east is on the right, going south the west.
        assert_eq!(water(&[way(&[1, 2], &[(4.0, 20.0), (4.0, -20.0)])]), Some(60.0));
        assert_eq!(water(&[way(&[1, 2], &[(4.0, -20.0), (4.0, 20.0)])]), Some(40.0));
        assert_eq!(water(&[]), None);
        assert_eq!(water(&[way(&[1, 2], &[(40.0, -20.0), (40.0, 20.0)])]), None, "a coast that passes far away");
    }

    #[test]
    fn ways_are_joined_and_a_sound_between_two_coasts_is_water() {
        // The eastern shore of the sound runs north (water on its left is land's side: so south), the western north.
        let sound = [
            way(&[3, 4], &[(4.0, 5.0), (4.0, -5.0)]),
            way(&[1, 3], &[(4.0, 15.0), (4.0, 5.0)]),
            way(&[7, 8], &[(6.0, -5.0), (6.0, 15.0)]),
        ];
        assert_eq!(water(&sound), Some(20.0));
    }

    #[test]
    fn islands_are_holes_and_alone_they_lie_in_the_sea() {
        // Land on the left: round an island against the clock.
        let island = || way(&[1, 2, 3, 4, 1], &[(2.0, 2.0), (2.0, 4.0), (4.0, 4.0), (4.0, 2.0), (2.0, 2.0)]);
        assert_eq!(water(&[island()]), Some(96.0));
        let lagoon = way(&[1, 2, 3, 4, 1], &[(2.0, 2.0), (4.0, 2.0), (4.0, 4.0), (2.0, 4.0), (2.0, 2.0)]);
        assert_eq!(water(&[lagoon]), Some(4.0));
        let coast = way(&[8, 9], &[(-5.0, 5.0), (15.0, 5.0)]);
        assert_eq!(water(&[coast]), Some(50.0), "going east the south is on the right");
        let coast = way(&[8, 9], &[(15.0, 5.0), (-5.0, 5.0)]);
        assert_eq!(water(&[coast, island()]), Some(46.0));
    }

    #[test]
    fn an_island_that_reaches_over_the_border_is_cut() {
        // It begins inside the box, so the clip opens it in the middle.
        let island = way(&[1, 2, 3, 4, 1], &[(8.0, 2.0), (8.0, 4.0), (12.0, 4.0), (12.0, 2.0), (8.0, 2.0)]);
        assert_eq!(water(&[island]), Some(96.0));
    }

    #[test]
    fn a_coast_that_stops_in_the_middle_tells_nothing() {
        let broken = way(&[1, 2], &[(4.0, 20.0), (4.0, 5.0)]);
        assert_eq!(sea(&[broken], &within()).unwrap_err(), LooseEnds(1));
    }
}
