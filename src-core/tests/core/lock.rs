//! The lock: what it answers, what it refuses, and what survives the app being ended.

use crate::devices::{Device, Hub, NOON_MS, TestEnv, TestFiles, open_app, row};
use rusqlite::Connection;
use std::cell::Cell;
use std::rc::Rc;
use trygkort_core::app::{App, FileKey, Files, HostInfo, HttpResponse, Step};
use trygkort_core::domain::{AreaId, ContactId, PinId, Role};
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::*;
use trygkort_core::store::StoreError;

const PIN: &str = "2468";

fn with_pin() -> Device {
    let mut device = Device::blank();
    device.ask(OpenDemo {}).unwrap();
    assert_eq!(device.ask(SetPin { current: None, pin: PIN.to_owned() }).unwrap(), PinAnswer::Right);
    device
}

fn unlock(device: &mut Device, pin: &str) -> PinAnswer {
    device.ask(Unlock { pin: pin.to_owned() }).unwrap()
}

fn is_refused(device: &mut Device) -> bool {
    matches!(device.ask(GetCard {}), Err(error) if error.code == ErrorCode::Locked)
}

/// What shows, changes, hands out and forgets, and what asks the server.
fn requests() -> Vec<Request> {
    let form = Settings::default;
    let (of, hash) = (row(1), "0f".repeat(32));
    vec![
        Boot {}.into_request(),
        SetSettings { settings: form() }.into_request(),
        OpenDemo {}.into_request(),
        GetCard {}.into_request(),
        GetPins {}.into_request(),
        SearchContacts { query: String::new(), limit: 10 }.into_request(),
        EditContact { id: None }.into_request(),
        GetContact { id: ContactId(of) }.into_request(),
        GetVcard { id: ContactId(of) }.into_request(),
        GetPhotos { pin: PinId(of) }.into_request(),
        GetBlob { hash }.into_request(),
        GetUpdates { limit: 10 }.into_request(),
        GetHistory { row: of }.into_request(),
        GetOlderHistory { row: of }.into_request(),
        GetAside {}.into_request(),
        SaveUnsent {}.into_request(),
        DeliverFile { bytes: Bytes(Vec::new()) }.into_request(),
        DeleteContact { id: ContactId(of) }.into_request(),
        ForgetArea { area: AreaId(of) }.into_request(),
        GetReminders {}.into_request(),
        GetDraft { key: "k".to_owned() }.into_request(),
        SaveDraft { key: "k".to_owned(), json: "{}".to_owned() }.into_request(),
        GetSyncStatus {}.into_request(),
        SyncNow {}.into_request(),
        ListDevices {}.into_request(),
        InUse {}.into_request(),
        SetPin { current: Some(PIN.to_owned()), pin: "1111".to_owned() }.into_request(),
        RemovePin { pin: PIN.to_owned() }.into_request(),
        SetLockAfter { minutes: 0 }.into_request(),
        LockNow {}.into_request(),
        Redeem { link: String::new(), member_name: String::new(), device_name: String::new() }.into_request(),
    ]
}

#[test]
fn while_locked_nothing_is_answered_but_the_lock() {
    let mut device = with_pin();
    device.ask(LockNow {}).unwrap();
    assert!(device.app.take_events().contains(&Event::Locked));
    for request in requests() {
        let asked = format!("{request:?}");
        let Step::Reply(Err(error)) = device.app.handle(request) else { panic!("{asked} was answered") };
        assert_eq!(error.code, ErrorCode::Locked, "{asked}");
    }
    let view = device.ask(GetLock {}).unwrap();
    assert_eq!((view.has_pin, view.locked, view.demo), (true, true, true));
    assert!(device.app.next_sync().is_none() && device.app.poke_request().is_none() && device.app.basemap().is_err());
    assert_eq!(unlock(&mut device, PIN), PinAnswer::Right);
    assert_eq!(device.ask(GetCard {}).unwrap().problems.len(), 6);
}

#[test]
fn the_pin_is_asked_again_after_a_restart_and_is_not_in_the_file() {
    let mut device = with_pin();
    device.ask(LockNow {}).unwrap();
    let mut device = device.kill_and_restart();
    assert!(is_refused(&mut device));
    assert_eq!(device.app.take_events(), [Event::Locked]);
    let file = std::fs::read(device.folder.path().join("lock.db")).unwrap();
    assert!(!file.windows(PIN.len()).any(|part| part == PIN.as_bytes()), "not even among other digits");
    assert_eq!(unlock(&mut device, PIN), PinAnswer::Right);
    let mut device = device.restart();
    assert!(!is_refused(&mut device), "it was open and nobody was away");
}

