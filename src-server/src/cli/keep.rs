//! `trygkort backup`, `trygkort restore` and `trygkort check`

use super::CliError;
use crate::clock::now_ms;
use crate::control::{ControlDb, ControlError, Deed, NewAuditLine};
use crate::data_dir::DataDir;
use crate::{backup, check};
use clap::Args;
use std::io::{self, Write};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The tar file to write; an older one of that name is replaced when the new one is complete
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// The server's data folder; what is in it is set aside beside it
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The tar file that `trygkort backup` wrote
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
}

pub(super) fn backup(args: &BackupArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let mut control = ControlDb::open(&dir.control())?;
    let to = std::path::absolute(&args.to)?;
    let line = NewAuditLine { subject: Some(to.display().to_string()), ..NewAuditLine::beside(Deed::Backup, None) };
    // A disk that is full must not keep the backup from being written to another.
    if let Err(error) = control.write::<_, ControlError>(|writer| writer.note(&line, now_ms())) {
        writeln!(io::stderr(), "trygkort: the audit does not show this backup: {error}")?;
    }
    let report = backup::write(&dir, &args.to, now_ms())?;
    writeln!(io::stdout(), "{}: {} files, {} bytes", args.to.display(), report.files, report.bytes)?;
    Ok(())
}

pub(super) fn restore(args: &RestoreArgs) -> Result<(), CliError> {
    let report = crate::restore::run(&args.data, &args.from, now_ms())?;
    let mut out = io::stdout().lock();
    writeln!(out, "{} areas restored; devices give back what the backup does not have", report.areas)?;
    if !report.carried_over {
        writeln!(
            out,
            "who was locked out or invited since the backup is not known: look through devices and invitations"
        )?;
    }
    if let Some(aside) = report.aside {
        writeln!(out, "what was there before lies in {}", aside.display())?;
    }
    Ok(())
}

pub(super) fn check(args: &CheckArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let report = check::run(&dir);
    let mut out = io::stdout().lock();
    for finding in &report.findings {
        let word = if finding.damage { "damage" } else { "note" };
        writeln!(out, "{word}\t{}\t{}", finding.file, finding.what)?;
    }
    if !report.is_damaged() {
        writeln!(out, "{} files are whole", report.files)?;
        return Ok(());
    }
    let mut damaged: Vec<&str> =
        report.findings.iter().filter(|finding| finding.damage).map(|finding| finding.file.as_str()).collect();
    damaged.dedup();
    Err(CliError::Damaged(match damaged.as_slice() {
        [one] => format!("{one} is"),
        many => format!("{} files are", many.len()),
    }))
}
