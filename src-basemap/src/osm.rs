//! The things of an OpenStreetMap extract in and around a box.
//!
//! An extract can be a whole country, the box is a housing area. So the file is read several times and only what the
//! box needs is kept: which nodes lie near, which ways touch those, which multipolygons use such ways; then the ways
//! with all their nodes, since a way or a wood may begin far outside and cross the box.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use geo::{Coord, LineString, MultiLineString, MultiPolygon, Rect};
use osmpbf::{PrimitiveGroup, RelMemberType, Way};

use crate::bbox::BoundingBox;
use crate::classify::{Shape, classify};
use crate::coastline::{self, CoastWay};
use crate::error::BasemapError;
use crate::feature::{Feature, Geometry, features_of};
use crate::multipolygon::{assemble_rings, polygons};
use crate::pbf::{Content, Pbf};
use crate::project::to_world;
use crate::tags::Tags;

/// A way is found by a node within the box or this far around it: some two kilometres.
const REACH_DEGREES: f64 = 0.02;

/// What an extract gives for a box.
pub(crate) struct Extract {
    pub(crate) features: Vec<Feature>,
    /// Rings of multipolygons and stretches of coast that did not close and are not drawn.
    pub(crate) skipped: u64,
}

type OwnedTags = Vec<(String, String)>;

/// A way that is drawn, or that a multipolygon is made of.
struct KeptWay {
    id: i64,
    nodes: Vec<i64>,
    /// Empty when only a multipolygon needs the way.
    tags: OwnedTags,
    is_coast: bool,
}

struct KeptRelation {
    tags: OwnedTags,
    /// Way ids and whether each belongs to a hole.
    members: Vec<(i64, bool)>,
}

/// Reads everything that lies in the box.
pub(crate) fn read(path: &Path, bbox: BoundingBox) -> Result<Extract, BasemapError> {
    let mut pbf = Pbf::open(path)?;
    let near_nodes = near_nodes(&mut pbf, path, bbox)?;
    let near_ways = near_ways(&mut pbf, &near_nodes)?;
    if !pbf.has(Content::Ways) {
        let problem = "it has points but no ways; the rest is missing".to_owned();
        return Err(BasemapError::CutOff { path: path.to_owned(), problem });
    }
    drop(near_nodes);
    let relations = relations(&mut pbf, &near_ways)?;
    let ways = ways(&mut pbf, &near_ways, &relations)?;
    let mut drawing = Drawing { within: bbox.to_world(), features: Vec::new(), skipped: 0 };
    let positions = positions(&mut pbf, &ways, bbox, &mut drawing)?;
    drawing.ways(&ways, &positions);
    drawing.relations(&relations, &ways, &positions);
    drawing.sea(&ways, &positions);
    if drawing.features.is_empty() {
        return Err(BasemapError::NothingToDraw { source_name: format!("{} in the box {bbox}", path.display()) });
    }
    Ok(Extract { features: drawing.features, skipped: drawing.skipped })
}

/// Calls `visit` with id, longitude, latitude and tags of every node, however the file packs them.
fn each_node(group: &PrimitiveGroup<'_>, mut visit: impl FnMut(i64, f64, f64, Tags<'_>)) {
    for node in group.nodes() {
        visit(node.id(), node.lon(), node.lat(), node.tags().collect());
    }
    for node in group.dense_nodes() {
        visit(node.id(), node.lon(), node.lat(), node.tags().collect());
    }
}

fn near_nodes(pbf: &mut Pbf, path: &Path, bbox: BoundingBox) -> Result<HashSet<i64>, BasemapError> {
    let reach = bbox.grown(REACH_DEGREES);
    let mut near = HashSet::new();
    let mut data: Option<BoundingBox> = None;
    pbf.each(Content::Nodes, |group| {
        each_node(group, |id, lon, lat, _| {
            let point = BoundingBox { west: lon, south: lat, east: lon, north: lat };
            data = Some(data.map_or(point, |data| data.union(&point)));
            if reach.contains(lon, lat) {
                near.insert(id);
            }
        });
    })?;
    match data {
        Some(data) if data.intersects(&bbox) => Ok(near),
        Some(data) => Err(BasemapError::OutsideData { path: path.to_owned(), wanted: bbox, data }),
        None => Err(BasemapError::NothingToDraw { source_name: path.display().to_string() }),
    }
}

fn near_ways(pbf: &mut Pbf, near_nodes: &HashSet<i64>) -> Result<HashSet<i64>, BasemapError> {
    let mut near = HashSet::new();
    pbf.each(Content::Ways, |group| {
        let touching = group.ways().filter(|way| way.refs().any(|node| near_nodes.contains(&node)));
        near.extend(touching.map(|way| way.id()));
    })?;
    Ok(near)
}

fn relations(pbf: &mut Pbf, near_ways: &HashSet<i64>) -> Result<Vec<KeptRelation>, BasemapError> {
    let mut kept = Vec::new();
    pbf.each(Content::Relations, |group| {
        for relation in group.relations() {
            let tags: Tags<'_> = relation.tags().collect();
            let ways = relation.members().filter(|member| member.member_type == RelMemberType::Way);
            let members: Vec<(i64, bool)> =
                ways.map(|way| (way.member_id, way.role().is_ok_and(|role| role == "inner"))).collect();
            let is_near = || members.iter().any(|(way, _)| near_ways.contains(way));
            if tags.is("type", &["multipolygon", "boundary"]) && is_near() && !classify(&tags, Shape::Area).is_empty() {
                kept.push(KeptRelation { tags: owned(relation.tags()), members });
            }
        }
    })?;
    Ok(kept)
}

