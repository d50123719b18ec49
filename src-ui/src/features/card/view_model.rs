//! What the card's screens say, worked out from plain data.

use trygkort_core::ipc::{ChannelKind, ChannelView, ContactView, Opening};

/// How many contacts a tile names before it says how many more there are.
const TILE_CONTACTS: usize = 2;

/// The contacts a tile names, and how many it leaves out.
pub(crate) fn tile_lines<T>(contacts: &[T]) -> (&[T], usize) {
    // One line more costs as much as saying "og 1 til".
    let shown = if contacts.len() == TILE_CONTACTS + 1 { contacts.len() } else { contacts.len().min(TILE_CONTACTS) };
    (&contacts[..shown], contacts.len() - shown)
}

/// Whether someone answers now. Unknown hours count as open: a call costs little, a call not made may cost much.
pub(crate) fn is_reachable(opening: Opening) -> bool {
    !matches!(opening, Opening::ClosedUntil { .. } | Opening::Closed)
}

/// A contact's channels, sorted by what one does with them; the contact's own order within each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ways {
    /// Numbers to call; the first is the big button.
    pub(crate) calls: Vec<ChannelView>,
    /// The number to text: the first that can receive a text message.
    pub(crate) text: Option<ChannelView>,
    /// The address to write to.
    pub(crate) mail: Option<ChannelView>,
}

impl Ways {
    /// Sorts a contact's channels.
    pub(crate) fn of(contact: &ContactView) -> Self {
        let calls = contact.channels.iter().filter(|channel| is_number(channel)).cloned().collect::<Vec<_>>();
        let text = calls.iter().find(|channel| channel.can_text).cloned();
        let mail = contact.channels.iter().find(|channel| channel.kind == ChannelKind::Mail).cloned();
        Self { calls, text, mail }
    }
}

/// Whether a channel can be called.
pub(crate) fn is_number(channel: &ChannelView) -> bool {
    matches!(channel.kind, ChannelKind::Phone | ChannelKind::Mobile)
}

#[cfg(test)]
mod tests {
    use super::*;
    use trygkort_core::domain::{ChannelId, ContactId, RowId, Scope};

    fn channel(number: u128, kind: ChannelKind, value: &str) -> ChannelView {
        ChannelView {
            id: ChannelId(RowId(uuid::Uuid::from_u128(number))),
            label: String::new(),
            kind,
            value: value.to_owned(),
            display: value.to_owned(),
            can_text: kind == ChannelKind::Mobile,
            reported_at_ms: None,
            scope: Scope::Network,
        }
    }

    fn contact(channels: Vec<ChannelView>) -> ContactView {
        ContactView {
            id: ContactId(RowId(uuid::Uuid::from_u128(99))),
            name: "Ejendomskontoret".into(),
            role: String::new(),
            organisation: String::new(),
            opening: Opening::Always,
            hours: String::new(),
            week: vec![],
            note: String::new(),
            channels,
            verified_at_ms: None,
            verified_by: String::new(),
            scope: Scope::Network,
            editable: false,
            demo: true,
        }
    }

    #[test]
    fn a_tile_names_two_contacts_and_counts_the_rest() {
        assert_eq!(tile_lines::<u8>(&[]), (&[][..], 0));
        assert_eq!(tile_lines(&[1, 2]), (&[1, 2][..], 0));
        assert_eq!(tile_lines(&[1, 2, 3]), (&[1, 2, 3][..], 0));
        assert_eq!(tile_lines(&[1, 2, 3, 4]), (&[1, 2][..], 2));
    }

    #[test]
    fn only_known_closed_hours_make_a_call_quiet() {
        assert!(is_reachable(Opening::Unknown) && is_reachable(Opening::Always));
        assert!(is_reachable(Opening::OpenUntil { day: 0, minute: 900 }));
        assert!(!is_reachable(Opening::Closed));
        assert!(!is_reachable(Opening::ClosedUntil { day: 1, weekday: 0, minute: 480 }));
    }

    #[test]
    fn a_text_goes_to_the_first_mobile_and_never_to_a_landline() {
        let ways = Ways::of(&contact(vec![
            channel(1, ChannelKind::Phone, "+4532571000"),
            channel(2, ChannelKind::Mail, "drift@example.dk"),
            channel(3, ChannelKind::Mobile, "+4520301040"),
        ]));
        assert_eq!(ways.calls.iter().map(|c| c.value.as_str()).collect::<Vec<_>>(), ["+4532571000", "+4520301040"]);
        assert_eq!(ways.text.unwrap().value, "+4520301040");
        assert_eq!(ways.mail.unwrap().value, "drift@example.dk");
        let landline = Ways::of(&contact(vec![channel(1, ChannelKind::Phone, "+4532571000")]));
        assert_eq!((landline.text, landline.mail), (None, None));
    }
}