#[test]
fn it_locks_by_itself_after_the_chosen_time_without_use() {
    let mut device = with_pin();
    device.ask(SetLockAfter { minutes: 1 }).unwrap();
    assert!(device.ask(SetLockAfter { minutes: 2 }).is_err(), "not a choice");
    device.now_ms.set(NOON_MS + 59_000);
    device.ask(InUse {}).unwrap();
    device.now_ms.set(NOON_MS + 110_000);
    assert!(!is_refused(&mut device), "reading goes on while somebody uses it");
    device.now_ms.set(NOON_MS + 59_000 + 60_000);
    assert_eq!(device.ask(InUse {}).unwrap_err().code, ErrorCode::Locked, "a late touch does not open it");
    assert!(is_refused(&mut device));
    assert_eq!(unlock(&mut device, PIN), PinAnswer::Right);
    device.ask(SetLockAfter { minutes: 0 }).unwrap();
    device.now_ms.set(NOON_MS + 86_400_000);
    assert!(!is_refused(&mut device), "never, when that was chosen");
}

#[test]
fn the_time_begins_when_it_is_chosen() {
    let mut device = Device::blank();
    device.ask(OpenDemo {}).unwrap();
    device.now_ms.set(NOON_MS + 3_600_000);
    device.ask(SetPin { current: None, pin: PIN.to_owned() }).unwrap();
    assert!(!is_refused(&mut device), "an hour without a PIN does not count");
    assert_eq!(device.ask(Boot {}).unwrap().lock_after_minutes, Some(5));
    device.ask(SetLockAfter { minutes: 0 }).unwrap();
    device.now_ms.set(NOON_MS + 7_200_000);
    device.ask(SetLockAfter { minutes: 1 }).unwrap();
    assert!(!is_refused(&mut device), "nor does the time without a limit");
}

#[test]
fn it_is_locked_when_it_was_away_for_long_or_the_clock_went_back() {
    let mut device = with_pin();
    device.ask(SetLockAfter { minutes: 5 }).unwrap();
    device.now_ms.set(NOON_MS + 4 * 60_000);
    let mut device = device.restart();
    assert!(!is_refused(&mut device));
    device.now_ms.set(NOON_MS + 5 * 60_000);
    let mut device = device.restart();
    assert!(is_refused(&mut device));
    assert_eq!(unlock(&mut device, PIN), PinAnswer::Right);
    device.now_ms.set(NOON_MS - 3_600_000);
    let mut device = device.kill_and_restart();
    assert!(is_refused(&mut device));
}

#[test]
fn wrong_tries_are_slowed_and_ending_the_app_does_not_help() {
    let mut device = with_pin();
    device.ask(LockNow {}).unwrap();
    for left in (1..=4).rev() {
        assert_eq!(unlock(&mut device, "1111"), PinAnswer::Wrong { tries_left: left });
    }
    assert_eq!(unlock(&mut device, "1111"), PinAnswer::Wait { ms: 30_000 });
    assert_eq!(unlock(&mut device, PIN), PinAnswer::Wait { ms: 30_000 }, "not even the right one");
    let mut device = device.kill_and_restart();
    device.now_ms.set(NOON_MS + 10_000);
    assert_eq!(device.ask(GetLock {}).unwrap().wait_ms, 20_000);
    assert_eq!(unlock(&mut device, PIN), PinAnswer::Wait { ms: 20_000 });
    device.now_ms.set(NOON_MS + 30_000);
    assert_eq!(unlock(&mut device, "1111"), PinAnswer::Wait { ms: 60_000 });
    device.now_ms.set(NOON_MS - 86_400_000);
    assert_eq!(unlock(&mut device, PIN), PinAnswer::Wait { ms: 60_000 }, "a clock set back does not make a day of it");
    device.now_ms.set(NOON_MS + 90_000);
    assert_eq!(unlock(&mut device, PIN), PinAnswer::Right);
    device.ask(LockNow {}).unwrap();
    assert_eq!(unlock(&mut device, "1111"), PinAnswer::Wrong { tries_left: 4 }, "counted anew after the right one");
}

