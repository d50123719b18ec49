//! The base map of one housing area: a PMTiles file with vector tiles for zooms 10 to 16.
//!
//! Layers and kinds are named as in the Protomaps basemap schema (version 4), so that any style written for it works.
//! There are two sources, an OpenStreetMap extract with a box ([`build_from_osm`]) and GeoJSON whose properties are
//! OpenStreetMap tags ([`build_from_geojson_dir`]); both go through the same rules (`classify`), the same cutting and
//! the same encoder. [`inspect()`] looks into files made elsewhere.
//!
//! Invariants: the same input gives the same bytes; an output file is there whole or not at all; nothing here touches
//! the network or a clock.

mod bbox;
mod classify;
mod clip;
mod coastline;
mod encode;
mod error;
mod feature;
mod geojson;
mod inspect;
mod multipolygon;
mod osm;
mod pbf;
mod project;
mod tags;
mod tile;
mod write;

use std::path::Path;

pub use bbox::BoundingBox;
pub use error::BasemapError;
pub use inspect::{TileSetInfo, inspect};

const OSM_ATTRIBUTION: &str = "© OpenStreetMap contributors";
const DEMO_ATTRIBUTION: &str = "Trygkort demo data";

/// What was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildReport {
    pub tiles: u64,
    /// Roads, buildings, labels and so on in the box, each counted once.
    pub features: u64,
    /// Size of the file.
    pub bytes: u64,
    /// Rings of multipolygons and stretches of coast that did not close in the extract and are missing on the map.
    pub skipped: u64,
}

/// Makes the file `out` from the part of an `.osm.pbf` extract that lies in the box.
pub fn build_from_osm(osm: &Path, bbox: BoundingBox, out: &Path) -> Result<BuildReport, BasemapError> {
    bbox.validate()?;
    let file = write::PendingFile::create(out)?;
    let extract = osm::read(osm, bbox)?;
    let archive = write::archive(extract.features, bbox, OSM_ATTRIBUTION)?;
    file.commit(&archive.bytes)?;
    Ok(report(&archive, extract.skipped))
}

/// Makes the file `out` from every `.geojson` file in a folder; the box is their extent and a small margin.
pub fn build_from_geojson_dir(dir: &Path, out: &Path) -> Result<BuildReport, BasemapError> {
    let file = write::PendingFile::create(out)?;
    let texts = geojson::read_folder(dir)?;
    let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let drawn = geojson::read(&texts)?;
    let archive = write::archive(drawn.features, drawn.bbox, DEMO_ATTRIBUTION)?;
    file.commit(&archive.bytes)?;
    Ok(report(&archive, 0))
}

/// Makes the whole PMTiles file in memory from GeoJSON given as (name, text), for a demo area inside the program.
pub fn build_from_geojson(files: &[(&str, &str)]) -> Result<Vec<u8>, BasemapError> {
    let drawn = geojson::read(files)?;
    Ok(write::archive(drawn.features, drawn.bbox, DEMO_ATTRIBUTION)?.bytes)
}

fn report(archive: &write::Archive, skipped: u64) -> BuildReport {
    let bytes = archive.bytes.len() as u64;
    BuildReport { tiles: archive.tiles, features: archive.features, bytes, skipped }
}
