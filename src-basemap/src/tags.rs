//! The tags of one thing, as OpenStreetMap has them.

/// Longer names are cut: a label of this length is unreadable anyway, and a broken file stays harmless.
const MAX_NAME_CHARS: usize = 120;

#[derive(Clone, Debug, Default)]
pub(crate) struct Tags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    pub(crate) fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    pub(crate) fn is(&self, key: &str, values: &[&str]) -> bool {
        self.get(key).is_some_and(|value| values.contains(&value))
    }

    /// Whether the key is there and does not say no.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value != "no")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The Danish name if there is one, else the name as the people of the place write it.
    pub(crate) fn name(&self) -> Option<String> {
        self.text("name:da").or_else(|| self.text("name"))
    }

    /// The value trimmed and of bearable length, if anything is left.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        let text: String = self.get(key)?.trim().chars().take(MAX_NAME_CHARS).collect();
        (!text.is_empty()).then_some(text)
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Tags<'a> {
    fn from_iter<T: IntoIterator<Item = (&'a str, &'a str)>>(tags: T) -> Self {
        Self(tags.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_danish_name_comes_first_and_blank_names_are_none() {
        let name = |tags: &[(&'static str, &'static str)]| tags.iter().copied().collect::<Tags<'_>>().name();
        assert_eq!(name(&[("name", "Flensburg"), ("name:da", "Flensborg")]).as_deref(), Some("Flensborg"));
        assert_eq!(name(&[("name", "Vaduz")]).as_deref(), Some("Vaduz"));
        assert_eq!(name(&[("name:da", " "), ("name", "Vaduz ")]).as_deref(), Some("Vaduz"));
        assert_eq!(name(&[("name:en", "Copenhagen")]), None);
    }
}
