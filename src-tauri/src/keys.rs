//! The key of the databases: 32 random bytes, kept in the system's key store or, where that could not be used, in a file.
//!
//! Where it is, says a file beside the databases, so that a key store that is merely closed today is never taken for a
//! key that is lost. Beside the key lies a second secret, the *pepper*: a PIN wraps the key with both, because the few
//! digits of a PIN alone would be guessed in an afternoon by whoever copied the disk.

mod store;

pub(crate) use store::{KeyStore, key_store, sync_folder};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use trygkort_core::app::FileKey;
use trygkort_core::ipc::Protection;
use trygkort_core::store::StoreError;
use zeroize::Zeroizing;

/// Says where the key is.
const MARKER: &str = "database.key";
const KEY_LEN: usize = 32;
/// Bound into a wrapped key, so that nothing else is ever taken for one.
const WRAPPED: &[u8] = b"Trygkort database key 1";

/// A key of the databases.
pub(crate) type Key = Zeroizing<[u8; KEY_LEN]>;

/// The key, what is kept of it, and where.
pub(crate) struct Keys {
    folder: PathBuf,
    store: Box<dyn KeyStore>,
    kept: RefCell<Kept>,
    /// `None` while it is locked.
    key: RefCell<Option<Key>>,
}

struct Kept {
    place: Place,
    pepper: Key,
    /// The key as it opens without a PIN.
    plain: Option<Key>,
}

/// Where the secrets are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// In the system's key store under this name.
    Store(String),
    /// In the marker itself.
    File,
}

/// What the marker says.
enum Marker {
    Absent,
    Store(String),
    File(Zeroizing<Vec<u8>>),
    /// Everything was about to be removed.
    Wipe,
}

/// What was found when the keys were looked for.
pub(crate) enum Found {
    Keys(Keys),
    /// There is none: the first start, or it is lost.
    None(Box<dyn KeyStore>),
    /// Removing everything was cut short.
    Wipe(Box<dyn KeyStore>),
}

impl Keys {
    /// Looks for the key of the databases in `folder`.
    pub(crate) fn find(folder: &Path, store: Box<dyn KeyStore>) -> Result<Found, StoreError> {
        let (place, secrets) = match read_marker(folder)? {
            Marker::Absent => return Ok(Found::None(store)),
            Marker::Wipe => return Ok(Found::Wipe(store)),
            Marker::File(secrets) => (Place::File, secrets),
            Marker::Store(name) => match store.read(&name).map_err(StoreError::KeyStore)? {
                Some(secrets) => (Place::Store(name), secrets),
                None => return Ok(Found::None(store)),
            },
        };
        let Some((pepper, plain)) = split(&secrets) else { return Ok(Found::None(store)) };
        let key = RefCell::new(plain.clone());
        let kept = RefCell::new(Kept { place, pepper, plain });
        Ok(Found::Keys(Self { folder: folder.to_owned(), store, kept, key }))
    }

    /// Makes a key, and keeps it before anything is encrypted with it.
    pub(crate) fn make(folder: &Path, store: Box<dyn KeyStore>) -> Result<Self, StoreError> {
        let (pepper, key, name) = (random_key()?, random_key()?, hex(&random_key()?[..16]));
        let secrets = join(&pepper, Some(&key));
        let in_store =
            store.write(&name, &secrets).is_ok() && matches!(store.read(&name), Ok(Some(read)) if *read == *secrets);
        let place = if in_store { Place::Store(name) } else { Place::File };
        write_marker(folder, &place, &secrets)?;
        let kept = RefCell::new(Kept { place, pepper, plain: Some(key.clone()) });
        Ok(Self { folder: folder.to_owned(), store, kept, key: RefCell::new(Some(key)) })
    }

    /// The key; `None` while it is locked.
    pub(crate) fn get(&self) -> Option<Key> {
        self.key.borrow().clone()
    }

    /// Whether the key opens without a PIN.
    pub(crate) fn opens_without_pin(&self) -> bool {
        self.kept.borrow().plain.is_some()
    }

    pub(crate) fn protection(&self) -> Protection {
        match self.kept.borrow().place {
            Place::Store(_) => Protection::KeyStore,
            Place::File => Protection::KeyFile,
        }
    }

    /// Replaces the key by a new one. [`announce_wipe`] comes first and the files go in between.
    pub(crate) fn renew(&self) -> Result<(), StoreError> {
        let before = self.kept.borrow().place.clone();
        let new = Self::make(&self.folder, self.store.again())?;
        *self.key.borrow_mut() = new.key.take();
        self.kept.swap(&new.kept);
        if let Place::Store(name) = before {
            // What stays behind opens nothing any more.
            drop(self.store.remove(&name));
        }
        Ok(())
    }

