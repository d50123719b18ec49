//! The icon of a problem, chosen from a fixed list.

use crate::components::{Icon, unique_id};
use crate::i18n::*;
use leptos::prelude::*;

/// The icons a problem can have: names of Lucide icons that are in the app's sprite.
const ICONS: [&str; 38] = [
    "pill",
    "syringe",
    "cigarette",
    "beer",
    "hammer",
    "spray-can",
    "flame",
    "door-open",
    "key-round",
    "trash-2",
    "package",
    "construction",
    "droplets",
    "lightbulb",
    "moon",
    "eye-off",
    "brain",
    "users",
    "footprints",
    "baby",
    "heart-handshake",
    "circle-alert",
    "shield-alert",
    "triangle-alert",
    "volume-2",
    "megaphone",
    "car",
    "bike",
    "dog",
    "house",
    "school",
    "shopping-cart",
    "trees",
    "wine",
    "siren",
    "lightbulb-off",
    "message-circle-warning",
    "tent",
];

/// A grid of icons, one of which is chosen.
#[component]
pub(crate) fn IconPicker(value: RwSignal<String>) -> impl IntoView {
    let i18n = use_i18n();
    let name = unique_id("icon");
    // An icon from a newer version stays chosen, and stays as it is while nobody chooses another.
    let other = value.get_untracked();
    let is_known = ICONS.contains(&other.as_str()) || other.is_empty();
    let choices = ICONS.iter().map(|icon| (*icon).to_owned()).chain((!is_known).then_some(other)).collect::<Vec<_>>();
    view! {
        <fieldset class="edit-group">
            <legend class="field__label">{tr!(i18n, edit.icon)}</legend>
            <div class="icon-picker">
                {choices
                    .into_iter()
                    .map(|icon| {
                        let (chosen, choice, words) = (icon.clone(), icon.clone(), icon.clone());
                        view! {
                            <label class="icon-picker__choice">
                                <input
                                    type="radio"
                                    class="icon-picker__input"
                                    name=name.clone()
                                    aria-label=move || icon_words(i18n.get_locale(), &words).to_owned()
                                    prop:checked=move || value.with(|value| *value == chosen)
                                    on:change=move |_| value.set(choice.clone())
                                />
                                <span class="icon-picker__icon"><Icon name=icon /></span>
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
        </fieldset>
    }
}

/// What an icon shows.
pub(crate) fn icon_words(locale: Locale, icon: &str) -> &str {
    match icon {
        "pill" => td_string!(locale, edit.icons.pill),
        "syringe" => td_string!(locale, edit.icons.syringe),
        "cigarette" => td_string!(locale, edit.icons.cigarette),
        "beer" => td_string!(locale, edit.icons.beer),
        "hammer" => td_string!(locale, edit.icons.hammer),
        "spray-can" => td_string!(locale, edit.icons.spray_can),
        "flame" => td_string!(locale, edit.icons.flame),
        "door-open" => td_string!(locale, edit.icons.door_open),
        "key-round" => td_string!(locale, edit.icons.key_round),
        "trash-2" => td_string!(locale, edit.icons.trash),
        "package" => td_string!(locale, edit.icons.package),
        "construction" => td_string!(locale, edit.icons.construction),
        "droplets" => td_string!(locale, edit.icons.droplets),
        "lightbulb" => td_string!(locale, edit.icons.lightbulb),
        "moon" => td_string!(locale, edit.icons.moon),
        "eye-off" => td_string!(locale, edit.icons.eye_off),
        "brain" => td_string!(locale, edit.icons.brain),
        "users" => td_string!(locale, edit.icons.users),
        "footprints" => td_string!(locale, edit.icons.footprints),
        "baby" => td_string!(locale, edit.icons.baby),
        "heart-handshake" => td_string!(locale, edit.icons.heart_handshake),
        "circle-alert" => td_string!(locale, edit.icons.circle_alert),
        "shield-alert" => td_string!(locale, edit.icons.shield_alert),
        "triangle-alert" => td_string!(locale, edit.icons.triangle_alert),
        "volume-2" => td_string!(locale, edit.icons.volume),
        "megaphone" => td_string!(locale, edit.icons.megaphone),
        "car" => td_string!(locale, edit.icons.car),
        "bike" => td_string!(locale, edit.icons.bike),
        "dog" => td_string!(locale, edit.icons.dog),
        "house" => td_string!(locale, edit.icons.house),
        "school" => td_string!(locale, edit.icons.school),
        "shopping-cart" => td_string!(locale, edit.icons.shopping_cart),
        "trees" => td_string!(locale, edit.icons.trees),
        "wine" => td_string!(locale, edit.icons.wine),
        "siren" => td_string!(locale, edit.icons.siren),
        "lightbulb-off" => td_string!(locale, edit.icons.lightbulb_off),
        "message-circle-warning" => td_string!(locale, edit.icons.message_circle_warning),
        "tent" => td_string!(locale, edit.icons.tent),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_is_offered_once_and_has_a_name_in_each_language() {
        let mut names = ICONS.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ICONS.len());
        for icon in ICONS {
            for locale in [Locale::da, Locale::en] {
                assert_ne!(icon_words(locale, icon), icon, "{icon} has no name of its own");
            }
        }
    }
}