#[test]
fn what_is_no_pin_costs_no_try() {
    let mut device = with_pin();
    device.ask(LockNow {}).unwrap();
    for pin in ["", "123", "abcd", "123456789"] {
        assert_eq!(device.ask(Unlock { pin: pin.to_owned() }).unwrap_err().code, ErrorCode::Invalid);
    }
    assert_eq!(device.ask(GetLock {}).unwrap().tries_left, 5);
}

#[test]
fn changing_and_removing_the_pin_ask_for_it() {
    let mut device = with_pin();
    let change = |current: Option<&str>, pin: &str| SetPin { current: current.map(str::to_owned), pin: pin.to_owned() };
    assert_eq!(device.ask(change(None, "1357")).unwrap_err().code, ErrorCode::Invalid);
    assert_eq!(device.ask(change(Some("1111"), "1357")).unwrap(), PinAnswer::Wrong { tries_left: 4 });
    assert_eq!(device.ask(change(Some(PIN), "1357")).unwrap(), PinAnswer::Right);
    device.ask(LockNow {}).unwrap();
    assert_eq!(unlock(&mut device, PIN), PinAnswer::Wrong { tries_left: 4 });
    assert_eq!(unlock(&mut device, "1357"), PinAnswer::Right);
    assert_eq!(device.ask(RemovePin { pin: PIN.to_owned() }).unwrap(), PinAnswer::Wrong { tries_left: 4 });
    assert_eq!(device.ask(RemovePin { pin: "1357".to_owned() }).unwrap(), PinAnswer::Right);
    assert!(!device.folder.path().join("lock.db").exists());
    assert_eq!(device.ask(LockNow {}).unwrap_err().code, ErrorCode::NotFound);
    device.now_ms.set(NOON_MS + 86_400_000);
    assert!(!is_refused(&mut device.restart()));
}

#[test]
fn a_damaged_lock_is_moved_aside_and_said() {
    let mut device = with_pin();
    device.ask(LockNow {}).unwrap();
    std::fs::write(device.folder.path().join("lock.db"), [7; 4_096]).unwrap();
    let mut device = device.kill_and_restart();
    assert_eq!(device.ask(Boot {}).unwrap_err().code, ErrorCode::StorageDamaged);
    assert!(device.folder.path().join("lock.db.damaged").exists());
    assert!(!device.ask(GetLock {}).unwrap().has_pin);
    assert_eq!(device.ask(GetCard {}).unwrap().problems.len(), 6);
}

#[test]
fn the_lock_screen_knows_what_would_be_lost_and_looks_as_chosen() {
    let mut hub = Hub::demo();
    let mut device = Device::joined(Role::Coordinator);
    device.sync(&mut hub);
    device.ask(SetPin { current: None, pin: PIN.to_owned() }).unwrap();
    let settings = Settings { language: Some("en".to_owned()), theme: Theme::Dark, text_percent: 200 };
    device.ask(SetSettings { settings: settings.clone() }).unwrap();
    let opened = device.ask(EditArea {}).unwrap();
    let form = AreaForm { name: "Parken".to_owned(), ..opened.form.clone() };
    device.ask(SaveArea { opened, form }).unwrap();
    device.ask(LockNow {}).unwrap();
    let view = device.ask(GetLock {}).unwrap();
    assert_eq!((view.unsent, view.settings), (1, settings));
    unlock(&mut device, PIN);
    device.sync(&mut hub);
    device.ask(LockNow {}).unwrap();
    assert_eq!(device.kill_and_restart().ask(GetLock {}).unwrap().unsent, 0);
}

#[test]
fn answers_of_the_network_wait_for_the_pin() {
    let mut hub = Hub::demo();
    let mut device = Device::joined(Role::Coordinator);
    device.sync(&mut hub);
    device.ask(SetPin { current: None, pin: PIN.to_owned() }).unwrap();
    let Step::Fetch { then, .. } = device.app.handle(ListDevices {}.into_request()) else { panic!("asks the server") };
    device.app.request_sync();
    let (call, request) = device.app.next_sync().unwrap();
    device.ask(LockNow {}).unwrap();
    device.app.take_events();
    let ok = |body: Vec<u8>| Ok(HttpResponse { status: 200, body });
    let Step::Reply(Err(error)) = device.app.resume(then, ok(b"[]".to_vec())) else { panic!("it was answered") };
    assert_eq!(error.code, ErrorCode::Locked);
    device.app.finish_sync(call, ok(hub.exchange(device.origin, device.role, &request.body).unwrap()));
    assert_eq!(device.app.take_events(), [], "nobody is told what came");
    assert_eq!(unlock(&mut device, PIN), PinAnswer::Right);
    assert_eq!(device.sync(&mut hub), 1, "and it is asked again");
}

