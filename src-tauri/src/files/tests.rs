use super::*;
use crate::keys::tests::MemoryStore;
use trygkort_core::app::{App, Step};
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{
    Ask, Boot, ForgetDevice, GetCard, IpcError, LockNow, OpenDemo, PinAnswer, SaveDraft, SearchContacts, SetPin, Unlock,
};

fn take(folder: &Path, store: &MemoryStore) -> Taken {
    Folder::take(folder, store.again()).unwrap().unwrap()
}

fn app(folder: &Path, store: &MemoryStore) -> App {
    App::open(Box::new(take(folder, store).folder), Box::new(SystemEnv), HostInfo::default()).unwrap()
}

fn ask<A: Ask>(app: &mut App, ask: A) -> Result<A::Reply, IpcError> {
    let Step::Reply(reply) = app.handle(ask.into_request()) else { panic!("this needs the server") };
    reply.map(|json| serde_json::from_str(&json).unwrap())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names = ours(folder).unwrap();
    names.retain(|name| !name.ends_with("-wal") && !name.ends_with("-shm"));
    names.sort();
    names
}

/// Whether any file of the folder holds the text.
fn on_disk(folder: &Path, text: &str) -> bool {
    let holds = |bytes: Vec<u8>| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    fs::read_dir(folder).unwrap().any(|entry| holds(fs::read(entry.unwrap().path()).unwrap()))
}

#[test]
fn the_app_works_on_encrypted_files_and_the_disk_holds_none_of_its_texts() {
    let folder = tempfile::tempdir().unwrap();
    let store = MemoryStore::default();
    let mut first = app(folder.path(), &store);
    ask(&mut first, OpenDemo {}).unwrap();
    let json = "{\"note\":\"Halvfærdig om porten\"}".to_owned();
    ask(&mut first, SaveDraft { key: "k".to_owned(), json }).unwrap();
    let texts = ["Ejendomskontoret", "Bøgeparken", "32571000", "Halvfærdig", "Hærværk", "CREATE TABLE"];
    for text in texts {
        assert!(!on_disk(folder.path(), text), "{text}, while it runs");
    }
    first.close().unwrap();
    for text in texts {
        assert!(!on_disk(folder.path(), text), "{text}");
    }
    let mut again = app(folder.path(), &store);
    let found = ask(&mut again, SearchContacts { query: "ejendomskont".to_owned(), limit: 9 }).unwrap();
    assert_eq!(found.total, 1, "full-text search works as before");
}

#[test]
fn plain_files_of_an_earlier_version_are_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut plain = App::open(Box::new(Plain(folder.path().to_owned())), Box::new(SystemEnv), HostInfo::default());
    ask(plain.as_mut().unwrap(), OpenDemo {}).unwrap();
    let problems = ask(plain.as_mut().unwrap(), GetCard {}).unwrap().problems.len();
    drop(plain);
    assert!(on_disk(folder.path(), "Ejendomskontoret"));
    let store = MemoryStore::default();
    let taken = take(folder.path(), &store);
    assert!(!taken.key_lost);
    drop(taken);
    let mut app = app(folder.path(), &store);
    assert_eq!(ask(&mut app, GetCard {}).unwrap().problems.len(), problems);
    assert!(!on_disk(folder.path(), "Ejendomskontoret"));
}

/// The files as version 0.1.0 kept them.
struct Plain(PathBuf);

impl Files for Plain {
    fn open(&self, name: &str) -> Result<Connection, StoreError> {
        Ok(Connection::open(self.0.join(name))?)
    }

    fn exists(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    fn remove(&self, _: &str) -> Result<(), StoreError> {
        unreachable!("nothing is removed here")
    }

    fn set_aside(&self, _: &str) -> Result<(), StoreError> {
        unreachable!("nothing is damaged here")
    }

    fn wipe(&self) -> Result<(), StoreError> {
        unreachable!("nothing is forgotten here")
    }
}

#[test]
fn a_lost_key_is_said_and_nothing_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let store = MemoryStore::default();
    ask(&mut app(folder.path(), &store), OpenDemo {}).unwrap();
    let before = names(folder.path());
    let kept = fs::read(folder.path().join(&before[0])).unwrap();
    store.lose_everything();
    let taken = take(folder.path(), &store);
    assert!(taken.key_lost);
    drop(taken);
    let aside: Vec<String> = before.iter().map(|name| format!("{name}.locked-1")).collect();
    assert_eq!(names(folder.path()), aside);
    assert_eq!(fs::read(folder.path().join(&aside[0])).unwrap(), kept);
    let mut app = app(folder.path(), &store);
    assert_eq!(ask(&mut app, Boot {}).unwrap().current, None, "the app begins anew");
}

