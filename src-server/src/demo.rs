//! The demo area: an invented estate that is part of the program.

use crate::area_files::{self, AddBasemapError, FirstContent};
use crate::control::ControlDb;
use crate::data_dir::DataDir;
use crate::hub;
use crate::server::ServeError;
use include_dir::{Dir, include_dir};

static DEMO_AREA: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../assets/demo-area");

/// Why there is no demo area.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("this program was built without {0} of assets/demo-area")]
    Missing(&'static str),
    #[error("assets/demo-area/demo.json: {0}")]
    Content(#[from] trygkort_core::demo::DemoError),
    #[error("its base map: {0}")]
    Basemap(#[from] trygkort_basemap::BasemapError),
    #[error("its base map: {0}")]
    Add(#[from] AddBasemapError),
}

/// Makes the demo area if there is none.
pub(crate) fn prepare(dir: &DataDir, control: &mut ControlDb, now_ms: i64) -> Result<(), ServeError> {
    if control.reader().areas()?.iter().any(|area| area.demo) {
        return Ok(());
    }
    let json = DEMO_AREA.get_file("demo.json").and_then(|file| file.contents_utf8());
    let json = json.ok_or(DemoError::Missing("demo.json"))?;
    let id = area_files::new_id();
    let (name, actions) = hub::demo_area(id, json, now_ms).map_err(DemoError::Content)?;
    let basemap = trygkort_basemap::build_from_geojson(&drawing()).map_err(DemoError::Basemap)?;

    area_files::create_with(dir, control, id, &FirstContent { name, demo: true, actions }, now_ms)?;
    area_files::set_basemap(dir, id, &basemap).map_err(DemoError::Add)?;
    Ok(())
}

/// The estate as it was drawn, file by file.
fn drawing() -> Vec<(&'static str, &'static str)> {
    let is_drawing = |name: &str| name.ends_with(".geojson");
    let folders = std::iter::once(&DEMO_AREA).chain(DEMO_AREA.dirs());
    let named = folders.flat_map(Dir::files).filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)));
    named.filter(|(name, _)| is_drawing(name)).collect()
}