/// A host that encrypts: its key is a byte, and wrapping it is adding the PIN's first byte.
#[derive(Default)]
struct Keys {
    memory: Cell<Option<u8>>,
    plain: Cell<Option<u8>>,
    /// Refuses to write, as a key store does that was closed.
    broken: Cell<bool>,
}

struct KeyedFiles {
    files: TestFiles,
    keys: Rc<Keys>,
}

impl Files for KeyedFiles {
    fn open(&self, name: &str) -> Result<Connection, StoreError> {
        if self.keys.memory.get().is_some() { self.files.open(name) } else { Err(StoreError::Locked) }
    }

    fn open_plain(&self, name: &str) -> Result<Connection, StoreError> {
        self.files.open(name)
    }

    fn exists(&self, name: &str) -> bool {
        self.files.exists(name)
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        self.files.remove(name)
    }

    fn set_aside(&self, name: &str) -> Result<(), StoreError> {
        self.files.set_aside(name)
    }

    fn wipe(&self) -> Result<(), StoreError> {
        self.keys.memory.set(Some(9));
        self.keys.plain.set(Some(9));
        self.files.wipe()
    }

    fn key(&self) -> Option<&dyn FileKey> {
        Some(self.keys.as_ref())
    }

    fn protection(&self) -> Protection {
        Protection::KeyStore
    }
}

impl Keys {
    fn write(&self, key: Option<u8>) -> Result<(), StoreError> {
        if self.broken.get() {
            return Err(StoreError::KeyStore("closed".to_owned()));
        }
        self.plain.set(key);
        Ok(())
    }
}

impl FileKey for Keys {
    fn wrap(&self, pin_key: &[u8; 32]) -> Result<Vec<u8>, StoreError> {
        Ok(vec![self.memory.get().ok_or(StoreError::Locked)?, pin_key[0], pin_key[1]])
    }

    fn unwrap(&self, pin_key: &[u8; 32], wrapped: &[u8]) -> Result<bool, StoreError> {
        let right = wrapped[1..] == pin_key[..2];
        if right {
            self.memory.set(Some(wrapped[0]));
        }
        Ok(right)
    }

    fn keep_wrapped_only(&self) -> Result<(), StoreError> {
        self.write(None)
    }

    fn keep_plain(&self) -> Result<(), StoreError> {
        self.write(self.memory.get())
    }

    fn forget(&self) {
        self.memory.set(None);
    }
}

/// Opens the app over a key that is in memory only when the store has it plain.
fn open_keyed(folder: &tempfile::TempDir, keys: &Rc<Keys>) -> App {
    open_keyed_at(folder, keys, &Rc::new(Cell::new(NOON_MS)))
}

fn open_keyed_at(folder: &tempfile::TempDir, keys: &Rc<Keys>, now_ms: &Rc<Cell<i64>>) -> App {
    keys.memory.set(keys.plain.get());
    let files = KeyedFiles { files: TestFiles(folder.path().to_owned()), keys: Rc::clone(keys) };
    let env = TestEnv::new(now_ms, 1);
    App::open(Box::new(files), Box::new(env), HostInfo::default()).unwrap()
}

fn ask<A: Ask>(app: &mut App, ask: A) -> Result<A::Reply, IpcError> {
    let Step::Reply(reply) = app.handle(ask.into_request()) else { panic!("this needs the server") };
    reply.map(|json| serde_json::from_str(&json).unwrap())
}

#[test]
fn on_a_host_that_encrypts_the_pin_is_what_opens_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Rc::new(Keys { plain: Cell::new(Some(7)), ..Keys::default() });
    let mut app = open_keyed(&folder, &keys);
    ask(&mut app, OpenDemo {}).unwrap();
    ask(&mut app, SetPin { current: None, pin: PIN.to_owned() }).unwrap();
    assert_eq!(keys.plain.get(), None, "the store has it no longer");
    drop(app);
    let mut app = open_keyed(&folder, &keys);
    assert_eq!(ask(&mut app, Boot {}).unwrap_err().code, ErrorCode::Locked, "every start asks: there is no key");
    let wrong = ask(&mut app, Unlock { pin: "1111".to_owned() }).unwrap();
    assert_eq!((wrong, keys.memory.get()), (PinAnswer::Wrong { tries_left: 4 }, None));
    assert_eq!(ask(&mut app, Unlock { pin: PIN.to_owned() }).unwrap(), PinAnswer::Right);
    assert_eq!(ask(&mut app, GetCard {}).unwrap().problems.len(), 6);
    ask(&mut app, LockNow {}).unwrap();
    assert_eq!(keys.memory.get(), None, "locking forgets it");
    ask(&mut app, Unlock { pin: PIN.to_owned() }).unwrap();
    ask(&mut app, RemovePin { pin: PIN.to_owned() }).unwrap();
    drop(app);
    assert_eq!(keys.plain.get(), Some(7));
    assert!(ask(&mut open_keyed(&folder, &keys), Boot {}).is_ok());
}

