//! Rings from the pieces that a multipolygon relation names, and polygons with holes from the rings.

use std::collections::HashMap;

use geo::coordinate_position::{CoordPos, CoordinatePosition};
use geo::{Area, LineString, MultiPolygon, Polygon};

/// What became of the pieces of a ring: closed rings as node ids (first = last), and how many pieces closed none.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Rings {
    pub(crate) closed: Vec<Vec<i64>>,
    pub(crate) unclosed: u64,
}

/// Joins ways at their ends until they close. The order and the direction of the ways do not matter.
///
/// A chain that comes by a node where it has been before gives off the loop between as a ring of its own, so rings
/// that touch in a node come apart.
pub(crate) fn assemble_rings(ways: &[&[i64]]) -> Rings {
    let mut at_node: HashMap<i64, Vec<usize>> = HashMap::new();
    for (index, way) in ways.iter().enumerate() {
        if let (Some(&first), Some(&last)) = (way.first(), way.last()) {
            at_node.entry(first).or_default().push(index);
            at_node.entry(last).or_default().push(index);
        }
    }
    let mut used = vec![false; ways.len()];
    let mut rings = Rings::default();
    for start in 0..ways.len() {
        if used[start] || ways[start].len() < 2 {
            continue;
        }
        used[start] = true;
        let mut chain = ways[start].to_vec();
        // The joints of the chain: where in it one way ends and the next begins.
        let mut joints = vec![0];
        loop {
            let end = chain[chain.len() - 1];
            if let Some(loop_start) = joints.iter().position(|&joint| chain[joint] == end) {
                let from = joints[loop_start];
                rings.closed.push(chain.split_off(from));
                chain.push(end);
                joints.truncate(loop_start);
                if joints.is_empty() {
                    break;
                }
            }
            let next = at_node.get(&end).and_then(|touching| touching.iter().copied().find(|&way| !used[way]));
            let Some(next) = next else {
                rings.unclosed += 1;
                break;
            };
            used[next] = true;
            joints.push(chain.len() - 1);
            if ways[next][0] == end {
                chain.extend(&ways[next][1..]);
            } else {
                chain.extend(ways[next].iter().rev().skip(1));
            }
        }
    }
    rings.closed.retain(|ring| ring.len() >= 4);
    rings
}

/// Puts every hole into the smallest outer ring around it. A hole outside every ring is left out.
pub(crate) fn polygons(outers: Vec<LineString<f64>>, inners: Vec<LineString<f64>>) -> MultiPolygon<f64> {
    let mut polygons: Vec<Polygon<f64>> = outers.into_iter().map(|ring| Polygon::new(ring, vec![])).collect();
    let areas: Vec<f64> = polygons.iter().map(Polygon::unsigned_area).collect();
    let shells: Vec<Polygon<f64>> = polygons.clone();
    for inner in inners {
        let home = (0..shells.len())
            .filter(|&index| lies_within(&inner, &shells[index]))
            .min_by(|&a, &b| areas[a].total_cmp(&areas[b]));
        if let Some(index) = home {
            polygons[index].interiors_push(inner);
        }
    }
    MultiPolygon(polygons)
}

/// Whether the ring lies within the shell, judged by its first node that is not on the shell itself.
fn lies_within(ring: &LineString<f64>, shell: &Polygon<f64>) -> bool {
    ring.coords().map(|node| shell.coordinate_position(node)).find(|position| *position != CoordPos::OnBoundary)
        == Some(CoordPos::Inside)
}

#[cfg(test)]
mod tests {
    use geo::Coord;

    use super::*;

    fn ring(points: &[(f64, f64)]) -> LineString<f64> {
        points.iter().map(|&(x, y)| Coord { x, y }).collect()
    }

    fn square(min: f64, max: f64) -> LineString<f64> {
        ring(&[(min, min), (max, min), (max, max), (min, max), (min, min)])
    }

    #[test]
    fn rings_are_put_together_from_ways_in_any_order_and_direction() {
        let rings = assemble_rings(&[&[1, 2, 3], &[5, 6, 1], &[5, 4, 3]]);
        assert_eq!(rings, Rings { closed: vec![vec![1, 2, 3, 4, 5, 6, 1]], unclosed: 0 });
    }

    #[test]
    fn a_closed_way_is_a_ring_of_its_own() {
        let rings = assemble_rings(&[&[1, 2, 3, 1], &[10, 11, 12, 10]]);
        assert_eq!(rings.closed, [vec![1, 2, 3, 1], vec![10, 11, 12, 10]]);
    }

    #[test]
    fn an_unclosed_ring_is_counted_and_does_not_disturb_the_others() {
        let rings = assemble_rings(&[&[1, 2, 3], &[20, 21, 22, 20], &[3, 4]]);
        assert_eq!(rings, Rings { closed: vec![vec![20, 21, 22, 20]], unclosed: 1 });
        assert_eq!(assemble_rings(&[&[], &[7]]), Rings::default(), "empty ways are nothing");
    }

    #[test]
    fn rings_that_touch_in_a_node_come_apart() {
        // Two loops that share node 1, each of two ways; whichever way is taken first, two rings result.
        let rings = assemble_rings(&[&[1, 2, 3], &[1, 8, 9], &[3, 4, 1], &[9, 7, 1]]);
        assert_eq!(rings.unclosed, 0);
        assert_eq!(rings.closed, [vec![1, 2, 3, 4, 1], vec![1, 8, 9, 7, 1]]);
    }

    #[test]
    fn a_loop_in_the_middle_of_a_chain_is_given_off() {
        // 5-6-7-5 hangs at node 5 in the chain 1-5-9-1.
        let rings = assemble_rings(&[&[1, 2, 5], &[5, 6, 7], &[7, 8, 5], &[5, 9, 1]]);
        assert_eq!(rings.unclosed, 0);
        assert_eq!(rings.closed, [vec![5, 6, 7, 8, 5], vec![1, 2, 5, 9, 1]]);
    }

    #[test]
    fn a_hole_goes_into_the_smallest_ring_around_it() {
        // A lake (0..100) with an island (10..50) that has a pond; the pond is the hole of the island.
        let made = polygons(vec![square(0.0, 100.0), square(10.0, 50.0)], vec![square(20.0, 30.0), square(60.0, 70.0)]);
        let holes: Vec<usize> = made.iter().map(|polygon| polygon.interiors().len()).collect();
        assert_eq!(holes, [1, 1]);
        assert!((made.0[1].unsigned_area() - 1500.0).abs() < 1e-9);
    }

    #[test]
    fn a_hole_that_touches_its_ring_still_is_a_hole_and_one_outside_is_not() {
        let touching = ring(&[(0.0, 50.0), (20.0, 40.0), (20.0, 60.0), (0.0, 50.0)]);
        let made = polygons(vec![square(0.0, 100.0)], vec![touching, square(200.0, 210.0)]);
        assert_eq!(made.0[0].interiors().len(), 1);
    }
}
