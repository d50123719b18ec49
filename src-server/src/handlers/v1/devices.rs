//! A member's own devices.

use super::checked_name;
use crate::auth::Device;
use crate::clock::now_ms;
use crate::error::{ApiError, ErrorBody};
use crate::limits::JsonBody;
use crate::server::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

const NAME_CHARS_MAX: usize = 80;

#[derive(Serialize, ToSchema)]
pub(crate) struct OwnDevice {
    id: Uuid,
    name: String,
    created_at_ms: i64,
    /// To the minute.
    last_seen_ms: Option<i64>,
    /// Whether it is the one that asks.
    this: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameRequest {
    #[schema(min_length = 1, max_length = 80)]
    name: String,
}

/// The member's devices that are not locked out.
#[utoipa::path(
    get, path = "/api/v1/devices", tag = "access",
    responses(
        (status = 200, body = Vec<OwnDevice>),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
    ),
)]
pub(crate) async fn list(device: Device, State(app): State<App>) -> Result<Json<Vec<OwnDevice>>, ApiError> {
    let rows = app.control.read(move |control| control.devices_of(device.member)).await?;
    let own = rows.into_iter().map(|row| OwnDevice {
        this: row.id == device.id,
        id: row.id,
        name: row.name,
        created_at_ms: row.created_at_ms,
        last_seen_ms: row.last_seen_ms,
    });
    Ok(Json(own.collect()))
}

/// Renames one of the member's devices.
#[utoipa::path(
    patch, path = "/api/v1/devices/{id}", tag = "access",
    params(("id" = Uuid, Path)),
    request_body = RenameRequest,
    responses(
        (status = 204),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 404, description = "`not_found`", body = ErrorBody),
        (status = 422, description = "`invalid`, `personal_number`", body = ErrorBody),
    ),
)]
pub(crate) async fn rename(
    device: Device,
    State(app): State<App>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<RenameRequest>,
) -> Result<StatusCode, ApiError> {
    let id = parse(&id)?;
    let name = checked_name("name", &request.name, NAME_CHARS_MAX)?;
    if name.is_empty() {
        return Err(ApiError::invalid("name: at least 1 character"));
    }
    let member = device.member;
    device.write(&app, move |control| control.rename_device(member, id, &name)).await?;
    app.mirrors.wake();
    Ok(StatusCode::NO_CONTENT)
}

/// Locks one of the member's devices out, for good; it may be the one that asks. Again does no harm.
#[utoipa::path(
    delete, path = "/api/v1/devices/{id}", tag = "access",
    params(("id" = Uuid, Path)),
    responses(
        (status = 204),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 404, description = "`not_found`", body = ErrorBody),
    ),
)]
pub(crate) async fn revoke(
    device: Device,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = parse(&id)?;
    let member = device.member;
    device.write(&app, move |control| control.revoke_device(member, id, now_ms())).await?;
    app.pokes.hang_up(id);
    app.mirrors.wake();
    Ok(StatusCode::NO_CONTENT)
}

fn parse(id: &str) -> Result<Uuid, ApiError> {
    id.parse().map_err(|_| ApiError::not_found("device"))
}