#[test]
fn setting_and_removing_a_pin_may_be_cut_short_at_the_key_store() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Rc::new(Keys { plain: Cell::new(Some(7)), ..Keys::default() });
    let mut app = open_keyed(&folder, &keys);
    ask(&mut app, OpenDemo {}).unwrap();
    keys.broken.set(true);
    let cut = ask(&mut app, SetPin { current: None, pin: PIN.to_owned() }).unwrap_err();
    assert_eq!(cut.code, ErrorCode::KeyStore);
    drop(app);
    keys.broken.set(false);
    let mut app = open_keyed(&folder, &keys);
    assert_eq!(ask(&mut app, Boot {}).unwrap_err().code, ErrorCode::Locked, "the PIN was kept and counts");
    ask(&mut app, Unlock { pin: PIN.to_owned() }).unwrap();
    assert_eq!(keys.plain.get(), None, "what was missing is made up for");
    keys.broken.set(true);
    assert!(ask(&mut app, RemovePin { pin: PIN.to_owned() }).is_err());
    drop(app);
    let mut app = open_keyed(&folder, &keys);
    keys.broken.set(false);
    assert_eq!(ask(&mut app, Unlock { pin: PIN.to_owned() }).unwrap(), PinAnswer::Right, "the PIN still opens it");
    assert_eq!(ask(&mut app, GetCard {}).unwrap().problems.len(), 6);
}

/// Until then the disk is too full to note that somebody unlocked it. Nobody has the file open meanwhile.
fn full_until(folder: &tempfile::TempDir, ms: i64) {
    let conn = Connection::open(folder.path().join("lock.db")).unwrap();
    let unlocked = format!("new.record ->> 'locked' = 0 AND new.record ->> 'last_used_ms' < {ms}");
    conn.execute_batch(&format!(
        "CREATE TRIGGER full BEFORE INSERT ON pin_lock WHEN {unlocked} BEGIN SELECT RAISE(ABORT, 'full'); END"
    ))
    .unwrap();
}

#[test]
fn an_unlocking_that_cannot_be_noted_closes_everything_again() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Rc::new(Keys { plain: Cell::new(Some(7)), ..Keys::default() });
    let mut app = open_keyed(&folder, &keys);
    ask(&mut app, OpenDemo {}).unwrap();
    ask(&mut app, SetPin { current: None, pin: PIN.to_owned() }).unwrap();
    ask(&mut app, LockNow {}).unwrap();
    drop(app);
    full_until(&folder, NOON_MS + 60_000);
    let now_ms = Rc::new(Cell::new(NOON_MS));
    let mut app = open_keyed_at(&folder, &keys, &now_ms);
    assert!(ask(&mut app, Unlock { pin: PIN.to_owned() }).is_err());
    assert!(app.is_locked() && ask(&mut app, GetCard {}).is_err_and(|error| error.code == ErrorCode::Locked));
    assert_eq!(keys.memory.get(), None, "the key is forgotten again");
    assert!(app.basemap().is_err(), "no file is open");
    now_ms.set(NOON_MS + 60_000);
    assert_eq!(ask(&mut app, Unlock { pin: PIN.to_owned() }).unwrap(), PinAnswer::Right);
    assert_eq!(ask(&mut app, GetCard {}).unwrap().problems.len(), 6);
}

#[test]
fn an_unlocking_that_cannot_be_noted_does_not_count_after_a_restart() {
    let mut device = with_pin();
    device.ask(LockNow {}).unwrap();
    let Device { app, now_ms, origin, role, folder } = device;
    drop(app);
    full_until(&folder, NOON_MS + 60_000);
    let mut device = Device { app: open_app(&folder, &now_ms, origin), now_ms, origin, role, folder };
    assert!(device.ask(Unlock { pin: PIN.to_owned() }).is_err());
    assert!(is_refused(&mut device.restart()));
}
