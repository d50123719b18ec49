//! Identifiers. Every shared row is named by a UUIDv7 that the device which creates it makes; the newtypes keep a
//! contact's id from being handed to something that wants a problem type's.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The id of a row of any entity, as the log, the wire and the store see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RowId(pub Uuid);

impl RowId {
    /// An id that follows from what the row is about, so that two devices that make "the same" row offline make one.
    ///
    /// Used for card cells (problem × contact) and conflicts. The id is a BLAKE3 hash cut to 16 bytes with the version and variant
    /// bits of a UUIDv8, the version RFC 9562 sets aside for ids computed by an application's own rule.
    #[must_use]
    pub fn derived(domain: &str, parts: &[RowId]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(domain.as_bytes());
        for part in parts {
            hasher.update(part.0.as_bytes());
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Whether this is an id as [`RowId::derived`] makes them: others can know it before the row is there.
    #[must_use]
    pub fn is_derived(self) -> bool {
        self.0.get_version() == Some(uuid::Version::Custom)
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RowId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

macro_rules! row_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub RowId);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<$name> for RowId {
            fn from(id: $name) -> RowId {
                id.0
            }
        }
    )+};
}

row_ids! {
    /// A housing area: the unit that is shared, synced and stored in one database file.
    AreaId,
    /// An organisation of the network.
    OrganisationId,
    /// A contact: an office, a duty or a person that can be called.
    ContactId,
    /// One telephone number or mail address of a contact.
    ChannelId,
    /// A problem type: one tile of the action card.
    ProblemId,
    /// A map pin: a green heart or a red star.
    PinId,
    /// A photo.
    PhotoId,
}

/// The id of a change: which device incarnation made it, and its number there.
///
/// Small on the wire; unique in an area because the server hands out `origin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChangeId {
    /// Number that the server gave the device incarnation. 0 is the server itself.
    pub origin: u32,
    /// Running number of the change on that device, from 1.
    pub counter: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_depend_on_domain_parts_and_order() {
        let (a, b) = (RowId(Uuid::from_u128(1)), RowId(Uuid::from_u128(2)));
        let id = RowId::derived("card_cell", &[a, b]);
        assert_eq!(id, RowId::derived("card_cell", &[a, b]));
        assert_ne!(id, RowId::derived("card_cell", &[b, a]));
        assert_ne!(id, RowId::derived("approval", &[a, b]));
        assert!(id.is_derived() && !a.is_derived());
    }
}
