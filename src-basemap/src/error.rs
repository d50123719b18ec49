//! What can go wrong, each with the place where it did.

use std::io;
use std::path::PathBuf;

use crate::bbox::BoundingBox;

/// Why no base map was made, or why a file is not one.
#[derive(Debug, thiserror::Error)]
pub enum BasemapError {
    #[error("the box \"{text}\" cannot be used (W,S,E,N in degrees): {problem}")]
    Box { text: String, problem: String },

    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },

    #[error("{} is not an OpenStreetMap extract in PBF format: {problem}", path.display())]
    NotPbf { path: PathBuf, problem: String },

    #[error("{} is cut off: {problem}", path.display())]
    CutOff { path: PathBuf, problem: String },

    #[error("{} is damaged in the block at byte {offset}: {problem}", path.display())]
    Damaged { path: PathBuf, offset: u64, problem: String },

    #[error("the box {wanted} lies outside the data of {}, which covers {data}", path.display())]
    OutsideData { path: PathBuf, wanted: BoundingBox, data: BoundingBox },

    #[error("{source_name} holds nothing that a map could show (roads, buildings, water, green, places)")]
    NothingToDraw { source_name: String },

    #[error("{file} is not GeoJSON: {problem}")]
    GeoJson { file: String, problem: String },

    #[error("{file}, feature {index} (counted from 0): {problem}")]
    GeoJsonFeature { file: String, index: usize, problem: String },

    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },

    #[error("the tiles could not be put together: {0}")]
    Encode(String),

    #[error("this is not a PMTiles file with vector tiles: {problem}")]
    NotPmtiles { problem: String },
}

impl From<mvt::Error> for BasemapError {
    fn from(error: mvt::Error) -> Self {
        Self::Encode(error.to_string())
    }
}

impl From<pmtiles::PmtError> for BasemapError {
    fn from(error: pmtiles::PmtError) -> Self {
        Self::Encode(error.to_string())
    }
}
