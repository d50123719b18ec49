//! The PMTiles archive: tiles, header and metadata, and the file that is only there when it is whole.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use geo::{MultiPolygon, Rect};
use pmtiles::{PmTilesWriter, TileType};
use serde_json::json;

use crate::bbox::BoundingBox;
use crate::error::BasemapError;
use crate::feature::{Feature, Geometry, Layer, Value};
use crate::tile::{MAX_ZOOM, MIN_ZOOM, tiles_at};

/// A finished tile set in memory.
pub(crate) struct Archive {
    pub(crate) bytes: Vec<u8>,
    pub(crate) tiles: u64,
    pub(crate) features: u64,
}

/// Makes the tiles of all zooms. The same features in the same order give the same bytes.
pub(crate) fn archive(
    mut features: Vec<Feature>,
    bbox: BoundingBox,
    attribution: &str,
) -> Result<Archive, BasemapError> {
    let bounds = bbox.to_world();
    let drawn = features.len() as u64;
    sort_for_drawing(&mut features);
    features.insert(0, earth(&bounds));

    let (lon, lat) = bbox.center();
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = PmTilesWriter::new(TileType::Mvt)
        .min_zoom(MIN_ZOOM)
        .max_zoom(MAX_ZOOM)
        .bounds(bbox.west, bbox.south, bbox.east, bbox.north)
        .center(lon, lat)
        .center_zoom(15)
        .metadata(metadata(&features, attribution).to_string())
        .create(&mut bytes)?;
    let mut tiles = 0;
    for zoom in MIN_ZOOM..=MAX_ZOOM {
        for (coord, tile) in tiles_at(zoom, &features, &bounds)? {
            writer.add_tile(coord, &tile)?;
            tiles += 1;
        }
    }
    writer.finalize()?;
    Ok(Archive { bytes: bytes.into_inner(), tiles, features: drawn })
}

/// Low ranks first; of equal rank large areas first, so that a lawn in a park is seen. Ties keep the order of the input.
fn sort_for_drawing(features: &mut [Feature]) {
    features.sort_by(|a, b| {
        (a.layer, a.rank).cmp(&(b.layer, b.rank)).then_with(|| b.geometry.area().total_cmp(&a.geometry.area()))
    });
}

/// The ground under everything. The sea, if any, is drawn over it as water.
fn earth(bounds: &Rect<f64>) -> Feature {
    Feature {
        layer: Layer::Earth,
        geometry: Geometry::Areas(MultiPolygon(vec![bounds.to_polygon()])),
        attributes: vec![("kind", Value::Text("earth".to_owned()))],
        min_zoom: MIN_ZOOM,
        rank: 0,
    }
}

fn metadata(features: &[Feature], attribution: &str) -> serde_json::Value {
    // Every layer is listed, filled or not: MapLibre complains about a style that draws one the source does not name.
    let mut fields: BTreeMap<Layer, (u8, serde_json::Map<String, serde_json::Value>)> =
        Layer::ALL.into_iter().map(|layer| (layer, (MAX_ZOOM, kind_only()))).collect();
    for feature in features {
        let (min_zoom, fields) = fields.entry(feature.layer).or_insert_with(|| (MAX_ZOOM, kind_only()));
        *min_zoom = feature.min_zoom.min(*min_zoom);
        for (key, value) in &feature.attributes {
            let kind = match value {
                Value::Text(_) => "String",
                Value::Number(_) => "Number",
                Value::Flag(_) => "Boolean",
            };
            fields.insert((*key).to_owned(), kind.into());
        }
    }
    let layers: Vec<_> = fields
        .into_iter()
        .map(|(layer, (min_zoom, fields))| {
            json!({ "id": layer.name(), "fields": fields, "minzoom": min_zoom.max(MIN_ZOOM), "maxzoom": MAX_ZOOM })
        })
        .collect();
    json!({
        "name": "Trygkort",
        "description": "Base map of one area, layers and kinds as in the Protomaps basemap schema",
        "version": "4.0.0",
        "type": "baselayer",
        "attribution": attribution,
        "vector_layers": layers,
    })
}

fn kind_only() -> serde_json::Map<String, serde_json::Value> {
    [("kind".to_owned(), "String".into())].into_iter().collect()
}

/// A file that appears under its name only when it is complete; dropped before that, it leaves nothing behind.
pub(crate) struct PendingFile {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

impl PendingFile {
    /// Opens a file beside `path`, before the work begins: a folder that cannot be written to is told at once.
    pub(crate) fn create(path: &Path) -> Result<Self, BasemapError> {
        let wrong = |source| BasemapError::Write { path: path.to_owned(), source };
        if path.is_dir() {
            return Err(wrong(std::io::ErrorKind::IsADirectory.into()));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".basemap-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // Less the umask: an ordinary file, readable by the account that serves it.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        Ok(Self { file: builder.tempfile_in(folder).map_err(wrong)?, path: path.to_owned() })
    }

    pub(crate) fn commit(mut self, bytes: &[u8]) -> Result<(), BasemapError> {
        let path = self.path;
        let wrong = |source| BasemapError::Write { path: path.clone(), source };
        self.file.write_all(bytes).map_err(wrong)?;
        self.file.as_file().sync_all().map_err(wrong)?;
        self.file.persist(&path).map_err(|error| wrong(error.error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("area.pmtiles");
        drop(PendingFile::create(&path).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        PendingFile::create(&path).unwrap().commit(b"whole").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("missing/area.pmtiles"), folder.path().to_owned()] {
            let error = PendingFile::create(&path).err().expect("cannot be written").to_string();
            assert!(error.starts_with(&format!("cannot write {}", path.display())), "{error}");
        }
    }
}
