//! A client of before anything was added to version 1, against today's server; and today's client against a server of
//! then.

use crate::devices::{Device, Hub, row};
use crate::old_wire as old;
use std::collections::BTreeMap;
use trygkort_core::app::HttpResponse;
use trygkort_core::domain::schema::{contact, map_pin};
use trygkort_core::domain::{ChangeId, ContactId, Entity, FieldId, Role, RowId, Scope, Value};
use trygkort_core::hub::role_number;
use trygkort_core::ipc::*;
use trygkort_core::merge::{IncomingRow, Plan, Register, RowState, Stamp, plan};
use trygkort_core::snapshot::Snapshot;
use trygkort_core::wire::v1::{WireChangeId, WireId};
use trygkort_core::wire::{from_bytes, to_bytes};

/// What the first client did with messages, without screens and files.
struct OldDevice {
    origin: u32,
    role: Role,
    cursor: old::Cursor,
    rows: BTreeMap<RowId, RowState>,
    /// Each with the position it was admitted at, once that is known.
    outbox: Vec<(old::Action, Option<u64>)>,
    refused: Vec<old::Reason>,
    next_counter: u64,
    hlc: u64,
}

impl OldDevice {
    fn new(origin: u32, role: Role) -> Self {
        let cursor = old::Cursor::default();
        let (rows, outbox, refused) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { origin, role, cursor, rows, outbox, refused, next_counter: 1, hlc: 1_795_162_440_000 }
    }

    fn request(&self) -> Vec<u8> {
        let unsent = self.outbox.iter().filter(|(_, position)| position.is_none());
        let actions = unsent.map(|(action, _)| action.clone()).collect();
        to_bytes(&old::SyncRequest { version: 1, origin: self.origin, cursor: self.cursor.clone(), actions })
    }

    /// Synchronises until there is nothing left to do; begins anew once when a page does not fit, as it did.
    fn sync(&mut self, hub: &mut Hub) {
        let mut anew = false;
        for _ in 0..50 {
            let answer = hub.exchange(self.origin, self.role, &self.request()).unwrap();
            let response = from_bytes(&answer).expect("an old client reads today's answer");
            match self.take(response) {
                Ok(true) => {}
                Ok(false) => return,
                Err(gap) => {
                    assert!(!std::mem::replace(&mut anew, true), "a second gap: {gap}");
                    self.rows.clear();
                    self.cursor = old::Cursor::default();
                }
            }
        }
        panic!("synchronising never ends");
    }

    fn take(&mut self, response: old::SyncResponse) -> Result<bool, String> {
        assert_eq!((response.version, response.role), (1, role_number(self.role)));
        for verdict in response.verdicts {
            let at = self.outbox.iter().position(|(action, _)| action.counter == verdict.counter);
            match (at, verdict.position, verdict.reason) {
                (Some(at), Some(position), _) => self.outbox[at].1 = Some(position),
                (Some(at), None, Some(reason)) => {
                    self.outbox.remove(at);
                    self.refused.push(reason);
                }
                _ => {}
            }
        }
        let more = response.page.more;
        self.take_page(response.page)?;
        Ok(more || self.outbox.iter().any(|(_, position)| position.is_none()))
    }

    fn take_page(&mut self, page: old::Page) -> Result<(), String> {
        if page.from != self.cursor.position || page.to < page.from {
            return Err(format!("a page {}..{} at {}", page.from, page.to, self.cursor.position));
        }
        let mut heads: BTreeMap<u8, u64> = self.cursor.scopes.iter().map(|head| (head.scope, head.seq)).collect();
        for entry in page.entries {
            self.hlc = self.hlc.max(entry.effective);
            self.take_entry(entry, &mut heads)?;
        }
        for head in page.heads {
            let read = heads.get(&head.scope).copied().unwrap_or(0);
            if read != head.seq {
                return Err(format!("scope {}: read up to {read}, the head is {}", head.scope, head.seq));
            }
        }
        let scopes = heads.into_iter().map(|(scope, seq)| old::ScopeSeq { scope, seq }).collect();
        self.cursor = old::Cursor { position: page.to, scopes };
        self.outbox.retain(|(_, position)| position.is_none_or(|position| position > page.to));
        Ok(())
    }

    fn take_entry(&mut self, entry: old::Entry, heads: &mut BTreeMap<u8, u64>) -> Result<(), String> {
        for part in entry.scopes {
            let head = heads.entry(part.scope).or_insert(0);
            if part.first_seq != *head + 1 {
                return Err(format!("scope {}: expected {}, got {}", part.scope, *head + 1, part.first_seq));
            }
            *head += part.rows.len() as u64;
            let Some(scope) = Scope::from_number(part.scope.into()) else { continue };
            for log_row in part.rows {
                let id = log_row.row.0;
                let incoming = incoming(log_row, scope, (entry.origin, entry.counter, entry.effective));
                match plan(self.rows.get(&id).cloned(), incoming) {
                    Plan::Write { state, .. } => drop(self.rows.insert(id, state)),
                    Plan::Forget => drop(self.rows.remove(&id)),
                    Plan::Nothing => {}
                }
            }
        }
        Ok(())
    }

