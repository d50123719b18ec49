//! Making an area: its file with the first rows, then its entry in `control.db`.
//!
//! In this order, so that a crash in between leaves a file nobody knows of (`trygkort check` names it) and never an
//! area without a file.

use crate::control::{ControlDb, NewArea};
use crate::data_dir::{DataDir, write_atomically};
use crate::hub::{self, AreaError};
use crate::server::ServeError;
use std::io;
use trygkort_basemap::BoundingBox;
use trygkort_core::domain::{AreaId, RowId};
use uuid::Uuid;

/// What is known of an area when it is made.
#[derive(Clone, Debug)]
pub struct AreaSpec {
    /// What people call it.
    pub name: String,
    /// Where it lies.
    pub bbox: BoundingBox,
}

/// An area's content before its first device joins.
pub(crate) struct FirstContent {
    pub(crate) name: String,
    pub(crate) demo: bool,
    pub(crate) actions: Vec<hub::Action>,
}

/// Makes an empty area.
pub(crate) fn create(
    dir: &DataDir,
    control: &mut ControlDb,
    spec: &AreaSpec,
    now_ms: i64,
) -> Result<AreaId, ServeError> {
    let id = new_id();
    let actions = hub::empty_area(id, &spec.name, spec.bbox, now_ms);
    create_with(dir, control, id, &FirstContent { name: spec.name.clone(), demo: false, actions }, now_ms)?;
    Ok(id)
}

/// Makes an area with this content.
pub(crate) fn create_with(
    dir: &DataDir,
    control: &mut ControlDb,
    id: AreaId,
    content: &FirstContent,
    now_ms: i64,
) -> Result<(), ServeError> {
    hub::create(dir, id, content.actions.clone(), now_ms)?;
    let new = NewArea { id, name: &content.name, demo: content.demo };
    control.write(|writer| writer.add_area(&new, now_ms))?;
    Ok(())
}

pub(crate) fn new_id() -> AreaId {
    AreaId(RowId(Uuid::now_v7()))
}

/// Why a base map was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AddBasemapError {
    #[error(transparent)]
    NotABasemap(#[from] trygkort_basemap::BasemapError),
    #[error("the base map cannot be stored: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Area(#[from] AreaError),
}

/// Stores a base map and points the area to it; devices fetch it at their next synchronising.
pub(crate) fn set_basemap(dir: &DataDir, area: AreaId, pmtiles: &[u8]) -> Result<(), AddBasemapError> {
    trygkort_basemap::inspect(pmtiles)?;
    let hash = *blake3::hash(pmtiles).as_bytes();
    write_atomically(&dir.basemap(&hash), pmtiles)?;
    hub::set_basemap(dir, area, hash)?;
    Ok(())
}
