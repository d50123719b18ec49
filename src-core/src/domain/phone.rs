//! Telephone numbers as Danes write, dial and read them.

use thiserror::Error;

/// Numbers that are kept as they are and dialled through the dialler: emergency, police, the capital's medical line,
/// and the municipality's and others' short numbers of three or four digits beginning with 1.
fn is_short(digits: &str) -> bool {
    matches!(digits.len(), 3 | 4) && digits.starts_with('1')
}

/// A text that is no telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a telephone number: expected 8 digits, +country and digits, or a short number such as 112")]
pub struct NotAPhone;

/// The stored form: `+4532571000`, or `112`.
///
/// Eight digits are Danish. `00` and `+` begin an international number of 7 to 15 digits (E.164).
///
/// # Errors
/// When the text holds anything but digits, spaces and `+ - ( ) . /`, or the wrong number of digits.
///
/// ```
/// use trygkort_core::domain::phone;
///
/// assert_eq!(phone::parse("32 57 10 00").as_deref(), Ok("+4532571000"));
/// assert!(phone::parse("ring til mig").is_err());
/// ```
pub fn parse(text: &str) -> Result<String, NotAPhone> {
    let mut digits = String::new();
    let mut international = false;
    for (index, c) in text.trim().chars().enumerate() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if index == 0 => international = true,
            ' ' | '-' | '(' | ')' | '.' | '/' | '\u{a0}' => {}
            _ => return Err(NotAPhone),
        }
    }
    if !international && digits.starts_with("00") {
        international = true;
        digits.drain(..2);
    }
    match (international, digits.len()) {
        (true, 7..=15) if !digits.starts_with('0') => Ok(format!("+{digits}")),
        (false, 8) => Ok(format!("+45{digits}")),
        (false, _) if is_short(&digits) => Ok(digits),
        _ => Err(NotAPhone),
    }
}

/// As read on the screen: `32 57 10 00`, `+46 8 12 34 56` in pairs after the country code, `112`.
#[must_use]
pub fn display(e164: &str) -> String {
    match e164.strip_prefix("+45") {
        Some(national) if national.len() == 8 => pairs(national),
        _ => match e164.strip_prefix('+') {
            Some(digits) if digits.len() > 2 => format!("+{} {}", &digits[..2], pairs(&digits[2..])),
            _ => e164.to_owned(),
        },
    }
}

fn pairs(digits: &str) -> String {
    let chars: Vec<char> = digits.chars().collect();
    chars.chunks(2).map(|pair| pair.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// Whether an SMS can be offered: to mobiles, never to short numbers or landlines. Whether a Danish number is a mobile
/// cannot be told from its digits, so the person who enters it says so (`kind: mobile`).
#[must_use]
pub fn can_text(kind_is_mobile: bool, e164: &str) -> bool {
    kind_is_mobile && e164.starts_with('+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn danish_and_foreign_numbers_become_e164() {
        for (typed, stored) in [
            ("32 57 10 00", "+4532571000"),
            ("+45 32571000", "+4532571000"),
            ("0045 32-57-10-00", "+4532571000"),
            ("+46 8 123 456 78", "+46812345678"),
            (" 112 ", "112"),
            ("1813", "1813"),
        ] {
            assert_eq!(parse(typed).as_deref(), Ok(stored), "{typed}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for typed in ["", "3257100", "325710000", "32 57 10 0x", "12+345678", "+0123456789", "999", "+1234567890123456"]
        {
            assert_eq!(parse(typed), Err(NotAPhone), "{typed}");
        }
    }

    #[test]
    fn numbers_are_shown_in_pairs() {
        assert_eq!(display("+4532571000"), "32 57 10 00");
        assert_eq!(display("112"), "112");
        assert_eq!(display("+46812345678"), "+46 81 23 45 67 8");
    }

    #[test]
    fn text_messages_only_to_mobiles() {
        assert!(can_text(true, "+4520245700"));
        assert!(!can_text(false, "+4532571000"));
        assert!(!can_text(true, "112"));
    }
}
