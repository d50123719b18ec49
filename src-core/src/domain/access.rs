//! Who may change what. The server enforces these rules; the screens ask them before they offer a button.

use super::schema::{DELETED_AT, channel, conflict, photo};
use super::{Entity, FieldId, Reader, Role, Scope};

/// What is about to happen to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    pub entity: Entity,
    /// The row's scope as the server (or this device) knows it; the wanted one for a new row.
    pub scope: Scope,
    /// The scope it is to move to, if any.
    pub move_to: Option<Scope>,
    /// The row does not exist yet.
    pub new: bool,
    /// The row was made by the member who asks, on any of their devices.
    pub own: bool,
    /// For a conflict: the kind of row it is about.
    pub about: Option<Entity>,
    /// The fields that are set.
    pub fields: &'a [FieldId],
}

/// Whether a reader may make this change.
///
/// - Nobody changes what they may not read, or moves a row where they may not read it.
/// - Nobody writes mirrors: members, devices and invitations are decided by `control.db`, and the server itself, which
///   is not asked here, writes what the log shows of them.
/// - Nobody deletes the area itself from a device: the server's command line does (`trygkort area delete`).
/// - Coordinators change everything else.
/// - Staff add and edit pins for the network, take back what they made themselves, and report numbers.
/// - Photos are added and taken back by whoever may do so with a pin; their captions are everybody's who edits pins. What
///   is in a photo stays as it was added, whoever asks.
/// - In the scope of a walk there are marks with their photos, and nothing else. Everyone who is on it adds marks, and
///   edits and takes back their own; a mark is gathered by moving it out of there, which only coordinators do.
/// - Conflicts are written by the server; whoever may write what one is about says when it is settled.
/// - Residents and participants otherwise report numbers, and nothing else.
#[must_use]
pub fn may(reader: &Reader, change: &Change<'_>) -> bool {
    let role = reader.role;
    if !reader.reads(change.scope) || change.move_to.is_some_and(|scope| !reader.reads(scope)) {
        return false;
    }
    let in_a_walk = change.scope.walk().or(change.move_to.and_then(Scope::walk)).is_some();
    if in_a_walk && !matches!(change.entity, Entity::MapPin | Entity::Photo | Entity::Conflict) {
        return false;
    }
    match (role, change.entity) {
        (_, entity) if entity.is_mirror() => false,
        (_, Entity::Area) if change.fields.contains(&DELETED_AT) => false,
        (_, Entity::Conflict) => is_settling(role, change),
        (_, Entity::Photo) if !change.new && !change.fields.iter().all(is_loose) => false,
        (Role::Coordinator, _) => true,
        (_, Entity::Channel) => is_report(change),
        (_, Entity::MapPin | Entity::Photo) if change.scope.walk().is_some() => {
            change.move_to.is_none() && (change.new || change.own)
        }
        (Role::Staff, Entity::MapPin | Entity::Photo) => {
            let deletes = change.fields.contains(&DELETED_AT);
            change.scope == Scope::Network && change.move_to.is_none() && (!deletes || change.own)
        }
        _ => false,
    }
}

/// As [`may`], for a row of which it is not known yet whose it is: that is asked only where it decides.
///
/// # Errors
/// Those of `own`.
pub fn may_asking_whose<E>(
    reader: &Reader,
    change: &Change<'_>,
    own: impl FnOnce() -> Result<bool, E>,
) -> Result<bool, E> {
    let if_own = |own| may(reader, &Change { own, ..*change });
    Ok(if_own(false) || (if_own(true) && own()?))
}

/// Saying that a conflict is settled, by somebody who may write what it is about.
fn is_settling(role: Role, change: &Change<'_>) -> bool {
    let may_write = match change.about {
        Some(Entity::MapPin) if role == Role::Staff => change.scope == Scope::Network,
        Some(_) => role == Role::Coordinator,
        None => false,
    };
    may_write && !change.new && change.move_to.is_none() && change.fields == [conflict::resolved_at]
}

/// What can change in a photo: how it is called, and whether it is in the trash.
fn is_loose(field: &FieldId) -> bool {
    [photo::caption, DELETED_AT].contains(field)
}

/// *Nummeret virker ikke*, and nothing more.
fn is_report(change: &Change<'_>) -> bool {
    !change.new && change.move_to.is_none() && change.fields == [channel::reported_at]
}

