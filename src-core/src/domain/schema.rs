//! Every entity and field that is shared, with the numbers they have on the wire and in the log.
//!
//! Numbers are never reused and never change their meaning; a field that is given up keeps its line with a note.
//! `docs/data-model.md` explains them in prose.

/// A kind of shared row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    Area,
    Organisation,
    Contact,
    Channel,
    Problem,
    CardCell,
    MapPin,
    Member,
    Device,
    Invitation,
    Conflict,
    Photo,
    Walk,
}

/// The number of a field within its entity.
pub type FieldId = u16;

/// What a field may hold, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Free text of people, at most this many characters. Searched for personal numbers.
    Text {
        max: usize,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A telephone number as E.164 or a Danish short number, or empty.
    Phone,
    /// A telephone number or a mail address.
    Address,
    /// Opening hours in OpenStreetMap's syntax, or empty.
    Hours,
    /// A key that sorts (`domain::order`).
    OrderKey,
    /// West, south, east, north in degrees, comma-separated.
    Bounds,
    Bool,
    /// A whole number that is not negative.
    Count,
    /// Milliseconds since 1970 UTC, or null.
    Time,
    Position,
    /// A row of this entity.
    Row(Entity),
    /// A row of any entity, whether it is here or not.
    AnyRow,
    /// The name of a file beside the log: its BLAKE3 hash as 64 hexadecimal digits.
    Blob,
    /// A value of another field.
    Any,
}

/// A field of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub id: FieldId,
    pub name: &'static str,
    pub kind: Kind,
}

/// Set when a row is in the trash; the same in every entity. Deleting is an edit like any other.
pub const DELETED_AT: FieldId = 1;

const DELETED_AT_FIELD: Field = Field { id: DELETED_AT, name: "deleted_at", kind: Kind::Time };

/// The words of [`crate::ipc::Sector`].
pub const SECTORS: &[&str] = &["municipality", "housing", "police", "health", "education", "association", "business"];
/// The words of [`crate::ipc::ChannelKind`].
pub const CHANNEL_KINDS: &[&str] = &["phone", "mobile", "mail"];
/// The words of [`crate::ipc::PinCategory`].
pub const PIN_CATEGORIES: &[&str] =
    &["institution", "association", "enthusiast", "place", "social", "location", "group"];
/// The words of [`crate::merge::conflict::Kinds`]: two set one field; one edited what another deleted; one deleted what
/// another edited.
pub const CONFLICT_KINDS: &[&str] = &["edit", "edit_of_deleted", "delete_of_edited"];
/// The words of [`super::Role`].
pub const ROLES: &[&str] = &["resident", "participant", "staff", "coordinator"];

macro_rules! entities {
    ($($entity:ident = $number:literal, $module:ident: { $($(#[$doc:meta])* $name:ident = $id:literal: $kind:expr,)+ })+) => {
        impl Entity {
            /// All entities.
            pub const ALL: &[Entity] = &[$(Entity::$entity,)+];

            /// The number on the wire.
            #[must_use]
            pub fn number(self) -> u16 {
                match self { $(Entity::$entity => $number,)+ }
            }

            /// The entity with this number, if this version knows it.
            #[must_use]
            pub fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Entity::$entity),)+ _ => None }
            }

            /// Its name in logs, errors and `docs/data-model.md`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Entity::$entity => stringify!($module),)+ }
            }

            /// Its fields; [`DELETED_AT`] comes first.
            #[must_use]
            pub fn fields(self) -> &'static [Field] {
                match self { $(Entity::$entity => &[
                    DELETED_AT_FIELD,
                    $(Field { id: $id, name: stringify!($name), kind: $kind },)+
                ],)+ }
            }

            /// The field with this number, if this version knows it.
            #[must_use]
            pub fn field(self, id: FieldId) -> Option<&'static Field> {
                self.fields().iter().find(|field| field.id == id)
            }
        }

        $(
            /// Field numbers.
            pub mod $module {
                $(
                    $(#[$doc])*
                    #[expect(non_upper_case_globals, reason = "written as the field is named everywhere else")]
                    pub const $name: super::FieldId = $id;
                )+
            }
        )+
    };
}

