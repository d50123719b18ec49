//! Cutting lines and rings off at a box whose sides run along the axes.
//!
//! Lines by Liang-Barsky, rings by Sutherland-Hodgman. A ring that leaves the box and comes back is joined along the
//! side of the box, which is right for filling; the sides lie outside what is seen, in the buffer of a tile.

use geo::{Coord, LineString, Polygon, Rect};

/// The parts of `line` inside `rect`, in order.
pub(crate) fn clip_line(line: &[Coord<f64>], rect: &Rect<f64>) -> Vec<Vec<Coord<f64>>> {
    let mut parts: Vec<Vec<Coord<f64>>> = Vec::new();
    let mut current: Vec<Coord<f64>> = Vec::new();
    for pair in line.windows(2) {
        let Some((start, end)) = clip_segment(pair[0], pair[1], rect) else {
            parts.extend((current.len() > 1).then(|| std::mem::take(&mut current)));
            current.clear();
            continue;
        };
        if current.last() != Some(&start) {
            parts.extend((current.len() > 1).then(|| std::mem::take(&mut current)));
            current = vec![start];
        }
        if start != end {
            current.push(end);
        }
    }
    parts.extend((current.len() > 1).then_some(current));
    parts
}

/// The part of a segment inside `rect`; a point when it only touches.
fn clip_segment(start: Coord<f64>, end: Coord<f64>, rect: &Rect<f64>) -> Option<(Coord<f64>, Coord<f64>)> {
    let delta = end - start;
    let (min, max) = (rect.min(), rect.max());
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (toward, room) in [
        (-delta.x, start.x - min.x),
        (delta.x, max.x - start.x),
        (-delta.y, start.y - min.y),
        (delta.y, max.y - start.y),
    ] {
        if toward == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if toward < 0.0 {
            enter = enter.max(room / toward);
        } else {
            leave = leave.min(room / toward);
        }
    }
    if enter > leave {
        return None;
    }
    let at = |part: f64| start + delta * part;
    Some((if enter > 0.0 { at(enter) } else { start }, if leave < 1.0 { at(leave) } else { end }))
}

/// The polygon inside `rect`, or nothing when they do not meet.
pub(crate) fn clip_polygon(polygon: &Polygon<f64>, rect: &Rect<f64>) -> Option<Polygon<f64>> {
    let exterior = clip_ring(polygon.exterior(), rect)?;
    let holes = polygon.interiors().iter().filter_map(|hole| clip_ring(hole, rect)).collect();
    Some(Polygon::new(exterior, holes))
}

fn clip_ring(ring: &LineString<f64>, rect: &Rect<f64>) -> Option<LineString<f64>> {
    let open = ring.0.len().checked_sub(1)?;
    let (min, max) = (rect.min(), rect.max());
    let mut points = ring.0[..open].to_vec();
    for side in [Side::AtLeastX(min.x), Side::AtMostX(max.x), Side::AtLeastY(min.y), Side::AtMostY(max.y)] {
        points = side.cut(&points);
    }
    if points.len() < 3 {
        return None;
    }
    points.push(points[0]);
    Some(LineString(points))
}

/// One side of the box: the half of the plane that is kept.
#[derive(Clone, Copy)]
enum Side {
    AtLeastX(f64),
    AtMostX(f64),
    AtLeastY(f64),
    AtMostY(f64),
}

impl Side {
    fn cut(self, ring: &[Coord<f64>]) -> Vec<Coord<f64>> {
        let mut kept = Vec::with_capacity(ring.len() + 4);
        for (index, &point) in ring.iter().enumerate() {
            let before = ring[(index + ring.len() - 1) % ring.len()];
            if self.keeps(before) != self.keeps(point) {
                kept.push(self.crossing(before, point));
            }
            if self.keeps(point) {
                kept.push(point);
            }
        }
        kept.dedup();
        kept
    }

    fn keeps(self, point: Coord<f64>) -> bool {
        match self {
            Self::AtLeastX(x) => point.x >= x,
            Self::AtMostX(x) => point.x <= x,
            Self::AtLeastY(y) => point.y >= y,
            Self::AtMostY(y) => point.y <= y,
        }
    }

