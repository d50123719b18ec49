//! What is in a PMTiles file that somebody hands us, and whether the app can show it.

use std::io::Read;

use flate2::read::GzDecoder;
use pmtiles::{Compression, Directory, Header, PmtError, TileType};
use prost::bytes::Bytes;

use crate::bbox::BoundingBox;
use crate::error::BasemapError;

const HEADER_BYTES: usize = 127;

/// Directories and metadata of an area are some kilobytes; more than this, unpacked, is not taken.
const UNPACKED_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The last zoom that a map library asks for.
const ZOOM_MAX: u8 = 22;

/// What a tile set says about itself.
#[derive(Clone, Debug, PartialEq)]
pub struct TileSetInfo {
    pub min_zoom: u8,
    pub max_zoom: u8,
    pub bounds: BoundingBox,
    /// Names of the vector layers, as the metadata lists them.
    pub layers: Vec<String>,
    pub tiles: u64,
    /// Whom to name on the map.
    pub attribution: Option<String>,
}

/// Checks that `file` is a whole PMTiles file, version 3, with vector tiles that the app can unpack.
pub fn inspect(file: &[u8]) -> Result<TileSetInfo, BasemapError> {
    let header = header(file)?;
    let sections = Sections::read(file)?;
    let directory = unpack("root directory", sections.root, header.internal_compression())?;
    Directory::try_from(Bytes::from(directory)).map_err(|error| wrong(format!("its directory is damaged: {error}")))?;
    let metadata = unpack("metadata", sections.metadata, header.internal_compression())?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&metadata).map_err(|error| wrong(format!("its metadata is not JSON: {error}")))?;
    let tiles = header.n_addressed_tiles().map_or(0, std::num::NonZeroU64::get);
    if tiles == 0 || sections.tiles.is_empty() {
        return Err(wrong("it holds no tiles"));
    }
    Ok(TileSetInfo {
        min_zoom: header.min_zoom,
        max_zoom: header.max_zoom,
        bounds: bounds(&header)?,
        layers: layers(&metadata)?,
        tiles,
        attribution: metadata["attribution"].as_str().map(str::to_owned),
    })
}

fn wrong(problem: impl Into<String>) -> BasemapError {
    BasemapError::NotPmtiles { problem: problem.into() }
}

fn header(file: &[u8]) -> Result<Header, BasemapError> {
    let head = Bytes::copy_from_slice(&file[..file.len().min(HEADER_BYTES)]);
    let header = Header::try_from_bytes(head).map_err(|error| match error {
        PmtError::InvalidMagicNumber => wrong("it does not begin with \"PMTiles\""),
        PmtError::UnsupportedPmTilesVersion => wrong("it is an older version; version 3 is needed"),
        PmtError::InvalidHeader => wrong("it ends within its header"),
        error => wrong(format!("its header is damaged: {error}")),
    })?;
    if header.spec_version() != 3 {
        return Err(wrong(format!("it is version {}; version 3 is needed", header.spec_version())));
    }
    if header.tile_type != TileType::Mvt {
        return Err(wrong(format!("it holds {:?} tiles, not vector tiles (MVT)", header.tile_type)));
    }
    if !matches!(header.tile_compression, Compression::Gzip | Compression::None) {
        let compression = header.tile_compression;
        return Err(wrong(format!("its tiles are packed with {compression:?}; browsers unpack gzip only")));
    }
    if header.min_zoom > header.max_zoom || header.max_zoom > ZOOM_MAX {
        return Err(wrong(format!("its zooms {} to {} make no sense", header.min_zoom, header.max_zoom)));
    }
    Ok(header)
}

/// The parts of the file that its header points at.
struct Sections<'a> {
    root: &'a [u8],
    metadata: &'a [u8],
    tiles: &'a [u8],
}

impl<'a> Sections<'a> {
    fn read(file: &'a [u8]) -> Result<Self, BasemapError> {
        // Offset and length of each part stand as pairs of numbers behind the version.
        Self::part(file, "leaf directories", 40)?;
        Ok(Self {
            root: Self::part(file, "root directory", 8)?,
            metadata: Self::part(file, "metadata", 24)?,
            tiles: Self::part(file, "tiles", 56)?,
        })
    }

    fn part(file: &'a [u8], name: &str, at: usize) -> Result<&'a [u8], BasemapError> {
        let number = |at: usize| {
            let bytes = file.get(at..at + 8)?.try_into().ok()?;
            usize::try_from(u64::from_le_bytes(bytes)).ok()
        };
        let range = || {
            let start = number(at)?;
            file.get(start..start.checked_add(number(at + 8)?)?)
        };
        range().ok_or_else(|| wrong(format!("it is cut off: its {name} should go on beyond the end of the file")))
    }
}

fn unpack(name: &str, packed: &[u8], compression: Compression) -> Result<Vec<u8>, BasemapError> {
    let mut unpacked = Vec::new();
    match compression {
        Compression::None => unpacked.extend_from_slice(packed),
        Compression::Gzip => {
            GzDecoder::new(packed)
                .take(UNPACKED_BYTES_MAX + 1)
                .read_to_end(&mut unpacked)
                .map_err(|error| wrong(format!("its {name} cannot be unpacked: {error}")))?;
        }
        other => return Err(wrong(format!("its {name} is packed with {other:?}; browsers unpack gzip only"))),
    }
    if unpacked.len() as u64 > UNPACKED_BYTES_MAX {
        return Err(wrong(format!("its {name} is larger than {UNPACKED_BYTES_MAX} bytes")));
    }
    Ok(unpacked)
}

fn bounds(header: &Header) -> Result<BoundingBox, BasemapError> {
    let bounds = BoundingBox {
        west: header.min_longitude,
        south: header.min_latitude,
        east: header.max_longitude,
        north: header.max_latitude,
    };
    let in_world = bounds.west >= -180.0 && bounds.east <= 180.0 && bounds.south >= -90.0 && bounds.north <= 90.0;
    if !in_world || bounds.west >= bounds.east || bounds.south >= bounds.north {
        return Err(wrong(format!("its bounds {bounds} make no sense")));
    }
    Ok(bounds)
}

fn layers(metadata: &serde_json::Value) -> Result<Vec<String>, BasemapError> {
    let listed = metadata["vector_layers"].as_array().filter(|layers| !layers.is_empty());
    let layers = listed.ok_or_else(|| wrong("its metadata lists no vector layers"))?;
    layers
        .iter()
        .map(|layer| layer["id"].as_str().map(str::to_owned))
        .collect::<Option<_>>()
        .ok_or_else(|| wrong("its metadata has a vector layer without a name"))
}