    /// Writes fields of a row as its forms did.
    fn write(&mut self, entity: Entity, id: RowId, scope: Scope, fields: Vec<(FieldId, Value)>) {
        let base = |field| {
            let state = self.rows.get(&id)?;
            Some(WireChangeId(state.fields.get(&field)?.stamp.id))
        };
        let fields: Vec<_> =
            fields.into_iter().map(|(field, value)| old::FieldChange { field, value, base: base(field) }).collect();
        let (counter, seen) = (self.next_counter, self.cursor.position);
        self.next_counter += fields.len() as u64;
        self.hlc += 1;
        let rows = vec![old::RowChange {
            entity: entity.number(),
            row: WireId(id),
            scope: u8::try_from(scope.number()).unwrap(),
            move_to: None,
            fields,
        }];
        self.outbox.push((old::Action { counter, hlc: self.hlc, seen, rows }, None));
    }

    fn text(&self, id: RowId, field: FieldId) -> &str {
        self.rows[&id].fields.get(&field).map_or("", |register| register.value.text())
    }
}

fn incoming(row: old::LogRow, scope: Scope, (origin, counter, effective): (u32, u64, u64)) -> IncomingRow {
    let fields = row.fields.into_iter().map(|field| {
        let stamp = match field.stamp {
            Some(s) => Stamp { effective: s.effective, id: ChangeId { origin: s.origin, counter: s.counter } },
            None => Stamp { effective, id: ChangeId { origin, counter: counter + u64::from(field.index) } },
        };
        (field.field, Register { value: field.value, stamp })
    });
    IncomingRow {
        entity: row.entity,
        row: row.row.0,
        scope,
        created_by: row.created_by.unwrap_or(origin),
        withdrawn: row.withdrawn,
        fields: fields.collect(),
    }
}

/// What the server holds for a role.
fn held(hub: &mut Hub, role: Role) -> BTreeMap<RowId, RowState> {
    let files = hub.log.snapshot_source().unwrap().files().unwrap();
    let readable = files.into_iter().filter(|file| role.reads(file.scope));
    let rows = readable.flat_map(|file| Snapshot::from_bytes(&file.content).unwrap().rows);
    rows.map(|state| (state.row, state)).collect()
}

fn contact_id(device: &mut Device, name: &str) -> ContactId {
    let found = device.ask(SearchContacts { query: name.to_owned(), limit: 10 }).unwrap();
    found.groups.into_iter().flat_map(|group| group.contacts).find(|row| row.name == name).unwrap().id
}

fn note(device: &mut Device, id: ContactId, text: &str) {
    let opened = device.ask(EditContact { id: Some(id) }).unwrap();
    let form = ContactForm { note: text.to_owned(), ..opened.form.clone() };
    device.ask(SaveContact { opened, form }).unwrap();
}

fn move_and_delete_pins(device: &mut Device) {
    for (number, pin) in device.ask(GetPins {}).unwrap().into_iter().enumerate() {
        if number % 3 == 0 {
            device.ask(DeletePin { id: pin.id }).unwrap();
        } else {
            let opened = device.ask(EditPin { id: Some(pin.id) }).unwrap();
            let scope = if number % 3 == 1 { Scope::Coordination } else { Scope::Network };
            let form = PinForm { scope, note: "Flyttet".to_owned(), ..opened.form.clone() };
            device.ask(SavePin { opened, form }).unwrap();
        }
    }
}

#[test]
fn an_old_client_reads_todays_log_whatever_its_role() {
    let mut hub = Hub::demo();
    let mut olds: Vec<OldDevice> = (0..).zip(Role::ALL).map(|(n, role)| OldDevice::new(50 + n, role)).collect();
    olds[0].sync(&mut hub);
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    move_and_delete_pins(&mut office);
    let id = contact_id(&mut office, "Ejendomskontoret");
    note(&mut office, id, "Skrevet med den nye");
    office.sync(&mut hub);
    hub.make_snapshot();
    for old in &mut olds {
        old.sync(&mut hub);
        assert!(old.rows == held(&mut hub, old.role), "{}", old.role);
        old.sync(&mut hub);
        assert!(old.rows == held(&mut hub, old.role), "{}: with nothing new", old.role);
    }
}

