//! Kinds of things, fields and values in the words of the screens where they are edited.

use crate::features::edit::{hours_words, icon_words};
use crate::format::{I18n, date_words, lowercase, moment_words};
use crate::i18n::*;
use trygkort_core::ipc::{Author, ChangedRow, Deed};

/// *Kontakt*, *Markering* …
pub(super) fn entity_words(locale: Locale, entity: &str) -> &'static str {
    match entity {
        "area" => td_string!(locale, updates.entity.area),
        "organisation" => td_string!(locale, updates.entity.organisation),
        "contact" => td_string!(locale, updates.entity.contact),
        "channel" => td_string!(locale, updates.entity.channel),
        "problem" => td_string!(locale, updates.entity.problem),
        "card_cell" => td_string!(locale, updates.entity.card_cell),
        "map_pin" => td_string!(locale, updates.entity.map_pin),
        "member" => td_string!(locale, updates.entity.member),
        "device" => td_string!(locale, updates.entity.device),
        "invitation" => td_string!(locale, updates.entity.invitation),
        "walk" => td_string!(locale, updates.entity.walk),
        "photo" => td_string!(locale, updates.entity.photo),
        _ => td_string!(locale, updates.field.other),
    }
}

/// *Kontakt rettet*.
pub(super) fn deed_words(locale: Locale, row: &ChangedRow) -> String {
    let deed = match (row.deed, row.entity.as_str()) {
        // One contact at one problem: the card itself stays.
        (Deed::Made | Deed::Restored, "card_cell") => return td_string!(locale, updates.deed.put_on_card).to_owned(),
        (Deed::Edited, "card_cell") => return td_string!(locale, updates.deed.edited_on_card).to_owned(),
        (Deed::Deleted, "card_cell") => return td_string!(locale, updates.deed.taken_off_card).to_owned(),
        // Two wrote to it: that is a sentence.
        (Deed::Chosen, _) => return td_string!(locale, updates.deed.chosen).to_owned(),
        (Deed::Kept, _) if row.fields.is_empty() => return td_string!(locale, updates.deed.kept_deleted).to_owned(),
        (Deed::Kept, _) => return td_string!(locale, updates.deed.kept).to_owned(),
        (Deed::Made, _) => td_string!(locale, updates.deed.made),
        (Deed::Edited, _) => td_string!(locale, updates.deed.edited),
        (Deed::Deleted, "device") => td_string!(locale, updates.deed.locked_out),
        (Deed::Deleted, "invitation") => td_string!(locale, updates.deed.taken_back),
        (Deed::Deleted, _) => td_string!(locale, updates.deed.deleted),
        (Deed::Restored, _) => td_string!(locale, updates.deed.restored),
        (Deed::Withdrawn, _) => td_string!(locale, updates.deed.withdrawn),
        (Deed::Erased, _) => td_string!(locale, updates.deed.erased),
    };
    format!("{} {deed}", entity_words(locale, &row.entity))
}

/// *du*, *Mona*, *en anden*: in the middle of a sentence.
pub(super) fn author_words(locale: Locale, author: &Author) -> String {
    match author {
        Author::Me => td_string!(locale, updates.me).to_owned(),
        Author::Named(name) => name.clone(),
        Author::Server => td_string!(locale, updates.server).to_owned(),
        Author::Somebody => td_string!(locale, updates.somebody).to_owned(),
    }
}

/// Whether a kind of thing says who belongs to the area: the server writes it, whoever decided it.
pub(super) fn is_of_roster(entity: &str) -> bool {
    matches!(entity, "member" | "device" | "invitation" | "walk")
}

/// What a field is called, in front of its value.
pub(super) fn field_label(locale: Locale, entity: &str, field: &str) -> String {
    let words = field_words(locale, entity, field);
    // *Hvad siges der om det?* and *Ring 112, hvis …* end by themselves.
    if words.ends_with(char::is_alphanumeric) { format!("{words}:") } else { words.to_owned() }
}

