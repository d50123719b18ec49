//! The places: a bar below on phones, a rail beside on desks.

use crate::components::Icon;
use crate::i18n::*;
use crate::routes::paths;
use crate::state::derived;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The four places of today; *Vandringer* joins them with the walks.
#[component]
pub(crate) fn Nav() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <nav class="shell__nav nav" aria-label=tr!(i18n, common.nav.label)>
            <Place href=paths::card() icon="id-card" label=derived(move || t_string!(i18n, common.nav.card)) />
            <Place href=paths::contacts() icon="phone" label=derived(move || t_string!(i18n, common.nav.contacts)) />
            <Place href=paths::map() icon="map" label=derived(move || t_string!(i18n, common.nav.map)) />
            <Place href=paths::more() icon="ellipsis" label=derived(move || t_string!(i18n, common.nav.more)) />
        </nav>
    }
}

#[component]
fn Place(href: &'static str, icon: &'static str, label: Signal<&'static str>) -> impl IntoView {
    let path = use_location().pathname;
    let here = Memo::new(move |_| path.with(|path| is_at(path, href)));
    view! {
        <a class="nav__place" href=href aria-current=move || here.get().then_some("page")>
            <span class="nav__pill">
                <Icon name=icon />
            </span>
            <span class="nav__words">{label}</span>
        </a>
    }
}

/// Whether `path` is the place or something below it.
fn is_at(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::is_at;

    #[test]
    fn a_place_is_current_with_everything_below_it() {
        assert!(is_at("/card", "/card") && is_at("/card/table", "/card") && is_at("/map/", "/map"));
        assert!(!is_at("/cardigan", "/card") && !is_at("/", "/card"));
    }
}
