//! The command line: `trygkort serve`, `area`, `basemap`, `invite`, `walk`, `backup`, `restore`, `check`, `person`, `aside`,
//! `audit`.
//!
//! Every command but `serve` and `restore` works beside a running server. What people asked for goes to standard output,
//! one line says what went wrong on standard error, and the exit code is then not 0.

mod area;
mod aside;
mod basemap;
mod invite;
mod keep;
mod person;
mod serve;
mod unsent;
mod values;
mod walk;

use crate::area_delete::DeleteError;
use crate::area_export::TransferError;
use crate::area_files::AddBasemapError;
use crate::aside::AsideError;
use crate::backup::BackupError;
use crate::control::ControlError;
use crate::data_dir::DataDirError;
use crate::hub::AreaError;
use crate::person::PersonError;
use crate::restore::RestoreError;
use crate::server::ServeError;
use clap::{Parser, Subcommand};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// The server of Trygkort: shares an area's action card, contacts and map between devices.
#[derive(Debug, Parser)]
#[command(name = "trygkort", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until it is stopped (SIGTERM or Ctrl-C)
    Serve(serve::ServeArgs),
    /// Make, list, export, import and delete areas
    #[command(subcommand)]
    Area(area::AreaCommand),
    /// Make base maps and give them to areas
    #[command(subcommand)]
    Basemap(basemap::BasemapCommand),
    /// Print a link and a code that let somebody into an area
    Invite(invite::InviteArgs),
    /// Make, list and end safety walks
    #[command(subcommand)]
    Walk(walk::WalkCommand),
    /// Write everything to one tar file; the server may run
    Backup(keep::BackupArgs),
    /// Put a backup back; the server must not run. Devices then give back what the backup does not have
    Restore(keep::RestoreArgs),
    /// Look for damage in every file; exit code 1 when there is some
    Check(keep::CheckArgs),
    /// Find what is kept of a person, write it to a file for them, lock a member out
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// Take a file that a device saved what it could not send to
    ImportUnsent(unsent::ImportUnsentArgs),
    /// Read what came and is not in the log: from whom, why, and every word of it
    Aside(aside::AsideArgs),
    /// List who exported, backed up, looked up, read or deleted what, and when
    Audit(area::AuditArgs),
}

/// Why a command did not do what was asked. Shown as one line.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error(transparent)]
    AddBasemap(#[from] AddBasemapError),
    #[error(transparent)]
    Basemap(#[from] trygkort_basemap::BasemapError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Restore(#[from] RestoreError),
    #[error(transparent)]
    Transfer(#[from] TransferError),
    #[error(transparent)]
    Delete(#[from] DeleteError),
    #[error("nothing was done: that is not the area's name")]
    NotConfirmed,
    #[error(transparent)]
    Person(#[from] PersonError),
    #[error(transparent)]
    Aside(#[from] AsideError),
    #[error(transparent)]
    Area(#[from] AreaError),
    #[error(transparent)]
    Unsent(#[from] trygkort_core::wire::unsent::NoUnsentFile),
    #[error(transparent)]
    Photo(#[from] crate::blobs::UploadError),
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the server's address is not known yet: start it once, or say --public-url")]
    NoPublicUrl,
    #[error("{0} damaged or missing; see above, and docs/deploy.md for how to restore a backup")]
    Damaged(String),
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

/// Runs the command that the program was started with.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(args) => serve::run(args),
        Command::Area(command) => area::run(command),
        Command::Basemap(command) => basemap::run(command),
        Command::Invite(args) => invite::run(&args),
        Command::Walk(command) => walk::run(command),
        Command::Backup(args) => keep::backup(&args),
        Command::Restore(args) => keep::restore(&args),
        Command::Check(args) => keep::check(&args),
        Command::Person(command) => person::run(command),
        Command::ImportUnsent(args) => unsent::import(&args),
        Command::Aside(args) => aside::list(&args),
        Command::Audit(args) => area::audit(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough: `trygkort area list | head -1`.
        Err(CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let line = error.to_string().replace('\n', " ");
            // Nothing is left to do when even this cannot be written.
            drop(writeln!(io::stderr(), "trygkort: {line}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for line in [
            "trygkort",
            "trygkort dance",
            "trygkort serve --listen nowhere",
            "trygkort serve --tls-cert a.pem",
            "trygkort serve --public-url trygkort.example",
            "trygkort area create --data d --name x --bbox 1,2,3",
            "trygkort area create --data d --bbox 9.5,47.1,9.6,47.2",
            "trygkort invite --data d --area a --role janitor",
            "trygkort invite --data d --area a --role staff --uses 0",
            "trygkort invite --data d --area a --role staff --expires soon",
            "trygkort basemap build --out x.pmtiles",
            "trygkort basemap build --osm a.pbf --out x.pmtiles",
            "trygkort basemap build --osm a.pbf --geojson d --bbox 9.5,47.1,9.6,47.2 --out x.pmtiles",
            "trygkort backup --data d",
            "trygkort walk create --data d --area a",
            "trygkort walk create --data d --area a --name 010203-1234",
            "trygkort walk end --data d --area a",
            "trygkort restore --data d",
            "trygkort area export --data d a",
            "trygkort area delete --data d",
            "trygkort person lock-out --data d a Mona",
            "trygkort aside --data d",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }

    #[test]
    fn what_the_manual_says_is_taken() {
        for line in [
            "trygkort serve",
            "trygkort serve --data d --listen 127.0.0.1:0 --public-url https://kort.example.dk --web w --demo",
            "trygkort serve --tls-cert a.pem --tls-key b.pem --trust-proxy",
            "trygkort area create --data d --name x --bbox 9.5,47.1,9.6,47.2",
            "trygkort area create --data d --name x --bbox -9.6,47.1,-9.5,47.2",
            "trygkort area list --data d",
            "trygkort basemap build --osm a.pbf --bbox 9.5,47.1,9.6,47.2 --out x.pmtiles",
            "trygkort basemap build --geojson d --out x.pmtiles",
            "trygkort basemap add --data d --area a x.pmtiles",
            "trygkort invite --data d --area a --role staff --uses 5 --expires 12h",
            "trygkort invite --data d --area a --role participant --uses 100 --expires 5h --access 5h",
            "trygkort backup --data d --to b.tar",
            "trygkort check --data d",
            "trygkort walk create --data d --area a --name Søtur --starts 2h --lasts 5h",
            "trygkort walk list --data d --area a",
            "trygkort walk end --data d --area a 3",
            "trygkort invite --data d --area a --role participant --uses 100 --walk 3",
            "trygkort import-unsent --data d usendt.trygkort",
            "trygkort aside --data d a",
            "trygkort aside --data d --json a",
            "trygkort area export --data d a a.tar",
            "trygkort area import --data d a.tar",
            "trygkort area delete --data d a --yes",
            "trygkort audit --data d",
            "trygkort person find --data d a Mona",
            "trygkort person export --data d a Mona m.json",
            "trygkort person erase --data d a Mona --yes",
            "trygkort person erase --data d a Mona --row 00000000-0000-0000-0000-000000000001",
            "trygkort person lock-out --data d a 00000000-0000-0000-0000-000000000001",
        ] {
            Cli::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
}