#[test]
fn a_key_store_that_is_closed_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = MemoryStore::default();
    ask(&mut app(folder.path(), &store), OpenDemo {}).unwrap();
    let before = names(folder.path());
    store.set_silent(true);
    let error = Folder::take(folder.path(), store.again()).err().unwrap();
    assert_eq!((error.code(), names(folder.path())), (ErrorCode::KeyStore, before));
    store.set_silent(false);
    assert!(ask(&mut app(folder.path(), &store), GetCard {}).is_ok());
}

#[test]
fn with_a_pin_the_key_store_alone_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = MemoryStore::default();
    let pin = || "2468".to_owned();
    let mut first = app(folder.path(), &store);
    ask(&mut first, OpenDemo {}).unwrap();
    ask(&mut first, SetPin { current: None, pin: pin() }).unwrap();
    drop(first);
    let taken = take(folder.path(), &store);
    assert!(matches!(taken.folder.open("device.db"), Err(StoreError::Locked)));
    drop(taken);
    let mut app = app(folder.path(), &store);
    assert_eq!(ask(&mut app, Boot {}).unwrap_err().code, ErrorCode::Locked);
    assert_eq!(ask(&mut app, Unlock { pin: "1111".to_owned() }).unwrap(), PinAnswer::Wrong { tries_left: 4 });
    assert_eq!(ask(&mut app, Unlock { pin: pin() }).unwrap(), PinAnswer::Right);
    assert_eq!(ask(&mut app, GetCard {}).unwrap().problems.len(), 6);
    ask(&mut app, LockNow {}).unwrap();
    assert_eq!(ask(&mut app, GetCard {}).unwrap_err().code, ErrorCode::Locked);
    drop(app);
    fs::remove_file(folder.path().join("lock.db")).unwrap();
    assert!(take(folder.path(), &store).key_lost, "without the wrapped key there is none");
}

#[test]
fn forgetting_takes_files_keys_and_what_was_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let store = MemoryStore::default();
    let mut app = app(folder.path(), &store);
    ask(&mut app, OpenDemo {}).unwrap();
    ask(&mut app, SetPin { current: None, pin: "2468".to_owned() }).unwrap();
    ask(&mut app, LockNow {}).unwrap();
    fs::write(folder.path().join("area-x.db.damaged-1"), "x").unwrap();
    let before = store.secrets();
    ask(&mut app, ForgetDevice {}).unwrap();
    assert_eq!(names(folder.path()), ["device.db"]);
    let after = store.secrets();
    assert!(after.len() == 1 && before[0] != after[0], "a new key, and the old one is gone");
    assert_eq!(ask(&mut app, Boot {}).unwrap().current, None);
}

#[test]
fn forgetting_that_was_cut_short_is_ended_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = MemoryStore::default();
    ask(&mut app(folder.path(), &store), OpenDemo {}).unwrap();
    announce_wipe(folder.path()).unwrap();
    let taken = take(folder.path(), &store);
    assert!(!taken.key_lost, "nobody is told of files that were to go");
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn damaged_files_are_kept_with_what_belongs_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let files = take(folder.path(), &MemoryStore::default()).folder;
    for text in ["one", "two"] {
        fs::write(folder.path().join("area.db"), text).unwrap();
        fs::write(folder.path().join("area.db-wal"), text).unwrap();
        files.set_aside("area.db").unwrap();
        assert!(!files.exists("area.db") && !files.exists("area.db-wal"));
    }
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!((read("area.db.damaged-1"), read("area.db.damaged-1-wal")), ("one".to_owned(), "one".to_owned()));
    assert_eq!(read("area.db.damaged-2"), "two");
}

#[test]
fn removing_takes_everything_and_does_not_mind_what_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let files = take(folder.path(), &MemoryStore::default()).folder;
    fs::write(folder.path().join("area.db-shm"), "x").unwrap();
    files.remove("area.db").unwrap();
    files.remove("area.db").unwrap();
    assert!(!files.exists("area.db-shm"));
}

#[test]
fn one_process_has_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = MemoryStore::default();
    let first = take(folder.path(), &store);
    assert!(Folder::take(folder.path(), store.again()).unwrap().is_none());
    drop(first);
    assert!(Folder::take(folder.path(), store.again()).unwrap().is_some());
}
