//! Who is asking. A handler that names [`Device`] or [`Coordinator`] in its signature is closed to everyone else.

use crate::clock::now_ms;
use crate::control::{ControlError, Identity, Writer};
use crate::error::ApiError;
use crate::hub::Peer;
use crate::secrets::{SecretHash, TOKEN};
use crate::server::App;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use trygkort_core::domain::{AreaId, Reader, Role, RowId};
use uuid::Uuid;

/// How much time passes before "last seen" is written again.
const SEEN_EVERY_MS: i64 = 60_000;

/// A device with a valid token.
pub(crate) struct Device {
    pub(crate) id: Uuid,
    pub(crate) member: RowId,
    pub(crate) role: Role,
    pub(crate) area: AreaId,
    pub(crate) origin: u32,
    /// When the member's access ends, if it does.
    pub(crate) access_until_ms: Option<i64>,
    /// The role without which the handler is closed.
    must_be: Option<Role>,
    token: SecretHash,
    public_key: Option<[u8; 32]>,
    also: Vec<u32>,
    walks: BTreeSet<u32>,
}

impl Device {
    /// What its member reads.
    pub(crate) fn reader(&self) -> Reader {
        Reader { role: self.role, walks: self.walks.clone() }
    }

    /// The same as the area's log sees it.
    pub(crate) fn peer(&self) -> Peer {
        let Self { origin, member, public_key: key, .. } = *self;
        Peer { origin, member, reader: self.reader(), also: self.also.clone(), key, next_origin: None }
    }

    /// All numbers that it goes by or went by.
    pub(crate) fn origins(&self) -> Vec<u32> {
        self.also.iter().copied().chain([self.origin]).collect()
    }

    /// Changes something in `control.db` for this device: the way of every handler that was asked by one. Whether it may
    /// is asked once more, in the transaction that changes it. The body may have been long on its way, and a thief who
    /// was locked out meanwhile must not leave anything behind that the lock-out has not taken back.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        app: &App,
        work: impl FnOnce(&Writer<'_>) -> Result<T, ControlError> + Send + 'static,
    ) -> Result<T, ControlError> {
        let (token, must_be) = (self.token, self.must_be);
        let still_let_in = move |control: &Writer<'_>| {
            let identity = control.reader().identify(token, now_ms())?.ok_or(ControlError::Stranger)?;
            identity.let_in()?;
            if must_be.is_some_and(|role| role != identity.role) { Err(ControlError::Forbidden) } else { Ok(()) }
        };
        app.control.write(move |control| still_let_in(control).and_then(|()| work(control))).await
    }
}

impl FromRequestParts<App> for Device {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let (token, identity) = identify(parts, app).await?;
        let device = Device::let_in(token, &identity)?;
        note_seen(app, &identity);
        app.limits.device(identity.device)?;
        Ok(device)
    }
}

impl Device {
    /// The same device as it is let in by now: its body may have been a long time on its way.
    pub(crate) async fn again(self, app: &App) -> Result<Self, ApiError> {
        Device::let_in(self.token, &owner(self.token, app).await?)
    }

    fn let_in(token: SecretHash, identity: &Identity) -> Result<Self, ApiError> {
        identity.let_in()?;
        Ok(Device::of(token, identity.clone()))
    }

    fn of(token: SecretHash, identity: Identity) -> Self {
        let Identity { device: id, member, area, origin, role, access_until_ms, public_key, also, walks, .. } =
            identity;
        Device { id, member, role, area, origin, access_until_ms, must_be: None, token, public_key, also, walks }
    }
}

/// A device that sends photos: one that is let in, or one whose access has ended and that hands in what it had not sent.
pub(crate) struct Sender {
    pub(crate) device: Device,
    /// Why it is not let in.
    pub(crate) ended: Option<ApiError>,
}

impl FromRequestParts<App> for Sender {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let (token, identity) = identify(parts, app).await?;
        let ended = Device::let_in(token, &identity).err();
        if ended.is_none() {
            note_seen(app, &identity);
        }
        app.limits.device(identity.device)?;
        Ok(Sender { device: Device::of(token, identity), ended })
    }
}

/// A device whose access has ended, and nothing but that.
pub(crate) struct LockedOut(pub(crate) Device);

impl FromRequestParts<App> for LockedOut {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let (token, identity) = identify(parts, app).await?;
        if !identity.revoked && !identity.is_over() {
            return Err(ApiError::unauthorized());
        }
        app.limits.device(identity.device)?;
        Ok(LockedOut(Device::of(token, identity)))
    }
}

/// Whose token it is.
async fn identify(parts: &Parts, app: &App) -> Result<(SecretHash, Identity), ApiError> {
    let token = bearer(parts).and_then(|token| TOKEN.hash_of(token)).ok_or_else(ApiError::unauthorized)?;
    Ok((token, owner(token, app).await?))
}

async fn owner(token: SecretHash, app: &App) -> Result<Identity, ApiError> {
    let look = app.control.read(move |control| {
        let identity = control.identify(token, now_ms())?;
        let deleted = identity.is_none() && control.is_of_deleted_area(token)?;
        Ok((identity, deleted))
    });
    let (identity, deleted) = look.await?;
    identity.ok_or_else(|| if deleted { ApiError::area_deleted() } else { ApiError::unauthorized() })
}

/// A device of a coordinator.
pub(crate) struct Coordinator(pub(crate) Device);

impl FromRequestParts<App> for Coordinator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let device = Device::from_request_parts(parts, app).await?;
        if device.role != Role::Coordinator {
            return Err(ApiError::forbidden());
        }
        Ok(Coordinator(Device { must_be: Some(Role::Coordinator), ..device }))
    }
}

/// The address the request came from, for counting only: it is neither stored nor logged.
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let forwarded = if app.trust_proxy { forwarded_for(parts) } else { None };
        Ok(ClientAddress(forwarded.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

/// The last entry is the one our own proxy wrote; those before it are what the client claimed.
fn forwarded_for(parts: &Parts) -> Option<IpAddr> {
    let value = parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = value.rsplit(',').next()?.trim();
    last.parse().ok().or_else(|| last.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn note_seen(app: &App, identity: &Identity) {
    let (now, device) = (now_ms(), identity.device);
    if identity.last_seen_ms.is_none_or(|seen| now - seen > SEEN_EVERY_MS) {
        app.control.write_soon(move |control| control.touch_device(device, now));
    }
}
