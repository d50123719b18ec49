//! Clock, time zone and randomness of the browser.

use trygkort_core::app::{Env, HostInfo};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

/// The worker's global object.
pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().dyn_into().expect("src-web runs in a dedicated worker")
}

/// What the core should know about this browser.
pub(crate) fn host_info() -> HostInfo {
    HostInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        web_origin: Some(scope().location().origin()),
        language: scope().navigator().language().unwrap_or_else(|| "da".to_owned()),
    }
}

/// Milliseconds since 1970 UTC.
pub(crate) fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// The browser as the core sees it.
pub(crate) struct BrowserEnv;

impl Env for BrowserEnv {
    fn now_ms(&self) -> i64 {
        now_ms() as i64
    }

    fn utc_offset_minutes(&self, at_ms: i64) -> i32 {
        let date = js_sys::Date::new(&JsValue::from_f64(at_ms as f64));
        // JavaScript counts the other way round: minutes to add to local time to get UTC.
        -(date.get_timezone_offset() as i32)
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        let crypto = scope().crypto().expect("every browser with OPFS has crypto");
        // The browser fills at most 64 KiB at a time.
        for part in bytes.chunks_mut(65_536) {
            crypto.get_random_values_with_u8_array(part).expect("64 KiB are allowed");
        }
    }
}
