//! Every address of the server and what stands around it.

use crate::error::ApiError;
use crate::handlers::{health, openapi, v1};
use crate::request_log;
use crate::security_headers::{self, SpeaksTls};
use crate::server::App;
use crate::web_files;
use axum::Router;
use axum::middleware;
use axum::routing::{delete, get, head, patch, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::predicate::SizeAbove;
use tower_http::compression::{CompressionLayer, CompressionLevel};

/// Below this, compressing costs more than it saves.
const COMPRESS_ABOVE_BYTES: u64 = 512;

/// The whole server as one router.
pub(crate) fn router(app: &App) -> Router {
    let web = app.web_dir.as_deref().map_or_else(web_files::none, web_files::routes);
    Router::new()
        .nest("/api", api())
        .route("/healthz", get(health::get))
        .with_state(app.clone())
        .fallback_service(web)
        .layer(CatchPanicLayer::custom(request_log::on_panic))
        .layer(middleware::from_fn_with_state(SpeaksTls(app.tls), security_headers::for_all))
        .layer(middleware::from_fn(request_log::log))
}

fn api() -> Router<App> {
    let compressed = CompressionLayer::new()
        .quality(CompressionLevel::Precise(5))
        .compress_when(SizeAbove::new(COMPRESS_ABOVE_BYTES));
    let nobody_yet = Router::new()
        .route("/openapi.json", get(openapi::get).layer(compressed.clone()))
        .route("/v1/redeem", post(v1::redeem::post));
    let devices = Router::new()
        .route("/v1/sync", post(v1::sync::post).layer(compressed.clone()))
        .route("/v1/history/{row}", get(v1::history::get).layer(compressed.clone()))
        .route("/v1/hand-in", post(v1::hand_in::post))
        .route("/v1/deliver", post(v1::deliver::post))
        .route("/v1/poke", get(v1::poke::get))
        .route("/v1/basemap", get(v1::basemap::get))
        .route("/v1/snapshot/{hash}", get(v1::snapshot::get))
        .route("/v1/walks/join", post(v1::walks::join))
        .route("/v1/blobs/missing", post(v1::blobs::missing))
        .route("/v1/blobs/{hash}", get(v1::blobs::get))
        .route("/v1/hand-over", post(v1::invitations::hand_over))
        .route("/v1/devices", get(v1::devices::list))
        .route("/v1/devices/{id}", patch(v1::devices::rename).delete(v1::devices::revoke));
    let uploads = Router::new()
        .route("/v1/uploads", post(v1::uploads::create).options(v1::uploads::options))
        .route("/v1/uploads/{hash}", head(v1::uploads::head).patch(v1::uploads::patch).delete(v1::uploads::terminate))
        .layer(middleware::map_response(v1::uploads::mark));
    let coordinators = Router::new()
        .route("/v1/invitations", post(v1::invitations::issue).get(v1::invitations::list))
        .route("/v1/invitations/{id}", delete(v1::invitations::revoke))
        .route("/v1/walks", post(v1::walks::create).get(v1::walks::list))
        .route("/v1/walks/{id}", delete(v1::walks::end))
        .route("/v1/aside", get(v1::aside::get).layer(compressed))
        .route("/v1/members/{id}", patch(v1::members::change_role).delete(v1::members::lock_out));
    nobody_yet
        .merge(devices)
        .merge(uploads)
        .merge(coordinators)
        .fallback(async || ApiError::not_found("address"))
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(middleware::from_fn(security_headers::for_api))
}
