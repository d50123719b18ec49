//! What a field accepts. Client and server check the same, so that a device finds out before it is refused.

use super::schema::{Field, Kind};
use super::{Value, order, personal_number, phone};
use thiserror::Error;

/// Why a value does not fit its field. Names the field and the limit, never the value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValueError {
    #[error("{field}: at most {max} characters, got {got}")]
    TooLong { field: &'static str, max: usize, got: usize },
    #[error("{field}: not {expected}")]
    WrongKind { field: &'static str, expected: &'static str },
    #[error("{field}: holds what looks like a personal number")]
    PersonalNumber { field: &'static str },
}

impl ValueError {
    /// The field it is about.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            ValueError::TooLong { field, .. }
            | ValueError::WrongKind { field, .. }
            | ValueError::PersonalNumber { field } => field,
        }
    }
}

/// Checks one value against its field. `Null` empties a field and is always allowed.
///
/// # Errors
/// When the value is too long, of the wrong kind, or holds a personal number.
pub fn value(field: &Field, value: &Value) -> Result<(), ValueError> {
    if *value == Value::Null {
        return Ok(());
    }
    let name = field.name;
    let wrong = |expected| Err(ValueError::WrongKind { field: name, expected });
    match (field.kind, value) {
        (Kind::Text { max }, Value::Text(text)) => free_text(name, text, max),
        (Kind::Choice(words), Value::Text(word)) if words.contains(&word.as_str()) => Ok(()),
        (Kind::Phone, Value::Text(text)) if text.is_empty() || is_stored_phone(text) => Ok(()),
        (Kind::Address, Value::Text(text)) if is_stored_phone(text) => Ok(()),
        (Kind::Address, Value::Text(text)) if is_mail(text) => free_text(name, text, 254),
        // The syntax is checked where it is typed; here only that it cannot carry something else.
        (Kind::Hours, Value::Text(text)) => free_text(name, text, 300),
        (Kind::OrderKey, Value::Text(key)) if order::is_key(key) => Ok(()),
        (Kind::Bounds, Value::Text(text)) if parse_bounds(text).is_some() => Ok(()),
        (Kind::Bool, Value::Bool(_)) | (Kind::Time, Value::Int(_)) | (Kind::Row(_) | Kind::AnyRow, Value::Row(_)) => {
            Ok(())
        }
        (Kind::Blob, Value::Text(name)) if is_blob_name(name) => Ok(()),
        // It was judged where it was written.
        (Kind::Any, _) => Ok(()),
        (Kind::Count, Value::Int(number)) if *number >= 0 => Ok(()),
        (Kind::Position, Value::Position(place)) if place.is_on_globe() => Ok(()),
        (Kind::Choice(_), _) => wrong("one of the choices"),
        (Kind::Phone | Kind::Address, _) => wrong("a telephone number (E.164) or mail address"),
        (Kind::Blob, _) => wrong("a BLAKE3 hash in hexadecimal"),
        (Kind::OrderKey, _) => wrong("an order key"),
        (Kind::Bounds, _) => wrong("west,south,east,north in degrees"),
        (Kind::Text { .. } | Kind::Hours, _) => wrong("text"),
        (Kind::Bool, _) => wrong("true or false"),
        (Kind::Count, _) => wrong("a whole number from 0"),
        (Kind::Time, _) => wrong("a time"),
        (Kind::Position, _) => wrong("a position"),
        (Kind::Row(_) | Kind::AnyRow, _) => wrong("a row id"),
    }
}

fn free_text(field: &'static str, text: &str, max: usize) -> Result<(), ValueError> {
    let got = text.chars().count();
    if got > max {
        return Err(ValueError::TooLong { field, max, got });
    }
    if personal_number::contains(text) {
        return Err(ValueError::PersonalNumber { field });
    }
    Ok(())
}

fn is_stored_phone(text: &str) -> bool {
    phone::parse(text).as_deref() == Ok(text)
}

/// Whether a text has the form of a mail address: something, `@`, something with a dot, no spaces. What lies behind it
/// only sending a mail can tell.
#[must_use]
pub fn is_mail(text: &str) -> bool {
    text.len() <= 254
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | ',' | '?' | '&'))
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.contains('@')
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
        })
}

/// Whether a text is a BLAKE3 hash as it names files: 64 digits, in lower case.
#[must_use]
pub fn is_blob_name(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// West, south, east, north in degrees; `None` when it is no box on the globe.
#[must_use]
pub fn parse_bounds(text: &str) -> Option<[f64; 4]> {
    let numbers: Vec<f64> = text.split(',').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
    let [west, south, east, north] = <[f64; 4]>::try_from(numbers).ok()?;
    let lon = |degrees: f64| (-180.0..=180.0).contains(&degrees);
    let lat = |degrees: f64| (-90.0..=90.0).contains(&degrees);
    (lon(west) && lon(east) && lat(south) && lat(north) && west < east && south < north)
        .then_some([west, south, east, north])
}

#[cfg(test)]
mod tests {
    use super::super::schema::{Entity, area, channel, contact, device, organisation, photo};
    use super::super::{FieldId, RowId};
    use super::*;

    fn check(entity: Entity, id: FieldId, given: impl Into<Value>) -> Result<(), ValueError> {
        value(entity.field(id).unwrap(), &given.into())
    }

    #[test]
    fn text_has_a_limit_and_no_personal_numbers() {
        assert_eq!(check(Entity::Contact, contact::name, "Ejendomskontoret"), Ok(()));
        let long = "å".repeat(121);
        assert_eq!(
            check(Entity::Contact, contact::name, Value::Text(long)),
            Err(ValueError::TooLong { field: "name", max: 120, got: 121 })
        );
        let error = check(Entity::Contact, contact::note, "se 010203-1234").unwrap_err();
        assert_eq!(error, ValueError::PersonalNumber { field: "note" });
        assert!(!error.to_string().contains("1234"));
    }

    #[test]
    fn channels_hold_stored_numbers_or_mail() {
        for good in ["+4532571000", "112", "drift@boegeparken.example"] {
            assert_eq!(check(Entity::Channel, channel::value, good), Ok(()), "{good}");
        }
        for bad in ["32571000", "drift@", "a b@c.dk", "x@y.dk?bcc=z@w.dk", "", "a@b@c.dk", "010203-1234@x.example"] {
            assert!(check(Entity::Channel, channel::value, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn files_are_named_by_their_hash() {
        assert_eq!(check(Entity::Photo, photo::hash, "0f".repeat(32)), Ok(()));
        for bad in ["", "0f", &"0F".repeat(32), &"0g".repeat(32), &"0f".repeat(33), &"æ".repeat(32)] {
            assert!(check(Entity::Photo, photo::hash, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn kinds_must_match() {
        assert!(check(Entity::Organisation, organisation::sector, "army").is_err());
        assert!(check(Entity::Contact, contact::organisation, "text").is_err());
        assert_eq!(check(Entity::Contact, contact::organisation, Value::Row(RowId(uuid::Uuid::nil()))), Ok(()));
        assert!(check(Entity::Area, area::bounds, "12.2,55.6,12.1,55.7").is_err());
        assert_eq!(check(Entity::Area, area::bounds, "12.1,55.6,12.2,55.7"), Ok(()));
        assert_eq!(check(Entity::Contact, contact::name, Value::Null), Ok(()));
        assert_eq!(check(Entity::Device, device::origin, Some(7)), Ok(()));
        assert!(check(Entity::Device, device::origin, Some(-1)).is_err());
        assert!(check(Entity::Device, device::origin, "7").is_err());
    }
}
