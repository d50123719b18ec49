//! The web app's files. Every address that is neither a file nor under `/api` is a page of the app.

use crate::error::ApiError;
use crate::security_headers;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use std::path::{Path, PathBuf};
use tower_http::services::{ServeDir, ServeFile};

/// Why there is no web app to serve.
#[derive(Debug, thiserror::Error)]
pub enum WebDirError {
    #[error("there is no web app in {} (no index.html): build it with `cargo xtask run` or name its folder with --web", path.display())]
    NoIndex { path: PathBuf },
    #[error("no web app found, looked in {}: name its folder with --web", .looked.join(", "))]
    NotFound { looked: Vec<String> },
}

/// Checks that the folder holds a web app.
pub(crate) fn check(dir: &Path) -> Result<(), WebDirError> {
    if dir.join("index.html").is_file() { Ok(()) } else { Err(WebDirError::NoIndex { path: dir.to_owned() }) }
}

/// Serves the folder.
pub(crate) fn routes(dir: &Path) -> Router {
    let page = ServeFile::new(dir.join("index.html")).precompressed_br();
    let files = ServeDir::new(dir).append_index_html_on_directories(false).precompressed_br().fallback(page);
    Router::new()
        .fallback_service(files)
        .layer(middleware::from_fn(finish))
        .layer(middleware::from_fn(security_headers::for_pages))
}

/// A server without a web app: the API only.
pub(crate) fn none() -> Router {
    Router::new().fallback(async || ApiError::not_found("page: this server has no web app"))
}

/// Says how long an answer keeps, and what it is where the usual list of types does not know.
async fn finish(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let html = content_type(&response).is_some_and(|kind| kind.starts_with("text/html"));
    if html && is_file_name(&path) && !path.ends_with(".html") {
        // A page in place of a missing script would be cached by the service worker as that script.
        return ApiError::not_found("file").into_response();
    }
    let headers = response.headers_mut();
    let keeps = if is_hashed(&path) && !html { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keeps));
    if html {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    } else if path.ends_with(".pmtiles") && response.status() != StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.pmtiles"));
    }
    response
}

fn content_type(response: &Response) -> Option<&str> {
    response.headers().get(header::CONTENT_TYPE)?.to_str().ok()
}

/// Whether the address names a file: the app's own pages have no dot in them.
fn is_file_name(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

/// Whether the file's name holds the hash of its content: eight or more hexadecimal digits between separators.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split(['-', '_', '.']).skip(1).any(|part| {
        (8..=64).contains(&part.len())
            && part.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_keep_for_ever() {
        for path in ["/app-0123456789abcdef.js", "/app-0123456789abcdef_bg.wasm", "/fonts/plex-deadbeef.woff2"] {
            assert!(is_hashed(path), "{path}");
        }
        for path in ["/", "/index.html", "/service-worker.js", "/vendor/maplibre-gl.mjs", "/deadbeef", "/app-1.0.js"] {
            assert!(!is_hashed(path), "{path}");
        }
    }
}
