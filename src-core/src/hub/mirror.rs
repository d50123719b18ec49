//! Mirrors: the rows by which the log shows members, devices, invitations and walks, so that devices know offline who
//! wrote what and who belongs here. The [`Roster`] is compared with the rows, and what differs is written by the server.

use super::roster::{Device, Invitation, Member, Roster, Walk};
use crate::domain::schema::{DELETED_AT, device, invitation, member, walk};
use crate::domain::{Entity, FieldId, Role, RowId, Scope, Value, validate};
use crate::merge::RowState;
use crate::store::{StoreError, rows};
use crate::wire::v1::{Action, CHANGES_MAX, FieldChange, RowChange, WireChangeId, WireId};
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A mirror has fewer fields than this, so that so many rows are never too many changes for an action.
const FIELDS_MAX: usize = 10;
const ROWS_PER_ACTION: usize = CHANGES_MAX / FIELDS_MAX;

/// A row as it should be.
struct Mirror {
    entity: Entity,
    row: RowId,
    scope: Scope,
    /// The row it refers to, without which it cannot be.
    needs: Option<RowId>,
    fields: Vec<(FieldId, Value)>,
}

/// What has to be written so that the rows agree with `roster`, in an order in which references exist; and how many
/// mirrors are left out because another kind of row has their id.
pub(super) fn differences(
    conn: &Connection,
    roster: &Roster,
    now_ms: i64,
) -> Result<(Vec<RowChange>, usize), StoreError> {
    let mut stored = stored(conn)?;
    let mut changes = Vec::new();
    let mut left_out = HashSet::new();
    for mirror in mirrors(roster) {
        let current = stored.remove(&mirror.row);
        if super::erase::is_erased(conn, mirror.row)? {
            left_out.insert(mirror.row);
            continue;
        }
        let unable = mirror.needs.is_some_and(|needed| left_out.contains(&needed))
            || (current.is_none() && rows::get(conn, mirror.row)?.is_some());
        if unable {
            left_out.insert(mirror.row);
            continue;
        }
        changes.extend(difference(mirror, current.as_ref()));
    }
    changes.extend(stored.values().filter_map(|gone| to_trash(gone, now_ms)));
    Ok((changes, left_out.len()))
}

/// The server's actions that make these changes. Their counters are set when they are written.
pub(super) fn into_actions(mut changes: Vec<RowChange>, now_ms: i64) -> Vec<Action> {
    let hlc = u64::try_from(now_ms).unwrap_or(0);
    let mut actions = Vec::new();
    while !changes.is_empty() {
        let rest = changes.split_off(changes.len().min(ROWS_PER_ACTION));
        actions.push(Action {
            counter: 0,
            hlc,
            seen: 0,
            all_or_nothing: None,
            rows: std::mem::replace(&mut changes, rest),
        });
    }
    actions
}

/// The mirrors there are. Ordered, so that the same changes make the same actions.
fn stored(conn: &Connection) -> Result<BTreeMap<RowId, RowState>, StoreError> {
    let mut stored = BTreeMap::new();
    for entity in Entity::ALL.iter().filter(|entity| entity.is_mirror()) {
        stored.extend(rows::of_entity(conn, *entity)?.into_iter().map(|row| (row.row, row)));
    }
    Ok(stored)
}

/// The mirrors there should be; members and walks come first, because devices and invitations refer to them.
fn mirrors(roster: &Roster) -> impl Iterator<Item = Mirror> {
    let scopes: HashMap<RowId, Scope> =
        roster.members.iter().map(|member| (member.id, scope_of(member.role))).collect();
    let members = roster.members.iter().map(of_member);
    let devices = roster.devices.iter();
    let devices = devices.filter_map(move |device| Some(of_device(device, *scopes.get(&device.member)?)));
    let walks = roster.walks.iter().map(of_walk);
    members.chain(devices).chain(walks).chain(roster.invitations.iter().map(of_invitation))
}

/// Colleagues know each other's names and devices, so that everyone in the network can see who wrote what, and a member
/// finds what they wrote on another device. Residents and participants are known to coordinators only.
fn scope_of(role: Role) -> Scope {
    match role {
        Role::Coordinator | Role::Staff => Scope::Network,
        Role::Participant | Role::Resident => Scope::Coordination,
    }
}

