//! What is shown, chosen in the same way over the map and over the list. The choice lives in the address.

use super::view_model::PinFilter;
use super::words::{PinIcon, category_words};
use crate::components::{Button, ButtonKind, Dialog, Icon, unique_id};
use crate::i18n::*;
use crate::state::{Kept, derived};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use trygkort_core::domain::PinId;
use trygkort_core::ipc::PinKind;

/// The filter that the address names.
pub(crate) fn use_filter() -> Kept<PinFilter> {
    let query = use_query_map();
    Kept::new(move || query.with(|query| PinFilter::parse(query.get_str("kind"), query.get_str("category"))))
}

/// The pin that the address names.
pub(crate) fn use_selected() -> Kept<Option<PinId>> {
    let query = use_query_map();
    Kept::new(move || query.with(|query| query.get_str("pin")?.parse().ok()))
}

/// Goes to an address of the map without scrolling; `replace`: going back skips where we are now.
pub(crate) fn use_go() -> impl Fn(&str, bool) + Copy + Send + Sync + 'static {
    let navigate = StoredValue::new(use_navigate());
    move |address: &str, replace: bool| {
        navigate.with_value(|navigate| {
            navigate(address, NavigateOptions { replace, scroll: false, ..Default::default() });
        });
    }
}

/// Shows another choice at the same address.
fn use_show() -> Callback<PinFilter> {
    let go = use_go();
    let path = use_location().pathname;
    let selected = use_selected();
    Callback::new(move |filter: PinFilter| {
        go(&filter.address(&path.get_untracked(), selected.get_untracked()), true);
    })
}

/// *Alle / Ressourcer / Udfordringer*.
#[component]
pub(crate) fn KindFilter(filter: Kept<PinFilter>) -> impl IntoView {
    let i18n = use_i18n();
    let show = use_show();
    let name = unique_id("kind");
    let option = move |kind: Option<PinKind>, name: String| {
        let words = derived(move || match kind {
            None => t_string!(i18n, map.filter.all),
            Some(PinKind::Resource) => t_string!(i18n, map.filter.resources),
            Some(PinKind::Challenge) => t_string!(i18n, map.filter.challenges),
        });
        let class = match kind {
            None => "segmented__words",
            Some(PinKind::Resource) => "segmented__words pin-kind pin-kind--heart",
            Some(PinKind::Challenge) => "segmented__words pin-kind pin-kind--star",
        };
        view! {
            <label class="segmented__option">
                <input
                    type="radio"
                    name=name
                    prop:checked=move || filter.with(|filter| filter.kind == kind)
                    on:change=move |_| show.run(filter.with_untracked(|filter| filter.with_kind(kind)))
                />
                <span class=class>
                    <span class="pin-kind__words">{words}</span>
                </span>
            </label>
        }
    };
    view! {
        <fieldset class="segmented map-filter">
            <legend class="visually-hidden">{tr!(i18n, map.filter.kind)}</legend>
            <div class="segmented__row">
                {option(None, name.clone())}
                {option(Some(PinKind::Resource), name.clone())}
                {option(Some(PinKind::Challenge), name)}
            </div>
        </fieldset>
    }
}

/// The categories, behind a button.
#[component]
pub(crate) fn CategoryFilter(filter: Kept<PinFilter>) -> impl IntoView {
    let i18n = use_i18n();
    let show = use_show();
    let open = RwSignal::new(false);
    let count = move || filter.with(PinFilter::category_count);
    let name = derived(move || match count() {
        0 => t_string!(i18n, map.filter.categories).to_owned(),
        count => t_string!(i18n, map.filter.categories_chosen, count = count).to_string(),
    });
    // Kept while the dialog is open, so that ticking a box does not draw the boxes anew and lose the focus.
    let offered = Memo::new(move |_| filter.with(PinFilter::offered));
    let boxes = move || {
        let show_box = move |category| {
            view! {
                <li>
                    <label class="pin-tick">
                        <input
                            type="checkbox"
                            class="pin-tick__box"
                            prop:checked=move || filter.with(|filter| filter.has_category(category))
                            on:change=move |_| show.run(filter.with_untracked(|filter| filter.toggled(category)))
                        />
                        <PinIcon kind=category.kind() />
                        <span>{move || category_words(i18n, category)}</span>
                    </label>
                </li>
            }
        };
        offered.get().into_iter().map(show_box).collect_view()
    };
    view! {
        <button
            type="button"
            class="button button--icon map-button map-button--categories"
            class:map-button--on=move || { count() > 0 }
            aria-label=name
            title=name
            aria-haspopup="dialog"
            on:click=move |_| open.set(true)
        >
            <Icon name="sliders-horizontal" />
            {move || (count() > 0).then(|| view! { <span class="map-button__count" aria-hidden="true">{count()}</span> })}
        </button>
        <Dialog open title=tr!(i18n, map.filter.categories)>
            <p class="muted">{tr!(i18n, map.filter.text)}</p>
            <ul class="pin-ticks">{boxes}</ul>
            <div class="buttons">
                <Button
                    disabled=derived(move || count() == 0)
                    on_click=move || show.run(filter.with_untracked(PinFilter::with_all_categories))
                >
                    {tr!(i18n, map.filter.all_categories)}
                </Button>
                <Button kind=ButtonKind::Primary on_click=move || open.set(false)>
                    {tr!(i18n, common.done)}
                </Button>
            </div>
        </Dialog>
    }
}
