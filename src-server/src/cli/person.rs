//! `trygkort person`: what is kept of one person.

use super::CliError;
use crate::clock::now_ms;
use crate::control::{AreaRow, ControlDb, ControlError, Deed, NewAuditLine};
use crate::data_dir::{DataDir, write_atomically};
use crate::hub::{self, AreaError};
use crate::person::{self, Finding, Found, Why};
use clap::{Args, Subcommand};
use std::io::{self, Write};
use std::path::PathBuf;
use trygkort_core::domain::RowId;

/// Longer values are cut in the list; the export has them whole.
const SHOWN_CHARS_MAX: usize = 120;

#[derive(Debug, Subcommand)]
pub(super) enum PersonCommand {
    /// List what an area holds of a person
    Find(FindArgs),
    /// Write it to a JSON file, for the person
    Export(ExportArgs),
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
    /// The JSON file to write
    file: PathBuf,
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
    let count = found.findings.len();
    let text = serde_json::to_vec_pretty(&found.into_json(area.id, now_ms())).map_err(io::Error::from)?;
    // The folder of a bare name is this one.
    let file = std::path::absolute(&args.file)?;
    write_atomically(&file, &text).map_err(|source| CliError::Write { path: args.file.clone(), source })?;
    writeln!(io::stdout(), "{}: {count} findings; read it before you hand it over", args.file.display())?;
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
        serde_json::Value::Object(record) => record["name"].as_str().unwrap_or_default().to_owned(),
        other => other.to_string(),
    };
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN_CHARS_MAX).collect();
    if plain.len() < text.len() { format!("{plain}…") } else { plain }
}
