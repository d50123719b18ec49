//! The description of the API, made from the handlers.

use super::{health, v1};
use axum::Json;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Trygkort server",
        description = "Synchronising, invitations and devices. Errors are `{code, detail}`; `code` never changes. \
                       Any request can answer 429 `too_many_requests` (with Retry-After), 503 `unavailable` and \
                       507 `storage_full`; a body over 2 MiB is 413 `too_large`.",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2"),
    ),
    paths(
        health::get,
        v1::redeem::post,
        v1::sync::post,
        v1::hand_in::post,
        v1::history::get,
        v1::aside::get,
        v1::members::lock_out,
        v1::members::change_role,
        v1::deliver::post,
        v1::poke::get,
        v1::basemap::get,
        v1::snapshot::get,
        v1::uploads::create,
        v1::uploads::head,
        v1::uploads::patch,
        v1::uploads::terminate,
        v1::blobs::get,
        v1::blobs::missing,
        v1::invitations::issue,
        v1::invitations::list,
        v1::invitations::revoke,
        v1::invitations::hand_over,
        v1::walks::create,
        v1::walks::list,
        v1::walks::end,
        v1::walks::join,
        v1::devices::list,
        v1::devices::rename,
        v1::devices::revoke,
    ),
    security(("device" = [])),
    modifiers(&DeviceToken),
    tags(
        (name = "server", description = "The server itself"),
        (name = "sync", description = "What a device does all day"),
        (name = "photos", description = "Photos on their way, by tus 1.0.0, and back"),
        (name = "access", description = "Invitations and devices"),
    ),
)]
pub(crate) struct Description;

struct DeviceToken;

impl utoipa::Modify for DeviceToken {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        api.components.get_or_insert_default().add_security_scheme("device", scheme);
    }
}

pub(crate) async fn get() -> Json<utoipa::openapi::OpenApi> {
    Json(Description::openapi())
}
