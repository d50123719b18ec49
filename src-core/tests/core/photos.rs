//! Photos: what is kept, who may do what, and that they are where their pin is.

use crate::devices::{Device, Hub};
use trygkort_core::domain::schema::{DELETED_AT, photo};
use trygkort_core::domain::{Entity, PhotoId, PinId, Role, RowId, Scope, Value};
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::*;
use trygkort_core::wire::v1::{Action, FieldChange, Reason, RowChange, WireId};

/// A JPEG file of this size as far as its markers tell; no two numbers give the same.
pub(crate) fn jpeg(width: u16, height: u16, number: u32, bytes: usize) -> Vec<u8> {
    let ([h1, h0], [w1, w0]) = (height.to_be_bytes(), width.to_be_bytes());
    let mut file = vec![0xff, 0xd8, 0xff, 0xc0, 0x00, 0x0b, 0x08, h1, h0, w1, w0, 0x01, 0x01, 0x11, 0x00];
    file.extend([0xff, 0xda, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x3f, 0x00]);
    file.extend(number.to_be_bytes().map(|byte| byte & 0x7f));
    file.extend((0..bytes).map(|at| u8::try_from(at % 251).unwrap()));
    file.extend([0xff, 0xd9]);
    file
}

pub(crate) fn photo(pin: PinId, number: u32) -> AddPhoto {
    AddPhoto {
        pin,
        photo: Bytes(jpeg(1600, 1200, number, 3_000)),
        thumbnail: Bytes(jpeg(320, 240, number, 300)),
        caption: " Lygten ved stien ".to_owned(),
        taken_at_ms: Some(1_795_162_447_891),
    }
}

pub(crate) fn pin(device: &mut Device, scope: Scope) -> PinId {
    device.ask(GetPins {}).unwrap().into_iter().find(|pin| pin.scope == scope).unwrap().id
}

pub(crate) fn photos(device: &mut Device, pin: PinId) -> Vec<PhotoView> {
    device.ask(GetPhotos { pin }).unwrap().photos
}

fn move_pin(device: &mut Device, pin: PinId, scope: Scope) -> Saved {
    let opened = device.ask(EditPin { id: Some(pin) }).unwrap();
    let form = PinForm { scope, ..opened.form.clone() };
    device.ask(SavePin { opened, form }).unwrap()
}

#[test]
fn a_photo_is_kept_without_what_a_camera_writes_into_it() {
    let mut hub = Hub::demo();
    let mut staff = Device::joined(Role::Staff);
    staff.sync(&mut hub);
    let pin = pin(&mut staff, Scope::Network);
    let mut ask = photo(pin, 1);
    let plain = ask.photo.0.clone();
    ask.photo.0.splice(2..2, *b"\xff\xe1\x00\x0aExif\0\0\x01\x02");
    staff.ask(ask).unwrap();

    let shown = photos(&mut staff, pin).remove(0);
    assert_eq!((shown.width, shown.height, shown.caption.as_str()), (1600, 1200, "Lygten ved stien"));
    assert_eq!(shown.taken_at_ms, Some(1_795_162_440_000), "to the minute");
    assert!(shown.may_delete && shown.may_edit && shown.thumbnail_here && shown.photo_here && !shown.sent);
    assert_eq!(staff.ask(GetBlob { hash: shown.hash.clone() }).unwrap(), Some(Bytes(plain.clone())));
    assert_eq!(shown.hash, blake3::hash(&plain).to_hex().to_string());
    staff = staff.restart();
    assert!(photos(&mut staff, pin)[0].photo_here);
}

