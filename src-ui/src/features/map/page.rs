//! The area map: full screen, with as little over it as can be.

use super::canvas::{MapCanvas, MapState};
use super::filters::{CategoryFilter, KindFilter, use_filter, use_go, use_selected};
use super::in_view::PinsInView;
use super::list::PinList;
use super::sheet::PinSheet;
use super::view_model::{PinFilter, place_word, shown};
use crate::components::{Button, Icon, IconButton, LinkButton, Page, When};
use crate::format::error_words;
use crate::i18n::*;
use crate::map::{Bounds, LocateError, MapFailure, Place, can_locate, locate};
use crate::routes::paths;
use crate::state::{Kept, derived, use_load, use_session, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::domain::PinId;
use trygkort_core::ipc::{GetPins, PinView, Topic};

/// *Områdekort*.
#[component]
pub(crate) fn MapPage() -> impl IntoView {
    let i18n = use_i18n();
    let go = use_go();
    let state = MapState::new();
    let filter = use_filter();
    let selected = use_selected();
    let all = use_load(&[Topic::Pins], || GetPins {});
    let pins = Kept::new(move || all.map(|pins| filter.with(|filter| shown(pins, filter))).unwrap_or_default());
    let pin = Kept::new(move || {
        let id = selected.get()?;
        all.map(|pins| pins.iter().find(|pin| pin.id == id).cloned()).flatten()
    });

    // The pin that the address names, when it is not there.
    let gone = Memo::new(move |_| selected.get().filter(|_| pin.with(Option::is_none) && all.map(|_| ()).is_some()));

    // Opening a pin is a step that the back button takes back; going from pin to pin is none.
    let stepped = StoredValue::new(false);
    let open_pin = Callback::new(move |id: PinId| {
        let was_open = selected.get_untracked().is_some();
        if !was_open {
            stepped.set_value(true);
        }
        go(&filter.with_untracked(|filter| filter.address(paths::map(), Some(id))), was_open);
    });
    let close = Callback::new(move |()| {
        if selected.get_untracked().is_none() {
            return;
        }
        let back = stepped.get_value() && window().history().is_ok_and(|history| history.back().is_ok());
        stepped.set_value(false);
        if !back {
            go(&filter.with_untracked(|filter| filter.address(paths::map(), None)), true);
        }
    });
    let can_add = Memo::new(move |_| state.frame.get().is_some_and(|frame| frame.can_add));
    let add_at = Callback::new(move |place: Place| {
        if can_add.get_untracked() {
            go(&format!("{}?at={}", paths::pin_edit(None), place_word(place)), false);
        }
    });
    let list = derived(move || filter.with(|filter| filter.address(paths::map_list(), None)));
    let nothing = move || {
        all.map(Vec::is_empty).unwrap_or_default().then(|| match can_add.get() {
            true => format!("{} {}", t_string!(i18n, map.empty_text), t_string!(i18n, map.empty_add)),
            false => t_string!(i18n, map.empty_text).to_owned(),
        })
    };
    view! {
        <div
            class="map-page"
            class:map-page--list=move || state.failure.get().is_some()
            class:map-page--open=move || pin.with(Option::is_some)
        >
            <Page title=tr!(i18n, map.title) wide=true>
                <Show
                    when=move || state.failure.get().is_none()
                    fallback=move || view! { <InsteadOfMap state pins filter /> }
                >
                    <MapCanvas state pins selected on_pin=open_pin on_blank=close on_long_press=add_at>
                        <div class="map-page__top">
                            <KindFilter filter />
                            <a
                                class="button button--icon map-button"
                                href=list
                                aria-label=tr!(i18n, map.as_list)
                                title=tr!(i18n, map.as_list)
                            >
                                <Icon name="list" />
                            </a>
                            <CategoryFilter filter />
                        </div>
                        <PinsInView state pins selected on_pin=open_pin />
                        <Tools state can_add add_at />
                        <Notice state words=derived(move || {
                            all.error()
                                .map(|error| error_words(i18n.get_locale(), &error).to_owned())
                                .or_else(|| gone.get().map(|_| t_string!(i18n, common.error.not_found).to_owned()))
                                .or_else(nothing)
                        }) gone />
                        <PinSheet state pin on_close=close />
                    </MapCanvas>
                </Show>
            </Page>
        </div>
    }
}

/// The buttons at the thumb's side of the map.
#[component]
fn Tools(state: MapState, #[prop(into)] can_add: Signal<bool>, add_at: Callback<Place>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let find_me = move || {
        busy.set(true);
        spawn_local(async move {
            let found = locate().await;
            if busy.try_set(false).is_some() {
                return; // the screen is gone
            }
            let locale = i18n.get_locale_untracked();
            match found {
                Ok(located) => {
                    state.with(|renderer| renderer.set_position(Some(located)));
                    if surroundings(state).is_none_or(|around| around.contains(located.place)) {
                        state.with(|renderer| renderer.fly_to(located.place));
                    } else {
                        toasts.say(td_string!(locale, map.position_outside));
                    }
                }
                Err(LocateError::Denied) => toasts.fail(td_string!(locale, map.position_denied)),
                Err(LocateError::Unavailable) => toasts.fail(td_string!(locale, map.position_unavailable)),
            }
        });
    };
    let center = move || {
        let frame = move || state.frame.get_untracked().map(|frame| Bounds(frame.bbox).center());
        state.view.get_untracked().map(|view| view.center).or_else(frame)
    };
    view! {
        <div class="map-tools">
            <div class="map-tools__zoom">
                <IconButton
                    icon="plus"
                    label=tr!(i18n, map.zoom_in)
                    on_click=move || state.with(|renderer| renderer.zoom_by(1.0))
                />
                <IconButton
                    icon="minus"
                    label=tr!(i18n, map.zoom_out)
                    on_click=move || state.with(|renderer| renderer.zoom_by(-1.0))
                />
                <IconButton
                    icon="maximize"
                    label=tr!(i18n, map.whole_area)
                    on_click=move || state.with(|renderer| renderer.fit_area())
                />
            </div>
            {can_locate()
                .then(|| {
                    view! {
                        <IconButton
                            icon="locate-fixed"
                            label=tr!(i18n, map.my_position)
                            on_click=find_me
                            disabled=busy
                        />
                    }
                })}
            <When cond=move || can_add.get()>
                <button
                    type="button"
                    class="button map-tools__add"
                    aria-label=tr!(i18n, map.add)
                    title=tr!(i18n, map.add)
                    on:click=move |_| {
                        if let Some(place) = center() {
                            add_at.run(place);
                        }
                    }
                >
                    <Icon name="plus" />
                </button>
            </When>
        </div>
    }
}

