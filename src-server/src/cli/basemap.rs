//! `trygkort basemap`

use super::CliError;
use crate::area_files;
use crate::control::ControlDb;
use crate::data_dir::DataDir;
use clap::{ArgGroup, Args, Subcommand};
use std::io::{self, Write};
use std::path::PathBuf;
use trygkort_basemap::BoundingBox;

#[derive(Debug, Subcommand)]
pub(super) enum BasemapCommand {
    /// Make a base map from OpenStreetMap data or from GeoJSON
    Build(BuildArgs),
    /// Give an area a base map; devices fetch it at their next synchronising
    Add(AddArgs),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("source").required(true))]
pub(super) struct BuildArgs {
    /// OpenStreetMap extract in PBF format
    #[arg(long, value_name = "FILE", group = "source", requires = "bbox")]
    osm: Option<PathBuf>,
    /// Folder of GeoJSON files whose properties are OpenStreetMap tags
    #[arg(long, value_name = "DIR", group = "source")]
    geojson: Option<PathBuf>,
    /// The part to take of the extract: west, south, east, north in degrees
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true, conflicts_with = "geojson")]
    bbox: Option<BoundingBox>,
    /// The PMTiles file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The area, by id or name
    #[arg(long, value_name = "ID_OR_NAME")]
    area: String,
    /// A PMTiles file with vector tiles
    file: PathBuf,
}

pub(super) fn run(command: BasemapCommand) -> Result<(), CliError> {
    match command {
        BasemapCommand::Build(args) => build(&args),
        BasemapCommand::Add(args) => add(&args),
    }
}

fn build(args: &BuildArgs) -> Result<(), CliError> {
    let report = match (&args.osm, args.bbox, &args.geojson) {
        (Some(osm), Some(bbox), _) => trygkort_basemap::build_from_osm(osm, bbox, &args.out)?,
        (_, _, Some(dir)) => trygkort_basemap::build_from_geojson_dir(dir, &args.out)?,
        _ => unreachable!("clap asks for --osm with --bbox, or for --geojson"),
    };
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{}: {} tiles, {} features, {} bytes",
        args.out.display(),
        report.tiles,
        report.features,
        report.bytes
    )?;
    if report.skipped > 0 {
        writeln!(out, "{} outlines do not close in the extract and were left out", report.skipped)?;
    }
    Ok(())
}

fn add(args: &AddArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let area = ControlDb::open(&dir.control())?.reader().find_area(&args.area)?;
    let pmtiles = std::fs::read(&args.file).map_err(|source| CliError::Read { path: args.file.clone(), source })?;
    area_files::set_basemap(&dir, area.id, &pmtiles)?;
    writeln!(io::stdout(), "{} has a base map of {} bytes", area.name, pmtiles.len())?;
    Ok(())
}
