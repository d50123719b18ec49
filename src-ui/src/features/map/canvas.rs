//! The map's place on a screen: opens it, keeps theme, base map, pins and selection in step, gives it back.

use crate::i18n::*;
use crate::ipc;
use crate::map::{Bounds, MapFailure, MapListeners, MapRenderer, MapView, Mount, Place};
use crate::state::{Changes, Kept, Var, derived, effect, use_load, use_session};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::rc::Rc;
use trygkort_core::domain::PinId;
use trygkort_core::ipc::{GetMapFrame, MapFrame, PinView, Theme, Topic};
use wasm_bindgen::prelude::*;
use web_sys::MediaQueryList;

/// What a screen knows of its map. The screen makes it, [`MapCanvas`] fills it.
#[derive(Clone, Copy)]
pub(crate) struct MapState {
    /// There as soon as the map can be drawn on.
    pub(crate) renderer: RwSignal<Option<Rc<MapRenderer>>, LocalStorage>,
    pub(crate) failure: Var<Option<MapFailure>>,
    pub(crate) view: Var<Option<MapView>>,
    pub(crate) frame: Var<Option<MapFrame>>,
    /// The base map's attribution; `Some(None)`: there is no base map on this device.
    attribution: Var<Option<Option<String>>>,
    drawn: RwSignal<bool>,
}

impl MapState {
    pub(crate) fn new() -> Self {
        Self {
            renderer: RwSignal::new_local(None),
            failure: Var::new(None),
            view: Var::new(None),
            frame: Var::new(None),
            attribution: Var::new(None),
            drawn: RwSignal::new(false),
        }
    }

    /// Does something with the map, if it is there.
    pub(crate) fn with(self, act: impl FnOnce(&Rc<MapRenderer>)) {
        self.renderer.with_untracked(|renderer| {
            if let Some(renderer) = renderer {
                act(renderer);
            }
        });
    }

    /// Whether the area has no base map on this device.
    pub(crate) fn lacks_basemap(self) -> bool {
        self.attribution.with(|known| matches!(known, Some(None)))
    }

    /// For tests: `opening`, `ready`, `no-webgl`, `no-library`.
    fn word(self) -> &'static str {
        match (self.failure.get(), self.drawn.get()) {
            (Some(MapFailure::NoWebGl), _) => "no-webgl",
            (Some(MapFailure::NoLibrary), _) => "no-library",
            (None, true) => "ready",
            (None, false) => "opening",
        }
    }
}

/// The map, as large as the element it stands in.
#[component]
pub(crate) fn MapCanvas(
    state: MapState,
    pins: Kept<Vec<PinView>>,
    selected: Kept<Option<PinId>>,
    #[prop(optional, into)] on_pin: Option<Callback<PinId>>,
    #[prop(optional, into)] on_blank: Option<Callback<()>>,
    #[prop(optional, into)] on_long_press: Option<Callback<Place>>,
    /// What floats over the map.
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    let node = NodeRef::<html::Div>::new();
    let dark = use_dark();
    let frame = use_load(&[Topic::Area, Topic::Basemap], || GetMapFrame {});
    effect(move || state.frame.set(frame.get()));

    let mount = StoredValue::new_local(None::<(Rc<MapRenderer>, Mount)>);
    let opening = StoredValue::new(false);
    effect(move || {
        let (Some(element), Some(frame)) = (node.get(), state.frame.get()) else { return };
        if opening.get_value() {
            return;
        }
        opening.set_value(true);
        let title = td_string!(i18n.get_locale_untracked(), map.canvas_label).to_owned();
        let (start, dark) = (Bounds(frame.bbox), dark.get_untracked());
        spawn_local(async move {
            let opened = MapRenderer::shared(start, dark, &title).await;
            // The screen may be gone: its signals tell.
            if mount.try_with_value(|_| ()).is_none() {
                return;
            }
            match opened {
                Ok(renderer) => {
                    let hold = renderer.mount(&element, listeners(state, on_pin, on_blank, on_long_press));
                    mount.set_value(Some((renderer.clone(), hold)));
                    state.renderer.set(Some(renderer));
                }
                Err(failure) => state.failure.set(Some(failure)),
            }
        });
    });
    on_cleanup(move || {
        mount.try_with_value(|mount| {
            if let Some((renderer, hold)) = mount {
                renderer.unmount(*hold);
            }
        });
    });

    keep_in_step(state, dark, pins, selected);
    let pin_count = move || pins.with(Vec::len);
    let attribution = move || state.attribution.get().flatten().filter(|words| !words.is_empty());
    view! {
        <div
            class="area-map"
            role="region"
            aria-label=tr!(i18n, map.title)
            data-pin-count=pin_count
            data-map-state=move || state.word()
        >
            <div class="area-map__canvas" node_ref=node></div>
            {children()}
            {move || attribution().map(|words| view! { <p class="area-map__attribution">{words}</p> })}
        </div>
    }
}