/// Whether a reader may add pins at all.
#[must_use]
pub fn may_add_pins(reader: &Reader) -> bool {
    matches!(reader.role, Role::Staff | Role::Coordinator) || !reader.walks.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schema::{area, card_cell, contact, map_pin, member};
    use std::collections::BTreeSet;

    /// As [`super::may`], for somebody who is on no walk.
    fn may(role: Role, change: &Change<'_>) -> bool {
        super::may(&Reader::new(role), change)
    }

    fn change(entity: Entity, scope: Scope, fields: &[FieldId]) -> Change<'_> {
        Change { entity, scope, move_to: None, new: false, own: false, about: None, fields }
    }

    #[test]
    fn only_coordinators_touch_the_card() {
        let tick = change(Entity::CardCell, Scope::Public, &[card_cell::on]);
        assert!(may(Role::Coordinator, &tick));
        for role in [Role::Staff, Role::Participant, Role::Resident] {
            assert!(!may(role, &tick), "{role}");
        }
    }

    #[test]
    fn coordinators_edit_the_area_and_nobody_deletes_it() {
        let edit = change(Entity::Area, Scope::Public, &[area::place]);
        let delete = change(Entity::Area, Scope::Public, &[area::place, DELETED_AT]);
        assert!(may(Role::Coordinator, &edit) && !may(Role::Staff, &edit));
        assert!(!may(Role::Coordinator, &delete));
    }

    #[test]
    fn everyone_reports_a_number_they_can_see_and_no_more() {
        let report = change(Entity::Channel, Scope::Public, &[channel::reported_at]);
        let edit = change(Entity::Channel, Scope::Public, &[channel::reported_at, channel::value]);
        let hidden = change(Entity::Channel, Scope::Network, &[channel::reported_at]);
        assert!(may(Role::Resident, &report) && may(Role::Staff, &report));
        assert!(!may(Role::Resident, &edit) && !may(Role::Staff, &edit));
        assert!(!may(Role::Resident, &hidden) && may(Role::Staff, &hidden));
        assert!(!may(Role::Resident, &Change { new: true, ..report }));
    }

    #[test]
    fn staff_take_back_only_their_own_pins_and_move_none() {
        let edit = change(Entity::MapPin, Scope::Network, &[map_pin::note]);
        let delete = change(Entity::MapPin, Scope::Network, &[DELETED_AT]);
        assert!(may(Role::Staff, &edit) && !may(Role::Staff, &delete));
        assert!(may(Role::Staff, &Change { own: true, ..delete }));
        assert!(!may(Role::Staff, &Change { move_to: Some(Scope::Public), ..edit }));
        assert!(!may(Role::Staff, &Change { scope: Scope::Public, ..edit }));
        assert!(!may(Role::Staff, &change(Entity::Contact, Scope::Network, &[contact::name])));
    }

    #[test]
    fn a_photo_stays_as_it_was_added() {
        let all = [photo::of, photo::hash, photo::caption];
        for role in [Role::Staff, Role::Coordinator] {
            let add = Change { new: true, ..change(Entity::Photo, Scope::Network, &all) };
            assert!(may(role, &add) && !may(role, &Change { new: false, own: true, ..add }), "{role}");
            assert!(may(role, &change(Entity::Photo, Scope::Network, &[photo::caption])), "{role}");
        }
        let delete = change(Entity::Photo, Scope::Network, &[DELETED_AT]);
        assert!(!may(Role::Staff, &delete) && may(Role::Staff, &Change { own: true, ..delete }));
        assert!(!may(Role::Participant, &Change { new: true, ..change(Entity::Photo, Scope::Public, &all) }));
    }

    #[test]
    fn nobody_changes_what_they_cannot_read() {
        for role in Role::ALL {
            let pin = change(Entity::MapPin, Scope::Coordination, &[map_pin::note]);
            assert_eq!(may(role, &pin), role == Role::Coordinator);
        }
    }

    #[test]
    fn nobody_writes_mirrors() {
        let mirrors = Entity::ALL.iter().filter(|entity| entity.is_mirror());
        for (entity, role, scope) in mirrors.flat_map(|entity| {
            Role::ALL.into_iter().flat_map(move |role| Scope::ALL.map(|scope| (*entity, role, scope)))
        }) {
            for fields in [&[member::name][..], &[DELETED_AT], &[]] {
                let edit = Change { own: true, ..change(entity, scope, fields) };
                assert!(!may(role, &edit) && !may(role, &Change { new: true, ..edit }), "{role}: {entity:?}");
            }
        }
    }

    #[test]
    fn whose_row_it_is_is_asked_only_where_it_decides() {
        let delete = change(Entity::MapPin, Scope::Network, &[DELETED_AT]);
        for own in [true, false] {
            assert_eq!(may_asking_whose(&Reader::new(Role::Staff), &delete, || Ok::<_, ()>(own)), Ok(own));
        }
        for (role, allowed) in [(Role::Coordinator, true), (Role::Resident, false)] {
            let asked = may_asking_whose(&Reader::new(role), &delete, || Err("asked"));
            assert_eq!(asked, Ok(allowed), "{role}");
        }
    }

    #[test]
    fn everyone_on_a_walk_marks_and_takes_back_their_own() {
        let mark = Change { new: true, ..change(Entity::MapPin, Scope::Walk(3), &[map_pin::note]) };
        let edit = Change { new: false, ..mark };
        let delete = Change { fields: &[DELETED_AT], ..edit };
        for role in Role::ALL {
            let on_it = Reader { role, walks: BTreeSet::from([3]) };
            let coordinates = role == Role::Coordinator;
            assert!(super::may(&on_it, &mark), "{role}");
            for change in [edit, delete] {
                assert!(super::may(&on_it, &Change { own: true, ..change }), "{role}");
                assert_eq!(super::may(&on_it, &change), coordinates, "{role}: somebody else's");
            }
            for change in [mark, Change { own: true, ..edit }] {
                assert_eq!(may(role, &change), coordinates, "{role} is not on it");
            }
            let gather = Change { move_to: Some(Scope::Public), own: true, fields: &[], ..edit };
            assert_eq!(super::may(&on_it, &gather), coordinates, "{role}");
            let contact = Change { entity: Entity::Contact, fields: &[contact::name], ..mark };
            assert!(!super::may(&on_it, &contact), "{role}: marks and nothing else");
            let moved_in = Change { scope: Scope::Public, move_to: Some(Scope::Walk(3)), new: false, ..contact };
            assert!(!super::may(&on_it, &moved_in), "{role}");
        }
    }
}
