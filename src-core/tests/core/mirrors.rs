//! Members, devices and invitations in the log: what the server mirrors, for whom, and that nobody else writes it.

use crate::devices::{Device, Hub, NOON_MS, row};
use trygkort_core::domain::schema::{DELETED_AT, device, invitation, member};
use trygkort_core::domain::{Entity, FieldId, Role, RowId, Scope, Value};
use trygkort_core::error::ErrorCode;
use trygkort_core::hub::Mirrored;
use trygkort_core::hub::roster::{self, Roster};
use trygkort_core::ipc::*;
use trygkort_core::wire::v1::*;

const WRITTEN: Mirrored = Mirrored { changed: true, left_out: 0 };
const NOTHING: Mirrored = Mirrored { changed: false, left_out: 0 };

fn a_member(id: RowId, role: Role, name: &str) -> roster::Member {
    roster::Member { id, role, name: name.to_owned(), joined_at_ms: NOON_MS }
}

fn a_device(origin: u32, member: RowId) -> roster::Device {
    let id = row(1_000 + u128::from(origin));
    let name = format!("Enhed {origin}");
    roster::Device { id, member, name, origin, added_at_ms: NOON_MS, revoked_at_ms: None }
}

fn an_invitation(id: u128, uses_left: u32) -> roster::Invitation {
    let (made_at_ms, expires_at_ms) = (NOON_MS, NOON_MS + 1);
    let role = Role::Staff;
    roster::Invitation {
        id: row(id),
        role,
        uses: 5,
        uses_left,
        made_at_ms,
        expires_at_ms,
        revoked_at_ms: None,
        walk: None,
    }
}

/// A coordinator, a colleague and a resident with a device each, and an invitation.
fn three() -> Roster {
    let people = [(1, Role::Coordinator, "Mona"), (2, Role::Staff, "Ali"), (3, Role::Resident, "Nabo")];
    Roster {
        members: people.map(|(id, role, name)| a_member(row(id), role, name)).into(),
        devices: people.map(|(id, _, _)| a_device(u32::try_from(id).unwrap(), row(id))).into(),
        invitations: vec![an_invitation(9, 5)],
        walks: vec![],
    }
}

fn field(hub: &Hub, row: RowId, field: FieldId) -> Option<Value> {
    hub.log.row(row).unwrap().unwrap().fields.get(&field).map(|register| register.value.clone())
}

fn log_of(hub: &mut Hub, role: Role) -> Page {
    hub.push(77, role, Vec::new()).page
}

/// The mirrors that a page holds: entity and id.
fn mirrors_in(page: &Page) -> Vec<(Entity, RowId)> {
    let scopes = page.entries.iter().flat_map(|entry| &entry.scopes);
    let rows = scopes.flat_map(|scope| &scope.rows).filter(|row| !row.withdrawn);
    let known = rows.filter_map(|row| Some((Entity::from_number(row.entity)?, row.row.0)));
    known.filter(|(entity, _)| entity.is_mirror()).collect()
}

#[test]
fn what_differs_is_written_and_nothing_else() {
    let mut hub = Hub::demo();
    assert_eq!(hub.mirror(&three()), WRITTEN);
    let position = log_of(&mut hub, Role::Coordinator).to;
    assert_eq!(hub.mirror(&three()), NOTHING);
    assert_eq!(log_of(&mut hub, Role::Coordinator).to, position);

    let mut roster = three();
    roster.devices[1].name = "Vagttelefon".to_owned();
    roster.devices[2].revoked_at_ms = Some(NOON_MS + 5);
    roster.invitations[0].uses_left = 4;
    assert_eq!(hub.mirror(&roster), WRITTEN);
    let page = log_of(&mut hub, Role::Coordinator);
    let last = page.entries.last().unwrap();
    let fields: Vec<_> = last.scopes.iter().flat_map(|scope| &scope.rows).map(|row| row.fields[0].field).collect();
    assert_eq!((last.origin, fields), (0, vec![device::name, device::revoked_at, invitation::uses_left]));
    assert_eq!(field(&hub, row(1_002), device::name), Some("Vagttelefon".into()));
    assert_eq!(field(&hub, row(9), invitation::uses_left), Some(Value::Int(4)));

    // An administrator may take rows out of control.db by hand, and put them back.
    let emptied = Roster { devices: vec![], invitations: vec![], ..roster.clone() };
    assert_eq!((hub.mirror(&emptied), hub.mirror(&emptied)), (WRITTEN, NOTHING));
    assert_eq!(field(&hub, row(9), DELETED_AT), Some(Value::Int(NOON_MS)));
    assert_eq!((hub.mirror(&roster), hub.mirror(&roster)), (WRITTEN, NOTHING));
    assert_eq!(field(&hub, row(9), DELETED_AT), Some(Value::Null));
    assert_eq!(hub.log.check().unwrap(), Vec::<String>::new());
}

