//! `js/map.js` as Rust sees it.

use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

// `raw_module`: the build puts the file at this address as it is; it imports `map-draw.js` and `map-library.js` from beside it.
#[wasm_bindgen(raw_module = "/js/map.js")]
extern "C" {
    #[wasm_bindgen(js_name = AreaMap)]
    pub(super) type JsMap;

    #[wasm_bindgen(catch, js_name = openMap)]
    pub(super) async fn open_map(bbox: Vec<f64>, dark: bool, title: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method)]
    pub(super) fn mount(
        this: &JsMap,
        element: &HtmlElement,
        pin: &Closure<dyn Fn(u32)>,
        blank: &Closure<dyn Fn()>,
        press: &Closure<dyn Fn(f64, f64)>,
        view: &Closure<dyn Fn(Vec<f64>, bool)>,
        idle: &Closure<dyn Fn()>,
    );
    #[wasm_bindgen(method)]
    pub(super) fn unmount(this: &JsMap);
    #[wasm_bindgen(method, js_name = setTitle)]
    pub(super) fn set_title(this: &JsMap, title: &str);
    #[wasm_bindgen(method, catch, js_name = setArea)]
    pub(super) async fn set_area(
        this: &JsMap,
        bbox: Vec<f64>,
        basemap: Option<js_sys::Uint8Array>,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = setTheme)]
    pub(super) async fn set_theme(this: &JsMap, dark: bool) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, js_name = setPins)]
    pub(super) fn set_pins(this: &JsMap, coordinates: Vec<f64>, kinds: Vec<u8>);
    #[wasm_bindgen(method)]
    pub(super) fn select(this: &JsMap, index: i32);
    #[wasm_bindgen(method)]
    pub(super) fn reveal(this: &JsMap, cover: &Element);
    #[wasm_bindgen(method, js_name = flyTo)]
    pub(super) fn fly_to(this: &JsMap, lat: f64, lon: f64);
    #[wasm_bindgen(method, js_name = jumpTo)]
    pub(super) fn jump_to(this: &JsMap, lat: f64, lon: f64);
    #[wasm_bindgen(method, js_name = zoomBy)]
    pub(super) fn zoom_by(this: &JsMap, steps: f64);
    #[wasm_bindgen(method, js_name = fitArea)]
    pub(super) fn fit_area(this: &JsMap, animate: bool);
    #[wasm_bindgen(method, js_name = setPosition)]
    pub(super) fn set_position(this: &JsMap, lat: f64, lon: f64, accuracy: f64);
    #[wasm_bindgen(method)]
    pub(super) fn destroy(this: &JsMap);

    #[wasm_bindgen(js_name = canLocate)]
    pub(super) fn can_locate() -> bool;
    #[wasm_bindgen(catch)]
    pub(super) async fn locate() -> Result<JsValue, JsValue>;
}