fn owned<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> OwnedTags {
    tags.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn borrowed(tags: &OwnedTags) -> Tags<'_> {
    tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

fn ways(pbf: &mut Pbf, near_ways: &HashSet<i64>, relations: &[KeptRelation]) -> Result<Vec<KeptWay>, BasemapError> {
    let members: HashSet<i64> =
        relations.iter().flat_map(|relation| relation.members.iter().map(|(way, _)| *way)).collect();
    let mut kept = Vec::new();
    pbf.each(Content::Ways, |group| {
        for way in group.ways() {
            let is_near = near_ways.contains(&way.id());
            if is_near || members.contains(&way.id()) {
                kept.extend(kept_way(&way, is_near, members.contains(&way.id())));
            }
        }
    })?;
    Ok(kept)
}

fn kept_way(way: &Way<'_>, is_near: bool, is_member: bool) -> Option<KeptWay> {
    let nodes: Vec<i64> = way.refs().collect();
    let tags: Tags<'_> = way.tags().collect();
    let is_coast = is_near && tags.get("natural") == Some("coastline");
    let shape = if nodes.len() >= 4 && nodes.first() == nodes.last() { Shape::ClosedLine } else { Shape::Line };
    let is_drawn = is_near && !classify(&tags, shape).is_empty();
    (is_drawn || is_member || is_coast).then(|| KeptWay {
        id: way.id(),
        nodes,
        tags: if is_drawn { owned(way.tags()) } else { OwnedTags::new() },
        is_coast,
    })
}

/// Where the nodes of the kept ways are. Nodes that are drawn themselves are drawn on the way.
fn positions(
    pbf: &mut Pbf,
    ways: &[KeptWay],
    bbox: BoundingBox,
    drawing: &mut Drawing,
) -> Result<HashMap<i64, Coord<f64>>, BasemapError> {
    let needed: HashSet<i64> = ways.iter().flat_map(|way| way.nodes.iter().copied()).collect();
    let mut positions = HashMap::with_capacity(needed.len());
    pbf.each(Content::Nodes, |group| {
        each_node(group, |id, lon, lat, tags| {
            if needed.contains(&id) {
                positions.insert(id, to_world(lon, lat));
            }
            if !tags.is_empty() && bbox.contains(lon, lat) {
                drawing.add(&tags, &Geometry::Points(vec![to_world(lon, lat)]));
            }
        });
    })?;
    Ok(positions)
}

/// The features found so far.
struct Drawing {
    within: Rect<f64>,
    features: Vec<Feature>,
    skipped: u64,
}

impl Drawing {
    fn add(&mut self, tags: &Tags<'_>, geometry: &Geometry) {
        self.features.extend(features_of(tags, geometry, &self.within));
    }

    fn ways(&mut self, ways: &[KeptWay], positions: &HashMap<i64, Coord<f64>>) {
        for way in ways.iter().filter(|way| !way.tags.is_empty()) {
            let line = line_of(&way.nodes, positions);
            if line.0.len() > 1 {
                self.add(&borrowed(&way.tags), &Geometry::Lines(MultiLineString(vec![line])));
            }
        }
    }

    fn relations(&mut self, relations: &[KeptRelation], ways: &[KeptWay], positions: &HashMap<i64, Coord<f64>>) {
        let by_id: HashMap<i64, &KeptWay> = ways.iter().map(|way| (way.id, way)).collect();
        for relation in relations {
            let mut rings = |hole: bool| {
                let members = relation.members.iter().filter(|(_, is_hole)| *is_hole == hole);
                let ways: Vec<&[i64]> =
                    members.filter_map(|(way, _)| by_id.get(way)).map(|way| way.nodes.as_slice()).collect();
                let rings = assemble_rings(&ways);
                self.skipped += rings.unclosed;
                let closed = rings.closed.iter().map(|ring| line_of(ring, positions));
                closed.filter(|ring| ring.0.len() >= 4 && ring.is_closed()).collect::<Vec<_>>()
            };
            let (outers, holes) = (rings(false), rings(true));
            let areas: MultiPolygon<f64> = polygons(outers, holes);
            if !areas.0.is_empty() {
                self.add(&borrowed(&relation.tags), &Geometry::Areas(areas));
            }
        }
    }

    fn sea(&mut self, ways: &[KeptWay], positions: &HashMap<i64, Coord<f64>>) {
        let coast: Vec<CoastWay> = ways
            .iter()
            .filter(|way| way.is_coast)
            .map(|way| CoastWay { nodes: way.nodes.clone(), line: line_of(&way.nodes, positions) })
            .collect();
        match coastline::sea(&coast, &self.within) {
            Ok(sea) => self.features.extend(sea),
            Err(coastline::LooseEnds(count)) => self.skipped += count,
        }
    }
}

/// The line through the nodes; nodes that the extract does not have are passed over.
fn line_of(nodes: &[i64], positions: &HashMap<i64, Coord<f64>>) -> LineString<f64> {
    nodes.iter().filter_map(|node| positions.get(node).copied()).collect()
}
