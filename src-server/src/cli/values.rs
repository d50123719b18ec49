//! What may stand behind an option.

use trygkort_core::domain::schema::walk;
use trygkort_core::domain::{Entity, Role, Value, validate};

const MINUTE_MS: i64 = 60_000;
const YEARS_MAX_MS: i64 = 2 * 366 * 24 * 60 * MINUTE_MS;

/// A time span: `30m`, `12h`, `7d`, `2w`.
pub(super) fn span_ms(text: &str) -> Result<i64, String> {
    let expected = || "expected a number and m, h, d or w, such as 12h or 7d".to_owned();
    let unit = text.chars().next_back().ok_or_else(expected)?;
    let minutes = match unit {
        'm' => 1,
        'h' => 60,
        'd' => 24 * 60,
        'w' => 7 * 24 * 60,
        _ => return Err(expected()),
    };
    let number: i64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| expected())?;
    let span = number.checked_mul(minutes * MINUTE_MS).filter(|span| (MINUTE_MS..=YEARS_MAX_MS).contains(span));
    span.ok_or_else(|| "must lie between 1m and two years".to_owned())
}

/// A span in words: `7 days`.
pub(super) fn in_words(span_ms: i64) -> String {
    let minutes = span_ms / MINUTE_MS;
    let (number, unit) = match minutes {
        m if m % (24 * 60) == 0 => (m / (24 * 60), "day"),
        m if m % 60 == 0 => (m / 60, "hour"),
        m => (m, "minute"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// A role's word.
pub(super) fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|error: trygkort_core::domain::UnknownRole| error.to_string())
}

/// What a walk is called: as the area's log takes it.
pub(super) fn walk_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let field = Entity::Walk.field(walk::name).ok_or("walks have no names")?;
    validate::value(field, &Value::from(name)).map_err(|error| error.to_string())?;
    if name.is_empty() { Err("a walk needs a name".to_owned()) } else { Ok(name.to_owned()) }
}

/// Where the server is reached from outside.
pub(super) fn public_url(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = host.ok_or("must begin with https:// (or http://)")?.trim_end_matches('/');
    let plain = |character: char| character.is_ascii_graphic() && !"/?#@\\".contains(character);
    if host.is_empty() || !host.chars().all(plain) {
        return Err("must be a scheme and a host, such as https://kort.example.dk".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_said() {
        for (text, words) in
            [("1m", "1 minute"), ("90m", "90 minutes"), ("12h", "12 hours"), ("7d", "7 days"), ("2w", "14 days")]
        {
            assert_eq!(in_words(span_ms(text).unwrap()), words);
        }
        for text in ["", "7", "d", "-1d", "0h", "7x", "7 d", "99999999999999999999w", "9999d", "7å"] {
            assert!(span_ms(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_is_a_scheme_and_a_host() {
        assert_eq!(public_url("https://kort.example.dk/").unwrap(), "https://kort.example.dk");
        assert!(public_url("http://127.0.0.1:8787").is_ok());
        for text in
            ["kort.example.dk", "ftp://x", "https://", "https://a b", "https://x/path", "https://u@x", "https://x#y"]
        {
            assert!(public_url(text).is_err(), "{text}");
        }
    }
}
