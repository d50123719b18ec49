//! A contact as a vCard 3.0 file (RFC 2426): what Outlook, Android and iPhone all read.
//!
//! Written by hand: the libraries there are bring time zones and parsers that a phone would have to download
//! (docs/adr/0006-dependencies.md).

/// The longest line in bytes; longer ones are folded (RFC 2425 §5.8.1).
const LINE_MAX: usize = 75;

/// What a vCard says.
#[derive(Default)]
pub struct Vcard<'a> {
    pub name: &'a str,
    pub organisation: &'a str,
    pub role: &'a str,
    pub note: &'a str,
    /// (number as E.164, is a mobile)
    pub phones: Vec<(&'a str, bool)>,
    pub mails: Vec<&'a str>,
}

/// The text of the file, with CRLF line ends.
#[must_use]
pub fn write(card: &Vcard<'_>) -> String {
    let mut lines = vec!["BEGIN:VCARD".to_owned(), "VERSION:3.0".to_owned()];
    lines.push(format!("FN:{}", escape(card.name)));
    // The name is an office or a person; it is not taken apart into family and given names.
    lines.push(format!("N:{};;;;", escape(card.name)));
    for (property, text) in [("ORG", card.organisation), ("TITLE", card.role), ("NOTE", card.note)] {
        if !text.is_empty() {
            lines.push(format!("{property}:{}", escape(text)));
        }
    }
    for (number, mobile) in &card.phones {
        lines.push(format!("TEL;TYPE={}:{}", if *mobile { "CELL" } else { "WORK,VOICE" }, escape(number)));
    }
    for mail in &card.mails {
        lines.push(format!("EMAIL;TYPE=INTERNET:{}", escape(mail)));
    }
    lines.push("END:VCARD".to_owned());
    lines.iter().map(|line| fold(line) + "\r\n").collect()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ',' | ';' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// Breaks a line so that no part is longer than [`LINE_MAX`] bytes; continuation lines begin with a space.
fn fold(line: &str) -> String {
    let mut folded = String::with_capacity(line.len() + 8);
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > LINE_MAX {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(c);
        length += c.len_utf8();
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_reads_as_a_vcard() {
        let card = Vcard {
            name: "Ejendomskontoret; drift",
            organisation: "Bøgeparkens Boligforening",
            note: "Ring først,\nskriv så",
            phones: vec![("+4532571000", false), ("+4520245700", true)],
            mails: vec!["drift@boegeparken.example"],
            ..Vcard::default()
        };
        let text = write(&card);
        assert_eq!(
            text,
            "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ejendomskontoret\\; drift\r\nN:Ejendomskontoret\\; drift;;;;\r\n\
             ORG:Bøgeparkens Boligforening\r\nNOTE:Ring først\\,\\nskriv så\r\nTEL;TYPE=WORK,VOICE:+4532571000\r\n\
             TEL;TYPE=CELL:+4520245700\r\nEMAIL;TYPE=INTERNET:drift@boegeparken.example\r\nEND:VCARD\r\n"
        );
    }

    #[test]
    fn long_lines_are_folded_between_letters_and_nothing_is_injected() {
        let note = "å".repeat(100) + "\r\nTEL:+4500000000";
        let text = write(&Vcard { name: "x", note: &note, ..Vcard::default() });
        assert!(text.split("\r\n").all(|line| line.len() <= LINE_MAX));
        assert!(!text.contains("\r\nTEL"));
        assert!(text.replace("\r\n ", "").contains(&"å".repeat(100)));
    }
}