#[test]
fn colleagues_are_known_in_the_network_and_residents_to_coordinators_only() {
    let mut hub = Hub::demo();
    hub.mirror(&three());
    let (members, devices) = (Entity::Member, Entity::Device);
    let network = vec![(members, row(1)), (members, row(2)), (devices, row(1_001)), (devices, row(1_002))];
    assert_eq!(mirrors_in(&log_of(&mut hub, Role::Staff)), network);
    assert_eq!(mirrors_in(&log_of(&mut hub, Role::Coordinator)).len(), 7);
    for role in [Role::Resident, Role::Participant] {
        assert_eq!(mirrors_in(&log_of(&mut hub, role)), [], "{role}");
    }

    // Who is no colleague any more leaves the network, with their devices.
    let mut roster = three();
    roster.members[1].role = Role::Participant;
    assert_eq!(hub.mirror(&roster), WRITTEN);
    for id in [row(2), row(1_002)] {
        assert_eq!(hub.log.row(id).unwrap().unwrap().scope, Scope::Coordination);
    }
    assert_eq!(field(&hub, row(2), member::role), Some("participant".into()));
    assert_eq!(hub.mirror(&roster), NOTHING);
    assert_eq!(hub.log.check().unwrap(), Vec::<String>::new());
}

#[test]
fn no_role_writes_mirrors() {
    let mut hub = Hub::demo();
    hub.mirror(&three());
    let change = |entity: Entity, id, scope: Scope, fields: Vec<(FieldId, Value)>| RowChange {
        entity: entity.number(),
        row: WireId(row(id)),
        scope: scope.number(),
        move_to: None,
        fields: fields.into_iter().map(|(field, value)| FieldChange { field, value, base: None }).collect(),
    };
    let new_member =
        vec![(member::name, "Narret".into()), (member::role, "coordinator".into()), (member::joined_at, Value::Int(1))];
    let rename = change(Entity::Member, 2, Scope::Network, vec![(member::name, "Narret".into())]);
    let forged = [
        rename.clone(),
        RowChange { move_to: Some(Scope::Public.number()), ..rename },
        change(Entity::Member, 60, Scope::Public, new_member),
        change(Entity::Device, 1_002, Scope::Network, vec![(device::member, Value::Row(row(1)))]),
        change(Entity::Device, 1_002, Scope::Network, vec![(DELETED_AT, Value::Int(1))]),
        change(Entity::Invitation, 9, Scope::Coordination, vec![(invitation::uses_left, Value::Int(100))]),
    ];
    for role in Role::ALL {
        for (number, forged) in (0..).zip(&forged) {
            let origin = 100 + u32::from(trygkort_core::hub::role_number(role));
            let action =
                Action { counter: 1 + number * 10, hlc: 1, seen: 0, all_or_nothing: None, rows: vec![forged.clone()] };
            let verdict = hub.push(origin, role, vec![action]).verdicts[0];
            assert_eq!((verdict.outcome, verdict.reason), (Outcome::Rejected, Some(Reason::Permission)), "{role}");
        }
    }
    assert_eq!(hub.mirror(&three()), NOTHING, "nothing of it is in the rows");
}

