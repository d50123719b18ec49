//! HTTP by `fetch`.

use crate::env::scope;
use gloo_timers::callback::Timeout;
use js_sys::Uint8Array;
use trygkort_core::app::{HttpRequest, HttpResponse, NetworkError};
use wasm_bindgen::{JsCast, JsValue};
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
    let request = to_fetch(request, controller).map_err(no_answer)?;
    let response = JsFuture::from(scope().fetch_with_request(&request)).await.map_err(no_answer)?;
    response.dyn_into().map_err(no_answer)
}

/// A file of the app itself, from the service worker's copy or from the server.
pub(crate) async fn app_file(name: &str) -> Option<Vec<u8>> {
    let url = format!("{}/{name}", scope().location().origin());
    let request = HttpRequest { method: "GET", url, headers: Vec::new(), body: Vec::new() };
    let controller = AbortController::new().ok()?;
    let response = send(&request, &controller, 60_000).await.ok()?;
    (response.status == 200).then_some(response.body)
}

fn to_fetch(request: &HttpRequest, controller: &AbortController) -> Result<Request, JsValue> {
    let init = RequestInit::new();
    init.set_method(request.method);
    // Tokens travel in a header; cookies and the HTTP cache have no part in this.
    init.set_credentials(RequestCredentials::Omit);
    init.set_cache(RequestCache::NoStore);
    init.set_signal(Some(&controller.signal()));
    if !request.body.is_empty() {
        init.set_body(&Uint8Array::from(request.body.as_slice()));
    }
    let headers = Headers::new()?;
    for (name, value) in &request.headers {
        headers.set(name, value)?;
    }
    init.set_headers(&headers);
    Request::new_with_str_and_init(&request.url, &init)
}

fn no_answer(_: JsValue) -> NetworkError {
    NetworkError
}
