//! Requests that only the server can answer: invitations and devices.

use super::{App, HttpRequest, HttpResponse, NetworkError, Step, file_name, summary};
use crate::domain::{AreaId, Role, RowId};
use crate::error::{Error, ErrorCode};
use crate::ipc::{
    AreaSummary, AsideView, ChangeRole, CreateInvitation, CreateWalk, DeliveredView, DeviceView, InvitationLink,
    InvitationView, IpcError, Redeem, RenameDevice, WalkView,
};
use crate::ops::refusals;
use crate::seal;
use crate::store::area::{AreaFile, Session};
use crate::store::device_key::DeviceKey;
use crate::wire::from_bytes;
use crate::wire::v1::SPEAKS;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// What to do with the server's answer.
#[derive(Debug)]
pub struct Pending(Kind);

impl Pending {
    pub(super) fn new(kind: Kind) -> Self {
        Self(kind)
    }
}

pub(super) enum Kind {
    /// `secret` is the hash of the invitation's.
    Redeem {
        server: String,
        member_name: String,
        secret: [u8; 32],
        /// What the device will sign with.
        key: [u8; 32],
    },
    /// Whether the link is to a walk of the area that is open: then nobody needs to become somebody else.
    JoinWalk {
        ask: Redeem,
    },
    Walk,
    Invitation,
    Invitations,
    Devices,
    History {
        row: RowId,
    },
    Aside,
    Delivery {
        /// How many photos came with it, and go.
        photos: u32,
        /// How many came with it, and do not go.
        photos_left: u32,
    },
    MemberChanged,
    Done,
    /// To *Glem denne enhed*.
    Farewell,
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Kind::Redeem { .. } => "Redeem",
            Kind::JoinWalk { .. } => "JoinWalk",
            Kind::Walk => "Walk",
            Kind::Invitation => "Invitation",
            Kind::Invitations => "Invitations",
            Kind::Devices => "Devices",
            Kind::History { .. } => "History",
            Kind::Aside => "Aside",
            Kind::Delivery { .. } => "Delivery",
            Kind::MemberChanged => "MemberChanged",
            Kind::Done => "Done",
            Kind::Farewell => "Farewell",
        })
    }
}

#[derive(Deserialize)]
struct Redeemed {
    area_id: AreaId,
    area_name: String,
    role: Role,
    demo: bool,
    token: String,
    origin: u32,
    device_id: String,
}

#[derive(Deserialize)]
struct NewInvitation {
    link: String,
    role: Role,
    uses: u32,
    expires_at_ms: i64,
    access_until_ms: Option<i64>,
}

#[derive(Deserialize)]
struct NewWalk {
    id: String,
    number: u32,
    name: String,
}

#[derive(Deserialize)]
struct ServerError {
    code: String,
    #[serde(default)]
    detail: String,
}

impl App {
    pub(super) fn redeem(&self, ask: Redeem) -> Result<Step, Error> {
        let (server, secret) =
            parse_link(&ask.link).ok_or_else(|| Error::coded(ErrorCode::BadLink, "no invitation"))?;
        if self.host.web_origin.as_ref().is_some_and(|origin| *origin != server) {
            return Err(Error::coded(ErrorCode::OtherServer, format!("the link leads to {server}")));
        }
        let is_member = |session: &Session| session.server == server && !session.token.is_empty();
        if self.file().is_ok_and(|file| is_member(file.session())) {
            return self.call("POST", "walks/join", Some(&json!({ "secret": secret })), Kind::JoinWalk { ask });
        }
        self.become_member(server, &secret, ask)
    }

    fn become_member(&self, server: String, secret: &str, ask: Redeem) -> Result<Step, Error> {
        let hash = *blake3::hash(secret.as_bytes()).as_bytes();
        let mut key = [0; 32];
        self.env.fill_random(&mut key);
        let body = json!({
            "secret": secret,
            "member_name": ask.member_name,
            "device_name": ask.device_name,
            "public_key": hexadecimal(&seal::public_key(&key)),
            "attempt": self.device.redeem_attempt(&hash, || self.new_attempt())?,
        });
        let request = HttpRequest::json("POST", format!("{server}/api/v1/redeem"), &body);
        Ok(fetch(request, Kind::Redeem { server, member_name: ask.member_name, secret: hash, key }))
    }

    fn new_attempt(&self) -> String {
        let mut number = [0; 16];
        self.env.fill_random(&mut number);
        format!("{:032x}", u128::from_be_bytes(number))
    }

