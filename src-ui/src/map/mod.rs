//! The map on the screen behind one type, [`MapRenderer`].
//!
//! Today it is MapLibre GL JS (`js/map.js`); `docs/adr` says why. The rest of the app knows only what is public here,
//! so that a renderer written in Rust can take its place: pins with ids, places in degrees, a base map in bytes.

mod bridge;
mod position;

pub(crate) use position::{LocateError, Located, can_locate, locate};

use bridge::JsMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use trygkort_core::domain::{AreaId, PinId};
use trygkort_core::ipc::{PinKind, PinView};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

/// A place in WGS 84 degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) lat: f64,
    pub(crate) lon: f64,
}

/// West, south, east, north in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds(pub(crate) [f64; 4]);

impl Bounds {
    pub(crate) fn contains(self, place: Place) -> bool {
        let [west, south, east, north] = self.0;
        (west..=east).contains(&place.lon) && (south..=north).contains(&place.lat)
    }

    pub(crate) fn center(self) -> Place {
        let [west, south, east, north] = self.0;
        Place { lat: f64::midpoint(south, north), lon: f64::midpoint(west, east) }
    }
}

/// What of the world the map shows right now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MapView {
    pub(crate) bounds: Bounds,
    pub(crate) center: Place,
    /// Whether somebody moved the map; otherwise the app did.
    pub(crate) by_user: bool,
}

/// Why there is no map to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MapFailure {
    /// The browser or the device does not draw with WebGL 2.
    NoWebGl,
    /// The map library could not be fetched; it may be there next time.
    NoLibrary,
}

/// What the screen wants to hear of while it shows the map.
pub(crate) struct MapListeners {
    pub(crate) on_pin_click: Box<dyn Fn(PinId)>,
    /// A tap beside every pin.
    pub(crate) on_blank_click: Box<dyn Fn()>,
    /// A long press, or a click with the other mouse button.
    pub(crate) on_long_press: Box<dyn Fn(Place)>,
    /// The map came to rest somewhere else, or its size changed.
    pub(crate) on_view: Box<dyn Fn(MapView)>,
    /// Everything is drawn.
    pub(crate) on_idle: Box<dyn Fn()>,
}

/// The one map of the app. It is made when a map is first shown and then kept, with its place and zoom, while the
/// screens that show it come and go.
pub(crate) struct MapRenderer {
    js: JsMap,
    /// The drawn pins: the map knows them by their index.
    ids: RefCell<Rc<Vec<PinId>>>,
    area: Cell<Option<AreaId>>,
    closures: RefCell<Option<Closures>>,
    mounts: Cell<u32>,
}

/// A screen's hold on the map; what [`MapRenderer::unmount`] wants back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mount(u32);

/// Kept alive for as long as the map may call them.
struct Closures {
    pin: Closure<dyn Fn(u32)>,
    blank: Closure<dyn Fn()>,
    press: Closure<dyn Fn(f64, f64)>,
    view: Closure<dyn Fn(Vec<f64>, bool)>,
    idle: Closure<dyn Fn()>,
}

thread_local! {
    static SHARED: RefCell<Option<Rc<MapRenderer>>> = const { RefCell::new(None) };
}

impl MapRenderer {
    /// The map of the app, made if it is not there yet. `title` is what a screen reader calls it.
    pub(crate) async fn shared(start: Bounds, dark: bool, title: &str) -> Result<Rc<Self>, MapFailure> {
        if let Some(renderer) = SHARED.with_borrow(Clone::clone) {
            renderer.set_theme(dark).await;
            renderer.js.set_title(title);
            return Ok(renderer);
        }
        let made = bridge::open_map(start.0.to_vec(), dark, title).await.map_err(|thrown| failure(&thrown))?;
        let made = Rc::new(Self {
            js: made.unchecked_into(),
            ids: RefCell::default(),
            area: Cell::new(None),
            closures: RefCell::new(None),
            mounts: Cell::new(0),
        });
        // Two screens may have asked while the library was on its way: the first one to get here wins.
        let kept = SHARED.with_borrow_mut(|shared| shared.get_or_insert_with(|| made.clone()).clone());
        if !Rc::ptr_eq(&kept, &made) {
            made.destroy();
        }
        Ok(kept)
    }

