//! Fractional keys: an order in which a row can be put between two others without renumbering them.
//!
//! A key is a text of digits and letters that sorts as bytes. Equal keys are told apart by row id, so two devices that
//! insert at the same place offline get a stable order.

const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The longest key that is accepted; between two neighbours, about 250 insertions at the same place.
pub const MAX_LENGTH: usize = 64;

/// Whether a text is a key: digits and letters, not empty, and not ending in `0` (nothing would sort before it).
#[must_use]
pub fn is_key(text: &str) -> bool {
    (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(|byte| DIGITS.contains(&byte)) && !text.ends_with('0')
}

/// A key after `before` and before `after`; an empty text stands for the start or the end.
///
/// When the neighbours are equal or in the wrong order (two devices inserted at the same place), the result sorts
/// after `before` only; the caller then moves the other neighbour too.
///
/// ```
/// use trygkort_core::domain::order::{between, spread};
///
/// let stops = spread(2);
/// let new = between(&stops[0], &stops[1]);
/// assert!(stops[0] < new && new < stops[1]);
/// ```
#[must_use]
pub fn between(before: &str, after: &str) -> String {
    let upper = if after.is_empty() || before < after { after } else { "" };
    let mut key = String::new();
    let mut bounded = !upper.is_empty();
    for index in 0.. {
        let low = digit(before, index).unwrap_or(0);
        let high = if bounded { digit(upper, index).unwrap_or(0) } else { DIGITS.len() };
        if high > low + 1 {
            key.push(char::from(DIGITS[usize::midpoint(low, high)]));
            return key;
        }
        key.push(char::from(DIGITS[low]));
        // One digit apart: everything longer than this digit is already below `upper`.
        bounded = bounded && high == low;
    }
    key
}

/// `count` keys in order, evenly spread: for a list that is made at once.
#[must_use]
pub fn spread(count: usize) -> Vec<String> {
    let mut keys = Vec::with_capacity(count);
    let mut last = String::new();
    for _ in 0..count {
        last = successor(&last);
        keys.push(last.clone());
    }
    keys
}

/// A short key after `key`, leaving room between them.
fn successor(key: &str) -> String {
    let mut digits: Vec<usize> = (0..3).map(|index| digit(key, index).unwrap_or(0)).collect();
    digits[2] += 7;
    for index in (1..3).rev() {
        if digits[index] >= DIGITS.len() {
            digits[index] -= DIGITS.len();
            digits[index - 1] += 1;
        }
    }
    if digits[2] == 0 {
        digits[2] = 1;
    }
    digits.iter().map(|&d| char::from(DIGITS[d.min(DIGITS.len() - 1)])).collect()
}

fn digit(key: &str, index: usize) -> Option<usize> {
    let byte = key.as_bytes().get(index)?;
    DIGITS.iter().position(|digit| digit == byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spread_keys_are_sorted_and_leave_room() {
        let keys = spread(5_000);
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(keys.iter().all(|key| is_key(key)));
    }

    proptest! {
        #[test]
        fn a_key_between_two_sorts_between_them(picks in proptest::collection::vec(0_usize..1000, 1..120)) {
            let mut keys = vec![between("", "")];
            for pick in picks {
                let at = pick % (keys.len() + 1);
                let before = at.checked_sub(1).map_or("", |i| keys[i].as_str());
                let after = keys.get(at).map_or("", String::as_str);
                let key = between(before, after);
                prop_assert!(before < key.as_str(), "{before} < {key}");
                prop_assert!(after.is_empty() || key.as_str() < after, "{key} < {after}");
                prop_assert!(!key.ends_with('0'));
                keys.insert(at, key);
            }
        }
    }

    #[test]
    fn equal_neighbours_give_a_key_after_the_first() {
        assert!(between("V", "V").as_str() > "V");
    }
}
