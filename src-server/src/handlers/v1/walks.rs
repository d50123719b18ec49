//! Safety walks, as coordinators make and end them, and as members join them.

use super::checked_name;
use crate::auth::{ClientAddress, Coordinator, Device};
use crate::clock::now_ms;
use crate::control::{ControlError, NewWalk, WalkRow, Writer};
use crate::error::{ApiError, ErrorBody};
use crate::limits::JsonBody;
use crate::secrets::INVITATION;
use crate::server::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

const NAME_CHARS_MAX: usize = 80;
/// A walk is an evening; nobody is to be left on one by a slip of the finger.
const LASTS_MS_MAX: i64 = 31 * 24 * 3_600_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WalkRequest {
    #[schema(max_length = 80)]
    name: String,
    starts_at_ms: i64,
    /// Nobody is on it any more after this; at most 31 days after its start.
    ends_at_ms: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JoinRequest {
    /// What stands behind `#` in the link.
    #[schema(example = "0123456789ABCDEFGHJKMNPQRS")]
    secret: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Walk {
    id: Uuid,
    /// That of its scope in the log.
    number: u32,
    name: String,
    starts_at_ms: i64,
    ends_at_ms: i64,
}

impl From<WalkRow> for Walk {
    fn from(row: WalkRow) -> Self {
        let WalkRow { id, number, name, starts_at_ms, ends_at_ms } = row;
        Self { id, number, name, starts_at_ms, ends_at_ms }
    }
}

/// Makes a walk in the coordinator's area.
#[utoipa::path(
    post, path = "/api/v1/walks", tag = "access",
    request_body = WalkRequest,
    responses(
        (status = 200, body = Walk),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 403, description = "`forbidden`: coordinators only", body = ErrorBody),
        (status = 422, description = "`invalid`, `personal_number`", body = ErrorBody),
    ),
)]
pub(crate) async fn create(
    Coordinator(device): Coordinator,
    State(app): State<App>,
    JsonBody(request): JsonBody<WalkRequest>,
) -> Result<Json<Walk>, ApiError> {
    let name = checked_name("name", &request.name, NAME_CHARS_MAX)?;
    if name.is_empty() {
        return Err(ApiError::invalid("name: from 1 to 80 characters"));
    }
    let WalkRequest { starts_at_ms, ends_at_ms, .. } = request;
    let lasts = ends_at_ms.saturating_sub(starts_at_ms);
    if starts_at_ms < 0 || !(1..=LASTS_MS_MAX).contains(&lasts) || ends_at_ms <= now_ms() {
        return Err(ApiError::invalid("ends_at_ms: later than now, and within 31 days after the start"));
    }
    let new = NewWalk { area: device.area, name, starts_at_ms, ends_at_ms };

    let walk = device.write(&app, move |control| control.add_walk(&new, now_ms())).await?;

    app.mirrors.wake();
    Ok(Json(walk.into()))
}

/// The area's walks, the latest first.
#[utoipa::path(
    get, path = "/api/v1/walks", tag = "access",
    responses(
        (status = 200, body = Vec<Walk>),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 403, description = "`forbidden`: coordinators only", body = ErrorBody),
    ),
)]
pub(crate) async fn list(
    Coordinator(device): Coordinator,
    State(app): State<App>,
) -> Result<Json<Vec<Walk>>, ApiError> {
    let rows = app.control.read(move |control| control.walks(device.area)).await?;
    Ok(Json(rows.into_iter().map(Walk::from).collect()))
}

/// Ends a walk now: everyone who is on it loses it. What was marked stays for the coordinators.
#[utoipa::path(
    delete, path = "/api/v1/walks/{id}", tag = "access",
    params(("id" = Uuid, Path)),
    responses(
        (status = 204),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 403, description = "`forbidden`: coordinators only", body = ErrorBody),
        (status = 404, description = "`not_found`", body = ErrorBody),
    ),
)]
pub(crate) async fn end(
    Coordinator(device): Coordinator,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id: Uuid = id.parse().map_err(|_| ApiError::not_found("walk"))?;
    let area = device.area;
    device.write(&app, move |control| control.end_walk(area, id, now_ms())).await?;
    app.mirrors.wake();
    Ok(StatusCode::NO_CONTENT)
}

/// A member of the area takes the walk that an invitation is for, and stays who they are.
#[utoipa::path(
    post, path = "/api/v1/walks/join", tag = "access",
    request_body = JoinRequest,
    responses(
        (status = 204),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 404, description = "`invitation_unknown`, or `not_found`: it is for no walk of this area", body = ErrorBody),
        (status = 410, description = "`invitation_spent`", body = ErrorBody),
        (status = 429, description = "`too_many_attempts`, with Retry-After", body = ErrorBody),
    ),
)]
pub(crate) async fn join(
    device: Device,
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    JsonBody(request): JsonBody<JoinRequest>,
) -> Result<StatusCode, ApiError> {
    app.limits.redeem(address).await?;
    let joined = match INVITATION.hash_of(request.secret.trim()) {
        Some(secret) => {
            let (area, member) = (device.area, device.member);
            let join = move |control: &Writer<'_>| control.join_walk(area, member, secret, now_ms());
            device.write(&app, join).await
        }
        None => Err(ControlError::InvitationUnknown),
    };
    joined.map_err(|error| super::redeem::failed(&app, address, error))?;
    app.mirrors.wake();
    Ok(StatusCode::NO_CONTENT)
}