    /// Shows the map inside `element`, which gives it its size.
    pub(crate) fn mount(self: &Rc<Self>, element: &HtmlElement, listeners: MapListeners) -> Mount {
        let MapListeners { on_pin_click, on_blank_click, on_long_press, on_view, on_idle } = listeners;
        let this = Rc::downgrade(self);
        let closures = Closures {
            pin: Closure::new(move |index: u32| {
                let ids = this.upgrade().map(|renderer| renderer.ids.borrow().clone());
                if let Some(id) = ids.and_then(|ids| ids.get(index as usize).copied()) {
                    on_pin_click(id);
                }
            }),
            blank: Closure::new(on_blank_click),
            press: Closure::new(move |lat, lon| on_long_press(Place { lat, lon })),
            view: Closure::new(move |numbers: Vec<f64>, by_user: bool| {
                if let [west, south, east, north, lat, lon] = numbers[..] {
                    let bounds = Bounds([west, south, east, north]);
                    on_view(MapView { bounds, center: Place { lat, lon }, by_user });
                }
            }),
            idle: Closure::new(on_idle),
        };
        self.js.mount(element, &closures.pin, &closures.blank, &closures.press, &closures.view, &closures.idle);
        self.closures.replace(Some(closures));
        self.mounts.set(self.mounts.get().wrapping_add(1));
        Mount(self.mounts.get())
    }

    /// Takes the map off the screen. Nothing happens when another screen has mounted it meanwhile.
    pub(crate) fn unmount(&self, mount: Mount) {
        if mount == Mount(self.mounts.get()) {
            self.js.unmount();
            self.closures.replace(None);
        }
    }

    /// Shows this area: its frame, and its base map as a PMTiles archive. The answer is the base map's attribution, or
    /// `None` when there is none to be shown.
    pub(crate) async fn set_area(
        &self,
        area: Option<AreaId>,
        frame: Bounds,
        basemap: Option<js_sys::Uint8Array>,
    ) -> Option<String> {
        if self.area.replace(area) != area {
            self.set_position(None); // it belongs to the walk through another area
        }
        self.js.set_area(frame.0.to_vec(), basemap).await.ok()?.as_string()
    }

    /// Light or dark.
    pub(crate) async fn set_theme(&self, dark: bool) {
        // The style in use stays when the other one cannot be fetched; `map.js` logs it.
        let _ = self.js.set_theme(dark).await;
    }

    /// Shows these pins and no others, none of them selected.
    pub(crate) fn set_pins(&self, pins: &[PinView]) {
        let coordinates: Vec<f64> = pins.iter().flat_map(|pin| [pin.lon, pin.lat]).collect();
        let kinds: Vec<u8> = pins.iter().map(|pin| u8::from(pin.kind == PinKind::Challenge)).collect();
        self.ids.replace(Rc::new(pins.iter().map(|pin| pin.id).collect()));
        self.js.set_pins(coordinates, kinds);
    }

    /// Draws this pin larger and above the others. A pin that is not shown selects nothing.
    pub(crate) fn select(&self, pin: Option<PinId>) {
        let index = pin.and_then(|id| self.ids.borrow().iter().position(|shown| *shown == id));
        self.js.select(index.and_then(|index| i32::try_from(index).ok()).unwrap_or(-1));
    }

    /// Moves the map just enough that the selected pin is not under `cover`.
    pub(crate) fn reveal(&self, cover: &Element) {
        self.js.reveal(cover);
    }

    pub(crate) fn fly_to(&self, place: Place) {
        self.js.fly_to(place.lat, place.lon);
    }

    /// As [`MapRenderer::fly_to`], at once.
    pub(crate) fn jump_to(&self, place: Place) {
        self.js.jump_to(place.lat, place.lon);
    }

    pub(crate) fn zoom_by(&self, steps: f64) {
        self.js.zoom_by(steps);
    }

    /// Shows the whole area.
    pub(crate) fn fit_area(&self) {
        self.js.fit_area(true);
    }

    /// The user's own place, with its accuracy.
    pub(crate) fn set_position(&self, position: Option<Located>) {
        match position {
            Some(Located { place, accuracy_m }) => self.js.set_position(place.lat, place.lon, accuracy_m),
            None => self.js.set_position(f64::NAN, f64::NAN, 0.0),
        }
    }

    /// Frees the map and its graphics memory.
    fn destroy(&self) {
        self.js.destroy();
        self.closures.replace(None);
    }
}

fn failure(thrown: &JsValue) -> MapFailure {
    match thrown.as_string().as_deref() {
        Some("no_webgl") => MapFailure::NoWebGl,
        _ => MapFailure::NoLibrary,
    }
}
