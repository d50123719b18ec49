//! The way of photos to the server and back: cut anywhere, they arrive whole and once, and nobody waits for them.

use crate::devices::{Device, Hub};
use crate::photos::{jpeg, photo, photos, pin};
use std::collections::{BTreeMap, BTreeSet};
use trygkort_core::app::{HttpRequest, HttpResponse, NetworkError};
use trygkort_core::domain::{PinId, Role, Scope};
use trygkort_core::ipc::*;

/// The server's files, as `trygkort-server` answers for them.
#[derive(Default)]
struct Shelf {
    uploads: BTreeMap<String, (usize, Vec<u8>)>,
    files: BTreeMap<String, Vec<u8>>,
    /// What was asked, in its order.
    asked: Vec<String>,
    /// Bytes that came in pieces.
    received: usize,
}

/// What happens to a request on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It never arrives.
    Lost,
    /// It arrives, and the answer does not.
    AnswerLost,
    /// Half of a piece arrives, and no answer.
    Half,
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request.headers.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_str())
}

impl Shelf {
    fn answer(&mut self, request: &HttpRequest) -> HttpResponse {
        let (_, path) = request.url.split_once("/api/v1/").unwrap();
        let name = path.rsplit('/').next().unwrap().to_owned();
        let nothing = |status| HttpResponse { status, body: Vec::new() };
        let json = |status, body: serde_json::Value| HttpResponse { status, body: body.to_string().into_bytes() };
        self.asked.push(format!("{} {}", request.method, path.split('/').next().unwrap()));
        match (request.method, path.split('/').next().unwrap()) {
            ("POST", "uploads") => {
                let hash = header(request, "upload-metadata").strip_prefix("hash ").unwrap();
                let hash = String::from_utf8(from_base64(hash).unwrap()).unwrap();
                let length: usize = header(request, "upload-length").parse().unwrap();
                let here = self.files.get(&hash).map(Vec::len);
                let (_, part) = self.uploads.entry(hash).or_insert((length, Vec::new()));
                json(201, serde_json::json!({"offset": here.unwrap_or(part.len()), "length": length}))
            }
            ("PATCH", _) => {
                assert!(request.body.len() <= 256 * 1024);
                let Some((length, part)) = self.uploads.get_mut(&name) else { return nothing(404) };
                if header(request, "upload-offset") != part.len().to_string() {
                    return nothing(409);
                }
                part.extend(&request.body);
                self.received += request.body.len();
                if part.len() == *length {
                    assert_eq!(blake3::hash(part).to_hex().as_str(), name);
                    assert!(self.files.insert(name, std::mem::take(part)).is_none(), "it came once");
                }
                nothing(204)
            }
            ("POST", "blobs") => {
                let asked: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
                let names = asked["hashes"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
                let missing: Vec<&str> = names.filter(|name| !self.files.contains_key(*name)).collect();
                json(200, serde_json::json!({ "missing": missing }))
            }
            ("GET", "blobs") => match self.files.get(&name) {
                Some(file) => HttpResponse { status: 200, body: file.clone() },
                None => nothing(404),
            },
            other => panic!("{other:?}"),
        }
    }
}

fn is_photo(request: &HttpRequest) -> bool {
    ["/api/v1/uploads", "/api/v1/blobs"].iter().any(|path| request.url.contains(path))
}

/// Synchronises with files; what meets the photo request of this number is its fate, after which nothing goes any more.
fn sync_until(device: &mut Device, hub: &mut Hub, shelf: &mut Shelf, cut: Option<(usize, Fate)>) -> bool {
    device.app.request_sync();
    let (mut photos, mut broken) = (0, false);
    for _ in 0..100 {
        let Some((call, mut request)) = device.app.next_sync() else { return broken };
        if !is_photo(&request) {
            let answer = device.carry(hub, &request);
            device.app.finish_sync(call, if broken { Err(NetworkError) } else { Ok(answer) });
            continue;
        }
        let fate = cut.filter(|(at, _)| *at == photos).map(|(_, fate)| fate);
        photos += 1;
        broken |= fate.is_some();
        let answer = match fate {
            _ if broken && fate.is_none() => Err(NetworkError),
            None => Ok(shelf.answer(&request)),
            Some(fate) => {
                if fate == Fate::Half && request.method == "PATCH" {
                    request.body.truncate(request.body.len() / 2);
                }
                if fate != Fate::Lost {
                    shelf.answer(&request);
                }
                Err(NetworkError)
            }
        };
        device.app.finish_sync(call, answer);
    }
    panic!("synchronising never ends");
}

fn sync(device: &mut Device, hub: &mut Hub, shelf: &mut Shelf) {
    sync_until(device, hub, shelf, None);
}

/// A photo of three pieces, and its thumbnail.
fn large(pin: PinId, number: u32) -> AddPhoto {
    AddPhoto { photo: Bytes(jpeg(1600, 1200, number, 600_000)), ..photo(pin, number) }
}

fn status(device: &mut Device) -> SyncStatus {
    device.ask(GetSyncStatus {}).unwrap()
}

#[test]
fn cut_anywhere_a_photo_arrives_whole_and_once() {
    let mut met = 0;
    for fate in [Fate::Lost, Fate::AnswerLost, Fate::Half] {
        for at in 0..8 {
            let (mut hub, mut shelf) = (Hub::demo(), Shelf::default());
            let mut staff = Device::joined(Role::Staff);
            sync(&mut staff, &mut hub, &mut shelf);
            let pin = pin(&mut staff, Scope::Network);
            let ask = large(pin, 1);
            staff.ask(ask.clone()).unwrap();
            let broken = sync_until(&mut staff, &mut hub, &mut shelf, Some((at, fate)));
            met += usize::from(broken);
            if broken {
                assert_eq!(status(&mut staff).pending, 1, "{fate:?} at {at}: it is not there, or not known to be");
                assert_eq!(status(&mut staff).state, SyncState::Offline);
            }
            staff = staff.kill_and_restart();
            sync(&mut staff, &mut hub, &mut shelf);
            let there: BTreeSet<&Vec<u8>> = shelf.files.values().collect();
            assert_eq!(there, [&ask.photo.0, &ask.thumbnail.0].into(), "{fate:?} at {at}");
            assert_eq!(shelf.received, ask.photo.0.len() + ask.thumbnail.0.len(), "{fate:?} at {at}: nothing twice");
            assert_eq!((status(&mut staff).pending, status(&mut staff).state), (0, SyncState::Idle));
            assert!(photos(&mut staff, pin)[0].sent);
        }
    }
    assert_eq!(met, 3 * 6, "two beginnings, one piece of the thumbnail and three of the photo");
}

#[test]
fn rows_go_first_thumbnails_next_and_photos_last() {
    let (mut hub, mut shelf) = (Hub::demo(), Shelf::default());
    let mut staff = Device::joined(Role::Staff);
    sync(&mut staff, &mut hub, &mut shelf);
    let pin = pin(&mut staff, Scope::Network);
    staff.ask(large(pin, 1)).unwrap();
    staff.ask(photo(pin, 2)).unwrap();
    staff.app.request_sync();
    let mut asked = Vec::new();
    while let Some((call, request)) = staff.app.next_sync() {
        let exchange = !is_photo(&request);
        let answer = if exchange { staff.carry(&mut hub, &request) } else { shelf.answer(&request) };
        let bytes = header(&request, "upload-length").parse::<usize>().ok();
        asked.push((exchange, bytes.map(|bytes| bytes < 1_000)));
        staff.app.finish_sync(call, Ok(answer));
        if asked.len() == 6 {
            // Somebody writes while a photo is on its way.
            staff.ask(photo(pin, 3)).unwrap();
        }
    }
    let first_photo = asked.iter().position(|(exchange, _)| !exchange).unwrap();
    let begun: Vec<bool> = asked.iter().filter_map(|(_, thumbnail)| *thumbnail).collect();
    assert!(asked[..first_photo].iter().all(|(exchange, _)| *exchange));
    assert_eq!(begun[..3], [true, true, false], "thumbnails, then photos");
    assert!(asked[6].0, "what was just written goes before the next piece");
    assert_eq!(shelf.files.len(), 6);
}

#[test]
fn others_get_thumbnails_at_once_and_a_photo_when_they_open_it() {
    let (mut hub, mut shelf) = (Hub::demo(), Shelf::default());
    let (mut staff, mut other) = (Device::joined(Role::Staff), Device::joined(Role::Staff));
    sync(&mut staff, &mut hub, &mut shelf);
    let pin = pin(&mut staff, Scope::Network);
    let ask = large(pin, 1);
    staff.ask(ask.clone()).unwrap();
    // The row is there, its files are not yet.
    sync_until(&mut staff, &mut hub, &mut shelf, Some((0, Fate::Lost)));
    sync(&mut other, &mut hub, &mut shelf);
    let waits = photos(&mut other, pin).remove(0);
    assert!(!waits.thumbnail_here && !waits.photo_here && waits.sent);
    sync(&mut staff, &mut hub, &mut shelf);
    sync(&mut other, &mut hub, &mut shelf);
    let seen = photos(&mut other, pin).remove(0);
    assert!(seen.thumbnail_here && !seen.photo_here, "a photo is fetched when it is opened");
    assert_eq!(status(&mut other).pending, 0);

    let get = GetBlob { hash: seen.hash.clone() };
    assert_eq!(other.ask(get.clone()).unwrap(), None);
    let kept = shelf.files.insert(seen.hash.clone(), b"something else".to_vec());
    let (call, request) = other.app.next_sync().expect("it is fetched at once");
    let answer = shelf.answer(&request);
    other.app.finish_sync(call, Ok(answer));
    assert_eq!(other.ask(get.clone()).unwrap(), None, "what is not the photo is not kept");
    shelf.files.insert(seen.hash, kept.unwrap());
    sync(&mut other, &mut hub, &mut shelf);
    assert_eq!(other.ask(get).unwrap(), Some(ask.photo));
    let events = other.app.take_events();
    assert!(events.iter().any(|event| matches!(event, Event::Changed { topics, .. } if topics == &[Topic::Photos])));
}

#[test]
fn a_server_that_lost_photos_gets_them_from_whoever_has_them() {
    let (mut hub, mut shelf) = (Hub::demo(), Shelf::default());
    let (mut staff, mut guest) = (Device::joined(Role::Staff), Device::joined(Role::Staff));
    sync(&mut staff, &mut hub, &mut shelf);
    let backup = hub.backup();
    let pin = pin(&mut staff, Scope::Network);
    staff.ask(large(pin, 1)).unwrap();
    sync(&mut staff, &mut hub, &mut shelf);
    sync(&mut guest, &mut hub, &mut shelf);
    let kept = std::mem::take(&mut shelf.files);
    shelf = Shelf::default();
    hub.restore(&backup);
    sync(&mut guest, &mut hub, &mut shelf);
    assert_eq!(shelf.files.len(), 1, "a colleague had the thumbnail");
    sync(&mut staff, &mut hub, &mut shelf);
    assert_eq!(shelf.files, kept);
    let asked = shelf.asked.len();
    sync(&mut staff, &mut hub, &mut shelf);
    assert_eq!(shelf.asked.len(), asked, "it is asked once");
}

#[test]
fn a_server_that_lost_nothing_but_photos_gets_them() {
    let (mut hub, mut shelf) = (Hub::demo(), Shelf::default());
    let mut staff = Device::joined(Role::Staff);
    sync(&mut staff, &mut hub, &mut shelf);
    let pin = pin(&mut staff, Scope::Network);
    staff.ask(large(pin, 1)).unwrap();
    sync(&mut staff, &mut hub, &mut shelf);
    let backup = hub.backup();
    let kept = std::mem::take(&mut shelf.files);
    shelf = Shelf::default();
    hub.restore(&backup);
    staff = staff.kill_and_restart();
    sync(&mut staff, &mut hub, &mut shelf);
    assert_eq!(shelf.files, kept);
}

#[test]
fn who_may_not_read_a_row_any_more_keeps_none_of_its_files() {
    let (mut hub, mut shelf) = (Hub::demo(), Shelf::default());
    let (mut staff, mut other) = (Device::joined(Role::Staff), Device::joined(Role::Staff));
    sync(&mut staff, &mut hub, &mut shelf);
    let pin = pin(&mut staff, Scope::Network);
    let ask = photo(pin, 1);
    let mark = &ask.photo.0[25..1_000];
    staff.ask(ask.clone()).unwrap();
    sync(&mut staff, &mut hub, &mut shelf);
    sync(&mut other, &mut hub, &mut shelf);
    let hash = photos(&mut other, pin)[0].hash.clone();
    other.ask(GetBlob { hash: hash.clone() }).unwrap();
    sync(&mut other, &mut hub, &mut shelf);
    assert!(other.ask(GetBlob { hash }).unwrap().is_some());
    for device in [&mut staff, &mut other] {
        device.role = Role::Resident;
        sync(device, &mut hub, &mut shelf);
    }
    for device in [staff, other] {
        device.app.close().unwrap();
        for file in std::fs::read_dir(device.folder.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(mark.len()).any(|window| window == mark), "a photo is left in a file");
        }
    }
}