    fn keep(&self, plain: Option<Key>) -> Result<(), StoreError> {
        let mut kept = self.kept.borrow_mut();
        let secrets = join(&kept.pepper, plain.as_ref());
        match &kept.place {
            Place::Store(name) => self.store.write(name, &secrets).map_err(StoreError::KeyStore)?,
            Place::File => write_marker(&self.folder, &Place::File, &secrets)?,
        }
        kept.plain = plain;
        Ok(())
    }

    /// What a PIN's bytes and the pepper make together.
    fn wrapping_key(&self, pin_key: &[u8; 32]) -> Result<LessSafeKey, StoreError> {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &*self.kept.borrow().pepper), pin_key);
        let key = UnboundKey::new(&AES_256_GCM, tag.as_ref()).map_err(|_| refused("AES-256 takes 32 bytes"))?;
        Ok(LessSafeKey::new(key))
    }
}

impl FileKey for Keys {
    fn wrap(&self, pin_key: &[u8; 32]) -> Result<Vec<u8>, StoreError> {
        let key = self.get().ok_or(StoreError::Locked)?;
        let mut nonce = [0; NONCE_LEN];
        fill_random(&mut nonce)?;
        let mut sealed = key.to_vec();
        self.wrapping_key(pin_key)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(WRAPPED), &mut sealed)
            .map_err(|_| refused("the key could not be wrapped"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn unwrap(&self, pin_key: &[u8; 32], wrapped: &[u8]) -> Result<bool, StoreError> {
        let Some((nonce, sealed)) = wrapped.split_first_chunk::<NONCE_LEN>() else { return Ok(false) };
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.wrapping_key(pin_key)?.open_in_place(nonce, Aad::from(WRAPPED), &mut sealed);
        let Some(key) = opened.ok().and_then(|bytes| <[u8; KEY_LEN]>::try_from(&*bytes).ok()) else {
            return Ok(false);
        };
        *self.key.borrow_mut() = Some(Zeroizing::new(key));
        Ok(true)
    }

    fn keep_wrapped_only(&self) -> Result<(), StoreError> {
        if self.opens_without_pin() { self.keep(None) } else { Ok(()) }
    }

    fn keep_plain(&self) -> Result<(), StoreError> {
        let key = self.get().ok_or(StoreError::Locked)?;
        self.keep(Some(key))
    }

    fn forget(&self) {
        *self.key.borrow_mut() = None;
    }
}

/// Notes that everything is about to be removed: the next start ends what was begun.
pub(crate) fn announce_wipe(folder: &Path) -> Result<(), StoreError> {
    store::write_private(&folder.join(MARKER), b"wipe\n")
}

fn read_marker(folder: &Path) -> Result<Marker, StoreError> {
    let text = match fs::read_to_string(folder.join(MARKER)) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Marker::Absent),
        Err(error) => return Err(refused(&error.kind().to_string())),
    };
    Ok(match text.trim_end().split_once(' ') {
        Some(("store", name)) => Marker::Store(name.to_owned()),
        Some(("file", secrets)) => from_hex(secrets).map_or(Marker::Absent, Marker::File),
        None if text.trim_end() == "wipe" => Marker::Wipe,
        _ => Marker::Absent,
    })
}

fn write_marker(folder: &Path, place: &Place, secrets: &[u8]) -> Result<(), StoreError> {
    let text = Zeroizing::new(match place {
        Place::Store(name) => format!("store {name}\n"),
        Place::File => format!("file {}\n", hex(secrets)),
    });
    store::write_private(&folder.join(MARKER), text.as_bytes())
}

fn join(pepper: &Key, plain: Option<&Key>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([pepper.as_slice(), plain.map_or(&[], |key| key.as_slice())].concat())
}

fn split(secrets: &[u8]) -> Option<(Key, Option<Key>)> {
    let (pepper, rest) = secrets.split_first_chunk::<KEY_LEN>()?;
    let plain = if rest.is_empty() { None } else { Some(Zeroizing::new(rest.try_into().ok()?)) };
    Some((Zeroizing::new(*pepper), plain))
}

fn random_key() -> Result<Key, StoreError> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    fill_random(key.as_mut_slice())?;
    Ok(key)
}

fn fill_random(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|_| refused("the system has no randomness"))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect::<Option<Vec<u8>>>().map(Zeroizing::new)
}

fn refused(why: &str) -> StoreError {
    StoreError::Refused(why.to_owned())
}

#[cfg(test)]
pub(crate) mod tests;