/// What a field is called where it is edited.
fn field_words(locale: Locale, entity: &str, field: &str) -> &'static str {
    match (entity, field) {
        (_, "scope") => td_string!(locale, map.seen_by),
        (_, "order") => td_string!(locale, updates.field.order),
        (_, "on") => td_string!(locale, updates.field.on),
        (_, "sector") => td_string!(locale, edit.sector),
        ("contact", "role") => td_string!(locale, edit.role),
        ("member", "role") => td_string!(locale, more.invite_role),
        ("channel", "label") => td_string!(locale, edit.channel_label),
        ("channel", "kind") => td_string!(locale, edit.channel_kind),
        ("channel", "value") => td_string!(locale, updates.field.value),
        ("map_pin", "note") => td_string!(locale, map.form.note),
        (_, "caption") => td_string!(locale, map.photo.caption),
        (_, "name") => td_string!(locale, edit.name),
        (_, "title") => td_string!(locale, map.form.title),
        (_, "note") => td_string!(locale, edit.note),
        (_, "hours" | "concern_hours") => td_string!(locale, edit.hours),
        (_, "organisation") => td_string!(locale, edit.organisation),
        (_, "verified_at") => td_string!(locale, updates.field.verified),
        (_, "reported_at") => td_string!(locale, updates.field.reported),
        (_, "icon") => td_string!(locale, edit.icon),
        (_, "call_112_if") => td_string!(locale, edit.call_112_if),
        (_, "call_114_if") => td_string!(locale, edit.call_114_if),
        (_, "notice") => td_string!(locale, edit.notice),
        (_, "not_report") => td_string!(locale, edit.not_report),
        (_, "have_ready") => td_string!(locale, edit.have_ready),
        (_, "category") => td_string!(locale, updates.field.category),
        (_, "position") => td_string!(locale, updates.field.position),
        (_, "place") => td_string!(locale, edit.area_place),
        (_, "expires_at") => td_string!(locale, updates.field.expires),
        (_, "concern_title") => td_string!(locale, edit.concern_title),
        (_, "concern_text") => td_string!(locale, edit.concern_text),
        (_, "concern_phone") => td_string!(locale, edit.concern_phone),
        _ => td_string!(locale, updates.field.other),
    }
}

/// Whether a field's values say something to people: places in a list do not.
pub(super) fn is_shown(field: &str) -> bool {
    field != "order"
}

/// The same of a thing that is new: its place would be told beside the one it had, and it had none.
pub(super) fn is_shown_of_new(field: &str) -> bool {
    is_shown(field) && !is_place(field)
}

/// Whether a field says where on the map something is.
pub(super) fn is_place(field: &str) -> bool {
    field == "position"
}

