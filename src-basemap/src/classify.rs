//! From OpenStreetMap tags to the layers and kinds of the Protomaps basemap schema (version 4).
//!
//! The same rules serve extracts and our own GeoJSON. Pure: tags and shape in, classes out.

mod area;
mod label;
mod line;

use crate::feature::{Layer, Value};
use crate::tags::Tags;

/// What a thing looks like before its tags are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Point,
    Line,
    /// A way that ends where it began: a roundabout or a building, the tags decide.
    ClosedLine,
    Area,
}

impl Shape {
    fn may_be_area(self) -> bool {
        matches!(self, Self::Area | Self::ClosedLine)
    }
}

/// In which form a thing is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Draw {
    Line,
    Area,
    /// One point that carries the name.
    Label,
}

/// One way in which a thing is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Class {
    pub(crate) layer: Layer,
    pub(crate) draw: Draw,
    pub(crate) kind: String,
    pub(crate) detail: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) min_zoom: u8,
    pub(crate) rank: i64,
    pub(crate) extra: Vec<(&'static str, Value)>,
}

impl Class {
    fn new(layer: Layer, draw: Draw, kind: &str, min_zoom: u8, rank: i64) -> Self {
        Self { layer, draw, kind: kind.to_owned(), detail: None, name: None, min_zoom, rank, extra: Vec::new() }
    }

    fn detail(mut self, detail: Option<&str>) -> Self {
        self.detail = detail.map(str::to_owned);
        self
    }

    fn name(mut self, name: Option<String>) -> Self {
        self.name = name;
        self
    }

    fn text(mut self, key: &'static str, text: Option<String>) -> Self {
        self.extra.extend(text.map(|text| (key, Value::Text(text))));
        self
    }

    fn flag(mut self, key: &'static str, set: bool) -> Self {
        self.extra.extend(set.then_some((key, Value::Flag(true))));
        self
    }
}

/// Every way in which a thing with these tags is drawn; none for what a map of a housing area does not show.
pub(crate) fn classify(tags: &Tags<'_>, shape: Shape) -> Vec<Class> {
    let mut classes = Vec::new();
    if tags.is_empty() {
        return classes;
    }
    let said_to_be_area = tags.get("area") == Some("yes");
    if shape == Shape::Line || (shape == Shape::ClosedLine && !said_to_be_area) {
        classes.extend(line::road(tags));
        classes.extend(line::rail(tags));
        classes.extend(line::waterway(tags));
    }
    // A closed footway is a loop to walk, not a square, unless it says so.
    let closed_road = shape == Shape::ClosedLine && !classes.is_empty();
    if matches!(shape, Shape::Line | Shape::ClosedLine) {
        classes.extend(line::boundary(tags));
        classes.extend(line::barrier(tags));
    }
    if shape.may_be_area() && !closed_road {
        classes.extend(area::building(tags));
        match area::water(tags) {
            Some(water) => classes.push(water),
            None => classes.extend(area::landuse(tags)),
        }
    }
    if shape == Shape::Point || (shape.may_be_area() && !closed_road) {
        let ground = classes.iter().find(|class| class.draw == Draw::Area && class.layer != Layer::Buildings).cloned();
        classes.extend(label::label(tags, shape, ground.as_ref()));
        classes.extend(label::address(tags));
    }
    classes
}

#[cfg(test)]
mod tests;