#[test]
fn what_is_no_photo_is_refused_in_words_and_leaves_nothing() {
    let mut hub = Hub::demo();
    let mut staff = Device::joined(Role::Staff);
    staff.sync(&mut hub);
    let pin = pin(&mut staff, Scope::Network);
    let refused = |device: &mut Device, ask: AddPhoto, field: &str, words: &str| {
        let error = device.ask(ask).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::Invalid, Some(field)), "{error}");
        assert!(error.detail.contains(words), "{error}");
    };
    refused(&mut staff, AddPhoto { photo: Bytes(b"GIF89a".to_vec()), ..photo(pin, 1) }, "photo", "not a JPEG");
    let long = Bytes(jpeg(1601, 10, 1, 10));
    refused(&mut staff, AddPhoto { photo: long, ..photo(pin, 1) }, "photo", "1601 pixels");
    let large = Bytes(jpeg(1600, 10, 1, 3 << 20));
    refused(&mut staff, AddPhoto { photo: large, ..photo(pin, 1) }, "photo", "larger than");
    refused(&mut staff, AddPhoto { thumbnail: Bytes(jpeg(321, 1, 1, 1)), ..photo(pin, 1) }, "thumbnail", "321 pixels");
    let cpr = AddPhoto { caption: "010203-1234".to_owned(), ..photo(pin, 1) };
    assert_eq!(staff.ask(cpr).unwrap_err().code, ErrorCode::PersonalNumber);
    assert_eq!(photos(&mut staff, pin), []);
    let hash = blake3::hash(&photo(pin, 1).photo.0).to_hex().to_string();
    assert_eq!(staff.ask(GetBlob { hash }).unwrap_err().code, ErrorCode::NotFound);
}

#[test]
fn who_may_not_edit_a_pin_adds_no_photo_to_it() {
    let mut hub = Hub::demo();
    for (role, scope, may) in [
        (Role::Resident, Scope::Public, false),
        (Role::Staff, Scope::Public, false),
        (Role::Staff, Scope::Network, true),
        (Role::Coordinator, Scope::Public, true),
    ] {
        let mut device = Device::joined(role);
        device.sync(&mut hub);
        let pin = pin(&mut device, scope);
        assert_eq!(device.ask(GetPhotos { pin }).unwrap().may_add, may, "{role} {scope:?}");
        assert_eq!(device.ask(photo(pin, 1)).map_err(|error| error.code).err(), (!may).then_some(ErrorCode::Forbidden));
    }
}

#[test]
fn photos_go_with_their_pin_and_come_back_with_it() {
    let mut hub = Hub::demo();
    let mut office = Device::joined(Role::Coordinator);
    let mut staff = Device::joined(Role::Staff);
    office.sync(&mut hub);
    staff.sync(&mut hub);
    let pin = pin(&mut staff, Scope::Network);
    staff.ask(photo(pin, 1)).unwrap();
    staff.sync(&mut hub);
    office.sync(&mut hub);

    let moved = move_pin(&mut office, pin, Scope::Coordination);
    office.sync(&mut hub);
    staff.sync(&mut hub);
    assert_eq!(staff.ask(GetPhotos { pin }).unwrap_err().code, ErrorCode::NotFound);
    assert!(!staff.app.dump().unwrap().contains(" 12 "), "no row of a photo is left");
    office.ask(Undo { undo: moved.undo.unwrap() }).unwrap();
    office.sync(&mut hub);
    staff.sync(&mut hub);
    assert_eq!(photos(&mut staff, pin).len(), 1);

    let deleted = office.ask(DeletePin { id: pin }).unwrap();
    office.sync(&mut hub);
    staff.sync(&mut hub);
    office.ask(Undo { undo: deleted.undo.unwrap() }).unwrap();
    assert_eq!(photos(&mut office, pin).len(), 1, "restored with its pin");
    let history = office.ask(GetHistory { row: pin.0 }).unwrap();
    assert!(history.changes.iter().any(|change| change.rows.iter().any(|row| row.entity == "photo")));
}

#[test]
fn a_photo_that_was_added_while_its_pin_moved_follows_it() {
    let mut hub = Hub::demo();
    let (mut office, mut other) = (Device::joined(Role::Coordinator), Device::joined(Role::Coordinator));
    office.sync(&mut hub);
    other.sync(&mut hub);
    let pin = pin(&mut office, Scope::Network);
    other.ask(photo(pin, 2)).unwrap();
    move_pin(&mut office, pin, Scope::Coordination);
    office.sync(&mut hub);
    other.sync(&mut hub);
    let mut staff = Device::joined(Role::Staff);
    staff.sync(&mut hub);
    assert!(!staff.app.dump().unwrap().contains(" 12 "), "it is not left behind");
    office.sync(&mut hub);
    assert_eq!(photos(&mut office, pin).len(), 1);
    assert_eq!(hub.log.check().unwrap(), Vec::<String>::new());
    // The other way round: whoever moves the pin has not heard of the photo.
    move_pin(&mut office, pin, Scope::Network);
    other.ask(photo(pin, 3)).unwrap();
    other.sync(&mut hub);
    office.sync(&mut hub);
    staff.sync(&mut hub);
    assert_eq!(photos(&mut staff, pin).len(), 2);
}

