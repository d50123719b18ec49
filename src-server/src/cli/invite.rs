//! `trygkort invite`

use super::walk::numbered;
use super::{CliError, values};
use crate::clock::now_ms;
use crate::control::{ControlDb, ControlError, Issuer};
use crate::data_dir::DataDir;
use crate::invitation::{Invitation, InvitationSpec, PUBLIC_URL};
use clap::Args;
use std::io::{self, Write};
use std::path::PathBuf;
use trygkort_core::domain::Role;

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
    /// The number of the walk that those who join are on, as `trygkort walk list` says; guests leave when it ends
    #[arg(long, value_name = "NUMBER")]
    walk: Option<u32>,
    /// Where people reach the server [default: what the server was last started with]
    #[arg(long, value_name = "URL", value_parser = values::public_url)]
    public_url: Option<String>,
}

pub(super) fn run(args: &InviteArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let mut control = ControlDb::open(&dir.control())?;
    let area = control.reader().find_area(&args.area)?;
    let public_url = match &args.public_url {
        Some(url) => url.clone(),
        None => control.reader().setting(PUBLIC_URL)?.ok_or(CliError::NoPublicUrl)?,
    };
    let now = now_ms();
    let walk = match args.walk {
        Some(number) => Some(control.reader().open_walk(area.id, numbered(&control, area.id, number)?.id, now)?),
        None => None,
    };
    let (role, uses) = (args.role, args.uses);
    let spec = InvitationSpec { role, uses, expires_in_ms: args.expires, access_for_ms: args.access, walk };
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
    Ok(())
}
