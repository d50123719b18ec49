//! One line per request: id, method, route, status, duration. No addresses, no tokens, no paths with ids or secrets in
//! them, nothing of the body.

use crate::error::Logged;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Names a request in the log and, when it failed, in the answer. Unique since the server started.
static LAST_ID: AtomicU64 = AtomicU64::new(0);

/// What requests for files of the web app are logged as.
const WEB_APP: &str = "(web app)";

/// Writes the line when the answer's head is ready; the poke stream's duration is therefore short.
pub(crate) async fn log(request: Request, next: Next) -> Response {
    let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let start = Instant::now();
    let mut response = next.run(request).await;

    let status = response.status();
    let route = route.as_ref().map_or(WEB_APP, MatchedPath::as_str);
    let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let logged = response.extensions_mut().remove::<Logged>();
    let (code, cause) = logged.map_or((None, None), |logged| (Some(logged.code), logged.cause));
    let (code, cause) = (code.unwrap_or_default(), cause.as_deref());
    if status.is_server_error() {
        tracing::error!(request = id, %method, route, status = status.as_u16(), duration_ms, code, cause, "request");
        let value = HeaderValue::from(id);
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    } else {
        tracing::info!(request = id, %method, route, status = status.as_u16(), duration_ms, code, "request");
    }
    response
}

/// The answer to a handler that panicked. The message stays out of it and out of the log: it may hold anything.
pub(crate) fn on_panic(_: Box<dyn Any + Send>) -> Response {
    use axum::response::IntoResponse;
    crate::error::ApiError::internal("a handler panicked; the line before this one says where").into_response()
}

/// Logs where a panic happened, and not what it said.
pub(crate) fn log_panics() {
    std::panic::set_hook(Box::new(|info| {
        let location = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(location, thread = std::thread::current().name(), "panic");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered_in_json_and_tells_nothing() {
        let response = on_panic(Box::new("something private"));
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "internal");
        assert!(!body.to_string().contains("private"));
    }
}