/// Takes a photo on a pin, whose row is sent and whose files are not; then a coordinator moves the pin out of sight.
fn moved_before_the_files_went(staff: &mut Device, office: &mut Device, hub: &mut Hub, shelf: &mut Shelf) -> PinId {
    sync(staff, hub, shelf);
    let pin = pin(staff, Scope::Network);
    staff.ask(photo(pin, 1)).unwrap();
    sync_until(staff, hub, shelf, Some((0, Fate::Lost)));
    sync(office, hub, shelf);
    let opened = office.ask(EditPin { id: Some(pin) }).unwrap();
    let form = PinForm { scope: Scope::Coordination, ..opened.form.clone() };
    office.ask(SavePin { opened, form }).unwrap();
    sync(office, hub, shelf);
    assert!(shelf.files.is_empty());
    pin
}

#[test]
fn a_photo_goes_though_its_row_has_left_the_device_meanwhile() {
    let (mut hub, mut shelf) = (Hub::demo(), Shelf::default());
    let (mut staff, mut office) = (Device::joined(Role::Staff), Device::joined(Role::Coordinator));
    let pin = moved_before_the_files_went(&mut staff, &mut office, &mut hub, &mut shelf);
    sync(&mut staff, &mut hub, &mut shelf);
    assert_eq!(shelf.files.len(), 2, "the photo and its thumbnail");
    let hash = photos(&mut office, pin)[0].hash.clone();
    office.ask(GetBlob { hash: hash.clone() }).unwrap();
    sync(&mut office, &mut hub, &mut shelf);
    assert!(office.ask(GetBlob { hash: hash.clone() }).unwrap().is_some());
    sync(&mut staff, &mut hub, &mut shelf);
    assert!(staff.ask(GetBlob { hash }).is_err(), "then it is gone from where it may not be read");
}

