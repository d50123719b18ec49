//! Contact channels: as screens see them, and *Nummeret virker ikke*.

use super::Ctx;
use super::action::Draft;
use crate::domain::schema::channel as f;
use crate::domain::{ChannelId, Entity, Value, phone};
use crate::error::Error;
use crate::ipc::{ChannelKind, ChannelView, Phone, Saved, Topic};
use crate::store::area::AreaFile;
use crate::store::outbox;
use crate::store::table::channel::ChannelRow;
use std::collections::BTreeSet;

/// The kind behind a stored word; what is not known is shown as a telephone.
pub(crate) fn kind(word: &str) -> ChannelKind {
    match word {
        "mobile" => ChannelKind::Mobile,
        "mail" => ChannelKind::Mail,
        _ => ChannelKind::Phone,
    }
}

/// The stored word of a kind.
pub(crate) fn word(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Phone => "phone",
        ChannelKind::Mobile => "mobile",
        ChannelKind::Mail => "mail",
    }
}

/// A number in its three forms.
pub(crate) fn phone_view(e164: &str, mobile: bool) -> Phone {
    Phone { e164: e164.to_owned(), display: phone::display(e164), can_text: phone::can_text(mobile, e164) }
}

/// A channel as screens show it.
pub(crate) fn view(row: ChannelRow) -> ChannelView {
    let kind = kind(&row.kind);
    ChannelView {
        id: ChannelId(row.id),
        label: row.label,
        kind,
        display: if kind == ChannelKind::Mail { row.value.clone() } else { phone::display(&row.value) },
        can_text: phone::can_text(kind == ChannelKind::Mobile, &row.value),
        value: row.value,
        reported_at_ms: row.reported_at,
        scope: row.scope,
    }
}

/// The first number of a contact's channels.
pub(crate) fn first_phone(channels: &[ChannelRow]) -> Option<Phone> {
    let first = channels.iter().find(|channel| kind(&channel.kind) != ChannelKind::Mail)?;
    Some(phone_view(&first.value, kind(&first.kind) == ChannelKind::Mobile))
}

/// *Nummeret virker ikke* (`Some(now)`), or a coordinator's *it does* (`None`).
pub(crate) fn report(
    file: &mut AreaFile,
    ctx: &Ctx<'_>,
    id: ChannelId,
    reported_at: Option<i64>,
) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let state = outbox::overlay(&file.conn, file.session.origin, id.0)?.ok_or(Error::NotFound)?;
    let mut draft = Draft::new();
    draft.row(Entity::Channel, id.0, state.scope).set(f::reported_at, Value::from(reported_at));
    draft.save(file, ctx, id.0)
}
