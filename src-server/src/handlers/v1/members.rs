//! Members, as coordinators deal with them.

use super::RoleWord;
use crate::auth::Coordinator;
use crate::clock::now_ms;
use crate::control::{Deed, NewAuditLine, Writer};
use crate::error::{ApiError, ErrorBody};
use crate::limits::JsonBody;
use crate::server::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use trygkort_core::domain::{Role, RowId};
use utoipa::ToSchema;

/// Locks all devices of a member out, for good: somebody who left, or whose only telephone was stolen. What they wrote
/// stays.
#[utoipa::path(
    delete, path = "/api/v1/members/{id}", tag = "access",
    params(("id" = Uuid, Path)),
    responses(
        (status = 204),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 403, description = "`forbidden`: coordinators only", body = ErrorBody),
        (status = 404, description = "`not_found`", body = ErrorBody),
    ),
)]
pub(crate) async fn lock_out(
    Coordinator(device): Coordinator,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let member: RowId = id.parse().map_err(|_| ApiError::not_found("member"))?;
    let line = NewAuditLine {
        member: Some(device.member),
        subject: Some(member.to_string()),
        ..NewAuditLine::beside(Deed::LockOut, Some(device.area))
    };
    let area = device.area;
    let work = move |control: &Writer<'_>| {
        control.note(&line, now_ms())?;
        control.lock_out_member(area, member, now_ms())
    };
    for locked_out in device.write(&app, work).await? {
        app.pokes.hang_up(locked_out);
    }
    app.mirrors.wake();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRole {
    #[schema(value_type = RoleWord)]
    role: Role,
}

/// Gives another member another role: what their devices may read and write follows at their next exchange. One's own
/// role is for others to change, so that there is always a coordinator left.
#[utoipa::path(
    patch, path = "/api/v1/members/{id}", tag = "access",
    params(("id" = Uuid, Path)),
    request_body = NewRole,
    responses(
        (status = 204),
        (status = 400, description = "`bad_request`: no such role", body = ErrorBody),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 403, description = "`forbidden`: coordinators only, and not one's own role", body = ErrorBody),
        (status = 404, description = "`not_found`", body = ErrorBody),
    ),
)]
pub(crate) async fn change_role(
    Coordinator(device): Coordinator,
    State(app): State<App>,
    Path(id): Path<String>,
    JsonBody(NewRole { role }): JsonBody<NewRole>,
) -> Result<StatusCode, ApiError> {
    let member: RowId = id.parse().map_err(|_| ApiError::not_found("member"))?;
    if member == device.member {
        return Err(ApiError::forbidden());
    }
    let line = NewAuditLine {
        member: Some(device.member),
        subject: Some(format!("{member} {role}")),
        ..NewAuditLine::beside(Deed::ChangeRole, Some(device.area))
    };
    let area = device.area;
    let work = move |control: &Writer<'_>| {
        control.note(&line, now_ms())?;
        control.change_role(area, member, role)
    };
    device.write(&app, work).await?;
    // The mirrored row is what their devices hear of it by.
    app.mirrors.wake();
    Ok(StatusCode::NO_CONTENT)
}
