//! What is drawn: a geometry in world coordinates with the layer and attributes that its tags gave it.

use geo::{Area, BoundingRect, Coord, InteriorPoint, LineString, MultiLineString, MultiPolygon, Polygon, Rect};

use crate::classify::{Class, Draw, Shape, classify};
use crate::clip::{clip_line, clip_polygon};
use crate::tags::Tags;

/// The layers of the Protomaps basemap schema that we fill, in drawing order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    Earth,
    Landuse,
    Water,
    Roads,
    Boundaries,
    Buildings,
    Pois,
    Places,
}

impl Layer {
    pub(crate) const ALL: [Self; 8] = [
        Self::Earth,
        Self::Landuse,
        Self::Water,
        Self::Roads,
        Self::Boundaries,
        Self::Buildings,
        Self::Pois,
        Self::Places,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Earth => "earth",
            Self::Landuse => "landuse",
            Self::Water => "water",
            Self::Roads => "roads",
            Self::Boundaries => "boundaries",
            Self::Buildings => "buildings",
            Self::Pois => "pois",
            Self::Places => "places",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Number(i64),
    Flag(bool),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Geometry {
    Points(Vec<Coord<f64>>),
    Lines(MultiLineString<f64>),
    Areas(MultiPolygon<f64>),
}

#[derive(Clone, Debug)]
pub(crate) struct Feature {
    pub(crate) layer: Layer,
    pub(crate) geometry: Geometry,
    pub(crate) attributes: Vec<(&'static str, Value)>,
    /// The first zoom it is shown at.
    pub(crate) min_zoom: u8,
    /// What is drawn later covers what is drawn before; within a layer, low ranks come first.
    pub(crate) rank: i64,
}

impl Geometry {
    /// A line, or an area when the tags turn out to ask for one: OpenStreetMap's ways do not say which they are.
    fn shape(&self) -> Shape {
        match self {
            Self::Points(_) => Shape::Point,
            Self::Areas(_) => Shape::Area,
            Self::Lines(lines) => match &lines.0[..] {
                [line] if line.is_closed() && line.0.len() >= 4 => Shape::ClosedLine,
                _ => Shape::Line,
            },
        }
    }

    /// The part inside `rect`, or nothing.
    pub(crate) fn clipped(&self, rect: &Rect<f64>) -> Option<Self> {
        let inside = |bounds: Option<Rect<f64>>| bounds.is_some_and(|bounds| contains_rect(rect, &bounds));
        match self {
            Self::Points(points) => {
                let kept: Vec<_> = points.iter().copied().filter(|point| contains_point(rect, *point)).collect();
                (!kept.is_empty()).then_some(Self::Points(kept))
            }
            Self::Lines(lines) if inside(lines.bounding_rect()) => Some(self.clone()),
            Self::Lines(lines) => {
                let kept: Vec<_> =
                    lines.iter().flat_map(|line| clip_line(&line.0, rect)).map(LineString::from).collect();
                (!kept.is_empty()).then_some(Self::Lines(MultiLineString(kept)))
            }
            Self::Areas(areas) if inside(areas.bounding_rect()) => Some(self.clone()),
            Self::Areas(areas) => {
                let kept: Vec<_> = areas.iter().filter_map(|area| clip_polygon(area, rect)).collect();
                (!kept.is_empty()).then_some(Self::Areas(MultiPolygon(kept)))
            }
        }
    }

    pub(crate) fn bounds(&self) -> Option<Rect<f64>> {
        match self {
            Self::Points(points) => MultiLineString::from(LineString::new(points.clone())).bounding_rect(),
            Self::Lines(lines) => lines.bounding_rect(),
            Self::Areas(areas) => areas.bounding_rect(),
        }
    }

    pub(crate) fn area(&self) -> f64 {
        match self {
            Self::Areas(areas) => areas.unsigned_area(),
            Self::Points(_) | Self::Lines(_) => 0.0,
        }
    }

    /// The geometry in the form that a class is drawn in.
    fn drawn_as(&self, draw: Draw) -> Option<Self> {
        match (draw, self) {
            (Draw::Line, Self::Lines(_)) | (Draw::Area, Self::Areas(_)) | (Draw::Label, Self::Points(_)) => {
                Some(self.clone())
            }
            (Draw::Area | Draw::Label, Self::Lines(lines)) => {
                let ring = lines.0.first().filter(|ring| ring.is_closed() && ring.0.len() >= 4)?;
                Self::Areas(MultiPolygon(vec![Polygon::new(ring.clone(), vec![])])).drawn_as(draw)
            }
            (Draw::Label, Self::Areas(areas)) => {
                let largest = areas.iter().max_by(|a, b| a.unsigned_area().total_cmp(&b.unsigned_area()))?;
                largest.interior_point().map(|point| Self::Points(vec![point.into()]))
            }
            (Draw::Line, Self::Areas(areas)) => {
                Some(Self::Lines(MultiLineString(areas.iter().map(|area| area.exterior().clone()).collect())))
            }
            (Draw::Line | Draw::Area, Self::Points(_)) => None,
        }
    }
}

fn contains_point(rect: &Rect<f64>, point: Coord<f64>) -> bool {
    (rect.min().x..=rect.max().x).contains(&point.x) && (rect.min().y..=rect.max().y).contains(&point.y)
}

fn contains_rect(outer: &Rect<f64>, inner: &Rect<f64>) -> bool {
    contains_point(outer, inner.min()) && contains_point(outer, inner.max())
}

/// Everything one tagged thing of OpenStreetMap is drawn as: a school is green ground, and a label in it.
///
/// The geometry is cut to `within` before labels are placed, so that a label lies on the part that is seen.
pub(crate) fn features_of(tags: &Tags<'_>, geometry: &Geometry, within: &Rect<f64>) -> Vec<Feature> {
    let classes = classify(tags, geometry.shape());
    classes
        .into_iter()
        .filter_map(|class| {
            let geometry = match class.draw {
                Draw::Label => geometry.drawn_as(Draw::Area).unwrap_or_else(|| geometry.clone()),
                Draw::Area | Draw::Line => geometry.drawn_as(class.draw)?,
            };
            let geometry = geometry.clipped(within)?.drawn_as(class.draw)?;
            Some(feature_of(class, geometry))
        })
        .collect()
}

fn feature_of(class: Class, geometry: Geometry) -> Feature {
    let Class { layer, kind, detail, name, min_zoom, rank, extra, draw: _ } = class;
    let mut attributes = vec![("kind", Value::Text(kind))];
    attributes.extend(detail.map(|detail| ("kind_detail", Value::Text(detail))));
    attributes.extend(name.map(|name| ("name", Value::Text(name))));
    attributes.push(("sort_rank", Value::Number(rank)));
    attributes.push(("min_zoom", Value::Number(i64::from(min_zoom))));
    attributes.extend(extra);
    Feature { layer, geometry, attributes, min_zoom, rank }
}
