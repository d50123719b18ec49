//! Reads finished files with the reader of the `pmtiles` crate and decodes their tiles with `mvt-reader`.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use mvt_reader::Reader;
use mvt_reader::feature::{Feature, Value};
use pmtiles::{AsyncPmTilesReader, TileCoord};

/// The features of one tile by layer.
pub(crate) type Tile = BTreeMap<String, Vec<Feature>>;

pub(crate) fn tile(file: &Path, zoom: u8, lon: f64, lat: f64) -> Option<Tile> {
    let (x, y) = tile_at(zoom, lon, lat);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let packed = runtime.block_on(async {
        let reader = AsyncPmTilesReader::new_with_path(file).await.unwrap();
        reader.get_tile(TileCoord::new(zoom, x, y).unwrap()).await.unwrap()
    })?;
    let mut bytes = Vec::new();
    GzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
    let reader = Reader::new(bytes).unwrap();
    let names = reader.get_layer_names().unwrap();
    Some(names.into_iter().enumerate().map(|(index, name)| (name, reader.get_features(index).unwrap())).collect())
}

pub(crate) fn metadata(file: &Path) -> serde_json::Value {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let text = runtime
        .block_on(async { AsyncPmTilesReader::new_with_path(file).await.unwrap().get_metadata().await.unwrap() });
    serde_json::from_str(&text).unwrap()
}

/// The text of an attribute, or nothing.
pub(crate) fn text<'a>(feature: &'a Feature, key: &str) -> Option<&'a str> {
    match feature.properties.as_ref()?.get(key)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The kinds in a layer, each once, in alphabetical order.
pub(crate) fn kinds(tile: &Tile, layer: &str) -> Vec<String> {
    let features = tile.get(layer).map(Vec::as_slice).unwrap_or_default();
    let mut kinds: Vec<_> = features.iter().filter_map(|feature| text(feature, "kind")).map(str::to_owned).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

fn tile_at(zoom: u8, lon: f64, lat: f64) -> (u32, u32) {
    let tiles = f64::from(1_u32 << zoom);
    let y = (1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0;
    (((lon + 180.0) / 360.0 * tiles) as u32, (y * tiles) as u32)
}
