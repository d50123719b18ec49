//! Where the device is, asked once and on request only: nothing is tracked or kept.

use super::{Place, bridge};
use wasm_bindgen::JsCast;

/// The device's place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Located {
    pub(crate) place: Place,
    pub(crate) accuracy_m: f64,
}

/// Why the place is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LocateError {
    /// The user or the browser says no.
    Denied,
    /// No satellites, no answer in time.
    Unavailable,
}

/// Whether *Min position* is offered. Not in the desktop window: computers answer with zeros there.
pub(crate) fn can_locate() -> bool {
    !crate::ipc::is_tauri() && bridge::can_locate()
}

/// Asks the device where it is.
pub(crate) async fn locate() -> Result<Located, LocateError> {
    match bridge::locate().await {
        Ok(numbers) => match numbers.unchecked_into::<js_sys::Float64Array>().to_vec()[..] {
            [lat, lon, accuracy_m] => Ok(Located { place: Place { lat, lon }, accuracy_m }),
            _ => Err(LocateError::Unavailable),
        },
        Err(thrown) if thrown.as_string().as_deref() == Some("denied") => Err(LocateError::Denied),
        Err(_) => Err(LocateError::Unavailable),
    }
}
