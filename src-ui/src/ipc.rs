//! The only code that calls the host. `js/host.js` hides whether the host is a browser worker or the desktop shell.

use js_sys::{JsString, Promise, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{Ask, Bytes, Event, GetBlob, IpcError, Request};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlVideoElement};

// `raw_module`: the build puts the file at this address as it is, where the content policy and the service worker
// know it.
#[wasm_bindgen(raw_module = "/js/host.js")]
extern "C" {
    #[wasm_bindgen(js_name = ask)]
    fn host_ask(request: &JsString) -> Promise;
    #[wasm_bindgen(js_name = basemap)]
    fn host_basemap() -> Promise;
    #[wasm_bindgen(js_name = onEvent)]
    fn host_on_event(callback: &Closure<dyn FnMut(String)>);
    #[wasm_bindgen(js_name = isTauri)]
    fn host_is_tauri() -> bool;
    #[wasm_bindgen(js_name = openExternal)]
    fn host_open_external(url: &str);
    #[wasm_bindgen(js_name = saveFile)]
    fn host_save_file(name: &str, content: &JsValue) -> Promise;
    #[wasm_bindgen(js_name = applyUpdate)]
    fn host_apply_update();
    #[wasm_bindgen(js_name = forgetTraces)]
    fn host_forget_traces() -> Promise;
    #[wasm_bindgen(js_name = forgetStorage)]
    fn host_forget_storage() -> Promise;
    #[wasm_bindgen(js_name = takeOver)]
    fn host_take_over();
    #[wasm_bindgen(js_name = installState)]
    fn host_install_state() -> String;
    #[wasm_bindgen(js_name = onInstallChange)]
    fn host_on_install_change(callback: &Closure<dyn FnMut()>);
    #[wasm_bindgen(js_name = promptInstall)]
    fn host_prompt_install() -> Promise;
    #[wasm_bindgen(js_name = storageState)]
    fn host_storage_state() -> Promise;
    #[wasm_bindgen(js_name = canScan)]
    fn host_can_scan() -> bool;
    #[wasm_bindgen(js_name = scanQr)]
    fn host_scan_qr(video: &HtmlVideoElement) -> Promise;
    #[wasm_bindgen(js_name = stopScan)]
    fn host_stop_scan(video: &HtmlVideoElement);
    #[wasm_bindgen(js_name = preparePhoto)]
    fn host_prepare_photo(file: &File) -> Promise;
    #[wasm_bindgen(js_name = shareText)]
    fn host_share_text(title: &str, text: &str) -> Promise;
}

/// Asks the host and waits for its answer.
pub(crate) async fn ask<A: Ask>(request: A) -> Result<A::Reply, IpcError> {
    read_reply(&ask_for_json(request.into_request()).await?)
}

/// [`ask`] without reading the answer: the part that is the same for all requests.
pub(crate) async fn ask_for_json(request: Request) -> Result<String, IpcError> {
    let request = to_json(&request).map_err(|error| internal(error.to_string()))?;
    let answer = JsFuture::from(host_ask(&request)).await.map_err(|thrown| thrown_error(&thrown))?;
    answer.as_string().ok_or_else(|| internal("the host answered with something else than text"))
}

/// Reads an answer of [`ask_for_json`].
pub(crate) fn read_reply<T: DeserializeOwned>(json: &str) -> Result<T, IpcError> {
    from_json(json).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_wasm_bindgen::Error) -> IpcError {
    internal(format!("answer of the host: {error}"))
}

/// Writes JSON; see [`from_json`].
pub(crate) fn to_json(value: &impl Serialize) -> Result<JsString, serde_wasm_bindgen::Error> {
    let value = value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?;
    Ok(js_sys::JSON::stringify(&value)?)
}

/// Reads JSON with the browser's own parser: a parser of our own is compiled anew for every type that is read.
///
/// Numbers are those of JavaScript. Ours are counters and milliseconds, far below the 2⁵³ up to which it counts exactly.
pub(crate) fn from_json<T: DeserializeOwned>(json: &str) -> Result<T, serde_wasm_bindgen::Error> {
    serde_wasm_bindgen::from_value(js_sys::JSON::parse(json)?)
}

/// The PMTiles bytes of the open area; `None` when it has no base map.
pub(crate) async fn basemap() -> Result<Option<Uint8Array>, IpcError> {
    let bytes = JsFuture::from(host_basemap()).await.map_err(|thrown| thrown_error(&thrown))?;
    Ok(if bytes.is_null() || bytes.is_undefined() { None } else { Some(bytes.unchecked_into()) })
}

/// Calls `handle` with every event of the host, for as long as the page lives.
pub(crate) fn on_event(mut handle: impl FnMut(Event) + 'static) {
    let closure = Closure::new(move |json: String| match from_json(&json) {
        Ok(event) => handle(event),
        Err(error) => leptos::logging::error!("event of the host: {error}"),
    });
    host_on_event(&closure);
    closure.forget();
}

/// Whether this is the desktop window (or a phone's native shell).
pub(crate) fn is_tauri() -> bool {
    host_is_tauri()
}

/// Hands a `tel:`, `sms:`, `mailto:` or `https:` address to the system.
pub(crate) fn open_external(url: &str) {
    host_open_external(url);
}

/// Saves a file where the person looks for downloads, in the window alone. Returns where it lies.
pub(crate) async fn save_file(name: &str, content: Bytes) -> Result<String, JsValue> {
    let content = content.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?;
    JsFuture::from(host_save_file(name, &content)).await.map(|path| path.as_string().unwrap_or_default())
}