    fn crossing(self, from: Coord<f64>, to: Coord<f64>) -> Coord<f64> {
        match self {
            Self::AtLeastX(x) | Self::AtMostX(x) => {
                Coord { x, y: from.y + (to.y - from.y) * (x - from.x) / (to.x - from.x) }
            }
            Self::AtLeastY(y) | Self::AtMostY(y) => {
                Coord { x: from.x + (to.x - from.x) * (y - from.y) / (to.y - from.y), y }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use geo::{Area, coord};

    use super::*;

    fn square() -> Rect<f64> {
        Rect::new(coord! { x: 0.0, y: 0.0 }, coord! { x: 10.0, y: 10.0 })
    }

    fn line(points: &[(f64, f64)]) -> Vec<Coord<f64>> {
        points.iter().map(|&(x, y)| Coord { x, y }).collect()
    }

    #[test]
    fn lines_are_cut_where_they_cross_the_box() {
        for (what, given, expected) in [
            ("inside stays", vec![(1.0, 1.0), (2.0, 5.0)], vec![vec![(1.0, 1.0), (2.0, 5.0)]]),
            ("outside goes", vec![(-5.0, 1.0), (-1.0, 9.0)], vec![]),
            ("through", vec![(-5.0, 5.0), (15.0, 5.0)], vec![vec![(0.0, 5.0), (10.0, 5.0)]]),
            (
                "out and in again gives two parts",
                vec![(5.0, 5.0), (15.0, 5.0), (15.0, 6.0), (5.0, 6.0)],
                vec![vec![(5.0, 5.0), (10.0, 5.0)], vec![(10.0, 6.0), (5.0, 6.0)]],
            ),
            ("past a corner", vec![(-5.0, 5.0), (5.0, 16.0)], vec![]),
            ("touching a corner is no line", vec![(-1.0, 1.0), (1.0, -1.0)], vec![]),
            ("along a side", vec![(0.0, -5.0), (0.0, 5.0)], vec![vec![(0.0, 0.0), (0.0, 5.0)]]),
            ("a point is no line", vec![(5.0, 5.0)], vec![]),
            ("nor is a point twice", vec![(5.0, 5.0), (5.0, 5.0)], vec![]),
        ] {
            let expected: Vec<_> = expected.iter().map(|part| line(part)).collect();
            assert_eq!(clip_line(&line(&given), &square()), expected, "{what}");
        }
    }

    #[test]
    fn a_strip_without_top_and_bottom_cuts_only_the_sides() {
        let strip = Rect::new(coord! { x: 0.0, y: f64::NEG_INFINITY }, coord! { x: 10.0, y: f64::INFINITY });
        let parts = clip_line(&line(&[(-5.0, 100.0), (5.0, 200.0), (5.0, 300.0)]), &strip);
        assert_eq!(parts, [line(&[(0.0, 150.0), (5.0, 200.0), (5.0, 300.0)])]);
    }

    #[test]
    fn a_polygon_keeps_its_hole_when_it_is_cut() {
        let ring = |points: &[(f64, f64)]| LineString(line(points));
        let polygon = Polygon::new(
            ring(&[(-10.0, -10.0), (20.0, -10.0), (20.0, 20.0), (-10.0, 20.0), (-10.0, -10.0)]),
            vec![
                ring(&[(8.0, 4.0), (12.0, 4.0), (12.0, 6.0), (8.0, 6.0), (8.0, 4.0)]),
                ring(&[(15.0, 15.0), (16.0, 15.0), (16.0, 16.0), (15.0, 15.0)]),
            ],
        );
        let cut = clip_polygon(&polygon, &square()).unwrap();
        assert_eq!(cut.interiors().len(), 1, "the hole outside the box goes");
        assert!((cut.unsigned_area() - 96.0).abs() < 1e-9, "{}", cut.unsigned_area());
    }

    #[test]
    fn a_polygon_around_a_corner_is_cut_at_both_sides() {
        let triangle = Polygon::new(LineString(line(&[(5.0, 5.0), (25.0, 5.0), (5.0, 25.0), (5.0, 5.0)])), vec![]);
        let cut = clip_polygon(&triangle, &square()).unwrap();
        assert!((cut.unsigned_area() - 25.0).abs() < 1e-9);
        let far = Polygon::new(LineString(line(&[(50.0, 5.0), (60.0, 5.0), (50.0, 6.0), (50.0, 5.0)])), vec![]);
        assert_eq!(clip_polygon(&far, &square()), None);
    }
}