/// The area and as much again around it: how far the map reaches, more or less.
fn surroundings(state: MapState) -> Option<Bounds> {
    let [west, south, east, north] = state.frame.get_untracked()?.bbox;
    let (width, height) = (east - west, north - south);
    Some(Bounds([west - width, south - height, east + width, north + height]))
}

/// At the foot of the map, when there is something to say.
#[component]
fn Notice(state: MapState, words: Signal<Option<String>>, gone: Memo<Option<PinId>>) -> impl IntoView {
    let i18n = use_i18n();
    let no_basemap = move || state.lacks_basemap().then(|| view! { <p>{tr!(i18n, map.no_basemap)}</p> });
    let session = use_session();
    let history = move || {
        let id = gone.get().filter(|_| session.is_coordinator())?;
        Some(view! { <LinkButton href=paths::pin_history(id) icon="history">{tr!(i18n, updates.history)}</LinkButton> })
    };
    view! {
        <div class="map-notice" role="status">
            {move || words.get().map(|words| view! { <p>{words}</p> })} {no_basemap} {history}
        </div>
    }
}

/// Why there is no map, and the same things as a list.
#[component]
fn InsteadOfMap(state: MapState, pins: Kept<Vec<PinView>>, filter: Kept<PinFilter>) -> impl IntoView {
    let i18n = use_i18n();
    let why = derived(move || match state.failure.get() {
        Some(MapFailure::NoWebGl) => t_string!(i18n, map.no_webgl).to_owned(),
        _ => t_string!(i18n, map.no_library).to_owned(),
    });
    let can_add = move || state.frame.get().is_some_and(|frame| frame.can_add);
    view! {
        <p class="map-list__why" role="status">
            <Icon name="map" />
            <span>{why}</span>
        </p>
        // Opens the map anew: the files may be within reach by now.
        <When cond=move || state.failure.get() == Some(MapFailure::NoLibrary)>
            <Button icon="refresh-cw" on_click=move || state.failure.set(None)>{tr!(i18n, common.retry)}</Button>
        </When>
        <div class="map-list__filters">
            <KindFilter filter />
            <CategoryFilter filter />
        </div>
        <When cond=can_add>
            <div class="buttons map-list__ways">
                <LinkButton href=paths::pin_edit(None) icon="plus">{tr!(i18n, map.add)}</LinkButton>
            </div>
        </When>
        <PinList pins filter on_map=false />
    }
}