#[test]
fn a_crowd_is_mirrored_in_actions_that_are_not_too_large() {
    let mut hub = Hub::empty();
    let crowd = || (1..=400_u32).map(|origin| (origin, row(u128::from(origin))));
    let roster = Roster {
        members: crowd().map(|(_, id)| a_member(id, Role::Participant, "Deltager")).collect(),
        devices: crowd().map(|(origin, id)| a_device(origin, id)).collect(),
        ..Roster::default()
    };
    assert_eq!((hub.mirror(&roster), hub.mirror(&roster)), (WRITTEN, NOTHING));
    let page = log_of(&mut hub, Role::Coordinator);
    assert_eq!(mirrors_in(&page).len(), 800);
    let changes = |entry: &Entry| entry.scopes[0].rows.iter().map(|row| row.fields.len()).sum::<usize>();
    assert!(page.entries.iter().all(|entry| changes(entry) <= CHANGES_MAX));
    assert_eq!(hub.log.check().unwrap(), Vec::<String>::new());
}

#[test]
fn one_bad_row_does_not_keep_the_rest_from_being_mirrored() {
    let mut hub = Hub::empty();
    // A member who was quick: their new id is a contact before it is mirrored.
    let fields = vec![FieldChange { field: 3, value: "Narret".into(), base: None }];
    let squat = RowChange { entity: Entity::Contact.number(), row: WireId(row(2)), scope: 1, move_to: None, fields };
    hub.push(
        7,
        Role::Coordinator,
        vec![Action { counter: 1, hlc: 1, seen: 0, all_or_nothing: None, rows: vec![squat] }],
    );
    let mut roster = three();
    roster.members[0].name = "010203-1234".to_owned();
    assert_eq!(hub.mirror(&roster), Mirrored { changed: true, left_out: 2 });
    assert_eq!(field(&hub, row(1), member::name), Some("".into()));
    assert_eq!(field(&hub, row(3), member::name), Some("Nabo".into()));
    assert_eq!(hub.mirror(&roster), Mirrored { changed: false, left_out: 2 });
}

/// Two devices of one colleague, another colleague's and the coordinator's; and the server that mirrors them.
fn office() -> (Hub, [Device; 4]) {
    let mut hub = Hub::demo();
    let devices = [Role::Staff, Role::Staff, Role::Staff, Role::Coordinator].map(Device::joined);
    let [phone, tablet, other, desk] = [0, 1, 2, 3].map(|index: usize| devices[index].origin);
    let members = [(phone, 501), (tablet, 501), (other, 502), (desk, 503)];
    hub.members = members.map(|(origin, member)| (origin, row(member))).into();
    hub.mirror(&office_roster(&hub));
    (hub, devices)
}

fn office_roster(hub: &Hub) -> Roster {
    Roster {
        members: vec![
            a_member(row(501), Role::Staff, "Ali"),
            a_member(row(502), Role::Staff, ""),
            a_member(row(503), Role::Coordinator, "Bente"),
        ],
        devices: hub.members.iter().map(|(origin, member)| a_device(*origin, *member)).collect(),
        ..Roster::default()
    }
}

fn add_pin(device: &mut Device, title: &str) -> Saved {
    let opened = device.ask(EditPin { id: None }).unwrap();
    let form = PinForm { title: title.to_owned(), position: Some((55.638, 12.165)), ..opened.form.clone() };
    device.ask(SavePin { opened, form }).unwrap()
}

fn pin(device: &mut Device, title: &str) -> Option<PinView> {
    device.ask(GetPins {}).unwrap().into_iter().find(|pin| pin.title == title)
}

#[test]
fn a_pin_says_who_added_it_to_those_who_may_know() {
    let (mut hub, [mut phone, _, mut other, mut desk]) = office();
    add_pin(&mut phone, "Mørk sti");
    assert_eq!(pin(&mut phone, "Mørk sti").unwrap().added_by, None, "the telephone has not read who is who");
    phone.sync(&mut hub);
    add_pin(&mut other, "Uden navn");
    for device in [&mut other, &mut desk, &mut phone] {
        device.sync(&mut hub);
        let author = pin(device, "Mørk sti").unwrap().added_by;
        assert_eq!(author.as_deref(), Some("Ali"), "as the server has it");
    }
    assert_eq!(pin(&mut desk, "Uden navn").unwrap().added_by, None, "who gave no name has none");
    assert_eq!(pin(&mut desk, "Bøgeskolen").unwrap().added_by, None, "the server is nobody");

    let id = pin(&mut desk, "Mørk sti").map(|pin| pin.id);
    let opened = desk.ask(EditPin { id }).unwrap();
    let form = PinForm { scope: Scope::Public, ..opened.form.clone() };
    desk.ask(SavePin { opened, form }).unwrap();
    desk.sync(&mut hub);
    let mut resident = Device::joined(Role::Resident);
    resident.sync(&mut hub);
    let seen = pin(&mut resident, "Mørk sti").unwrap();
    assert_eq!((seen.added_by, seen.editable, seen.deletable), (None, false, false));
}

