//! Where a mark stands: the map is moved under a mark in its middle.

use super::canvas::{MapCanvas, MapState};
use super::view_model::{place_of, place_word};
use super::words::PinIcon;
use crate::components::{Button, Icon, TextField, When};
use crate::i18n::*;
use crate::map::{LocateError, Place, can_locate, locate};
use crate::state::{Kept, effect, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::PinKind;

/// The part of the form that chooses the place.
#[component]
pub(crate) fn PlaceField(
    /// Latitude and longitude, once chosen.
    #[prop(into)]
    position: Signal<Option<(f64, f64)>>,
    on_position: Callback<Place>,
    #[prop(into)] kind: Signal<PinKind>,
    /// The form was to be saved without a place.
    #[prop(into)]
    missing: Signal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let state = MapState::new();
    let chosen = Memo::new(move |_| position.get().is_some());
    start_at_position(state, position);
    // Only what somebody does moves the pin: the map also comes to rest when it is turned or resized.
    effect(move || {
        if let Some(view) = state.view.get().filter(|view| view.by_user) {
            on_position.run(view.center);
        }
    });
    let here = move || {
        if let Some(view) = state.view.get_untracked() {
            on_position.run(view.center);
        }
    };
    let found_me = Callback::new(move |place: Place| {
        on_position.run(place);
        state.with(|renderer| renderer.fly_to(place));
    });
    // The mark in the middle is the only one: others would hide what stands under it.
    let (no_pins, no_pin) = (Kept::new(Vec::new), Kept::new(|| None));
    view! {
        <fieldset class="pin-choices place-field">
            <legend class="pin-choices__legend">{tr!(i18n, map.form.position)}</legend>
            <Show
                when=move || state.failure.get().is_none()
                fallback=move || view! { <Coordinates position on_position /> }
            >
                <p class="field__hint">{tr!(i18n, map.form.position_hint)}</p>
                <div class="place-field__map">
                    <MapCanvas state pins=no_pins selected=no_pin>
                        <div class="place-field__cross" class:place-field__cross--set=chosen aria-hidden="true">
                            <PinIcon kind />
                        </div>
                    </MapCanvas>
                </div>
            </Show>
            <p class="place-field__state" class:place-field__state--missing=missing role="status">
                {move || {
                    if chosen.get() {
                        view! { <Icon name="check" /><span>{tr!(i18n, map.form.position_set)}</span> }.into_any()
                    } else if missing.get() {
                        view! { <Icon name="circle-alert" /><span>{tr!(i18n, map.form.position_missing)}</span> }
                            .into_any()
                    } else {
                        ().into_any()
                    }
                }}
            </p>
            <div class="buttons">
                <When cond=move || !chosen.get() && state.failure.get().is_none()>
                    <Button icon="map-pin" on_click=here>{tr!(i18n, map.form.here)}</Button>
                </When>
                {can_locate().then(|| view! { <MyPosition on_place=found_me /> })}
            </div>
        </fieldset>
    }
}

/// Brings the map to where the pin is, once, when the map is there.
fn start_at_position(state: MapState, position: Signal<Option<(f64, f64)>>) {
    Effect::new(move |started: Option<bool>| {
        if started == Some(true) || state.renderer.get().is_none() {
            return started.unwrap_or_default();
        }
        match position.get_untracked() {
            Some((lat, lon)) => state.with(|renderer| renderer.jump_to(Place { lat, lon })),
            None => state.with(|renderer| renderer.fit_area()),
        }
        true
    });
}

#[component]
fn MyPosition(on_place: Callback<Place>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let ask = move || {
        busy.set(true);
        spawn_local(async move {
            let found = locate().await;
            if busy.try_set(false).is_some() {
                return; // the screen is gone
            }
            let locale = i18n.get_locale_untracked();
            match found {
                Ok(located) => on_place.run(located.place),
                Err(LocateError::Denied) => toasts.fail(td_string!(locale, map.position_denied)),
                Err(LocateError::Unavailable) => toasts.fail(td_string!(locale, map.position_unavailable)),
            }
        });
    };
    view! { <Button icon="locate-fixed" on_click=ask disabled=busy>{tr!(i18n, map.my_position)}</Button> }
}

/// Without a map a place is two numbers.
#[component]
fn Coordinates(position: Signal<Option<(f64, f64)>>, on_position: Callback<Place>) -> impl IntoView {
    let i18n = use_i18n();
    let (lat, lon) = position
        .get_untracked()
        .map(|(lat, lon)| place_word(Place { lat, lon }))
        .and_then(|word| word.split_once(',').map(|(lat, lon)| (lat.to_owned(), lon.to_owned())))
        .unwrap_or_default();
    let (lat, lon) = (RwSignal::new(lat), RwSignal::new(lon));
    Effect::new(move |before: Option<(String, String)>| {
        let typed = (lat.get(), lon.get());
        if before.is_some_and(|before| before != typed)
            && let Some(place) = place_of(&typed.0, &typed.1)
        {
            on_position.run(place);
        }
        typed
    });
    view! {
        <p class="muted">{tr!(i18n, map.form.no_map)}</p>
        <div class="place-field__numbers">
            <TextField
                label=tr!(i18n, map.form.latitude)
                value=lat
                max=20
            />
            <TextField
                label=tr!(i18n, map.form.longitude)
                value=lon
                max=20
            />
        </div>
    }
}
