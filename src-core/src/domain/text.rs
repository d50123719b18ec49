//! Danish text: folding for search, keys for sorting.

use unicode_normalization::UnicodeNormalization;

/// Folds text for search so that what Danes type finds what Danes wrote: *soren* finds *Søren*, *aa* finds *å*,
/// *ae* finds *æ*; case and accents do not matter, and everything but letters and digits becomes one space.
///
/// Both sides of a comparison are folded: `ø`, `oe` and `o` become `o`; `å` and `aa` become `a`; `æ` becomes `ae`.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'æ' | 'ä' => push_folded(&mut folded, &['a', 'e']),
            'ø' | 'ö' => push_folded(&mut folded, &['o']),
            'å' => push_folded(&mut folded, &['a']),
            'ß' => push_folded(&mut folded, &['s', 's']),
            _ => {
                for base in c.nfkd().filter(|part| !unicode_normalization::char::is_combining_mark(*part)) {
                    push_folded(&mut folded, &[base]);
                }
            }
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Appends letters, writing `aa` as `a` and `oe` as `o`, and runs of other characters as one space.
fn push_folded(folded: &mut String, letters: &[char]) {
    for &letter in letters {
        if !letter.is_alphanumeric() {
            if !folded.is_empty() && !folded.ends_with(' ') {
                folded.push(' ');
            }
            continue;
        }
        match (folded.chars().next_back(), letter) {
            (Some('a'), 'a') | (Some('o'), 'e') => {}
            _ => folded.push(letter),
        }
    }
}

/// A key whose byte order is the Danish alphabetical order: Æ, Ø, Å come last, and Aa sorts as Å.
#[must_use]
pub fn sort_key(text: &str) -> String {
    let mut key = String::with_capacity(text.len() + 4);
    let mut chars = text.chars().flat_map(char::to_lowercase).peekable();
    while let Some(c) = chars.next() {
        match c {
            'a' if chars.peek() == Some(&'a') => {
                chars.next();
                key.push_str("~3");
            }
            'æ' | 'ä' => key.push_str("~1"),
            'ø' | 'ö' => key.push_str("~2"),
            'å' => key.push_str("~3"),
            _ => key.extend(c.nfkd().filter(|part| !unicode_normalization::char::is_combining_mark(*part))),
        }
    }
    key
}

/// The lines of a field that holds a line each, trimmed, without empty ones.
#[must_use]
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_danes_type_finds_what_danes_wrote() {
        for (typed, written) in [
            ("soren", "Søren"),
            ("soeren", "Søren"),
            ("SØREN", "søren"),
            ("aase", "Åse"),
            ("ase", "Åse"),
            ("haervaerk", "Hærværk"),
            ("odegaard", "Ødegård"),
            ("ødegård", "Ødegaard"),
            ("muller", "Müller"),
            ("poet", "Poet"),
        ] {
            assert!(fold(written).contains(&fold(typed)), "{typed} should find {written}");
        }
    }

    #[test]
    fn decomposed_letters_fold_like_composed_ones() {
        assert_eq!(fold("A\u{30a}se"), fold("Åse"));
        assert_eq!(fold("SSP/Gadeplanen  (nat)"), "ssp gadeplanen nat");
    }

    #[test]
    fn danish_alphabet_ends_in_ae_oe_aa() {
        let mut names = vec!["Åse", "Zenia", "Østen", "Anders", "Æbelø", "Aage"];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(names, ["Anders", "Zenia", "Æbelø", "Østen", "Aage", "Åse"]);
    }

    #[test]
    fn lines_are_trimmed_and_empty_ones_dropped() {
        assert_eq!(lines(" Hvor?\n\n Hvad er ødelagt? \n"), ["Hvor?", "Hvad er ødelagt?"]);
    }
}
