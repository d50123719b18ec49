//! Whom is asked for: a text that names somebody, or a member's id.

use serde_json::Value as Json;
use trygkort_core::domain::schema::Kind;
use trygkort_core::domain::{Entity, FieldId, RowId, Value, text};

/// So few letters would find everybody.
const LETTERS_MIN: usize = 3;
/// So many digits are a telephone number, however it is grouped.
const DIGITS_MIN: usize = 6;
/// The last digits tell a telephone; what stands before them is the country, which may be left out.
const DIGITS_MAX: usize = 8;

/// A text to look for.
pub(super) struct Asked {
    folded: String,
    digits: Option<String>,
    /// The text is an id.
    pub(super) id: Option<RowId>,
}

impl Asked {
    /// `None` when so little would find everybody.
    pub(super) fn new(given: &str) -> Option<Self> {
        let folded = text::fold(given.trim()).trim().to_owned();
        let id: Option<RowId> = given.trim().parse().ok();
        let digits = if id.is_some() { String::new() } else { digits(given) };
        let country = digits.len().saturating_sub(DIGITS_MAX);
        let digits = (digits.len() >= DIGITS_MIN).then(|| digits[country..].to_owned());
        let enough = folded.chars().count() >= LETTERS_MIN;
        enough.then_some(Self { folded, digits, id })
    }

    /// Whether a text mentions them. Spelling is taken as in the app's search: *soren* finds *Søren*.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let number = |wanted: &String| digits(text).contains(wanted);
        text::fold(text).contains(&self.folded) || self.digits.as_ref().is_some_and(number)
    }

    /// A file's hash names nobody, though three of its digits may spell a name.
    pub(super) fn is_in_field(&self, entity: u16, field: FieldId, value: &Value) -> bool {
        let known = Entity::from_number(entity).and_then(|entity| entity.field(field));
        match value {
            Value::Text(_) if known.is_some_and(|field| field.kind == Kind::Blob) => false,
            Value::Text(text) => self.is_in(text),
            Value::Row(row) => self.id == Some(*row),
            _ => false,
        }
    }

    /// Whether a record of `control.db` is them or is called by their name.
    pub(super) fn is_record(&self, record: &Json) -> bool {
        let word = |field: &str| record[field].as_str().unwrap_or_default();
        self.is_in(word("name")) || self.id.is_some_and(|id| word("id") == id.to_string())
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trygkort_core::domain::schema::{map_pin, photo};

    #[test]
    fn the_hash_of_a_file_names_nobody() {
        let (asked, hash) = (Asked::new("Bea").unwrap(), Value::from("bea0".repeat(16).as_str()));
        let photo = Entity::Photo.number();
        assert!(!asked.is_in_field(photo, photo::hash, &hash) && !asked.is_in_field(photo, photo::thumbnail, &hash));
        assert!(asked.is_in_field(Entity::MapPin.number(), map_pin::title, &hash));
    }

    #[test]
    fn names_are_found_however_they_are_spelt_and_numbers_however_they_are_grouped() {
        let asked = Asked::new("soren holm").unwrap();
        assert!(asked.is_in("Ring til Søren  Holm efter kl. 15") && !asked.is_in("Sørine Holm"));
        let number = Asked::new("20 24 57 11").unwrap();
        assert!(number.is_in("+4520245711") && number.is_in("tlf. 2024 5711") && !number.is_in("+4520245712"));
        assert!(Asked::new("0045 2024 5711").unwrap().is_in("20 24 57 11"));
        for little in ["", " a", "ås", "12"] {
            assert!(Asked::new(little).is_none(), "{little}");
        }
    }
}
