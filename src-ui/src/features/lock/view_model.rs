//! What the lock screen counts and says, without a screen.

use crate::i18n::*;

/// How long a PIN may be.
pub(super) const PIN_MAX: usize = 8;
pub(super) const PIN_MIN: usize = 4;

/// What a key adds to what was typed.
pub(super) fn typed(before: &str, key: &str) -> Option<String> {
    match key {
        "Backspace" => {
            let mut digits = before.to_owned();
            digits.pop().map(|_| digits)
        }
        digit if digit.len() == 1 && digit.as_bytes()[0].is_ascii_digit() => {
            (before.len() < PIN_MAX).then(|| format!("{before}{digit}"))
        }
        _ => None,
    }
}

/// Whether this can be a PIN.
pub(super) fn is_pin(digits: &str) -> bool {
    (PIN_MIN..=PIN_MAX).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a PIN is among the first that somebody tries: 1111, 1234, 9876, 1212, 123123.
pub(super) fn is_easy(pin: &str) -> bool {
    let digits = pin.as_bytes();
    let steps = |step: u8| digits.windows(2).all(|pair| pair[0].wrapping_add(step) == pair[1]);
    let repeats =
        |length: usize| digits.len() > length && digits.iter().zip(&digits[length..]).all(|(one, next)| one == next);
    is_pin(pin) && (steps(1) || steps(u8::MAX) || (1..=digits.len() / 2).any(repeats))
}

/// A wait as it is said: seconds below two minutes, minutes from there on, never shorter than it is.
pub(super) fn wait_words(locale: Locale, left_s: u32) -> String {
    match left_s {
        1 => td_string!(locale, lock.seconds_1).to_owned(),
        0..120 => td_string!(locale, lock.seconds_n, count = left_s).to_string(),
        _ => td_string!(locale, lock.minutes_n, count = left_s.div_ceil(60)).to_string(),
    }
}

/// What is lost with this device.
pub(super) fn unsent_words(locale: Locale, unsent: u32) -> String {
    match unsent {
        0 => td_string!(locale, lock.unsent_0).to_owned(),
        1 => td_string!(locale, lock.unsent_1).to_owned(),
        count => td_string!(locale, lock.unsent_n, count = count).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_typed_and_taken_back_up_to_eight() {
        assert_eq!(typed("", "4").as_deref(), Some("4"));
        assert_eq!(typed("12", "Backspace").as_deref(), Some("1"));
        assert_eq!(typed("", "Backspace"), None);
        assert_eq!(typed("12345678", "9"), None);
        for key in ["a", "Enter", "F5", " ", "é", "１"] {
            assert_eq!(typed("12", key), None, "{key}");
        }
    }

    #[test]
    fn a_pin_has_four_to_eight_digits() {
        assert!(is_pin("1234") && is_pin("12345678"));
        assert!(!is_pin("123") && !is_pin("123456789") && !is_pin("12a4"));
    }

    #[test]
    fn what_everybody_tries_first_is_easy() {
        for easy in ["1111", "1234", "4321", "012345", "1212", "123123", "00000000"] {
            assert!(is_easy(easy), "{easy}");
        }
        for fair in ["1357", "2580", "1112", "482915", "111", ""] {
            assert!(!is_easy(fair), "{fair}");
        }
    }

    #[test]
    fn waits_are_never_said_too_short() {
        assert_eq!(wait_words(Locale::da, 1), "1 sekund");
        assert_eq!(wait_words(Locale::da, 30), "30 sekunder");
        assert_eq!(wait_words(Locale::da, 119), "119 sekunder");
        assert_eq!(wait_words(Locale::da, 121), "3 minutter");
        assert_eq!(wait_words(Locale::en, 3_600), "60 minutes");
    }
}