#[test]
fn a_photo_that_is_erased_before_its_files_went_does_not_go() {
    let (mut hub, mut shelf) = (Hub::demo(), Shelf::default());
    let (mut staff, mut office) = (Device::joined(Role::Staff), Device::joined(Role::Coordinator));
    let pin = moved_before_the_files_went(&mut staff, &mut office, &mut hub, &mut shelf);
    sync_until(&mut staff, &mut hub, &mut shelf, Some((0, Fate::Lost)));
    crate::erasure::erase(&mut hub, pin.0);
    sync(&mut staff, &mut hub, &mut shelf);
    assert!(shelf.files.is_empty());
    assert_eq!(status(&mut staff).pending, 0);
}

#[test]
fn whoever_may_send_nothing_for_a_while_has_nothing_unsent_meanwhile_and_sends_it_afterwards() {
    let (mut hub, mut shelf) = (Hub::demo(), Shelf::default());
    let mut office = Device::joined(Role::Coordinator);
    sync(&mut office, &mut hub, &mut shelf);
    let pin = pin(&mut office, Scope::Public);
    office.ask(photo(pin, 1)).unwrap();
    // The server says no before the device has heard of its role.
    office.app.request_sync();
    for _ in 0..20 {
        let Some((call, request)) = office.app.next_sync() else { break };
        let forbidden = HttpResponse { status: 403, body: Vec::new() };
        let answer = if is_photo(&request) { forbidden } else { office.carry(&mut hub, &request) };
        office.app.finish_sync(call, Ok(answer));
    }
    assert!(office.app.next_sync().is_none());
    assert_eq!((status(&mut office).pending, status(&mut office).state), (1, SyncState::Idle));
    assert_eq!(office.ask(GetUpdates { limit: 10 }).unwrap().unsent_photos, 1);

    office.role = Role::Resident;
    sync(&mut office, &mut hub, &mut shelf);
    assert_eq!(status(&mut office).pending, 0, "nothing waits for a network");
    assert!(shelf.files.is_empty());
    office.role = Role::Coordinator;
    sync(&mut office, &mut hub, &mut shelf);
    assert_eq!(status(&mut office).pending, 0);
    assert_eq!(shelf.files.len(), 2, "the photo and its thumbnail");
}
