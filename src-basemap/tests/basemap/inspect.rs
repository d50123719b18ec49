use std::io::Cursor;

use pmtiles::{Compression, PmTilesWriter, TileCoord, TileType};
use trygkort_basemap::{BasemapError, inspect};

/// A file made by somebody else, one tile of it.
fn foreign(tile_type: TileType, metadata: &str, change: impl FnOnce(PmTilesWriter) -> PmTilesWriter) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let writer = PmTilesWriter::new(tile_type).min_zoom(0).max_zoom(14).bounds(9.4, 47.0, 9.7, 47.3);
    let mut writer = change(writer.metadata(metadata)).create(&mut bytes).unwrap();
    writer.add_tile(TileCoord::new(0, 0, 0).unwrap(), b"tile").unwrap();
    writer.finalize().unwrap();
    bytes.into_inner()
}

const LAYERS: &str = r#"{"attribution": "somebody", "vector_layers": [{"id": "roads"}, {"id": "water"}]}"#;

#[track_caller]
fn refused(bytes: &[u8], expected: &str) {
    let error = inspect(bytes).unwrap_err();
    assert!(matches!(error, BasemapError::NotPmtiles { .. }));
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn a_good_foreign_file_is_taken() {
    let info = inspect(&foreign(TileType::Mvt, LAYERS, |writer| writer)).unwrap();
    assert_eq!(info.layers, ["roads", "water"]);
    assert_eq!((info.min_zoom, info.max_zoom, info.tiles), (0, 14, 1));
    assert_eq!(info.bounds.to_string(), "9.4,47,9.7,47.3");
    assert_eq!(info.attribution.as_deref(), Some("somebody"));
    let unpacked = foreign(TileType::Mvt, LAYERS, |writer| writer.internal_compression(Compression::None));
    assert_eq!(inspect(&unpacked).unwrap().layers, ["roads", "water"]);
}

#[test]
fn other_files_are_refused_with_the_reason() {
    refused(b"", "within its header");
    refused(b"\x89PNG\r\n", "does not begin with");
    refused(b"PM\x02\x00 something older", "older version");
    refused(&foreign(TileType::Png, LAYERS, |writer| writer), "Png tiles");
    refused(&foreign(TileType::Mvt, LAYERS, |writer| writer.precompressed(Compression::Brotli)), "Brotli");
    refused(&foreign(TileType::Mvt, "{}", |writer| writer), "no vector layers");
    refused(&foreign(TileType::Mvt, r#"{"vector_layers": [{}]}"#, |writer| writer), "without a name");
    refused(&foreign(TileType::Mvt, "layers", |writer| writer), "not JSON");
    refused(&foreign(TileType::Mvt, LAYERS, |writer| writer.min_zoom(15)), "make no sense");
    refused(&foreign(TileType::Mvt, LAYERS, |writer| writer.bounds(9.7, 47.0, 9.4, 47.3)), "make no sense");
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let whole = foreign(TileType::Mvt, LAYERS, |writer| writer);
    for length in [6, 7, 100, 127, 140, 16_384, whole.len() - 1] {
        assert!(inspect(&whole[..length]).is_err(), "{length} of {} bytes", whole.len());
    }
    refused(&whole[..whole.len() - 1], "cut off");
}

#[test]
fn no_single_wrong_byte_in_the_header_makes_it_panic() {
    let whole = foreign(TileType::Mvt, LAYERS, |writer| writer);
    for position in 0..160 {
        for value in [0x00, 0x01, 0x7f, 0xff] {
            let mut bytes = whole.clone();
            bytes[position] = value;
            // Whether it is still a good file depends on the byte; it must answer either way.
            drop(inspect(&bytes));
        }
    }
}
