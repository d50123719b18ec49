use super::*;
use std::collections::HashMap;
use std::rc::Rc;

/// A key store in memory.
#[derive(Clone, Default)]
pub(crate) struct MemoryStore(Rc<RefCell<Memory>>);

#[derive(Default)]
struct Memory {
    secrets: HashMap<String, Vec<u8>>,
    /// There is none, or it is closed.
    silent: bool,
}

impl MemoryStore {
    pub(crate) fn silent() -> Self {
        let store = Self::default();
        store.set_silent(true);
        store
    }

    pub(crate) fn set_silent(&self, silent: bool) {
        self.0.borrow_mut().silent = silent;
    }

    pub(crate) fn lose_everything(&self) {
        self.0.borrow_mut().secrets.clear();
    }

    pub(crate) fn secrets(&self) -> Vec<Vec<u8>> {
        self.0.borrow().secrets.values().cloned().collect()
    }

    fn answers(&self) -> Result<(), String> {
        if self.0.borrow().silent { Err("silent".to_owned()) } else { Ok(()) }
    }
}

impl KeyStore for MemoryStore {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        self.answers()?;
        Ok(self.0.borrow().secrets.get(name).cloned().map(Zeroizing::new))
    }

    fn write(&self, name: &str, secret: &[u8]) -> Result<(), String> {
        self.answers()?;
        self.0.borrow_mut().secrets.insert(name.to_owned(), secret.to_vec());
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        self.answers()?;
        self.0.borrow_mut().secrets.remove(name);
        Ok(())
    }

    fn again(&self) -> Box<dyn KeyStore> {
        Box::new(self.clone())
    }
}

fn found(folder: &Path, store: &MemoryStore) -> Keys {
    match Keys::find(folder, store.again()).unwrap() {
        Found::Keys(keys) => keys,
        _ => panic!("no key was found"),
    }
}

#[test]
fn a_key_is_found_again_in_the_store_and_nothing_of_it_lies_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = MemoryStore::default();
    assert!(matches!(Keys::find(folder.path(), store.again()).unwrap(), Found::None(_)));
    let made = Keys::make(folder.path(), store.again()).unwrap();
    assert_eq!(made.protection(), Protection::KeyStore);
    assert_eq!(found(folder.path(), &store).get(), made.get());
    let marker = fs::read_to_string(folder.path().join(MARKER)).unwrap();
    assert!(marker.starts_with("store ") && !marker.contains(&hex(made.get().unwrap().as_slice())));
}

#[cfg(unix)]
#[test]
fn without_a_store_the_key_is_a_file_for_this_user_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = MemoryStore::silent();
    let made = Keys::make(folder.path(), store.again()).unwrap();
    assert_eq!(made.protection(), Protection::KeyFile);
    let mode = fs::metadata(folder.path().join(MARKER)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(found(folder.path(), &store).get(), made.get());
    store.set_silent(false);
    assert_eq!(found(folder.path(), &store).get(), made.get(), "a store that comes later changes nothing");
}

#[test]
fn a_store_that_does_not_answer_is_no_lost_key() {
    let folder = tempfile::tempdir().unwrap();
    let store = MemoryStore::default();
    Keys::make(folder.path(), store.again()).unwrap();
    store.set_silent(true);
    assert!(matches!(Keys::find(folder.path(), store.again()), Err(StoreError::KeyStore(_))));
    store.set_silent(false);
    store.lose_everything();
    assert!(matches!(Keys::find(folder.path(), store.again()).unwrap(), Found::None(_)));
}

#[test]
fn a_pin_and_the_pepper_open_the_key_and_one_without_the_other_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = MemoryStore::default();
    let keys = Keys::make(folder.path(), store.again()).unwrap();
    let key = keys.get().unwrap();
    let wrapped = keys.wrap(&[1; 32]).unwrap();
    keys.keep_wrapped_only().unwrap();
    assert!(store.secrets().iter().all(|secret| !secret.windows(KEY_LEN).any(|part| part == key.as_slice())));
    let keys = found(folder.path(), &store);
    assert!(keys.get().is_none() && !keys.opens_without_pin());
    assert!(matches!(keys.wrap(&[1; 32]), Err(StoreError::Locked)));
    assert!(!keys.unwrap(&[2; 32], &wrapped).unwrap(), "another PIN");
    let mut changed = wrapped.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(!keys.unwrap(&[1; 32], &changed).unwrap() && !keys.unwrap(&[1; 32], &wrapped[..5]).unwrap());
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Keys::make(elsewhere.path(), MemoryStore::default().again()).unwrap();
    assert!(!other.unwrap(&[1; 32], &wrapped).unwrap(), "another pepper");
    assert!(keys.unwrap(&[1; 32], &wrapped).unwrap());
    assert_eq!(keys.get(), Some(key.clone()));
    keys.keep_plain().unwrap();
    assert_eq!(found(folder.path(), &store).get(), Some(key));
}

#[test]
fn a_marker_that_cannot_be_read_is_no_key() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["", "file", "file xyz", "file 0011", "other thing", "store"] {
        fs::write(folder.path().join(MARKER), text).unwrap();
        let found = Keys::find(folder.path(), MemoryStore::default().again()).unwrap();
        assert!(matches!(found, Found::None(_)), "{text:?}");
    }
}

/// By hand, in a session of its own with a key store that is open: `cargo test -p trygkort-app -- --ignored key_store`.
#[test]
#[ignore = "needs a key store that is open, and writes to it"]
fn the_key_store_of_this_system_keeps_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let made = Keys::make(folder.path(), Box::new(store::SystemStore)).unwrap();
    assert_eq!(made.protection(), Protection::KeyStore);
    let Found::Keys(found) = Keys::find(folder.path(), Box::new(store::SystemStore)).unwrap() else {
        panic!("it was found")
    };
    assert_eq!(found.get(), made.get());
    found.keep_wrapped_only().unwrap();
    let Found::Keys(found) = Keys::find(folder.path(), Box::new(store::SystemStore)).unwrap() else {
        panic!("what is left was found")
    };
    assert!(found.get().is_none());
    let before = fs::read_to_string(folder.path().join(MARKER)).unwrap();
    found.renew().unwrap();
    let name = before.trim_end().strip_prefix("store ").unwrap();
    assert_eq!(store::SystemStore.read(name).unwrap(), None, "the old one is gone");
    let after = fs::read_to_string(folder.path().join(MARKER)).unwrap();
    store::SystemStore.remove(after.trim_end().strip_prefix("store ").unwrap()).unwrap();
}
