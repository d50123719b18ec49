//! `trygkort area`: making, listing, taking out, putting in and deleting areas; `trygkort audit`.

use super::CliError;
use crate::area_delete::{self, BACKUPS_KEPT_DAYS};
use crate::area_export;
use crate::area_files::{self, AreaSpec};
use crate::clock::now_ms;
use crate::control::{AreaRow, ControlDb};
use crate::data_dir::DataDir;
use clap::{Args, Subcommand};
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use trygkort_basemap::BoundingBox;

#[derive(Debug, Subcommand)]
pub(super) enum AreaCommand {
    /// Make an empty area
    Create(CreateArgs),
    /// List all areas: id, name
    List(ListArgs),
    /// Write everything of an area to one file
    Export(ExportArgs),
    /// Put an exported area into this server
    Import(ImportArgs),
    /// Delete an area for good: log, members, devices, invitations, base map
    Delete(DeleteArgs),
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// What people call the area
    #[arg(long)]
    name: String,
    /// Where it lies: west, south, east, north in degrees
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    bbox: BoundingBox,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The area, by id or name
    area: String,
    /// The tar file to write; an older one of that name is replaced when the new one is complete
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// What `trygkort area export` wrote
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The area, by id or name
    area: String,
    /// Do not ask for the area's name first
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(command: AreaCommand) -> Result<(), CliError> {
    match command {
        AreaCommand::Create(args) => create(&args),
        AreaCommand::List(args) => list(&args),
        AreaCommand::Export(args) => export(&args),
        AreaCommand::Import(args) => import(&args),
        AreaCommand::Delete(args) => delete(&args),
    }
}

fn create(args: &CreateArgs) -> Result<(), CliError> {
    let dir = DataDir::create(&args.data)?;
    let mut control = ControlDb::open(&dir.control())?;
    let spec = AreaSpec { name: args.name.trim().to_owned(), bbox: args.bbox };
    let id = area_files::create(&dir, &mut control, &spec, now_ms())?;
    writeln!(io::stdout(), "{id}\t{}", spec.name)?;
    Ok(())
}

fn list(args: &ListArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let control = ControlDb::open(&dir.control())?;
    let mut out = io::stdout().lock();
    for area in control.reader().areas()? {
        writeln!(out, "{}\t{}{}", area.id, area.name, if area.demo { "\t(demo)" } else { "" })?;
    }
    Ok(())
}

fn export(args: &ExportArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let mut control = ControlDb::open(&dir.control())?;
    let area = control.reader().find_area(&args.area)?;
    let report = area_export::export(&dir, &mut control, &area, &args.file, now_ms())?;
    let (name, file) = (&area.name, args.file.display());
    writeln!(io::stdout(), "{file}: {name}, {} files, {} bytes", report.files, report.bytes)?;
    Ok(())
}

fn import(args: &ImportArgs) -> Result<(), CliError> {
    let dir = DataDir::create(&args.data)?;
    let mut control = ControlDb::open(&dir.control())?;
    let imported = area_export::import(&dir, &mut control, &args.file, now_ms())?;
    writeln!(io::stdout(), "{}\t{}\t{} files", imported.area.id, imported.area.name, imported.files)?;
    Ok(())
}

fn delete(args: &DeleteArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let mut control = ControlDb::open(&dir.control())?;
    let area = control.reader().find_area(&args.area)?;
    if !args.yes && !confirmed(&area)? {
        return Err(CliError::NotConfirmed);
    }
    area_delete::delete(&dir, &mut control, &area, now_ms())?;
    let backups = area_delete::backups_still_there(control.reader().audit()?);
    let mut out = io::stdout().lock();
    writeln!(out, "{} is deleted: its log, members, devices, invitations and base map", area.name)?;
    writeln!(out, "devices forget it when they next reach this server; one with something unsent keeps it to itself")?;
    writeln!(out, "backups and exports from before now still hold it, each until it is deleted")?;
    writeln!(out, "(trygkort-backup.timer deletes its own after {BACKUPS_KEPT_DAYS} days):")?;
    for backup in &backups {
        writeln!(out, "{}\t{}", backup.at, backup.subject.as_deref().unwrap_or_default())?;
    }
    if backups.is_empty() {
        writeln!(out, "this server knows of no backup that is still where it was written")?;
    }
    Ok(())
}

pub(super) fn confirmed(area: &AreaRow) -> io::Result<bool> {
    write!(io::stderr(), "This cannot be undone. Type the area's name ({}) to go on: ", area.name)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim() == area.name)
}

#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
}

/// Time, who, what, area, about what.
pub(super) fn audit(args: &AuditArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let control = ControlDb::open(&dir.control())?;
    let mut out = io::stdout().lock();
    for line in control.reader().audit()? {
        let who = line.member.as_deref().unwrap_or("command line");
        let (area, subject) = (line.area.as_deref().unwrap_or("-"), line.subject.as_deref().unwrap_or("-"));
        writeln!(out, "{}\t{who}\t{}\t{area}\t{subject}", line.at, line.what)?;
    }
    Ok(())
}