fn of_member(of: &Member) -> Mirror {
    Mirror {
        entity: Entity::Member,
        row: of.id,
        scope: scope_of(of.role),
        needs: None,
        fields: vec![
            (member::name, name(Entity::Member, member::name, &of.name)),
            (member::role, of.role.as_str().into()),
            (member::joined_at, Value::Int(of.joined_at_ms)),
        ],
    }
}

fn of_device(of: &Device, scope: Scope) -> Mirror {
    Mirror {
        entity: Entity::Device,
        row: of.id,
        scope,
        needs: Some(of.member),
        fields: vec![
            (device::member, of.member.into()),
            (device::name, name(Entity::Device, device::name, &of.name)),
            (device::origin, Value::Int(of.origin.into())),
            (device::added_at, Value::Int(of.added_at_ms)),
            (device::revoked_at, of.revoked_at_ms.into()),
        ],
    }
}

fn of_invitation(of: &Invitation) -> Mirror {
    Mirror {
        entity: Entity::Invitation,
        row: of.id,
        scope: Scope::Coordination,
        needs: of.walk,
        fields: vec![
            (invitation::role, of.role.as_str().into()),
            (invitation::uses, Value::Int(of.uses.into())),
            (invitation::uses_left, Value::Int(of.uses_left.into())),
            (invitation::made_at, Value::Int(of.made_at_ms)),
            (invitation::expires_at, Value::Int(of.expires_at_ms)),
            (invitation::revoked_at, of.revoked_at_ms.into()),
            (invitation::walk, of.walk.map_or(Value::Null, Value::Row)),
        ],
    }
}

/// In the walk's own scope, which begins with it: whoever is on the walk knows what it is called.
fn of_walk(of: &Walk) -> Mirror {
    Mirror {
        entity: Entity::Walk,
        row: of.id,
        scope: Scope::Walk(of.number),
        needs: None,
        fields: vec![
            (walk::name, name(Entity::Walk, walk::name, &of.name)),
            (walk::number, Value::Int(of.number.into())),
            (walk::starts_at, Value::Int(of.starts_at_ms)),
            (walk::ends_at, Value::Int(of.ends_at_ms)),
        ],
    }
}

/// A name that the rules of today refuse is mirrored as an empty one: it must not keep the rest from being written.
fn name(entity: Entity, field: FieldId, text: &str) -> Value {
    let value = Value::from(text);
    let fits = entity.field(field).is_some_and(|field| validate::value(field, &value).is_ok());
    if fits { value } else { Value::from("") }
}

fn difference(mirror: Mirror, current: Option<&RowState>) -> Option<RowChange> {
    let restored = [(DELETED_AT, Value::Null)];
    let wanted = mirror.fields.into_iter().chain(restored);
    let fields: Vec<FieldChange> = wanted.filter_map(|(field, value)| set(current, field, value)).collect();
    let scope = current.map_or(mirror.scope, |row| row.scope);
    let move_to = Some(mirror.scope).filter(|wanted| *wanted != scope).map(Scope::number);
    (!fields.is_empty() || move_to.is_some()).then(|| RowChange {
        entity: mirror.entity.number(),
        row: WireId(mirror.row),
        scope: scope.number(),
        move_to,
        fields,
    })
}

/// A mirror of what is gone from `control.db`. The program deletes nothing there, but an administrator may.
fn to_trash(gone: &RowState, now_ms: i64) -> Option<RowChange> {
    let held = gone.fields.get(&DELETED_AT).map(|register| &register.value);
    if held.and_then(Value::int).is_some() {
        return None;
    }
    Some(RowChange {
        entity: gone.entity,
        row: WireId(gone.row),
        scope: gone.scope.number(),
        move_to: None,
        fields: set(Some(gone), DELETED_AT, Value::Int(now_ms)).into_iter().collect(),
    })
}

/// The change that gives a field its value, unless it has it. Its base is what is there, so that it always wins.
pub(super) fn set(current: Option<&RowState>, field: FieldId, value: Value) -> Option<FieldChange> {
    let held = current.and_then(|row| row.fields.get(&field));
    if held.map_or(&Value::Null, |register| &register.value) == &value {
        return None;
    }
    Some(FieldChange { field, value, base: held.map(|register| WireChangeId(register.stamp.id)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_of_mirrors_is_never_too_large() {
        for entity in Entity::ALL.iter().filter(|entity| entity.is_mirror()) {
            assert!(entity.fields().len() <= FIELDS_MAX, "{}", entity.name());
        }
    }
}
