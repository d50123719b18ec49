//! Who has access to the area, as far as the server's mirrors on this device say.

use crate::domain::schema::{device, member};
use crate::domain::{Entity, Role, RowId, Value};
use crate::error::Error;
use crate::ipc::MemberView;
use crate::merge::RowState;
use crate::store::area::AreaFile;
use crate::store::authors::value;
use crate::store::rows;
use std::cmp::Reverse;
use std::collections::HashMap;

/// The members with a device that is not locked out, coordinators first, then by name. For coordinators.
pub(crate) fn all(file: &AreaFile) -> Result<Vec<MemberView>, Error> {
    let session = file.session();
    if session.role != Role::Coordinator {
        return Err(Error::Forbidden);
    }
    let (mut devices, mut me) = (HashMap::<RowId, u32>::new(), None);
    for row in rows::of_entity(&file.conn, Entity::Device)? {
        let Some(member) = value(&row, device::member).and_then(Value::row) else { continue };
        if value(&row, device::origin).and_then(Value::int) == Some(i64::from(session.origin)) {
            me = Some(member);
        }
        if value(&row, device::revoked_at).and_then(Value::int).is_none() {
            *devices.entry(member).or_default() += 1;
        }
    }
    let known = rows::of_entity(&file.conn, Entity::Member)?;
    let mut members: Vec<MemberView> =
        known.iter().filter_map(|row| view(row, *devices.get(&row.row)?, me == Some(row.row))).collect();
    members.sort_by_cached_key(|member| (Reverse(member.role), member.name.to_lowercase(), member.joined_at_ms));
    Ok(members)
}

/// `None` for one that is in the trash, or whose role this version does not know.
fn view(row: &RowState, devices: u32, me: bool) -> Option<MemberView> {
    let role = value(row, member::role)?.text().parse().ok()?;
    let name = value(row, member::name).map_or("", |value| value.text()).to_owned();
    let joined_at_ms = value(row, member::joined_at).and_then(Value::int).unwrap_or_default();
    Some(MemberView { id: row.row, name, role, joined_at_ms, devices, me })
}
