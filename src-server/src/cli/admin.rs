//! `trygkort area` and `trygkort invite`

use super::{CliError, values};
use crate::area_files::{self, AreaSpec};
use crate::clock::now_ms;
use crate::control::{ControlDb, ControlError, Issuer};
use crate::data_dir::DataDir;
use crate::invitation::{Invitation, InvitationSpec, PUBLIC_URL};
use crate::mirror::mirror_beside;
use clap::{Args, Subcommand};
use std::io::{self, Write};
use std::path::PathBuf;
use trygkort_basemap::BoundingBox;
use trygkort_core::domain::Role;

#[derive(Debug, Subcommand)]
pub(super) enum AreaCommand {
    /// Make an empty area
    Create(CreateArgs),
    /// List all areas: id, name
    List(ListArgs),
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
pub(super) struct InviteArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The area, by id or name
    #[arg(long, value_name = "ID_OR_NAME")]
    area: String,
    /// coordinator, staff, participant or resident
    #[arg(long, value_parser = values::role)]
    role: Role,
    /// How many devices may use it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=5000))]
    uses: u32,
    /// For how long it works: 30m, 12h, 7d, 2w
    #[arg(long, value_name = "SPAN", default_value = "7d", value_parser = values::span_ms)]
    expires: i64,
    /// For how long those who join have access; after that they are locked out [default: until somebody locks them out]
    #[arg(long, value_name = "SPAN", value_parser = values::span_ms)]
    access: Option<i64>,
    /// Where people reach the server [default: what the server was last started with]
    #[arg(long, value_name = "URL", value_parser = values::public_url)]
    public_url: Option<String>,
}

pub(super) fn area(command: AreaCommand) -> Result<(), CliError> {
    match command {
        AreaCommand::Create(args) => create(&args),
        AreaCommand::List(args) => list(&args),
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

pub(super) fn invite(args: &InviteArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let mut control = ControlDb::open(&dir.control())?;
    let area = control.reader().find_area(&args.area)?;
    let public_url = match &args.public_url {
        Some(url) => url.clone(),
        None => control.reader().setting(PUBLIC_URL)?.ok_or(CliError::NoPublicUrl)?,
    };
    let now = now_ms();
    let spec =
        InvitationSpec { role: args.role, uses: args.uses, expires_in_ms: args.expires, access_for_ms: args.access };
    let new = spec.issued(area.id, Issuer::CommandLine, now);
    let (_, secret) = control.write::<_, ControlError>(|writer| writer.invite(&new, now))?;
    let invitation = Invitation::new(&new, &secret, &public_url);

    let mut out = io::stdout().lock();
    writeln!(out, "{:<12} {}", invitation.role.as_str(), invitation.link)?;
    let devices = if args.uses == 1 { "one device".to_owned() } else { format!("{} devices", args.uses) };
    let access = args.access.map_or_else(String::new, |span| format!(", access ends after {}", values::in_words(span)));
    writeln!(out, "for {devices} in {}, within {}{access}", area.name, values::in_words(args.expires))?;
    if let Some(code) = invitation.qr() {
        writeln!(out, "\n{code}")?;
    }
    // The invitation works whether or not the area's log shows it yet; a running server tries again by itself.
    if let Err(error) = mirror_beside(&dir, &mut control, area.id) {
        writeln!(io::stderr(), "trygkort: the invitation works, but the area's log does not show it yet: {error}")?;
    }
    Ok(())
}
