//! The pins that the map shows right now, as buttons: for screen readers always, for the eye while one has the focus.

use super::canvas::MapState;
use super::view_model::in_view;
use super::words::{PinIcon, category_words, kind_words};
use crate::i18n::*;
use crate::state::Kept;
use leptos::prelude::*;
use trygkort_core::domain::PinId;
use trygkort_core::ipc::PinView;

/// More buttons than this help nobody; the list has them all.
const LIMIT: usize = 60;

/// *Markeringer på områdekortet*.
#[component]
pub(crate) fn PinsInView(
    state: MapState,
    pins: Kept<Vec<PinView>>,
    selected: Kept<Option<PinId>>,
    #[prop(into)] on_pin: Callback<PinId>,
) -> impl IntoView {
    let i18n = use_i18n();
    let seen = Kept::new(move || match state.view.get() {
        Some(view) => pins.with(|pins| in_view(pins, view, LIMIT)),
        None => Default::default(),
    });
    let name = move |pin: &PinView| {
        format!("{}: {}, {}", kind_words(i18n, pin.kind), pin.title, category_words(i18n, pin.category))
    };
    view! {
        <section class="pins-in-view" aria-label=tr!(i18n, map.in_view)>
            <ul class="pins-in-view__list">
                <For each=move || seen.get().pins key=|pin| (pin.id, pin.title.clone(), pin.category) let:pin>
                    <li>
                        <button
                            type="button"
                            class="pins-in-view__pin"
                            aria-label={
                                let pin = pin.clone();
                                move || name(&pin)
                            }
                            aria-pressed=move || (selected.get() == Some(pin.id)).to_string()
                            on:click=move |_| on_pin.run(pin.id)
                        >
                            <PinIcon kind=pin.kind />
                            <span>{pin.title.clone()}</span>
                        </button>
                    </li>
                </For>
            </ul>
            {move || {
                let more = seen.with(|seen| seen.more);
                (more > 0).then(|| view! { <p>{t_string!(i18n, map.in_view_more, count = more).to_string()}</p> })
            }}
        </section>
    }
}
