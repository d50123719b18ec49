//! Headers that tell browsers what this site never does.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// `wasm-unsafe-eval` lets WebAssembly compile and nothing else; MapLibre runs its worker from a blob where a browser
/// refuses module workers, and shows pictures it made itself.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data: blob:; connect-src 'self'; worker-src 'self' blob:; font-src 'self'; manifest-src 'self'; \
     object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

/// The camera reads invitation codes and takes pictures of places, the position is shown on the map. No other feature.
const PERMISSIONS_POLICY: &str = "camera=(self), geolocation=(self), accelerometer=(), autoplay=(), \
     display-capture=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()";

const ONE_YEAR: &str = "max-age=31536000";

/// Whether browsers reach this server by TLS that it speaks itself.
#[derive(Clone, Copy)]
pub(crate) struct SpeaksTls(pub(crate) bool);

/// For the pages of the web app.
pub(crate) async fn for_pages(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    set(headers, header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(headers, header::REFERRER_POLICY, "no-referrer");
    set(headers, HeaderName::from_static("permissions-policy"), PERMISSIONS_POLICY);
    set(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(headers, HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    response
}

/// For everything. Kept short: it is part of every answer to a phone that asks whether there is anything new.
pub(crate) async fn for_all(State(tls): State<SpeaksTls>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if tls.0 {
        set(headers, header::STRICT_TRANSPORT_SECURITY, ONE_YEAR);
    }
    response
}

/// For the API: answers are for one device and for now.
pub(crate) async fn for_api(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