fn listeners(
    state: MapState,
    on_pin: Option<Callback<PinId>>,
    on_blank: Option<Callback<()>>,
    on_long_press: Option<Callback<Place>>,
) -> MapListeners {
    MapListeners {
        on_pin_click: Box::new(move |pin| {
            if let Some(on_pin) = on_pin {
                on_pin.run(pin);
            }
        }),
        on_blank_click: Box::new(move || {
            if let Some(on_blank) = on_blank {
                on_blank.run(());
            }
        }),
        on_long_press: Box::new(move |place| {
            if let Some(on_long_press) = on_long_press {
                on_long_press.run(place);
            }
        }),
        on_view: Box::new(move |view| {
            state.view.try_set(Some(view));
        }),
        on_idle: Box::new(move || {
            if state.drawn.try_get_untracked() == Some(false) {
                state.drawn.set(true);
            }
        }),
    }
}

/// Tells the map what changed since it was mounted.
fn keep_in_step(state: MapState, dark: Signal<bool>, pins: Kept<Vec<PinView>>, selected: Kept<Option<PinId>>) {
    let changes = expect_context::<Changes>();
    let session = use_session();
    effect(move || {
        changes.track(&[Topic::Basemap]);
        let (Some(renderer), Some(frame), area) = (state.renderer.get(), state.frame.get(), session.area_id()) else {
            return;
        };
        spawn_local(async move {
            let bytes = if frame.has_basemap { ipc::basemap().await.ok().flatten() } else { None };
            let attribution = renderer.set_area(area, Bounds(frame.bbox), bytes).await;
            state.attribution.try_set(Some(attribution));
        });
    });
    effect(move || {
        let (Some(renderer), dark) = (state.renderer.get(), dark.get()) else { return };
        spawn_local(async move { renderer.set_theme(dark).await });
    });
    effect(move || {
        let Some(renderer) = state.renderer.get() else { return };
        pins.with(|pins| renderer.set_pins(pins));
        renderer.select(selected.get_untracked());
    });
    effect(move || {
        let (Some(renderer), selected) = (state.renderer.get(), selected.get()) else { return };
        renderer.select(selected);
    });
}

/// Whether the screen is dark: by the user's choice, or as the device is.
fn use_dark() -> Signal<bool> {
    let session = use_session();
    let device = RwSignal::new(false);
    if let Some(query) = window().match_media("(prefers-color-scheme: dark)").ok().flatten() {
        device.set(query.matches());
        follow(query, device);
    }
    derived(move || match session.settings().theme {
        Theme::System => device.get(),
        Theme::Light => false,
        Theme::Dark => true,
    })
}

fn follow(query: MediaQueryList, device: RwSignal<bool>) {
    let asked = query.clone();
    let listener = Closure::<dyn Fn()>::new(move || {
        device.try_set(asked.matches());
    });
    query.set_onchange(Some(listener.as_ref().unchecked_ref()));
    let kept = StoredValue::new_local((query, listener));
    on_cleanup(move || {
        kept.try_with_value(|(query, _)| query.set_onchange(None));
    });
}
