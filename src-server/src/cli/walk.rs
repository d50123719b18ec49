//! `trygkort walk`: making, listing and ending safety walks.

use super::{CliError, values};
use crate::clock::now_ms;
use crate::control::{ControlDb, ControlError, NewWalk, WalkRow};
use crate::data_dir::DataDir;
use clap::{Args, Subcommand};
use std::io::{self, Write};
use std::path::PathBuf;
use trygkort_core::domain::AreaId;

#[derive(Debug, Subcommand)]
pub(super) enum WalkCommand {
    /// Make a walk: those who are invited to it share what they mark, until it ends
    Create(CreateArgs),
    /// List an area's walks: number, whether it is open, name
    List(ListArgs),
    /// End a walk now: everyone who is on it loses it; what was marked stays for the coordinators
    End(EndArgs),
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The area, by id or name
    #[arg(long, value_name = "ID_OR_NAME")]
    area: String,
    /// What people call the walk
    #[arg(long, value_parser = values::walk_name)]
    name: String,
    /// How long from now it begins: 30m, 12h, 7d [default: now]
    #[arg(long, value_name = "SPAN", value_parser = values::span_ms)]
    starts: Option<i64>,
    /// How long after its beginning it ends
    #[arg(long, value_name = "SPAN", default_value = "12h", value_parser = values::span_ms)]
    lasts: i64,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The area, by id or name
    #[arg(long, value_name = "ID_OR_NAME")]
    area: String,
}

#[derive(Debug, Args)]
pub(super) struct EndArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The area, by id or name
    #[arg(long, value_name = "ID_OR_NAME")]
    area: String,
    /// The walk's number, as `trygkort walk list` says
    number: u32,
}

pub(super) fn run(command: WalkCommand) -> Result<(), CliError> {
    match command {
        WalkCommand::Create(args) => create(args),
        WalkCommand::List(args) => list(&args),
        WalkCommand::End(args) => end(&args),
    }
}

fn create(args: CreateArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let mut control = ControlDb::open(&dir.control())?;
    let area = control.reader().find_area(&args.area)?;
    let now = now_ms();
    let starts_at_ms = now.saturating_add(args.starts.unwrap_or(0));
    let ends_at_ms = starts_at_ms.saturating_add(args.lasts);
    let new = NewWalk { area: area.id, name: args.name, starts_at_ms, ends_at_ms };
    let walk = control.write::<_, ControlError>(|writer| writer.add_walk(&new, now))?;
    writeln!(io::stdout(), "{}\t{}", walk.number, walk.name)?;
    Ok(())
}

fn list(args: &ListArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let control = ControlDb::open(&dir.control())?;
    let area = control.reader().find_area(&args.area)?;
    let mut out = io::stdout().lock();
    for walk in control.reader().walks(area.id)? {
        let open = if walk.ends_at_ms > now_ms() { "open" } else { "ended" };
        writeln!(out, "{}\t{open}\t{}", walk.number, walk.name)?;
    }
    Ok(())
}

fn end(args: &EndArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let mut control = ControlDb::open(&dir.control())?;
    let area = control.reader().find_area(&args.area)?;
    let walk = numbered(&control, area.id, args.number)?;
    control.write::<_, ControlError>(|writer| writer.end_walk(area.id, walk.id, now_ms()))?;
    writeln!(io::stdout(), "{}\t{} is over", walk.number, walk.name)?;
    Ok(())
}

/// The walk with this number.
pub(super) fn numbered(control: &ControlDb, area: AreaId, number: u32) -> Result<WalkRow, ControlError> {
    let found = control.reader().walks(area)?.into_iter().find(|walk| walk.number == number);
    found.ok_or(ControlError::NotFound("walk (see `trygkort walk list`)"))
}
