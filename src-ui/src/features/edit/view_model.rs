//! What the forms share, worked out from plain data: which field an error stands at, and the order of channels.

use serde::{Deserialize, Serialize};
use trygkort_core::ipc::Editing;

/// A form under way, as it is drafted. What was opened belongs to it, so that saving it tomorrow is still judged by what
/// the writer had seen today, and a new row saved twice stays one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Unfinished<F> {
    pub(crate) opened: Editing<F>,
    pub(crate) form: F,
}

/// Where in a form an error belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ErrorPlace {
    /// A field of the form itself.
    Field(String),
    /// A field of one item of its list: `channels[2].value`, `channels.2.value` or `channels[2]`.
    Item { index: usize, field: String },
}

impl ErrorPlace {
    /// Reads the `field` of an error.
    pub(crate) fn parse(field: &str) -> Self {
        let mut parts = field.split(['.', '[', ']']).filter(|part| !part.is_empty());
        let name = parts.next().unwrap_or_default();
        match parts.next().and_then(|index| index.parse().ok()) {
            Some(index) => Self::Item { index, field: parts.next().unwrap_or("value").to_owned() },
            None => Self::Field(name.to_owned()),
        }
    }
}

/// Moves an item one place; at the end of the list nothing happens.
pub(crate) fn move_item<T>(items: &mut [T], index: usize, up: bool) -> bool {
    let other = if up { index.checked_sub(1) } else { index.checked_add(1) };
    match other {
        Some(other) if other < items.len() && index < items.len() => {
            items.swap(index, other);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_finds_its_field_and_its_item() {
        assert_eq!(ErrorPlace::parse("name"), ErrorPlace::Field("name".into()));
        for written in ["channels[2].value", "channels.2.value", "channels[2]"] {
            assert_eq!(ErrorPlace::parse(written), ErrorPlace::Item { index: 2, field: "value".into() }, "{written}");
        }
        assert_eq!(ErrorPlace::parse("channels[0].label"), ErrorPlace::Item { index: 0, field: "label".into() });
        assert_eq!(ErrorPlace::parse("channels"), ErrorPlace::Field("channels".into()));
        assert_eq!(ErrorPlace::parse(""), ErrorPlace::Field(String::new()));
    }

    #[test]
    fn items_move_one_place_and_stop_at_the_ends() {
        let mut items = [1, 2, 3];
        assert!(move_item(&mut items, 2, true));
        assert_eq!(items, [1, 3, 2]);
        assert!(!move_item(&mut items, 0, true) && !move_item(&mut items, 2, false) && !move_item(&mut items, 7, true));
        assert_eq!(items, [1, 3, 2]);
    }
}
