//! An invitation becomes a device with a token.

use super::{RoleWord, checked_name};
use crate::auth::ClientAddress;
use crate::clock::now_ms;
use crate::control::{ControlError, Redeem};
use crate::error::{ApiError, ErrorBody};
use crate::limits::JsonBody;
use crate::secrets::{INVITATION, SecretHash, hash_of_attempt};
use crate::server::App;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use trygkort_core::domain::{AreaId, Role, RowId};
use utoipa::ToSchema;
use uuid::Uuid;

const NAME_CHARS_MAX: usize = 80;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedeemRequest {
    /// What stands behind `#` in the link.
    #[schema(example = "0123456789ABCDEFGHJKMNPQRS")]
    secret: String,
    /// What the member wants to be called; may be empty.
    #[schema(max_length = 80)]
    member_name: String,
    /// What the member calls this device.
    #[schema(max_length = 80)]
    device_name: String,
    /// 128 random bits in hexadecimal. Whoever asks again because no answer came sends the same ones, and within 24 hours
    /// gets the same device, with another token.
    #[schema(min_length = 32, max_length = 32, example = "00112233445566778899aabbccddeeff")]
    attempt: Option<String>,
    /// The device's Ed25519 public key in hexadecimal. Whoever gives one must sign what they send.
    #[schema(min_length = 64, max_length = 64)]
    public_key: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RedeemReply {
    #[schema(value_type = Uuid)]
    area_id: AreaId,
    area_name: String,
    #[schema(value_type = RoleWord)]
    role: Role,
    /// A demo area: its telephone numbers are invented and must not be dialled.
    demo: bool,
    /// Shown once; goes into the Authorization header of every other request.
    token: String,
    /// This device's number in the area, part of the id of every change it makes.
    origin: u32,
    device_id: Uuid,
    #[schema(value_type = Uuid)]
    member_id: RowId,
}

/// Redeems an invitation or a hand-over link.
#[utoipa::path(
    post, path = "/api/v1/redeem", tag = "access", security(()),
    request_body = RedeemRequest,
    responses(
        (status = 200, body = RedeemReply),
        (status = 404, description = "`invitation_unknown`", body = ErrorBody),
        (status = 410, description = "`invitation_spent`: used up, revoked or expired", body = ErrorBody),
        (status = 422, description = "`invalid`, `personal_number`", body = ErrorBody),
        (status = 429, description = "`too_many_attempts`, with Retry-After", body = ErrorBody),
    ),
)]
pub(crate) async fn post(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    JsonBody(request): JsonBody<RedeemRequest>,
) -> Result<Json<RedeemReply>, ApiError> {
    app.limits.redeem(address).await?;
    let member_name = checked_name("member_name", &request.member_name, NAME_CHARS_MAX)?;
    let device_name = checked_name("device_name", &request.device_name, NAME_CHARS_MAX)?;
    let attempt = request.attempt.as_deref().map(checked_attempt).transpose()?;
    let Some(secret) = INVITATION.hash_of(request.secret.trim()) else {
        return Err(failed(&app, address, ControlError::InvitationUnknown));
    };
    let public_key = request.public_key.as_deref().map(checked_key).transpose()?;
    let ask = Redeem { secret, attempt, member_name, device_name, public_key };

    let redeemed = app.control.write(move |control| control.redeem(&ask, now_ms())).await;

    let redeemed = redeemed.map_err(|error| failed(&app, address, error))?;
    app.mirrors.wake();
    Ok(Json(RedeemReply {
        area_id: redeemed.area,
        area_name: redeemed.area_name,
        role: redeemed.role,
        demo: redeemed.demo,
        token: redeemed.token.expose().to_owned(),
        origin: redeemed.origin,
        device_id: redeemed.device,
        member_id: redeemed.member,
    }))
}

fn checked_attempt(text: &str) -> Result<SecretHash, ApiError> {
    hash_of_attempt(text).ok_or_else(|| ApiError::invalid("attempt: 32 hexadecimal digits"))
}

fn checked_key(text: &str) -> Result<[u8; 32], ApiError> {
    let hash = blake3::Hash::from_hex(text).map_err(|_| ApiError::invalid("public_key: 64 hexadecimal digits"))?;
    Ok(hash.into())
}

/// Counts a wrong secret; when there were too many, that is the answer.
pub(super) fn failed(app: &App, address: IpAddr, error: ControlError) -> ApiError {
    match error {
        ControlError::InvitationUnknown | ControlError::InvitationSpent => {
            app.limits.guesses.wrong(address).err().unwrap_or_else(|| error.into())
        }
        other => other.into(),
    }
}