#[test]
fn what_a_member_made_they_take_back_on_any_of_their_devices() {
    let (mut hub, [mut phone, mut tablet, mut other, mut desk]) = office();
    for title in ["Fra telefonen", "Også fra telefonen"] {
        add_pin(&mut phone, title);
    }
    assert!(pin(&mut phone, "Fra telefonen").unwrap().deletable, "while the server has not heard of it");
    for device in [&mut phone, &mut tablet, &mut other, &mut desk] {
        device.sync(&mut hub);
    }
    let seen = pin(&mut other, "Fra telefonen").unwrap();
    assert_eq!((seen.editable, seen.deletable), (true, false));
    assert_eq!(other.ask(DeletePin { id: seen.id }).unwrap_err().code, ErrorCode::Forbidden);

    for (device, title) in [(&mut tablet, "Fra telefonen"), (&mut desk, "Også fra telefonen")] {
        let seen = pin(device, title).unwrap();
        assert!(seen.deletable);
        device.ask(DeletePin { id: seen.id }).unwrap();
        device.sync(&mut hub);
        assert_eq!(device.ask(GetSyncStatus {}).unwrap().refused, 0);
        phone.sync(&mut hub);
        assert!(pin(&mut phone, title).is_none());
    }
}

#[test]
fn the_server_goes_by_its_own_member_whatever_a_device_believes() {
    let (mut hub, [mut phone, _, other, _]) = office();
    let id = add_pin(&mut phone, "Fra telefonen").row;
    phone.sync(&mut hub);
    let delete = RowChange {
        entity: Entity::MapPin.number(),
        row: WireId(id),
        scope: Scope::Network.number(),
        move_to: None,
        fields: vec![FieldChange { field: DELETED_AT, value: Value::Int(1), base: None }],
    };
    let action = |counter| Action { counter, hlc: 1, seen: 0, all_or_nothing: None, rows: vec![delete.clone()] };
    let verdict = hub.push(other.origin, Role::Staff, vec![action(1)]).verdicts[0];
    assert_eq!(verdict.reason, Some(Reason::Permission));
    hub.members.insert(other.origin, row(501));
    let verdict = hub.push(other.origin, Role::Staff, vec![action(2)]).verdicts[0];
    assert_eq!(verdict.outcome, Outcome::Applied);
}

#[test]
fn coordinators_see_who_has_access_and_nobody_who_was_locked_out() {
    let (mut hub, [mut phone, _, _, mut desk]) = office();
    desk.sync(&mut hub);
    phone.sync(&mut hub);
    let seen = |desk: &mut Device| {
        let members = desk.ask(GetMembers {}).unwrap();
        members.into_iter().map(|member| (member.name, member.role, member.devices, member.me)).collect::<Vec<_>>()
    };
    let bente = ("Bente".to_owned(), Role::Coordinator, 1, true);
    let nameless = (String::new(), Role::Staff, 1, false);
    assert_eq!(seen(&mut desk), [bente.clone(), nameless.clone(), ("Ali".to_owned(), Role::Staff, 2, false)]);
    assert_eq!(phone.ask(GetMembers {}).unwrap_err().code, ErrorCode::Forbidden);

    let mut roster = office_roster(&hub);
    for device in roster.devices.iter_mut().filter(|device| device.member == row(501)) {
        device.revoked_at_ms = Some(NOON_MS);
    }
    hub.mirror(&roster);
    desk.sync(&mut hub);
    assert_eq!(seen(&mut desk), [bente, nameless]);
}
