//! Danish text: folding for search, keys for sorting.
//!
//! Letters lose their accents by [`plain`], which knows the Latin alphabets: the tables of all of Unicode are more
//! than a phone should have to download (docs/adr/0006-dependencies.md). Other scripts are compared as they are written.

/// Folds text for search so that what Danes type finds what Danes wrote: *soren* finds *Søren*, *aa* finds *å*,
/// *ae* finds *æ*; case and accents do not matter, and everything but letters and digits becomes one space.
///
/// Both sides of a comparison are folded: `ø`, `oe` and `o` become `o`; `å` and `aa` become `a`; `æ` becomes `ae`.
///
/// ```
/// use trygkort_core::domain::text::fold;
///
/// assert_eq!(fold("Søren"), fold("soren"));
/// assert_eq!(fold("Aabenraa"), fold("åbenrå"));
/// ```
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase).filter(|c| !is_accent(*c)) {
        match c {
            'å' => push_folded(&mut folded, 'a'),
            'ä' => "ae".chars().for_each(|letter| push_folded(&mut folded, letter)),
            'ø' | 'ö' => push_folded(&mut folded, 'o'),
            _ => match plain(c) {
                Some(letters) => letters.chars().for_each(|letter| push_folded(&mut folded, letter)),
                None => push_folded(&mut folded, c),
            },
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Appends a letter, writing `aa` as `a` and `oe` as `o`, and runs of other characters as one space.
fn push_folded(folded: &mut String, letter: char) {
    if !letter.is_alphanumeric() {
        if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
        return;
    }
    match (folded.chars().next_back(), letter) {
        (Some('a'), 'a') | (Some('o'), 'e') => {}
        _ => folded.push(letter),
    }
}

/// An accent that stands behind its letter as a character of its own.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// A lower-case Latin letter without its accents, or `None` when it has none.
///
/// The ranges run over upper-case letters as well: in Unicode the two alternate.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à'..='å' | 'ā'..='ą' | 'ǎ' | 'ǟ'..='ǡ' | 'ǻ' | 'ȁ'..='ȃ' | 'ȧ' | 'ḁ' | 'ạ'..='ặ' => "a",
        'æ' | 'ǣ' | 'ǽ' => "ae",
        'ḃ'..='ḇ' => "b",
        'ç' | 'ć'..='č' | 'ḉ' => "c",
        'ð' | 'ď'..='đ' | 'ḋ'..='ḓ' => "d",
        'è'..='ë' | 'ē'..='ě' | 'ȅ'..='ȇ' | 'ȩ' | 'ḕ'..='ḝ' | 'ẹ'..='ệ' => "e",
        'ḟ' => "f",
        'ĝ'..='ģ' | 'ǧ' | 'ǵ' | 'ḡ' => "g",
        'ĥ'..='ħ' | 'ȟ' | 'ḣ'..='ḫ' | 'ẖ' => "h",
        'ì'..='ï' | 'ĩ'..='ı' | 'ǐ' | 'ȉ'..='ȋ' | 'ḭ'..='ḯ' | 'ỉ'..='ị' => "i",
        'ĵ' | 'ǰ' => "j",
        'ķ' | 'ǩ' | 'ḱ'..='ḵ' => "k",
        'ĺ'..='ł' | 'ḷ'..='ḽ' => "l",
        'ḿ'..='ṃ' => "m",
        'ñ' | 'ń'..='ň' | 'ǹ' | 'ṅ'..='ṋ' => "n",
        'ò'..='ö' | 'ø' | 'ō'..='ő' | 'ơ' | 'ǒ' | 'ǫ'..='ǭ' | 'ǿ' | 'ȍ'..='ȏ' | 'ȫ'..='ȱ' | 'ṍ'..='ṓ' | 'ọ'..='ợ' => {
            "o"
        }
        'œ' => "oe",
        'ṕ'..='ṗ' => "p",
        'ŕ'..='ř' | 'ȑ'..='ȓ' | 'ṙ'..='ṟ' => "r",
        'ś'..='š' | 'ș' | 'ṡ'..='ṩ' => "s",
        'ß' => "ss",
        'ţ'..='ŧ' | 'ț' | 'ṫ'..='ṱ' | 'ẗ' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ'..='ų' | 'ư' | 'ǔ'..='ǜ' | 'ȕ'..='ȗ' | 'ṳ'..='ṻ' | 'ụ'..='ự' => "u",
        'ṽ'..='ṿ' => "v",
        'ŵ' | 'ẁ'..='ẉ' | 'ẘ' => "w",
        'ẋ'..='ẍ' => "x",
        'ý' | 'ÿ' | 'ŷ' | 'ȳ' | 'ẏ' | 'ẙ' | 'ỳ'..='ỹ' => "y",
        'ź'..='ž' | 'ẑ'..='ẕ' => "z",
        _ => return None,
    })
}

/// A key whose byte order is the Danish alphabetical order: Æ, Ø, Å come last, and Aa sorts as Å.
#[must_use]
pub fn sort_key(text: &str) -> String {
    let mut key = String::with_capacity(text.len() + 4);
    let mut chars = text.chars().flat_map(char::to_lowercase).filter(|c| !is_accent(*c)).peekable();
    while let Some(c) = chars.next() {
        match c {
            'a' if chars.peek() == Some(&'a') => {
                chars.next();
                key.push_str("~3");
            }
            'æ' | 'ä' => key.push_str("~1"),
            'ø' | 'ö' => key.push_str("~2"),
            'å' => key.push_str("~3"),
            _ => match plain(c) {
                Some(letters) => key.push_str(letters),
                None => key.push(c),
            },
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
    fn letters_of_the_neighbours_are_found_without_their_accents() {
        for (typed, written) in [
            ("lukasz wojcik", "Łukasz Wójcik"),
            ("yildiz", "Yıldız"),
            ("isik", "Işık"),
            ("nguyen", "Nguyễn"),
            ("dordevic", "Đorđević"),
            ("thorunn", "Þórunn"),
            ("ιωάννης", "Ιωάννης"),
            ("محمد", "محمد"),
        ] {
            assert_eq!(fold(written), fold(typed), "{typed} should find {written}");
        }
    }

    /// [`plain`] against Unicode's own decomposition, letter by letter.
    #[test]
    fn plain_letters_are_unicodes() {
        use unicode_normalization::UnicodeNormalization;
        let latin = ('\u{c0}'..='\u{24f}').chain('\u{1e00}'..='\u{1eff}');
        for letter in latin.flat_map(char::to_lowercase).filter(|c| !is_accent(*c)) {
            let base: String = letter.nfd().filter(|part| !is_accent(*part)).collect();
            let base = base.replace('æ', "ae").replace('ø', "o");
            if base != letter.to_string() && base.is_ascii() {
                assert_eq!(plain(letter), Some(base.as_str()), "{letter}");
            }
        }
        assert!(('a'..='z').all(|letter| plain(letter).is_none()));
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
