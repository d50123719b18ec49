//! `trygkort aside`: what came and did not come into the log.

use super::CliError;
use crate::aside::{self, Item, Kept, RowSaid, Said, Who};
use crate::clock::now_ms;
use crate::control::{ControlDb, ControlError, Deed, NewAuditLine};
use crate::data_dir::DataDir;
use crate::hub::{self, AreaError};
use clap::Args;
use std::io::{self, Write};
use std::path::PathBuf;

/// Names longer than this are cut; the field that holds one stands below it whole.
const NAME_CHARS_MAX: usize = 80;

#[derive(Debug, Args)]
pub(super) struct AsideArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// One JSON object a line, for other programs
    #[arg(long)]
    json: bool,
    /// The area, by id or name
    area: String,
}

pub(super) fn list(args: &AsideArgs) -> Result<(), CliError> {
    let dir = DataDir::existing(&args.data)?;
    let mut control = ControlDb::open(&dir.control())?;
    let area = control.reader().find_area(&args.area)?;
    let log = hub::open(&dir, area.id).map_err(AreaError::from)?;
    let items = aside::list(&control, &log, area.id)?;
    // Noted before anything is shown.
    let line = NewAuditLine::beside(Deed::AsideRead, Some(area.id));
    control.write::<_, ControlError>(|writer| writer.note(&line, now_ms()))?;

    let mut out = io::stdout().lock();
    if args.json {
        for item in &items {
            writeln!(out, "{}", serde_json::to_string(item).map_err(io::Error::from)?)?;
        }
        return Ok(());
    }
    for item in &items {
        show(&mut out, item)?;
    }
    let gone = items.iter().filter(|item| item.kept == Kept::Nothing).count();
    let kept = items.len() - gone;
    writeln!(out, "{kept} changes are kept aside in {}; of {gone} more that were refused nothing is kept", area.name)?;
    Ok(())
}

fn show(out: &mut impl Write, item: &Item) -> io::Result<()> {
    let came = item.came.as_deref().unwrap_or("-");
    writeln!(out, "{came}\t{}\t{}", said_of(&item.from), item.why)?;
    if let Some(author) = &item.author {
        writeln!(out, "  said to be written by {}", said_of(author))?;
    }
    if let Some(written) = &item.written {
        writeln!(out, "  written {written} by the device's clock")?;
    }
    if item.in_log {
        writeln!(out, "  the same is in the log: nothing of it is missing")?;
    }
    match item.kept {
        Kept::Unreadable => writeln!(out, "  this version cannot read it")?,
        Kept::Nothing => writeln!(out, "  its words are not kept")?,
        Kept::Whole | Kept::Offer => {}
    }
    for row in &item.rows {
        show_row(out, row)?;
    }
    writeln!(out)
}

fn show_row(out: &mut impl Write, row: &RowSaid) -> io::Result<()> {
    let does = row.does.join(" and ");
    let name = if row.name.is_empty() { String::new() } else { format!(" \"{}\"", on_one_line(&row.name)) };
    let place = match (&row.scope, &row.move_to) {
        (Some(scope), Some(to)) => format!(", {scope} to {to}"),
        (Some(scope), None) => format!(", {scope}"),
        (None, _) => String::new(),
    };
    writeln!(out, "  {does} {}{name}{place}\t{}", row.entity, row.id)?;
    if row.erased {
        writeln!(out, "    erased: its words are not shown")?;
    }
    row.fields.iter().try_for_each(|said| show_field(out, said))
}

/// A line that begins with a bar goes on with what somebody wrote, so that no text can pass for another entry.
fn show_field(out: &mut impl Write, said: &Said) -> io::Result<()> {
    let mut lines = said.words.split('\n').map(plain);
    writeln!(out, "    {}: {}", said.field, lines.next().unwrap_or_default())?;
    lines.try_for_each(|line| writeln!(out, "      | {line}"))
}

fn said_of(who: &Who) -> String {
    let (Some(member), Some(device)) = (&who.member, &who.device) else {
        return format!("unknown device, number {}", who.origin);
    };
    let named = |name: &str, id: &str| if name.is_empty() { id.to_owned() } else { on_one_line(name) };
    let (member, device) = (named(&member.name, &member.id), named(&device.name, &device.id));
    format!("{member}, {device}, number {}", who.origin)
}

fn on_one_line(text: &str) -> String {
    let short: String = text.chars().take(NAME_CHARS_MAX).collect();
    if short.len() < text.len() { format!("{}…", plain(&short)) } else { plain(&short) }
}

/// Without what a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
