//! Language, theme and text size, on the document as the style sheets expect them.

use crate::format::I18n;
use crate::i18n::*;
use crate::ipc::to_json;
use leptos::prelude::*;
use trygkort_core::ipc::{Settings, Theme};

/// Puts settings on the document.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    i18n: I18n,
    /// The language of the device, for whoever chose none.
    device_locale: Locale,
}

impl Look {
    /// Notes the device's language, and makes itself known to all screens.
    pub(crate) fn provide() {
        let i18n = use_i18n();
        provide_context(Self { i18n, device_locale: i18n.get_locale_untracked() });
    }

    /// Shows these settings.
    pub(crate) fn apply(self, settings: &Settings) {
        let theme = match settings.theme {
            Theme::System => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        };
        set_on_root("data-theme", theme);
        color_the_frame(theme);
        let percent = settings.text_percent.to_string();
        let text = (settings.text_percent != 100).then_some(percent.as_str());
        set_on_root("data-text", text);
        let locale = match settings.language.as_deref() {
            Some("da") => Locale::da,
            Some("en") => Locale::en,
            _ => self.device_locale,
        };
        if locale != self.i18n.get_locale_untracked() {
            self.i18n.set_locale(locale);
        }
        remember_look(theme, text, locale);
    }
}

/// Sets an attribute of the document, or takes it away.
pub(crate) fn set_on_root(name: &str, value: Option<&str>) {
    let Some(root) = document().document_element() else { return };
    let done = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
    debug_assert!(done.is_ok(), "attribute names are plain words");
}

/// The browser's own frame follows the device; a theme chosen here has to be told to it.
fn color_the_frame(theme: Option<&str>) {
    for (device, color) in [("light", "#f6f5f0"), ("dark", "#0f1613")] {
        let selector = format!("meta[name='theme-color'][media*='{device}']");
        let Ok(Some(meta)) = document().query_selector(&selector) else { continue };
        let color = match theme {
            Some("light") => "#f6f5f0",
            Some("dark") => "#0f1613",
            _ => color,
        };
        let done = meta.set_attribute("content", color);
        debug_assert!(done.is_ok(), "attribute names are plain words");
    }
}

/// Leaves what `js/first-paint.js` puts on the document before the app is there.
fn remember_look(theme: Option<&str>, text: Option<&str>, locale: Locale) {
    #[derive(serde::Serialize)]
    struct Look<'a> {
        theme: Option<&'a str>,
        text: Option<&'a str>,
        lang: String,
    }
    let look = to_json(&Look { theme, text, lang: locale.to_string() });
    if let (Ok(look), Ok(Some(storage))) = (look, window().local_storage()) {
        // Refused storage is no loss here: the page flashes once.
        let _ = storage.set_item("trygkort-look", &String::from(look));
    }
}