    /// The answer to an attempt to join a walk. Where there is no such walk, the link is to something else.
    fn joined_walk(&mut self, ask: Redeem, response: Result<HttpResponse, NetworkError>) -> Result<Step, Error> {
        let response = response.map_err(|error| Error::coded(ErrorCode::Offline, error.to_string()))?;
        match response.status {
            204 => {
                self.request_sync();
                Ok(Step::Reply(Ok(reply(&summary(self.file()?)?)?)))
            }
            // 405 is the answer of a server of before there were walks.
            401 | 404 | 405 => {
                let (server, secret) =
                    parse_link(&ask.link).ok_or_else(|| Error::coded(ErrorCode::BadLink, "no invitation"))?;
                self.become_member(server, &secret, ask)
            }
            _ => Err(refused(&response)),
        }
    }

    pub(super) fn create_walk(&self, ask: &CreateWalk) -> Result<Step, Error> {
        let starts_at_ms = self.env.now_ms();
        let ends_at_ms = starts_at_ms.saturating_add(i64::from(ask.hours) * 3_600_000);
        let body = json!({ "name": ask.name, "starts_at_ms": starts_at_ms, "ends_at_ms": ends_at_ms });
        self.call("POST", "walks", Some(&body), Kind::Walk)
    }

    pub(super) fn create_invitation(&self, ask: &CreateInvitation) -> Result<Step, Error> {
        let mut body = json!({ "role": ask.role, "uses": ask.uses, "expires_hours": ask.expires_hours });
        if let Some(hours) = ask.access_hours {
            // Left out otherwise: an older server refuses a field that it does not know.
            body["access_hours"] = json!(hours);
        }
        if let Some(walk) = &ask.walk {
            body["walk"] = json!(walk);
        }
        self.call("POST", "invitations", Some(&body), Kind::Invitation)
    }

    pub(super) fn hand_over(&self) -> Result<Step, Error> {
        self.call("POST", "hand-over", Some(&json!({})), Kind::Invitation)
    }

    pub(super) fn list_invitations(&self) -> Result<Step, Error> {
        self.call("GET", "invitations", None, Kind::Invitations)
    }

    pub(super) fn revoke_invitation(&self, id: &str) -> Result<Step, Error> {
        self.call("DELETE", &format!("invitations/{}", path_part(id)?), None, Kind::Done)
    }

    pub(super) fn list_devices(&self) -> Result<Step, Error> {
        self.call("GET", "devices", None, Kind::Devices)
    }

    pub(super) fn rename_device(&self, ask: &RenameDevice) -> Result<Step, Error> {
        let body = json!({ "name": ask.name });
        self.call("PATCH", &format!("devices/{}", path_part(&ask.id)?), Some(&body), Kind::Done)
    }

    pub(super) fn revoke_device(&self, id: &str) -> Result<Step, Error> {
        self.call("DELETE", &format!("devices/{}", path_part(id)?), None, Kind::Done)
    }

    pub(super) fn lock_out_member(&self, id: RowId) -> Result<Step, Error> {
        self.call("DELETE", &format!("members/{id}"), None, Kind::MemberChanged)
    }

    pub(super) fn change_role(&self, ask: &ChangeRole) -> Result<Step, Error> {
        let body = json!({ "role": ask.role });
        self.call("PATCH", &format!("members/{}", ask.id), Some(&body), Kind::MemberChanged)
    }

    /// Asks for what happened to a row before `position`.
    pub(super) fn ask_for_history(&self, row: RowId, position: u64) -> Result<Step, Error> {
        // A server of before there were walks refuses to hear more.
        let walks = !self.file()?.session().walks.is_empty();
        let speaks = if walks { format!("&speaks={SPEAKS}") } else { String::new() };
        self.call("GET", &format!("history/{row}?before={position}{speaks}"), None, Kind::History { row })
    }

    /// Asks for what the server keeps aside.
    pub(super) fn ask_for_aside(&self) -> Result<Step, Error> {
        self.call("GET", "aside", None, Kind::Aside)
    }

    fn take_aside(&self, response: &HttpResponse) -> Result<Vec<AsideView>, Error> {
        let kept = from_bytes(&response.body)
            .map_err(|error| Error::coded(ErrorCode::Server, format!("the answer cannot be read: {error}")))?;
        refusals::aside(self.file()?, kept)
    }

    fn call(
        &self,
        method: &'static str,
        path: &str,
        body: Option<&serde_json::Value>,
        then: Kind,
    ) -> Result<Step, Error> {
        let session = self.file()?.session();
        if session.local_only() {
            return Err(Error::coded(ErrorCode::Forbidden, "this area lives on this device only"));
        }
        self.require_access()?;
        let url = format!("{}/api/v1/{path}", session.server);
        let request = match body {
            Some(body) => HttpRequest::json(method, url, body),
            None => HttpRequest { method, ..HttpRequest::get(url) },
        };
        Ok(fetch(request.bearer(&session.token), then))
    }

