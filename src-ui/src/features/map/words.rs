//! Words and signs of pins.

use crate::format::{I18n, scope_words};
use crate::i18n::*;
use leptos::prelude::*;
use trygkort_core::domain::Scope;
use trygkort_core::ipc::{PinCategory, PinKind};

/// *Institution*, *Gruppe eller miljø* …
pub(crate) fn category_words(i18n: I18n, category: PinCategory) -> &'static str {
    let locale = i18n.get_locale();
    match category {
        PinCategory::Institution => td_string!(locale, map.category.institution),
        PinCategory::Association => td_string!(locale, map.category.association),
        PinCategory::Enthusiast => td_string!(locale, map.category.enthusiast),
        PinCategory::Place => td_string!(locale, map.category.place),
        PinCategory::Social => td_string!(locale, map.category.social),
        PinCategory::Location => td_string!(locale, map.category.location),
        PinCategory::Group => td_string!(locale, map.category.group),
    }
}

/// An example or two of what belongs to a category.
pub(crate) fn category_about(i18n: I18n, category: PinCategory) -> &'static str {
    let locale = i18n.get_locale();
    match category {
        PinCategory::Institution => td_string!(locale, map.form.about.institution),
        PinCategory::Association => td_string!(locale, map.form.about.association),
        PinCategory::Enthusiast => td_string!(locale, map.form.about.enthusiast),
        PinCategory::Place => td_string!(locale, map.form.about.place),
        PinCategory::Social => td_string!(locale, map.form.about.social),
        PinCategory::Location => td_string!(locale, map.form.about.location),
        PinCategory::Group => td_string!(locale, map.form.about.group),
    }
}

/// Who may see a pin: *Netværket*, *Kun for jer på Aftentur* …
pub(crate) fn pin_scope_words(i18n: I18n, scope: Scope, walk: Option<&str>) -> String {
    match walk {
        Some(name) => td_string!(i18n.get_locale(), map.only_walk, walk = name.to_owned()).to_string(),
        None => scope_words(i18n, scope).to_owned(),
    }
}

/// *Ressource* or *Udfordring*.
pub(crate) fn kind_words(i18n: I18n, kind: PinKind) -> &'static str {
    let locale = i18n.get_locale();
    match kind {
        PinKind::Resource => td_string!(locale, map.kind.resource),
        PinKind::Challenge => td_string!(locale, map.kind.challenge),
    }
}

/// The green heart or the red star, the same shapes as on the map (`js/map-draw.js`). Decoration: words say it too.
#[component]
pub(crate) fn PinIcon(#[prop(into)] kind: Signal<PinKind>) -> impl IntoView {
    const HEART: &str = "M12 21.2C5 15.4 2 11.7 2 8.1a5.2 5.2 0 0 1 10-1.8 5.2 5.2 0 0 1 10 1.8c0 3.6-3 7.3-10 13.1z";
    const STAR: &str = "M12 1.6l3.1 7.1 7.6.7-5.7 5.1 1.7 7.6-6.7-3.9-6.7 3.9L7 14.5 1.3 9.4l7.6-.7z";
    let is_star = move || kind.get() == PinKind::Challenge;
    view! {
        <svg class="pin-icon" class:pin-icon--star=is_star aria-hidden="true" focusable="false" viewBox="0 0 24 24">
            <path d=move || if is_star() { STAR } else { HEART }></path>
        </svg>
    }
}
