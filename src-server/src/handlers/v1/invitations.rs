//! Invitations that coordinators issue, and hand-overs to one's own next device.

use super::RoleWord;
use crate::auth::{Coordinator, Device};
use crate::clock::now_ms;
use crate::control::{ControlError, Issuer, NewInvitation, Writer};
use crate::error::{ApiError, ErrorBody};
use crate::invitation::access_until;
use crate::limits::JsonBody;
use crate::server::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use trygkort_core::domain::Role;
use utoipa::ToSchema;
use uuid::Uuid;

/// A poster in every stairway of a large estate.
const USES_MAX: u32 = 5000;
const EXPIRES_HOURS_MAX: u32 = 366 * 24;
const HOUR_MS: i64 = 3_600_000;
const HAND_OVER_HOURS: i64 = 24;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationRequest {
    #[schema(value_type = RoleWord)]
    role: Role,
    /// How many devices may redeem it.
    #[schema(minimum = 1, maximum = 5000)]
    uses: u32,
    #[schema(minimum = 1, maximum = 8784)]
    expires_hours: u32,
    /// For how many hours from now those who redeem it have access; left out: until they are locked out.
    #[schema(minimum = 1, maximum = 8784)]
    access_hours: Option<u32>,
    /// Whoever redeems it is on this walk; the access of participants and residents then ends with it, or earlier.
    walk: Option<Uuid>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandOverRequest {}

#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedInvitation {
    id: Uuid,
    /// The secret is behind `#` and shown once.
    link: String,
    #[schema(value_type = RoleWord)]
    role: Role,
    uses: u32,
    expires_at_ms: i64,
    /// When the access of those who redeem it ends, if it does.
    access_until_ms: Option<i64>,
    /// Whoever redeems it is on this walk.
    walk: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OpenInvitation {
    id: Uuid,
    #[schema(value_type = RoleWord)]
    role: Role,
    uses_left: u32,
    expires_at_ms: i64,
    /// When the access of those who redeem it ends, if it does.
    access_until_ms: Option<i64>,
    /// Whoever redeems it is on this walk.
    walk: Option<Uuid>,
}

/// Issues an invitation to the coordinator's area.
#[utoipa::path(
    post, path = "/api/v1/invitations", tag = "access",
    request_body = InvitationRequest,
    responses(
        (status = 200, body = IssuedInvitation),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 403, description = "`forbidden`: coordinators only", body = ErrorBody),
        (status = 404, description = "`not_found`: no such walk, or it has ended", body = ErrorBody),
        (status = 422, description = "`invalid`", body = ErrorBody),
    ),
)]
pub(crate) async fn issue(
    Coordinator(device): Coordinator,
    State(app): State<App>,
    JsonBody(request): JsonBody<InvitationRequest>,
) -> Result<Json<IssuedInvitation>, ApiError> {
    within("uses", request.uses, USES_MAX)?;
    within("expires_hours", request.expires_hours, EXPIRES_HOURS_MAX)?;
    if let Some(hours) = request.access_hours {
        within("access_hours", hours, EXPIRES_HOURS_MAX)?;
    }
    let (area, issuer) = (device.area, Issuer::Device(device.id));
    let in_hours = |hours: u32| now_ms() + i64::from(hours) * HOUR_MS;
    let new = move |control: &Writer<'_>| {
        let walk = request.walk.map(|id| control.reader().open_walk(area, id, now_ms())).transpose()?;
        Ok(NewInvitation {
            area,
            role: request.role,
            member: None,
            issuer,
            uses: request.uses,
            expires_at_ms: in_hours(request.expires_hours),
            access_until_ms: access_until(request.role, request.access_hours.map(in_hours), walk),
            walk,
        })
    };
    issue_new(&app, &device, new).await
}

/// The area's invitations that still work.
#[utoipa::path(
    get, path = "/api/v1/invitations", tag = "access",
    responses(
        (status = 200, body = Vec<OpenInvitation>),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 403, description = "`forbidden`: coordinators only", body = ErrorBody),
    ),
)]
pub(crate) async fn list(
    Coordinator(device): Coordinator,
    State(app): State<App>,
) -> Result<Json<Vec<OpenInvitation>>, ApiError> {
    let rows = app.control.read(move |control| control.open_invitations(device.area, now_ms())).await?;
    let open = rows.into_iter().map(|row| OpenInvitation {
        id: row.id,
        role: row.role,
        uses_left: row.uses_left,
        expires_at_ms: row.expires_at_ms,
        access_until_ms: row.access_until_ms,
        walk: row.walk,
    });
    Ok(Json(open.collect()))
}

/// Takes an invitation back. Devices that redeemed it already stay.
#[utoipa::path(
    delete, path = "/api/v1/invitations/{id}", tag = "access",
    params(("id" = Uuid, Path)),
    responses(
        (status = 204),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 403, description = "`forbidden`: coordinators only", body = ErrorBody),
        (status = 404, description = "`not_found`", body = ErrorBody),
    ),
)]
pub(crate) async fn revoke(
    Coordinator(device): Coordinator,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id: Uuid = id.parse().map_err(|_| ApiError::not_found("invitation"))?;
    let area = device.area;
    device.write(&app, move |control| control.revoke_invitation(area, id, now_ms())).await?;
    app.mirrors.wake();
    Ok(StatusCode::NO_CONTENT)
}

/// A link for one more device of the same member, once, within 24 hours, and while the member has access.
#[utoipa::path(
    post, path = "/api/v1/hand-over", tag = "access",
    request_body = HandOverRequest,
    responses(
        (status = 200, body = IssuedInvitation),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
    ),
)]
pub(crate) async fn hand_over(
    device: Device,
    State(app): State<App>,
    JsonBody(HandOverRequest {}): JsonBody<HandOverRequest>,
) -> Result<Json<IssuedInvitation>, ApiError> {
    let new = NewInvitation {
        area: device.area,
        role: device.role,
        member: Some(device.member),
        issuer: Issuer::Device(device.id),
        uses: 1,
        expires_at_ms: now_ms() + HAND_OVER_HOURS * HOUR_MS,
        access_until_ms: device.access_until_ms,
        walk: None,
    };
    issue_new(&app, &device, move |_| Ok(new)).await
}

async fn issue_new(
    app: &App,
    device: &Device,
    new: impl FnOnce(&Writer<'_>) -> Result<NewInvitation, ControlError> + Send + 'static,
) -> Result<Json<IssuedInvitation>, ApiError> {
    let issue = move |control: &Writer<'_>| {
        let new = new(control)?;
        Ok((new, control.invite(&new, now_ms())?))
    };
    let (new, (id, secret)) = device.write(app, issue).await?;
    app.mirrors.wake();
    let expires_at_ms = new.redeemable_until_ms();
    let NewInvitation { role, uses, access_until_ms, walk, .. } = new;
    let walk = walk.map(|walk| walk.walk);
    Ok(Json(IssuedInvitation { id, link: app.link(&secret), role, uses, expires_at_ms, access_until_ms, walk }))
}

fn within(field: &'static str, value: u32, max: u32) -> Result<(), ApiError> {
    if (1..=max).contains(&value) { Ok(()) } else { Err(ApiError::invalid(format!("{field}: from 1 to {max}"))) }
}