#[test]
fn old_and_new_write_to_each_other_and_conflicts_are_kept() {
    let mut hub = Hub::demo();
    let (mut old, mut office) = (OldDevice::new(50, Role::Coordinator), Device::joined(Role::Coordinator));
    old.sync(&mut hub);
    office.sync(&mut hub);
    let id = contact_id(&mut office, "Ejendomskontoret");
    let its = RowId(id.0.0);
    note(&mut office, id, "Fra den nye");
    old.write(Entity::Contact, its, Scope::Public, vec![(contact::note, "Fra den gamle".into())]);
    office.sync(&mut hub);
    old.sync(&mut hub);
    office.sync(&mut hub);
    old.sync(&mut hub);
    assert!(old.outbox.is_empty() && old.refused.is_empty());
    assert_eq!(old.text(its, contact::note), office.ask(GetContact { id }).unwrap().note);
    assert!(old.rows == held(&mut hub, Role::Coordinator));
    let conflicts = old.rows.values().filter(|state| state.entity == Entity::Conflict.number());
    assert_eq!(conflicts.count(), 1, "an old client keeps what it does not know");
    let new = row(4_000);
    old.write(Entity::Contact, new, Scope::Network, vec![(contact::name, "Ny vagt".into())]);
    old.sync(&mut hub);
    office.sync(&mut hub);
    contact_id(&mut office, "Ny vagt");
}

#[test]
fn an_old_client_is_told_of_refusals_in_words_it_knows() {
    let mut hub = Hub::demo();
    let mut old = OldDevice::new(50, Role::Staff);
    old.sync(&mut hub);
    let problem = vec![(2, Value::from("Uden lov"))];
    old.write(Entity::Problem, row(4_001), Scope::Public, problem);
    old.write(Entity::MapPin, row(4_002), Scope::Network, vec![(map_pin::title, Value::Int(3))]);
    let unfinished = vec![(map_pin::title, Value::from("Uden sted"))];
    old.write(Entity::MapPin, row(4_003), Scope::Network, unfinished);
    old.write(Entity::MapPin, row(4_002), Scope::Network, vec![(map_pin::note, "cpr 010203-1234".into())]);
    // An entity and a conflict that are not a device's to write.
    old.write(Entity::Conflict, row(4_004), Scope::Network, vec![(2, Value::Int(1))]);
    old.sync(&mut hub);
    assert!(old.outbox.is_empty());
    let expected =
        [old::Reason::Permission, old::Reason::Validation, old::Reason::Reference, old::Reason::PersonalNumber];
    assert_eq!(old.refused[..4], expected);
    assert_eq!(old.refused.len(), 5);
}

#[test]
fn an_old_client_forgets_what_is_erased_and_hears_of_it_in_words_it_knows() {
    let mut hub = Hub::demo();
    let (mut old, mut office) = (OldDevice::new(50, Role::Coordinator), Device::joined(Role::Coordinator));
    old.sync(&mut hub);
    office.sync(&mut hub);
    let its = contact_id(&mut office, "Ejendomskontoret").0;
    hub.log.begin().unwrap();
    hub.log.erase(&[its].into(), hub.now_ms).unwrap();
    hub.log.commit().unwrap();
    old.write(Entity::Contact, its, Scope::Public, vec![(contact::note, "Skrevet imens".into())]);
    old.sync(&mut hub);
    assert!(old.outbox.is_empty());
    assert!(old.refused == [old::Reason::Reference]);
    assert!(!old.rows.contains_key(&its));
    assert!(old.rows == held(&mut hub, Role::Coordinator));
    let mut new = OldDevice::new(51, Role::Coordinator);
    new.sync(&mut hub);
    assert!(new.rows == old.rows, "placeholders are read as what they stand for");
}

#[test]
fn an_answer_that_an_old_client_lost_is_no_harm() {
    let mut hub = Hub::demo();
    let mut old = OldDevice::new(50, Role::Coordinator);
    old.sync(&mut hub);
    let fields = vec![(contact::name, Value::from("Kun én gang"))];
    old.write(Entity::Contact, row(4_000), Scope::Network, fields);
    hub.exchange(50, Role::Coordinator, &old.request()).unwrap();
    let fields = vec![(contact::name, Value::from("Og den næste"))];
    old.write(Entity::Contact, row(4_005), Scope::Network, fields);
    let head = hub.log.head_position().unwrap();
    old.sync(&mut hub);
    assert_eq!(hub.log.head_position().unwrap(), head + 1);
    assert!(old.outbox.is_empty() && old.refused.is_empty());
    assert!(old.rows == held(&mut hub, Role::Coordinator));
}

