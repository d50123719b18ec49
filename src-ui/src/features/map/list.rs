//! The same things as on the map, in the same order and with the same filter, as a list.

use super::filters::{CategoryFilter, KindFilter, use_filter};
use super::view_model::{PinFilter, shown};
use super::words::{PinIcon, category_words, kind_words, pin_scope_words};
use crate::components::{EmptyState, LinkButton, Loaded, Page, When};
use crate::format::date_words;
use crate::i18n::*;
use crate::routes::paths;
use crate::state::{Kept, derived, use_load};
use leptos::prelude::*;
use std::hash::Hash;
use trygkort_core::ipc::{GetMapFrame, GetPins, PinView, Topic};

/// How many pins are drawn at first, and added by *Vis flere*.
const STEP: usize = 100;

/// *Områdekort som liste*.
#[component]
pub(crate) fn MapListPage() -> impl IntoView {
    let i18n = use_i18n();
    let filter = use_filter();
    let all = use_load(&[Topic::Pins], || GetPins {});
    let frame = use_load(&[Topic::Area], || GetMapFrame {});
    let pins = Kept::new(move || all.map(|pins| filter.with(|filter| shown(pins, filter))).unwrap_or_default());
    let total = Memo::new(move |_| all.map(Vec::len).unwrap_or_default());
    let can_add = move || frame.map(|frame| frame.can_add).unwrap_or_default();
    let there = Memo::new(move |_| all.map(|_| ()).is_some());
    let count = derived(move || {
        let (count, total) = (pins.with(Vec::len), total.get());
        match (count, total) {
            (1, 1) => t_string!(i18n, map.count_one).to_owned(),
            _ if count == total => t_string!(i18n, map.count, count = count).to_string(),
            _ => t_string!(i18n, map.count_of, count = count, total = total).to_string(),
        }
    });
    let to_map = derived(move || filter.with(|filter| filter.address(paths::map(), None)));
    view! {
        <Page
            title=tr!(i18n, map.list_title)
            back=paths::map()
        >
            <div class="map-list__filters">
                <KindFilter filter />
                <CategoryFilter filter />
            </div>
            <div class="buttons map-list__ways">
                <LinkButton href=to_map icon="map">{tr!(i18n, map.as_map)}</LinkButton>
                <When cond=can_add>
                    <LinkButton href=paths::pin_edit(None) icon="plus">{tr!(i18n, map.add)}</LinkButton>
                </When>
            </div>
            {move || {
                if there.get() {
                    view! {
                        <p class="map-list__count" role="status">{count}</p>
                        <PinList pins filter on_map=true />
                    }
                    .into_any()
                } else {
                    view! { <Loaded load=all children=|_| () /> }.into_any()
                }
            }}
        </Page>
    }
}

/// The pins, or why there are none.
#[component]
pub(crate) fn PinList(
    pins: Kept<Vec<PinView>>,
    filter: Kept<PinFilter>,
    /// Whether there is a map to show a pin on.
    on_map: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let limit = RwSignal::new(STEP);
    let drawn = Kept::new(move || pins.with(|pins| pins.iter().take(limit.get()).cloned().collect::<Vec<_>>()));
    let rest = move || pins.with(Vec::len) > limit.get();
    let filtered = move || filter.with(|filter| *filter != PinFilter::default());
    view! {
        {move || {
            pins.with(Vec::is_empty)
                .then(|| {
                    let title = derived(move || {
                        if filtered() { t_string!(i18n, map.empty_filtered) } else { t_string!(i18n, map.empty_title) }
                            .to_owned()
                    });
                    let text = derived(move || {
                        if filtered() { String::new() } else { t_string!(i18n, map.empty_text).to_owned() }
                    });
                    view! { <EmptyState icon="map-pin" title text /> }
                })
        }}
        <ul class="pin-list">
            <For each=move || drawn.get() key=shown_of let:pin>
                <li><PinCard pin filter on_map /></li>
            </For>
        </ul>
        <When cond=rest>
            <button type="button" class="button button--plain" on:click=move |_| limit.update(|limit| *limit += STEP)>
                <span class="button__words">{tr!(i18n, map.show_more)}</span>
            </button>
        </When>
    }
}

/// What a card shows of its pin: a pin that differs in this is drawn anew.
fn shown_of(pin: &PinView) -> impl Eq + Hash + use<> {
    let PinView { id, category, title, note, scope, walk, expires_at_ms, editable, pending, .. } = pin;
    (*id, *category, title.clone(), note.clone(), (*scope, walk.clone()), *expires_at_ms, *editable, *pending)
}

#[component]
fn PinCard(pin: PinView, filter: Kept<PinFilter>, on_map: bool) -> impl IntoView {
    let i18n = use_i18n();
    let PinView { id, kind, category, scope, walk, expires_at_ms, pending, editable, .. } = pin;
    let note = pin.note.trim().to_owned();
    let href = derived(move || filter.with(|filter| filter.address(paths::map(), Some(id))));
    let (title, heading) = (pin.title.clone(), pin.title);
    let facts = derived(move || {
        let mut facts = vec![pin_scope_words(i18n, scope, walk.as_deref())];
        if let Some(at) = expires_at_ms {
            facts.push(t_string!(i18n, map.expires, date = date_words(i18n, at)).to_string());
        }
        if pending {
            facts.push(t_string!(i18n, map.pending).to_owned());
        }
        facts.join(" · ")
    });
    view! {
        <article class="pin-card">
            <PinIcon kind />
            <div class="pin-card__words">
                <h2 class="pin-card__title">{heading}</h2>
                <p class="pin-card__category">
                    <span class="visually-hidden">{move || kind_words(i18n, kind)}": "</span>
                    {move || category_words(i18n, category)}
                </p>
                {(!note.is_empty()).then(|| view! { <p class="pin-card__note">{note}</p> })}
                <p class="pin-card__facts">{facts}</p>
            </div>
            // Drawn anew with the language: the buttons' names are made of it.
            {move || {
                let label = t_string!(i18n, map.show_on_map_of, title = title.clone()).to_string();
                let edit_label = format!("{}: {title}", t_string!(i18n, common.edit));
                view! {
                    <div class="buttons pin-card__buttons">
                        {on_map
                            .then(|| {
                                view! { <LinkButton href icon="map-pin" label>{tr!(i18n, map.show_on_map)}</LinkButton> }
                            })}
                        {editable
                            .then(|| {
                                view! {
                                    <LinkButton href=paths::pin_edit(Some(id)) icon="pencil" label=edit_label>
                                        {tr!(i18n, common.edit)}
                                    </LinkButton>
                                }
                            })}
                    </div>
                }
            }}
        </article>
    }
}
