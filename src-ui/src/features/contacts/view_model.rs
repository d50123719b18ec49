//! What the list of contacts says, worked out from plain data.

use trygkort_core::ipc::{ContactGroup, ContactList};

/// How many contacts are shown at first, and how many more each time one asks.
pub(crate) const PAGE: u32 = 200;

/// The sentence above the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CountWords {
    /// Nobody is in the list at all.
    Empty,
    /// Somebody is, but nobody matches.
    NoneFound,
    One,
    Many {
        total: u32,
    },
    /// More match than are shown.
    Part {
        total: u32,
        shown: u32,
    },
}

/// Chooses the sentence.
pub(crate) fn count_words(list: &ContactList, query: &str) -> CountWords {
    let shown = shown(list);
    match list.total {
        0 if query.trim().is_empty() => CountWords::Empty,
        0 => CountWords::NoneFound,
        1 => CountWords::One,
        total if total > shown => CountWords::Part { total, shown },
        total => CountWords::Many { total },
    }
}

/// Whether asking for more would show more.
pub(crate) fn has_more(list: &ContactList) -> bool {
    list.total > shown(list)
}

fn shown(list: &ContactList) -> u32 {
    list.groups.iter().map(|group| u32::try_from(group.contacts.len()).unwrap_or(u32::MAX)).sum()
}

/// A key by which a group keeps its place on the screen while one types; the organisation alone, since each comes once.
pub(crate) fn group_key(group: &ContactGroup) -> String {
    group.organisation.clone()
}

/// A file name for a shared contact: what any file system takes, and never empty.
pub(crate) fn vcard_name(contact: &str) -> String {
    let kept = contact.chars().map(|c| if c.is_alphanumeric() || " -_.".contains(c) { c } else { '-' });
    let name = kept.take(60).collect::<String>();
    let name = name.trim_matches([' ', '.', '-']);
    format!("{}.vcf", if name.is_empty() { "kontakt" } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use trygkort_core::domain::{ContactId, RowId};
    use trygkort_core::ipc::{ContactRow, Opening};

    fn list(shown: u128, total: u32) -> ContactList {
        let contacts = (0..shown)
            .map(|number| ContactRow {
                id: ContactId(RowId(uuid::Uuid::from_u128(number))),
                name: format!("Kontakt {number}"),
                role: String::new(),
                opening: Opening::Unknown,
                phone: None,
                reported: false,
            })
            .collect();
        ContactList { groups: vec![ContactGroup { organisation: "Kommunen".into(), contacts }], total }
    }

    #[test]
    fn the_sentence_tells_no_contacts_from_none_found() {
        assert_eq!(count_words(&list(0, 0), " "), CountWords::Empty);
        assert_eq!(count_words(&list(0, 0), "zzz"), CountWords::NoneFound);
        assert_eq!(count_words(&list(1, 1), "ejendom"), CountWords::One);
        assert_eq!(count_words(&list(25, 25), ""), CountWords::Many { total: 25 });
        assert_eq!(count_words(&list(200, 50_000), ""), CountWords::Part { total: 50_000, shown: 200 });
    }

    #[test]
    fn more_is_offered_only_while_there_is_more() {
        assert!(has_more(&list(200, 201)));
        assert!(!has_more(&list(200, 200)));
    }

    #[test]
    fn a_file_name_holds_no_separators() {
        assert_eq!(vcard_name("SSP/Gadeplanen"), "SSP-Gadeplanen.vcf");
        assert_eq!(vcard_name("../../etc: Søren?"), "etc- Søren.vcf");
        assert_eq!(vcard_name(" / "), "kontakt.vcf");
        assert!(vcard_name(&"å".repeat(500)).chars().count() <= 64);
    }
}
