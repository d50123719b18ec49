//! The language of the screens, and the macros that say a sentence in it: `use crate::i18n::*;`, then
//! `tr!(i18n, common.save)` or `t_string!(i18n, common.yesterday_at, time = time)`.
//!
//! The keys are `leptos_i18n`'s. Its context is not: it reads and writes cookies and `<meta>`, and knows the languages of
//! the world, where two words of the browser have to be compared.

use crate::state::Var;
use leptos::prelude::*;

pub(crate) use crate::sentences::i18n::{Locale, td_string};

/// The language of the screen. Reading it makes the running view depend on it.
#[derive(Clone, Copy)]
pub(crate) struct I18n(Var<Locale>);

impl I18n {
    /// Starts with the language of the device.
    pub(crate) fn provide() {
        provide_context(Self(Var::new(device_locale())));
    }

    pub(crate) fn get_locale(self) -> Locale {
        self.0.get()
    }

    pub(crate) fn get_locale_untracked(self) -> Locale {
        self.0.get_untracked()
    }

    pub(crate) fn set_locale(self, locale: Locale) {
        self.0.set(locale);
    }
}

/// The language of the screen.
pub(crate) fn use_i18n() -> I18n {
    expect_context()
}

/// The first of the device's languages that there are sentences in.
fn device_locale() -> Locale {
    let languages = window().navigator().languages();
    languages.iter().filter_map(|language| language_of(&language.as_string()?)).next().unwrap_or_default()
}

/// The language of `en-GB`.
fn language_of(tag: &str) -> Option<Locale> {
    tag.split('-').next()?.parse().ok()
}

/// A sentence in the language of the screen: `t_string!(i18n, common.save)`.
macro_rules! t_string {
    ($i18n:expr, $($sentence:tt)+) => {
        $crate::i18n::td_string!($i18n.get_locale(), $($sentence)+)
    };
}
pub(crate) use t_string;

/// A sentence without variables, for a view, an attribute or a property: `tr!(i18n, common.save)`.
macro_rules! tr {
    ($i18n:expr, $($key:tt)+) => {
        $crate::format::sentence($i18n, |locale| $crate::i18n::td_string!(locale, $($key)+))
    };
}
pub(crate) use tr;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_does_not_hide_the_language() {
        assert_eq!(language_of("en-GB"), Some(Locale::en));
        assert_eq!(language_of("da"), Some(Locale::da));
        assert_eq!(language_of("nb-NO"), None);
        assert_eq!(language_of(""), None);
    }
}