    /// Takes the server's answer to a [`Step::Fetch`].
    pub fn resume(&mut self, pending: Pending, response: Result<HttpResponse, NetworkError>) -> Step {
        match pending.0 {
            Kind::Farewell => self.farewell_answered(&response),
            // It was locked meanwhile: asking again gives the same, and redeeming the same device.
            _ if self.is_locked() => Step::Reply(Err(super::lock::locked_error())),
            Kind::JoinWalk { ask } => {
                self.joined_walk(ask, response).unwrap_or_else(|error| Step::Reply(Err(IpcError::from(error))))
            }
            kind => Step::Reply(self.take_answer(kind, response).map_err(IpcError::from)),
        }
    }

    fn take_answer(&mut self, kind: Kind, response: Result<HttpResponse, NetworkError>) -> Result<String, Error> {
        let response = response.map_err(|error| Error::coded(ErrorCode::Offline, error.to_string()))?;
        if !(200..300).contains(&response.status) {
            return Err(self.take_refusal(&kind, &response)?);
        }
        match kind {
            Kind::Redeem { server, member_name, secret, key } => {
                let redeemed: Redeemed = parse(&response)?;
                if self.areas.contains_key(&redeemed.area_id) && !self.device.redeems(&secret)? {
                    // Another try was answered meanwhile, and its token is the one that counts.
                    self.switch(redeemed.area_id)?;
                    return reply(&summary(self.file()?)?);
                }
                let area = self.join(redeemed, server, member_name, &key)?;
                // Not before the area is kept: until then, asking again must give the same device.
                self.device.forget_redeem_attempt(&secret)?;
                reply(&area)
            }
            Kind::Walk => {
                let NewWalk { id, number, name } = parse(&response)?;
                reply(&WalkView { id, number, name, open: true })
            }
            Kind::Invitation => reply(&invitation(parse(&response)?)?),
            Kind::Invitations => reply(&parse::<Vec<InvitationView>>(&response)?),
            Kind::Devices => reply(&parse::<Vec<DeviceView>>(&response)?),
            Kind::MemberChanged => {
                // What became of them comes back with the log.
                self.request_sync();
                reply(&())
            }
            Kind::Done | Kind::Farewell | Kind::JoinWalk { .. } => reply(&()),
            Kind::Delivery { photos, photos_left } => {
                reply(&DeliveredView { photos, photos_left, ..self.take_delivery(&response)? })
            }
            Kind::Aside => reply(&self.take_aside(&response)?),
            Kind::History { row } => reply(&self.take_older_history(row, &response)?),
        }
    }

    /// Says why the server refused. An attempt to redeem ends when the server itself says that nothing will come of it,
    /// and not with whatever a network in between may answer.
    fn take_refusal(&self, kind: &Kind, response: &HttpResponse) -> Result<Error, Error> {
        let error = refused(response);
        let final_word = matches!(error, Error::Coded { code: ErrorCode::BadLink | ErrorCode::InvitationSpent, .. });
        if let (Kind::Redeem { secret, .. }, true) = (kind, final_word) {
            self.device.forget_redeem_attempt(secret)?;
        }
        Ok(error)
    }

    /// Puts a redeemed area on this device and opens it. One that is here already gets the new role and token; what it
    /// holds stays, and what the new role may see besides comes with the next synchronising.
    fn join(
        &mut self,
        redeemed: Redeemed,
        server: String,
        member_name: String,
        key: &[u8; 32],
    ) -> Result<AreaSummary, Error> {
        let area = redeemed.area_id;
        let session = Session {
            area,
            area_name: redeemed.area_name,
            role: redeemed.role,
            demo: redeemed.demo,
            server,
            token: redeemed.token,
            origin: redeemed.origin,
            device_id: redeemed.device_id,
            member_name,
            key: DeviceKey::new(key),
            walks: Default::default(),
        };
        if let Some(file) = self.areas.remove(&area) {
            file.close()?;
        }
        self.add_area(AreaFile::create(self.files.open(&file_name(area))?, session)?);
        self.switch(area)?;
        summary(self.file()?)
    }
}

fn hexadecimal(bytes: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*bytes).to_hex().to_string()
}

pub(super) fn fetch(request: HttpRequest, then: Kind) -> Step {
    Step::Fetch { request, then: Pending(then) }
}

fn reply<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::coded(ErrorCode::Internal, error.to_string()))
}

