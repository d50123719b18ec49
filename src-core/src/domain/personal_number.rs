//! Danish personal numbers (CPR) in free text: found so that they can be stopped before they are stored.

/// Whether `text` holds what looks like a CPR number: a valid date `DDMMYY`, at most one space or hyphen, four digits.
///
/// The modulus-11 test was given up by the authority in 2007, so only the date is checked. Digits that belong to a
/// longer run (an order number, an E.164 number) are not a CPR number.
#[must_use]
pub fn contains(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (0..chars.len()).any(|start| starts_with_number(&chars, start))
}

fn starts_with_number(chars: &[char], start: usize) -> bool {
    let before = start.checked_sub(1).map(|i| chars[i]);
    if before.is_some_and(|c| c.is_ascii_digit() || c == '+') {
        return false;
    }
    let Some(date) = digits(chars, start, 6) else { return false };
    let after_date = start + 6;
    let separator = matches!(chars.get(after_date), Some(' ' | '-' | '\u{2010}'..='\u{2015}' | '\u{a0}'));
    let serial = after_date + usize::from(separator);
    digits(chars, serial, 4).is_some() && !chars.get(serial + 4).is_some_and(char::is_ascii_digit) && is_date(&date)
}

fn digits(chars: &[char], start: usize, count: usize) -> Option<Vec<u32>> {
    chars.get(start..start + count)?.iter().map(|c| c.to_digit(10)).collect()
}

/// `DDMMYY`. The century is not known, so 29 February is allowed in every year that is leap in some century.
fn is_date(d: &[u32]) -> bool {
    let (day, month, year) = (d[0] * 10 + d[1], d[2] * 10 + d[3], d[4] * 10 + d[5]);
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1..=last).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn finds_numbers_with_and_without_separator() {
        for text in ["0102031234", "010203-1234", "Han hedder x, 311299 4321.", "cpr:290200-0000", "(010203–1234)"] {
            assert!(contains(text), "{text}");
        }
    }

    #[test]
    fn leaves_other_numbers_alone() {
        for text in [
            "32 57 10 00",
            "+4532571000",
            "320203-1234", // no 32nd day
            "310403-1234", // April has 30 days
            "290201-1234", // 2001 and 1901 are no leap years
            "Ordre 10102031234567",
            "010203-12345",
            "+0102031234",
            "01.02.03 kl. 12.34",
            "",
        ] {
            assert!(!contains(text), "{text}");
        }
    }
}
