//! `trygkort import-unsent`: takes a file that a device saved what it could not send to.

use super::CliError;
use crate::blobs;
use crate::clock::now_ms;
use crate::control::{ControlDb, ControlError};
use crate::data_dir::DataDir;
use crate::hub;
use clap::Args;
use std::io::{self, Write};
use std::path::PathBuf;
use trygkort_core::domain::AreaId;
use trygkort_core::hub::Delivered;
use trygkort_core::wire::unsent::UnsentFile;

#[derive(Debug, Args)]
pub(super) struct ImportUnsentArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// What the device saved: usendt.trygkort
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn import(args: &ImportUnsentArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let bytes = std::fs::read(&args.file).map_err(|source| CliError::Read { path: args.file.clone(), source })?;
    let file = UnsentFile::read(&bytes)?;
    let mut control = ControlDb::open(&dir.control())?;
    let (area, origin, now) = (AreaId(file.area.0), file.request.origin, now_ms());
    let area = control.reader().find_area(&area.to_string())?.id;
    let author = control.reader().author(area, origin, now)?;
    let (delivered, name) = hub::deliver(&dir, area, author.as_ref(), &file.request, now)?;
    let Delivered { taken, refused, aside } = delivered;
    let photos = file.photos.unwrap_or_default();
    let kept = photos.iter().try_for_each(|photo| blobs::keep(&dir, area, photo));
    if taken > 0 {
        control.write::<_, ControlError>(|writer| {
            if !name.is_empty() {
                writer.rename_area(area, &name)?;
            }
            // A running server then tells the devices.
            writer.area_changed(area)
        })?;
    }
    kept?;
    writeln!(io::stdout(), "{taken} taken, {refused} refused, {aside} kept aside, {} photo files", photos.len())?;
    Ok(())
}