#[test]
fn an_old_client_goes_on_after_a_restore_within_what_the_backup_has() {
    let mut hub = Hub::demo();
    let mut old = OldDevice::new(50, Role::Staff);
    old.sync(&mut hub);
    let backup = hub.backup();
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    let id = contact_id(&mut office, "Ejendomskontoret");
    note(&mut office, id, "Efter sikkerhedskopien");
    office.sync(&mut hub);
    hub.restore(&backup);
    office.sync(&mut hub);
    old.sync(&mut hub);
    assert_eq!(old.text(RowId(id.0.0), contact::note), "Efter sikkerhedskopien");
    assert!(old.rows == held(&mut hub, Role::Staff));
}

/// Carries a device's call as a server of then would answer it: what was added since is neither heard nor said.
fn sync_with_old_server(device: &mut Device, hub: &mut Hub) {
    device.app.request_sync();
    let mut requests = 0;
    while let Some((call, request)) = device.app.next_sync() {
        requests += 1;
        assert!(requests < 50, "synchronising never ends");
        assert!(request.url.ends_with("/api/v1/sync"), "a server of then has no {}", request.url);
        let heard: old::SyncRequest = from_bytes(&request.body).expect("a server of then reads today's request");
        device.origin = heard.origin;
        let answer = hub.exchange(device.origin, device.role, &to_bytes(&heard)).unwrap();
        let said: old::SyncResponse = from_bytes(&answer).unwrap();
        device.app.finish_sync(call, Ok(HttpResponse { status: 200, body: to_bytes(&said) }));
    }
}

#[test]
fn todays_client_works_with_a_server_of_then_and_goes_on_when_it_is_upgraded() {
    let mut hub = Hub::demo();
    for role in Role::ALL {
        let mut device = Device::joined(role);
        sync_with_old_server(&mut device, &mut hub);
        let mut other = Device::joined(role);
        other.sync(&mut hub);
        assert_eq!(device.app.dump().unwrap(), other.app.dump().unwrap(), "{role}");
        assert_eq!(device.ask(GetSyncStatus {}).unwrap().state, SyncState::Idle);
    }
    let mut phone = Device::joined(Role::Coordinator);
    sync_with_old_server(&mut phone, &mut hub);
    let id = contact_id(&mut phone, "Ejendomskontoret");
    note(&mut phone, id, "Til en gammel server");
    sync_with_old_server(&mut phone, &mut hub);
    assert_eq!(phone.ask(GetSyncStatus {}).unwrap().pending, 0);
    note(&mut phone, id, "Til en ny");
    // The server is upgraded: it now seals what the device reads on.
    phone.sync(&mut hub);
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    assert_eq!(office.ask(GetContact { id }).unwrap().note, "Til en ny");
    assert_eq!(phone.app.dump().unwrap(), office.app.dump().unwrap());
    // And put back to the old one, as after an upgrade that went wrong.
    move_and_delete_pins(&mut office);
    office.sync(&mut hub);
    sync_with_old_server(&mut phone, &mut hub);
    assert_eq!(phone.app.dump().unwrap(), office.app.dump().unwrap());
    phone.sync(&mut hub);
    assert_eq!(phone.app.dump().unwrap(), office.app.dump().unwrap());
}

/// What the first server said, without a server of today behind it.
#[test]
fn todays_client_takes_the_bytes_of_then() {
    let mut device = Device::joined(Role::Staff);
    let id = row(0x77);
    let fields = [(contact::name, "Gamle Jensen"), (99, "ukendt")];
    let fields =
        (0..).zip(fields).map(|(index, (field, text))| old::LogField { field, value: text.into(), index, stamp: None });
    let rows = vec![old::LogRow {
        entity: Entity::Contact.number(),
        row: WireId(id),
        withdrawn: false,
        fields: fields.collect(),
        created_by: None,
    }];
    let entry = old::Entry {
        position: 3,
        origin: 9,
        counter: 1,
        effective: 5,
        hlc: 5,
        scopes: vec![old::ScopeRows { scope: 1, first_seq: 1, rows }],
    };
    let heads = vec![old::ScopeSeq { scope: 1, seq: 1 }];
    let page = old::Page { from: 0, to: 3, more: false, heads, entries: vec![entry] };
    let answer = old::SyncResponse {
        version: 1,
        now_ms: 1,
        role: role_number(Role::Staff),
        basemap: None,
        verdicts: Vec::new(),
        page,
    };
    device.app.request_sync();
    let (call, _) = device.app.next_sync().unwrap();
    device.app.finish_sync(call, Ok(HttpResponse { status: 200, body: to_bytes(&answer) }));
    assert!(device.app.next_sync().is_none());
    contact_id(&mut device, "Gamle Jensen");
    assert!(device.app.dump().unwrap().contains(&id.to_string()));
    device.app.request_sync();
    let (_, request) = device.app.next_sync().unwrap();
    let heard: old::SyncRequest = from_bytes(&request.body).unwrap();
    assert_eq!(heard.cursor, old::Cursor { position: 3, scopes: vec![old::ScopeSeq { scope: 1, seq: 1 }] });
}
