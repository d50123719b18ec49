//! Invitations as people handle them: a link, a code to scan, a line on the terminal.

use crate::control::{InvitedTo, Issuer, NewInvitation};
use crate::secrets::Secret;
use fast_qr::{ECL, QRBuilder};
use trygkort_core::domain::{AreaId, Role};

/// The setting that remembers what the server's links point to, for the command line beside it.
pub(crate) const PUBLIC_URL: &str = "public_url";

const DAY_MS: i64 = 24 * 3_600_000;

/// What an invitation should be.
#[derive(Clone, Copy, Debug)]
pub struct InvitationSpec {
    pub role: Role,
    /// How many devices may redeem it.
    pub uses: u32,
    pub expires_in_ms: i64,
    /// For how long those who redeem it have access, from now on; `None`: until they are locked out.
    pub access_for_ms: Option<i64>,
    /// The walk that those who redeem it are on.
    pub walk: Option<InvitedTo>,
}

impl InvitationSpec {
    /// For one device, within a week.
    #[must_use]
    pub fn new(role: Role) -> Self {
        Self { role, uses: 1, expires_in_ms: 7 * DAY_MS, access_for_ms: None, walk: None }
    }

    /// For trying the demo with several browsers: its content is invented.
    pub(crate) fn demo(role: Role) -> Self {
        Self { role, uses: 1000, expires_in_ms: 30 * DAY_MS, access_for_ms: None, walk: None }
    }

    pub(crate) fn issued(self, area: AreaId, issuer: Issuer, now_ms: i64) -> NewInvitation {
        let Self { role, uses, expires_in_ms, access_for_ms, walk } = self;
        let expires_at_ms = now_ms.saturating_add(expires_in_ms);
        let access_until_ms = access_until(role, access_for_ms.map(|span| now_ms.saturating_add(span)), walk);
        NewInvitation { area, role, member: None, issuer, uses, expires_at_ms, access_until_ms, walk }
    }
}

/// When the access of those who are invited ends: guests of a walk leave with it at the latest, colleagues stay.
pub(crate) fn access_until(role: Role, said_ms: Option<i64>, walk: Option<InvitedTo>) -> Option<i64> {
    let guest = matches!(role, Role::Participant | Role::Resident);
    let walk_ends_ms = walk.filter(|_| guest).map(|walk| walk.ends_at_ms);
    said_ms.into_iter().chain(walk_ends_ms).min()
}

/// An invitation that was issued. It holds its secret and has no `Debug`.
#[derive(Clone)]
pub struct Invitation {
    pub area: AreaId,
    pub role: Role,
    /// What stands behind `#` in the link.
    pub secret: Secret,
    pub link: String,
    pub expires_at_ms: i64,
}

impl Invitation {
    pub(crate) fn new(new: &NewInvitation, secret: &Secret, public_url: &str) -> Self {
        Self {
            area: new.area,
            role: new.role,
            secret: secret.clone(),
            link: link(public_url, secret),
            expires_at_ms: new.redeemable_until_ms(),
        }
    }

    /// The link as a code for a terminal, two rows of modules to a line. Nothing when the link is too long for one.
    #[must_use]
    pub fn qr(&self) -> Option<String> {
        QRBuilder::new(self.link.as_str()).ecl(ECL::M).build().ok().map(|code| code.to_str())
    }
}

/// The secret stands behind `#`, which browsers send to nobody.
pub(crate) fn link(public_url: &str, secret: &Secret) -> String {
    format!("{public_url}/i#{}", secret.expose())
}
