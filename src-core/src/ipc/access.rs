//! Who has access to the area, and how others get it: what screens show of members, devices and invitations.

use crate::domain::{Role, RowId};
use serde::{Deserialize, Serialize};

/// A fresh link. Shown once: the server keeps only a hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationLink {
    pub link: String,
    /// A complete `<svg>` element, dark on light.
    pub qr_svg: String,
    pub role: Role,
    pub uses: u32,
    pub expires_at_ms: i64,
    /// When the access of those who redeem it ends, if it does.
    pub access_until_ms: Option<i64>,
}

/// An invitation that can still be redeemed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationView {
    pub id: String,
    pub role: Role,
    pub uses_left: u32,
    pub expires_at_ms: i64,
    /// When the access of those who redeem it ends, if it does.
    pub access_until_ms: Option<i64>,
}

/// Somebody who has access to the area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    pub id: RowId,
    /// May be empty.
    pub name: String,
    pub role: Role,
    pub joined_at_ms: i64,
    /// Devices that are not locked out.
    pub devices: u32,
    /// The member whose device this is.
    pub me: bool,
}

/// One of this member's devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    pub id: String,
    pub name: String,
    pub created_at_ms: i64,
    pub last_seen_ms: Option<i64>,
    /// The device that asks.
    pub this: bool,
}