/// A value as it reads on the screen where it is edited.
pub(super) fn value_words(i18n: I18n, field: &str, value: &str, now_ms: i64) -> String {
    let locale = i18n.get_locale();
    let at = || value.parse::<i64>().ok();
    let words = match (field, value) {
        (_, "") => td_string!(locale, updates.nothing),
        ("position", _) => td_string!(locale, updates.place.put),
        ("icon", icon) => icon_words(locale, icon),
        ("on", "true") => td_string!(locale, updates.yes),
        ("on", _) => td_string!(locale, updates.no),
        ("scope", "public") => td_string!(locale, common.scope.public),
        ("scope", "network") => td_string!(locale, common.scope.network),
        ("scope", "walk") => td_string!(locale, common.scope.walk),
        ("scope", _) => td_string!(locale, common.scope.coordination),
        ("kind", "phone") => td_string!(locale, edit.kind_phone),
        ("kind", "mobile") => td_string!(locale, edit.kind_mobile),
        ("kind", _) => td_string!(locale, edit.kind_mail),
        ("category", "institution") => td_string!(locale, map.category.institution),
        ("category", "association") => td_string!(locale, map.category.association),
        ("category", "enthusiast") => td_string!(locale, map.category.enthusiast),
        ("category", "place") => td_string!(locale, map.category.place),
        ("category", "social") => td_string!(locale, map.category.social),
        ("category", "location") => td_string!(locale, map.category.location),
        ("category", _) => td_string!(locale, map.category.group),
        ("sector", "municipality") => td_string!(locale, common.sector.municipality),
        ("sector", "housing") => td_string!(locale, common.sector.housing),
        ("sector", "police") => td_string!(locale, common.sector.police),
        ("sector", "health") => td_string!(locale, common.sector.health),
        ("sector", "education") => td_string!(locale, common.sector.education),
        ("sector", "association") => td_string!(locale, common.sector.association),
        ("sector", _) => td_string!(locale, common.sector.business),
        ("role", "coordinator") => td_string!(locale, common.role.coordinator),
        ("role", "staff") => td_string!(locale, common.role.staff),
        ("role", "participant") => td_string!(locale, common.role.participant),
        ("role", "resident") => td_string!(locale, common.role.resident),
        ("hours" | "concern_hours", _) => return hours_words(i18n, value),
        ("expires_at", _) => return at().map_or_else(String::new, |at| date_words(i18n, at)),
        ("verified_at" | "reported_at", _) => {
            return at().map_or_else(String::new, |at| moment_words(i18n, at, now_ms));
        }
        _ => return value.to_owned(),
    };
    if matches!(field, "on") { lowercase(words) } else { words.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trygkort_core::domain::Entity;

    #[test]
    fn everything_that_changes_has_a_name() {
        for entity in Entity::ALL.iter().filter(|entity| **entity != Entity::Conflict) {
            for locale in [Locale::da, Locale::en] {
                let other = entity_words(locale, "something of a newer version");
                assert_ne!(entity_words(locale, entity.name()), other, "{}", entity.name());
            }
        }
    }

    #[test]
    fn what_the_server_notes_about_people_is_of_the_roster() {
        for entity in Entity::ALL {
            assert_eq!(is_of_roster(entity.name()), entity.is_mirror(), "{}", entity.name());
        }
    }

    #[test]
    fn what_was_decided_between_two_is_said_in_a_sentence() {
        let row = trygkort_core::domain::RowId(uuid::Uuid::nil());
        let field = trygkort_core::ipc::ChangedField {
            field: "note".into(),
            before: None,
            after: "Ring på".into(),
            lost: true,
        };
        let told = |deed, fields| {
            deed_words(
                Locale::da,
                &ChangedRow { row, entity: "contact".into(), name: String::new(), part_of: None, deed, fields },
            )
        };
        assert!(told(Deed::Chosen, vec![field.clone()]).ends_with("blev gendannet."));
        assert!(told(Deed::Kept, vec![field]).ends_with("Det, der stod, blev beholdt."));
        assert!(told(Deed::Kept, Vec::new()).ends_with("forblev slettet."));
    }

    #[test]
    fn places_and_icons_are_told_and_places_in_a_list_are_not() {
        for (field, shown, of_new) in [("position", true, false), ("icon", true, true), ("order", false, false)] {
            assert_eq!((is_shown(field), is_shown_of_new(field)), (shown, of_new), "{field}");
        }
    }

    #[test]
    fn a_label_ends_with_one_mark() {
        assert_eq!(field_label(Locale::da, "contact", "hours"), "Åbningstider:");
        for (entity, field) in [("map_pin", "note"), ("problem", "call_112_if"), ("problem", "call_114_if")] {
            let label = field_label(Locale::da, entity, field);
            assert!(!label.ends_with(':'), "{label}");
        }
    }

    #[test]
    fn a_contact_leaves_the_card_and_the_card_stays() {
        let row = trygkort_core::domain::RowId(uuid::Uuid::nil());
        let cell = |deed| ChangedRow {
            row,
            entity: "card_cell".into(),
            name: String::new(),
            part_of: None,
            deed,
            fields: Vec::new(),
        };
        assert_eq!(deed_words(Locale::da, &cell(Deed::Deleted)), "Fjernet fra Actioncard");
        assert_eq!(deed_words(Locale::da, &cell(Deed::Made)), "Sat på Actioncard");
    }
}