/// Takes a waiting new version into use; the page reloads.
pub(crate) fn apply_update() {
    host_apply_update();
}

/// *Brug her*: asks the tab that has the database to let this one have it.
pub(crate) fn take_over() {
    host_take_over();
}

/// After `ForgetDevice`: removes what the page keeps besides the database (look, drafts of links, the app's own files).
pub(crate) async fn forget_traces() {
    log_failure(JsFuture::from(host_forget_traces()).await);
}

/// Ends the host and removes its folder; nothing is answered any more until the page is loaded anew.
pub(crate) async fn forget_storage() {
    log_failure(JsFuture::from(host_forget_storage()).await);
}

fn log_failure(result: Result<JsValue, JsValue>) {
    if let Err(thrown) = result {
        leptos::logging::warn!("forgetting: {thrown:?}");
    }
}

/// How this device can have the app on its home screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstallState {
    /// The desktop window: nothing to install.
    Native,
    /// The installed web app.
    Installed,
    /// The browser offers a prompt.
    Prompt,
    /// iPhone or iPad: *Del* → *Føj til hjemmeskærm*; the installed app has a storage of its own.
    Apple,
    /// Through the browser's own menu.
    Manual,
}

pub(crate) fn install_state() -> InstallState {
    match host_install_state().as_str() {
        "app" => InstallState::Native,
        "installed" => InstallState::Installed,
        "prompt" => InstallState::Prompt,
        "ios" => InstallState::Apple,
        _ => InstallState::Manual,
    }
}

/// Calls back, for as long as the page lives, when [`install_state`] may have changed.
pub(crate) fn on_install_change(callback: impl FnMut() + 'static) {
    let closure = Closure::new(callback);
    host_on_install_change(&closure);
    closure.forget();
}

/// Shows the browser's install prompt. `true`: the user said yes.
pub(crate) async fn prompt_install() -> bool {
    JsFuture::from(host_prompt_install()).await.is_ok_and(|answer| answer.is_truthy())
}

/// How safe what is kept on this device is.
#[derive(Clone, Copy, Debug, PartialEq, serde::Deserialize)]
pub(crate) struct StorageState {
    /// The browser promised not to empty it by itself.
    pub(crate) persisted: bool,
    /// Bytes in use, where the browser says.
    pub(crate) usage: Option<f64>,
}

pub(crate) async fn storage_state() -> Option<StorageState> {
    let answer = JsFuture::from(host_storage_state()).await.ok()?;
    from_json(&answer.as_string()?).ok()
}

/// Whether this device can read a QR code inside the app.
pub(crate) fn can_scan() -> bool {
    host_can_scan()
}

/// Shows the camera in `video` until a QR code is read; its text, or `None` when [`stop_scan`] came first.
pub(crate) async fn scan_qr(video: &HtmlVideoElement) -> Result<Option<String>, CameraRefused> {
    let read = JsFuture::from(host_scan_qr(video)).await.map_err(|_| CameraRefused)?;
    Ok(read.as_string())
}

/// There is no camera, or the user does not let this page use it.
#[derive(Debug)]
pub(crate) struct CameraRefused;

pub(crate) fn stop_scan(video: &HtmlVideoElement) {
    host_stop_scan(video);
}

/// A photo as it is kept and sent: small, and without metadata.
#[derive(Clone)]
pub(crate) struct PreparedPhoto {
    pub(crate) photo: Bytes,
    pub(crate) thumbnail: Bytes,
}

/// Makes a photo small beside the page; `None` when the file is no picture that this browser reads.
pub(crate) async fn prepare_photo(file: &File) -> Option<PreparedPhoto> {
    let made = JsFuture::from(host_prepare_photo(file)).await.ok()?;
    let part = |name: &str| {
        let bytes = js_sys::Reflect::get(&made, &JsValue::from_str(name)).ok()?;
        Some(Bytes(bytes.dyn_ref::<Uint8Array>()?.to_vec()))
    };
    Some(PreparedPhoto { photo: part("photo")?, thumbnail: part("thumbnail")? })
}

/// The address of a photo or thumbnail, for an image to show; `None` while it is not on this device.
pub(crate) async fn photo_address(hash: String) -> Result<Option<String>, IpcError> {
    let json = ask_for_json(GetBlob { hash }.into_request()).await?;
    // The answer is in base 64, which is what such an address takes: there is nothing to read.
    let base64 = json.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    Ok(base64.map(|base64| format!("data:image/jpeg;base64,{base64}")))
}

/// What became of sharing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shared {
    Sent,
    /// There is no share sheet: the text is on the clipboard.
    Copied,
    Cancelled,
    Failed,
}

/// Shares with the system's sheet, or copies where there is none.
pub(crate) async fn share_text(title: &str, text: &str) -> Shared {
    match JsFuture::from(host_share_text(title, text)).await.ok().and_then(|word| word.as_string()).as_deref() {
        Some("shared") => Shared::Sent,
        Some("copied") => Shared::Copied,
        Some("cancelled") => Shared::Cancelled,
        _ => Shared::Failed,
    }
}

fn thrown_error(thrown: &JsValue) -> IpcError {
    let text = thrown
        .as_string()
        .or_else(|| thrown.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message())))
        .unwrap_or_default();
    from_json(&text).unwrap_or_else(|_| internal(text))
}

/// Our own mistake: the screens word it from the code, the detail is for the log.
pub(crate) fn internal(detail: impl Into<String>) -> IpcError {
    IpcError { code: ErrorCode::Internal, detail: detail.into(), field: None }
}
