//! `trygkort person`: what is kept of one person.

use super::CliError;
use crate::clock::now_ms;
use crate::control::{AreaRow, ControlDb, ControlError, Deed, NewAuditLine};
use crate::data_dir::{DataDir, write_atomically};
use crate::hub::{self, AreaError};
use crate::person::{self, Finding, Found, PhotosOut, Why};
use clap::{Args, Subcommand};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use trygkort_core::domain::RowId;

/// Longer values are cut in the list; the export has them whole.
const SHOWN_CHARS_MAX: usize = 120;

#[derive(Debug, Subcommand)]
pub(super) enum PersonCommand {
    /// List what an area holds of a person
    Find(FindArgs),
    /// Write it to a JSON file with their photos beside it, for the person
    Export(ExportArgs),
    /// Erase it out of the log, the devices and the list of members; cannot be undone
    Erase(EraseArgs),
    /// Lock all devices of a member out, for good; what they wrote stays
    LockOut(LockOutArgs),
}

#[derive(Debug, Args)]
pub(super) struct FindArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The area, by id or name
    area: String,
    /// A name, a telephone number, a mail address, or a member's id
    text: String,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    whom: FindArgs,
    /// The JSON file to write; photos that they added go into a new folder beside it, NAME-photos
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct EraseArgs {
    #[command(flatten)]
    whom: FindArgs,
    /// Only these of the rows that `find` shows, also those that named them before; the member stays
    #[arg(long = "row", value_name = "ID")]
    rows: Vec<RowId>,
    /// Do not ask for the area's name first
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct LockOutArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The area, by id or name
    area: String,
    /// The member's id, as `trygkort person find` shows it
    member: RowId,
}

pub(super) fn run(command: PersonCommand) -> Result<(), CliError> {
    match command {
        PersonCommand::Find(args) => find(&args),
        PersonCommand::Export(args) => export(&args),
        PersonCommand::Erase(args) => erase(&args),
        PersonCommand::LockOut(args) => lock_out(&args),
    }
}

fn find(args: &FindArgs) -> Result<(), CliError> {
    let (_, found) = look_up(args, Deed::PersonFind)?;
    let mut out = io::stdout().lock();
    let listed = found.findings.iter().filter(|finding| finding.why != Why::Wrote);
    for finding in listed {
        let Finding { part, why, id, place, .. } = finding;
        writeln!(out, "{}\t{}\t{place}\t{id}\t{}", part.as_str(), why.as_str(), shown(finding))?;
    }
    let wrote = found.findings.iter().filter(|finding| finding.why == Why::Wrote).count();
    let mentions = found.findings.len() - wrote;
    let rows = found.rows.len();
    writeln!(out, "{mentions} places are theirs or name them ({rows} rows); {wrote} more values are written by them")?;
    Ok(())
}

fn export(args: &ExportArgs) -> Result<(), CliError> {
    let (area, found) = look_up(&args.whom, Deed::PersonExport)?;
    let dir = DataDir::existing(&args.whom.data)?;
    let beside = photos_beside(&args.file);
    let PhotosOut { count: photos, missing } = person::hand_out_photos(&dir, area.id, &found, &beside)
        .map_err(|(path, source)| CliError::Write { path, source })?;
    let count = found.findings.len();
    let text = serde_json::to_vec_pretty(&found.into_json(area.id, now_ms())).map_err(io::Error::from)?;
    // The folder of a bare name is this one.
    let file = std::path::absolute(&args.file)?;
    write_atomically(&file, &text).map_err(|source| CliError::Write { path: args.file.clone(), source })?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}: {count} findings; read it before you hand it over", args.file.display())?;
    if photos > 0 {
        writeln!(out, "{}: {photos} photos that they added; hand them over with it", beside.display())?;
    }
    if missing > 0 {
        writeln!(out, "{missing} photos that they added are not on this server: not sent yet, or gone with the trash")?;
    }
    Ok(())
}

/// `soren-holm.json` has its photos in `soren-holm-photos`.
fn photos_beside(file: &Path) -> PathBuf {
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push("-photos");
    file.with_file_name(name)
}

fn erase(args: &EraseArgs) -> Result<(), CliError> {
    let (area, found) = look_up(&args.whom, Deed::PersonFind)?;
    let what = person::what_to_erase(&found, &args.rows)?;
    let ids: Vec<String> = what.rows.iter().map(ToString::to_string).collect();
    for finding in found.findings.iter().filter(|finding| ids.contains(&finding.id)) {
        writeln!(io::stderr(), "{}\t{}\t{}", finding.id, finding.place, shown(finding))?;
    }
    let (rows, members) = (what.rows.len(), what.members.len());
    writeln!(io::stderr(), "These rows go whole, with what hangs on them: {rows} rows, {members} members.")?;
    if !args.yes && !super::area::confirmed(&area)? {
        return Err(CliError::NotConfirmed);
    }
    let dir = DataDir::existing(&args.whom.data)?;
    let mut control = ControlDb::open(&dir.control())?;
    let erased = person::erase(&dir, &mut control, area.id, &what, now_ms())?;
    let left = person::find(&control, &hub::open(&dir, area.id).map_err(AreaError::from)?, area.id, &args.whom.text)?;
    let left = left.findings.iter().filter(|finding| finding.why != Why::Wrote).count();
    let mut out = io::stdout().lock();
    writeln!(out, "{erased} rows are erased; {left} places still name them (`trygkort person find`)")?;
    writeln!(out, "devices remove them when they next synchronise; backups and exports from before still hold them")?;
    Ok(())
}

fn lock_out(args: &LockOutArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let mut control = ControlDb::open(&dir.control())?;
    let area = control.reader().find_area(&args.area)?;
    let line =
        NewAuditLine { subject: Some(args.member.to_string()), ..NewAuditLine::beside(Deed::LockOut, Some(area.id)) };
    let devices = control.write::<_, ControlError>(|writer| {
        writer.note(&line, now_ms())?;
        writer.lock_out_member(area.id, args.member, now_ms())
    })?;
    writeln!(io::stdout(), "{} devices are locked out", devices.len())?;
    Ok(())
}

/// Notes the look-up, with the member it is about but never with the words that were looked for.
fn look_up(args: &FindArgs, deed: Deed) -> Result<(AreaRow, Found), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let mut control = ControlDb::open(&dir.control())?;
    let area = control.reader().find_area(&args.area)?;
    let log = hub::open(&dir, area.id).map_err(AreaError::from)?;
    let found = person::find(&control, &log, area.id, &args.text)?;
    let about = match found.members.as_slice() {
        [one] => Some(one.clone()),
        _ => args.text.trim().parse::<RowId>().ok().map(|id| id.to_string()),
    };
    let line = NewAuditLine { subject: about, ..NewAuditLine::beside(deed, Some(area.id)) };
    control.write::<_, ControlError>(|writer| writer.note(&line, now_ms()))?;
    Ok((area, found))
}

/// On one line.
fn shown(finding: &Finding) -> String {
    let text = match &finding.value {
        serde_json::Value::String(text) => text.clone(),
        // Not every record has a name.
        serde_json::Value::Object(record) => {
            record.get("name").and_then(|name| name.as_str()).unwrap_or_default().to_owned()
        }
        other => other.to_string(),
    };
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN_CHARS_MAX).collect();
    if plain.len() < text.len() { format!("{plain}…") } else { plain }
}
