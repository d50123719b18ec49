//! Who may read what: roles and the scopes they reach (docs/data-model.md).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a member is in an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Beboer: reads what is public.
    Resident,
    /// Deltager: a walk's participant; reads what is public (and, once walks are there, the walk).
    Participant,
    /// Fagperson: reads what the network shares.
    Staff,
    /// Koordinator: reads and edits everything.
    Coordinator,
}

impl Role {
    /// All roles, the one with most rights first: the order invitations are printed in.
    pub const ALL: [Role; 4] = [Role::Coordinator, Role::Staff, Role::Participant, Role::Resident];

    /// The word used on the command line, in the database and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Resident => "resident",
            Role::Participant => "participant",
            Role::Staff => "staff",
            Role::Coordinator => "coordinator",
        }
    }

    /// The scopes this role reads. A device is never sent a row outside them.
    #[must_use]
    pub fn readable(self) -> &'static [Scope] {
        match self {
            Role::Resident | Role::Participant => &[Scope::Public],
            Role::Staff => &[Scope::Public, Scope::Network],
            Role::Coordinator => &[Scope::Public, Scope::Network, Scope::Coordination],
        }
    }

    /// Whether this role reads rows of `scope`.
    #[must_use]
    pub fn reads(self, scope: Scope) -> bool {
        self.readable().contains(&scope)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no role.
#[derive(Debug, thiserror::Error)]
#[error("unknown role {0:?}: expected coordinator, staff, participant or resident")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        Role::ALL.into_iter().find(|role| role.as_str() == word).ok_or_else(|| UnknownRole(word.to_owned()))
    }
}

/// Who a row is for. Every row has exactly one scope, every scope its own dense sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everyone in the area, residents included.
    Public,
    /// Staff and coordinators.
    Network,
    /// Coordinators only.
    Coordination,
}

impl Scope {
    /// All scopes, widest first.
    pub const ALL: [Scope; 3] = [Scope::Public, Scope::Network, Scope::Coordination];

    /// The word used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Public => "public",
            Scope::Network => "network",
            Scope::Coordination => "coordination",
        }
    }

    /// The number on the wire and in the database; never reused.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Scope::Public => 0,
            Scope::Network => 1,
            Scope::Coordination => 2,
        }
    }

    /// The scope with this number, if this version knows it.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Scope::ALL.into_iter().find(|scope| scope.number() == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_round_trip() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>().unwrap(), role);
        }
        for scope in Scope::ALL {
            assert_eq!(Scope::from_number(scope.number()), Some(scope));
        }
        assert!("janitor".parse::<Role>().unwrap_err().to_string().contains("janitor"));
        assert_eq!(Scope::from_number(9), None);
    }

    #[test]
    fn residents_and_participants_never_read_the_networks_rows() {
        for role in [Role::Resident, Role::Participant] {
            assert!(!role.reads(Scope::Network) && !role.reads(Scope::Coordination));
        }
        assert!(!Role::Staff.reads(Scope::Coordination));
    }
}