fn action(counter: u64, row: RowId, scope: Scope, fields: &[(u16, Value)]) -> Action {
    let fields = fields.iter().map(|(field, value)| FieldChange { field: *field, value: value.clone(), base: None });
    let fields = fields.collect();
    let entity = Entity::Photo.number();
    let change = RowChange { entity, row: WireId(row), scope: scope.number(), move_to: None, fields };
    Action { counter, hlc: 1, seen: 0, all_or_nothing: None, rows: vec![change] }
}

#[test]
fn the_server_judges_what_a_device_would_not_send() {
    let mut hub = Hub::demo();
    let mut staff = Device::joined(Role::Staff);
    staff.sync(&mut hub);
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    let (open, shared, hidden) =
        (pin(&mut staff, Scope::Public), pin(&mut staff, Scope::Network), pin(&mut office, Scope::Coordination));
    let whole = |of: RowId| {
        vec![
            (photo::of, Value::Row(of)),
            (photo::hash, "0f".repeat(32).into()),
            (photo::thumbnail, "f0".repeat(32).into()),
            (photo::bytes, Value::Int(1)),
            (photo::width, Value::Int(1)),
            (photo::height, Value::Int(1)),
        ]
    };
    let row = |n: u128| crate::devices::row(9_000 + n);
    let mut number = 0;
    let mut tried = |row: RowId, fields: &[(u16, Value)]| {
        number += 100;
        hub.push(77, Role::Staff, vec![action(number, row, Scope::Network, fields)]).verdicts[0].reason
    };
    assert_eq!(tried(row(1), &whole(hidden.0)), Some(Reason::Reference), "a pin it does not read");
    assert_eq!(tried(row(2), &whole(open.0)), Some(Reason::Reference), "a pin it does not edit");
    assert_eq!(tried(row(3), &whole(row(99))), Some(Reason::Reference), "no pin at all");
    assert_eq!(tried(row(4), &whole(shared.0)[1..]), Some(Reason::Reference), "of nothing");
    assert_eq!(tried(row(5), &whole(shared.0)), None);
    assert_eq!(tried(row(6), &whole(row(5))), Some(Reason::Reference), "of a photo");
    assert_eq!(tried(row(5), &[(photo::hash, "aa".repeat(32).into())]), Some(Reason::Permission), "another picture");
    assert_eq!(tried(row(5), &[(photo::caption, "Stien".into())]), None);
    assert_eq!(tried(row(5), &[(DELETED_AT, Value::Int(1))]), None, "its own");
}

#[test]
fn whoever_made_a_photo_takes_it_back_and_others_do_not() {
    let mut hub = Hub::demo();
    let (mut one, mut two) = (Device::joined(Role::Staff), Device::joined(Role::Staff));
    one.sync(&mut hub);
    let pin = pin(&mut one, Scope::Network);
    let added = one.ask(photo(pin, 1)).unwrap();
    one.sync(&mut hub);
    two.sync(&mut hub);
    let id = PhotoId(added.row);
    let seen = photos(&mut two, pin).remove(0);
    assert!(!seen.may_delete && seen.may_edit && !seen.thumbnail_here);
    assert_eq!(two.ask(DeletePhoto { id }).unwrap_err().code, ErrorCode::Forbidden);
    two.ask(SetCaption { id, caption: "Mørkt".to_owned() }).unwrap();
    two.sync(&mut hub);
    let deleted = one.ask(DeletePhoto { id }).unwrap();
    assert_eq!(photos(&mut one, pin), []);
    one.ask(Undo { undo: deleted.undo.unwrap() }).unwrap();
    one.sync(&mut hub);
    let back = photos(&mut one, pin).remove(0);
    assert!(back.photo_here && back.thumbnail_here, "a photo in the trash keeps its files");
    assert_eq!(back.caption, "Mørkt");
}
