//! Conflicts to try things on: two coordinators write to one field, neither having seen the other.

use super::Writer;
use super::rows::{Ends, change, edit, new_row, whole};
use super::table::SCOPES;
use crate::harness::TestServer;
use crate::sync::read_all;
use std::collections::BTreeMap;
use trygkort_core::domain::schema::conflict;
use trygkort_core::domain::{Entity, Role, RowId, Scope, Value};

/// A conflict about a contact and one about a pin, in every scope that has any; and the device of the desk's opponent.
pub(super) async fn make(server: &TestServer, desk: &mut Writer<'_>) -> (u32, BTreeMap<(Scope, Entity), RowId>) {
    let mut other = Writer::join(server, server.area, Role::Coordinator).await;
    let mut about = BTreeMap::new();
    let contacts = Scope::ALL.map(|scope| (Entity::Contact, scope));
    for (entity, scope) in contacts.into_iter().chain(SCOPES.map(|scope| (Entity::MapPin, scope))) {
        let row = new_row();
        let (row, fields) = whole(entity, Ends { contact: row, problem: row, member: row, pin: row });
        assert_eq!(desk.write(change(entity, row, scope, fields)).await, None);
        let (field, value) = edit(entity);
        assert_eq!(desk.write(change(entity, row, scope, vec![(field, value)])).await, None);
        assert_eq!(other.write(change(entity, row, scope, vec![(field, "Et andet ord".into())])).await, None);
        about.insert(row, (scope, entity));
    }
    let pages = read_all(&desk.device).await.0;
    let scopes = pages.iter().flat_map(|page| &page.entries).flat_map(|entry| &entry.scopes);
    let rows = scopes.flat_map(|scope| &scope.rows).filter(|row| row.entity == Entity::Conflict.number());
    let found: BTreeMap<(Scope, Entity), RowId> = rows
        .filter_map(|row| {
            let of = row.fields.iter().find(|field| field.field == conflict::row)?;
            let Value::Row(of) = of.value else { panic!("a row") };
            Some((about[&of], row.row.0))
        })
        .collect();
    assert_eq!(found.len(), about.len(), "each met the other");
    (other.origin(), found)
}
