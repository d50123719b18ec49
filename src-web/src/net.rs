//! HTTP by `fetch`.

use crate::env::scope;
use gloo_timers::callback::Timeout;
use js_sys::Uint8Array;
use trygkort_core::app::{HttpRequest, HttpResponse, NetworkError, PACK_ABOVE_BYTES, PACKED};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, Request, RequestCache, RequestCredentials, RequestInit, Response};

/// A fetch that can be given up: dropping this aborts it.
pub(crate) struct Abort(pub(crate) AbortController);

impl Abort {
    pub(crate) fn new() -> Self {
        Self(AbortController::new().expect("every browser with OPFS has AbortController"))
    }

    /// Gives the fetch up when it is still under way after this long and the timer was not dropped.
    pub(crate) fn after(&self, ms: u32) -> Timeout {
        let controller = self.0.clone();
        Timeout::new(ms, move || controller.abort())
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends a request and reads the whole answer, within `timeout_ms`. Any status is an answer.
pub(crate) async fn send(
    request: &HttpRequest,
    controller: &AbortController,
    timeout_ms: u32,
) -> Result<HttpResponse, NetworkError> {
    let late = controller.clone();
    let _timer = Timeout::new(timeout_ms, move || late.abort());
    let response = start(request, controller).await?;
    let body = JsFuture::from(response.array_buffer().map_err(no_answer)?).await.map_err(no_answer)?;
    Ok(HttpResponse { status: response.status(), body: Uint8Array::new(&body).to_vec() })
}

/// Sends a request and answers as soon as the status is there.
pub(crate) async fn start(request: &HttpRequest, controller: &AbortController) -> Result<Response, NetworkError> {
    let packed =
        if request.may_pack && request.body.len() > PACK_ABOVE_BYTES { pack(&request.body).await } else { None };
    let request = to_fetch(request, packed, controller).map_err(no_answer)?;
    let response = JsFuture::from(scope().fetch_with_request(&request)).await.map_err(no_answer)?;
    response.dyn_into().map_err(no_answer)
}

/// A file of the app itself, from the service worker's copy or from the server.
pub(crate) async fn app_file(name: &str) -> Option<Vec<u8>> {
    let url = format!("{}/{name}", scope().location().origin());
    let request = HttpRequest { method: "GET", url, headers: Vec::new(), body: Vec::new(), may_pack: false };
    let controller = AbortController::new().ok()?;
    let response = send(&request, &controller, 60_000).await.ok()?;
    (response.status == 200).then_some(response.body)
}

#[wasm_bindgen]
extern "C" {
    type CompressionStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<CompressionStream, JsValue>;
}

/// A body as [`PACKED`] says. `None` where the browser cannot, or it would not be shorter.
async fn pack(body: &[u8]) -> Option<Uint8Array> {
    let packer = CompressionStream::new(PACKED.1).ok()?;
    let plain = Response::new_with_opt_js_u8_array(Some(&Uint8Array::from(body))).ok()?.body()?;
    let packed = plain.pipe_through(packer.unchecked_ref());
    let packed = Response::new_with_opt_readable_stream(Some(&packed)).ok()?.array_buffer().ok()?;
    let packed = Uint8Array::new(&JsFuture::from(packed).await.ok()?);
    usize::try_from(packed.length()).is_ok_and(|length| length < body.len()).then_some(packed)
}

fn to_fetch(
    request: &HttpRequest,
    packed: Option<Uint8Array>,
    controller: &AbortController,
) -> Result<Request, JsValue> {
    let init = RequestInit::new();
    init.set_method(request.method);
    // Tokens travel in a header; cookies and the HTTP cache have no part in this.
    init.set_credentials(RequestCredentials::Omit);
    init.set_cache(RequestCache::NoStore);
    init.set_signal(Some(&controller.signal()));
    let headers = Headers::new()?;
    if let Some(packed) = packed {
        init.set_body(&packed);
        headers.set(PACKED.0, PACKED.1)?;
    } else if !request.body.is_empty() {
        init.set_body(&Uint8Array::from(request.body.as_slice()));
    }
    for (name, value) in &request.headers {
        headers.set(name, value)?;
    }
    init.set_headers(&headers);
    Request::new_with_str_and_init(&request.url, &init)
}

fn no_answer(_: JsValue) -> NetworkError {
    NetworkError
}