fn parse<T: DeserializeOwned>(response: &HttpResponse) -> Result<T, Error> {
    serde_json::from_slice(&response.body)
        .map_err(|error| Error::coded(ErrorCode::Server, format!("the answer cannot be read: {error}")))
}

fn refused(response: &HttpResponse) -> Error {
    let known: Option<ServerError> = serde_json::from_slice(&response.body).ok();
    let detail = known.map_or_else(String::new, |error| error.detail);
    Error::coded(code_of(response).unwrap_or(ErrorCode::Server), format!("{} {detail}", response.status))
}

/// The server's own word for what went wrong; `None` when there is none.
pub(super) fn word_of(response: &HttpResponse) -> Option<String> {
    serde_json::from_slice::<ServerError>(&response.body).ok().map(|error| error.code)
}

/// What the server's code means here; `None` for one that this version does not know, or an answer without one.
pub(super) fn code_of(response: &HttpResponse) -> Option<ErrorCode> {
    let known: ServerError = serde_json::from_slice(&response.body).ok()?;
    Some(match known.code.as_str() {
        "invitation_unknown" => ErrorCode::BadLink,
        "invitation_spent" => ErrorCode::InvitationSpent,
        "too_many_attempts" => ErrorCode::TooManyAttempts,
        "revoked" => ErrorCode::Revoked,
        "unauthorized" => ErrorCode::DeviceUnknown,
        "expired" => ErrorCode::Expired,
        "area_deleted" => ErrorCode::AreaDeleted,
        "forbidden" => ErrorCode::Forbidden,
        "not_found" => ErrorCode::NotFound,
        "invalid" => ErrorCode::Invalid,
        "outdated" => ErrorCode::Outdated,
        _ => return None,
    })
}

fn invitation(new: NewInvitation) -> Result<InvitationLink, Error> {
    let qr = fast_qr::QRBuilder::new(new.link.as_str())
        .build()
        .map_err(|error| Error::coded(ErrorCode::Internal, error.to_string()))?;
    Ok(InvitationLink {
        qr_svg: fast_qr::convert::svg::SvgBuilder::default().to_str(&qr),
        link: new.link,
        role: new.role,
        uses: new.uses,
        expires_at_ms: new.expires_at_ms,
        access_until_ms: new.access_until_ms,
    })
}

/// Server and secret of an invitation link `https://host/i#SECRET`. The secret is Crockford's base 32, in which O is 0
/// and I and L are 1, and case does not matter.
fn parse_link(link: &str) -> Option<(String, String)> {
    let (server, secret) = link.trim().split_once("/i#")?;
    let secure = server.strip_prefix("https://").or_else(|| server.strip_prefix("http://"))?;
    let host_ok = !secure.is_empty() && !secure.contains(['/', '?', '#', '@', ' ']);
    let secret: String = secret
        .chars()
        .filter(|c| *c != '-')
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    let secret_ok = secret.len() == 26 && secret.chars().all(|c| c.is_ascii_alphanumeric() && c != 'U');
    (host_ok && secret_ok).then(|| (server.to_owned(), secret))
}

/// An id of the server's making as a part of a path.
pub(super) fn path_part(id: &str) -> Result<&str, Error> {
    let plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if plain { Ok(id) } else { Err(Error::NotFound) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789ABCDEFGHJKMNPQRS";

    #[test]
    fn a_link_is_taken_apart_and_mistyped_letters_are_mended() {
        let expected = ("https://trygkort.example".to_owned(), SECRET.to_owned());
        assert_eq!(parse_link(&format!("https://trygkort.example/i#{SECRET}")), Some(expected.clone()));
        let typed = "https://trygkort.example/i#o123-4567-89ab-cdef-ghjk-mnpq-rs";
        assert_eq!(parse_link(&format!("  {typed} ")), Some(expected));
        assert_eq!(parse_link(&format!("http://127.0.0.1:8787/i#{SECRET}")).unwrap().0, "http://127.0.0.1:8787");
    }

    #[test]
    fn what_is_no_link_is_refused() {
        for link in [
            "",
            "https://trygkort.example/",
            "https://trygkort.example/i#short",
            "ftp://trygkort.example/i#0123456789ABCDEFGHJKMNPQRS",
            "https://a@b/i#0123456789ABCDEFGHJKMNPQRS",
            "https:///i#0123456789ABCDEFGHJKMNPQRS",
            "https://trygkort.example/i#0123456789ABCDEFGHJKMNPQRÆ",
            "0123456789ABCDEFGHJKMNPQRS",
        ] {
            assert_eq!(parse_link(link), None, "{link}");
        }
    }
}
