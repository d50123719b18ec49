//! Builds a base map from the command line, to measure time and memory: `build FILE.osm.pbf W,S,E,N OUT.pmtiles`.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let started = Instant::now();
    let report = match &arguments[..] {
        [osm, bbox, out] => trygkort_basemap::build_from_osm(Path::new(osm), bbox.parse()?, Path::new(out))?,
        [folder, out] => trygkort_basemap::build_from_geojson_dir(Path::new(folder), Path::new(out))?,
        _ => return Err("usage: build FILE.osm.pbf W,S,E,N OUT.pmtiles, or build GEOJSON_FOLDER OUT.pmtiles".into()),
    };
    writeln!(std::io::stdout(), "{report:?} in {:.2} s", started.elapsed().as_secs_f64())?;
    Ok(())
}