entities! {
    Area = 1, area: {
        name = 2: Kind::Text { max: 80 },
        /// Names the place in SMS texts.
        place = 3: Kind::Text { max: 120 },
        bounds = 4: Kind::Bounds,
        concern_title = 5: Kind::Text { max: 80 },
        concern_text = 6: Kind::Text { max: 600 },
        concern_phone = 7: Kind::Phone,
        concern_hours = 8: Kind::Hours,
        /// Numbers are invented and never dialled.
        demo = 9: Kind::Bool,
    }
    Organisation = 2, organisation: {
        name = 2: Kind::Text { max: 120 },
        sector = 3: Kind::Choice(SECTORS),
        order = 4: Kind::OrderKey,
    }
    Contact = 3, contact: {
        organisation = 2: Kind::Row(Entity::Organisation),
        name = 3: Kind::Text { max: 120 },
        role = 4: Kind::Text { max: 120 },
        hours = 5: Kind::Hours,
        note = 6: Kind::Text { max: 600 },
        verified_at = 7: Kind::Time,
        verified_by = 8: Kind::Text { max: 120 },
        order = 9: Kind::OrderKey,
    }
    Channel = 4, channel: {
        contact = 2: Kind::Row(Entity::Contact),
        label = 3: Kind::Text { max: 60 },
        kind = 4: Kind::Choice(CHANNEL_KINDS),
        value = 5: Kind::Address,
        order = 6: Kind::OrderKey,
        /// *Nummeret virker ikke*: when someone said so.
        reported_at = 7: Kind::Time,
    }
    Problem = 5, problem: {
        name = 2: Kind::Text { max: 80 },
        /// Name of a Lucide icon.
        icon = 3: Kind::Text { max: 40 },
        order = 4: Kind::OrderKey,
        call_112_if = 5: Kind::Text { max: 200 },
        call_114_if = 6: Kind::Text { max: 200 },
        /// *Læg mærke til*, a line each.
        notice = 7: Kind::Text { max: 1000 },
        /// *Skal ikke meldes*, a line each.
        not_report = 8: Kind::Text { max: 1000 },
        /// *Hav klar, når du ringer*, a line each.
        have_ready = 9: Kind::Text { max: 1000 },
    }
    CardCell = 6, card_cell: {
        problem = 2: Kind::Row(Entity::Problem),
        contact = 3: Kind::Row(Entity::Contact),
        on = 4: Kind::Bool,
        order = 5: Kind::OrderKey,
        hours = 6: Kind::Hours,
    }
    MapPin = 7, map_pin: {
        category = 2: Kind::Choice(PIN_CATEGORIES),
        title = 3: Kind::Text { max: 120 },
        note = 4: Kind::Text { max: 1000 },
        position = 5: Kind::Position,
        expires_at = 6: Kind::Time,
    }
    Member = 8, member: {
        /// What the member wants to be called; may be empty.
        name = 2: Kind::Text { max: 80 },
        role = 3: Kind::Choice(ROLES),
        joined_at = 4: Kind::Time,
    }
    Device = 9, device: {
        member = 2: Kind::Row(Entity::Member),
        name = 3: Kind::Text { max: 80 },
        /// The origin of the changes that were made on it.
        origin = 4: Kind::Count,
        added_at = 5: Kind::Time,
        /// When it was locked out.
        revoked_at = 6: Kind::Time,
    }
    Invitation = 10, invitation: {
        role = 2: Kind::Choice(ROLES),
        uses = 3: Kind::Count,
        uses_left = 4: Kind::Count,
        made_at = 5: Kind::Time,
        expires_at = 6: Kind::Time,
        /// When it was taken back.
        revoked_at = 7: Kind::Time,
        /// Whoever redeems it is on this walk.
        walk = 8: Kind::Row(Entity::Walk),
    }
    Conflict = 11, conflict: {
        /// The row and field that two people wrote to, neither having seen the other.
        entity = 2: Kind::Count,
        row = 3: Kind::AnyRow,
        field = 4: Kind::Count,
        /// What lost, with the origin and the own clock of whoever wrote it.
        value = 5: Kind::Any,
        origin = 6: Kind::Count,
        written_at = 7: Kind::Time,
        /// The origin of what stands there instead.
        winner_origin = 8: Kind::Count,
        kind = 9: Kind::Choice(CONFLICT_KINDS),
        /// When somebody looked at it and was content.
        resolved_at = 10: Kind::Time,
    }
    Photo = 12, photo: {
        /// What is in the picture: a pin, whose scope is the photo's.
        of = 2: Kind::AnyRow,
        hash = 3: Kind::Blob,
        thumbnail = 4: Kind::Blob,
        /// The size of the photo.
        bytes = 5: Kind::Count,
        width = 6: Kind::Count,
        height = 7: Kind::Count,
        /// Says what is to be seen, also to those who do not see it.
        caption = 8: Kind::Text { max: 300 },
        /// By the device's clock, to the minute.
        taken_at = 9: Kind::Time,
    }
    Walk = 13, walk: {
        name = 2: Kind::Text { max: 80 },
        /// That of its scope, see [`super::super::Scope::Walk`].
        number = 3: Kind::Count,
        starts_at = 4: Kind::Time,
        ends_at = 5: Kind::Time,
    }
}

impl Entity {
    /// Whether the server alone writes rows of this kind: they mirror what `control.db` decides, for display.
    #[must_use]
    pub fn is_mirror(self) -> bool {
        matches!(self, Entity::Member | Entity::Device | Entity::Invitation | Entity::Walk)
    }

    /// The fields without which a row of this kind cannot come to be. An edit of a row that does not exist lacks them.
    #[must_use]
    pub fn required(self) -> &'static [FieldId] {
        match self {
            Entity::Area => &[area::name],
            Entity::Organisation => &[organisation::name],
            Entity::Contact => &[contact::name],
            Entity::Channel => &[channel::contact, channel::kind, channel::value],
            Entity::Problem => &[problem::name],
            Entity::CardCell => &[card_cell::problem, card_cell::contact],
            Entity::MapPin => &[map_pin::category, map_pin::position],
            Entity::Member => &[member::name, member::role, member::joined_at],
            Entity::Device => &[device::member, device::name, device::origin, device::added_at],
            Entity::Invitation => &[
                invitation::role,
                invitation::uses,
                invitation::uses_left,
                invitation::made_at,
                invitation::expires_at,
            ],
            Entity::Conflict => &[conflict::entity, conflict::row, conflict::field, conflict::kind],
            Entity::Photo => &[photo::of, photo::hash, photo::thumbnail, photo::bytes, photo::width, photo::height],
            Entity::Walk => &[walk::name, walk::number, walk::starts_at, walk::ends_at],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Role;
    use std::collections::HashSet;

    #[test]
    fn numbers_are_unique_and_round_trip() {
        for entity in Entity::ALL {
            assert_eq!(Entity::from_number(entity.number()), Some(*entity));
            let ids: HashSet<_> = entity.fields().iter().map(|field| field.id).collect();
            assert_eq!(ids.len(), entity.fields().len(), "{} uses a field number twice", entity.name());
        }
        assert_eq!(Entity::from_number(999), None);
    }

    #[test]
    fn every_role_has_its_word() {
        let mut words = Role::ALL.map(Role::as_str);
        words.reverse();
        assert_eq!(ROLES, words);
    }
}
