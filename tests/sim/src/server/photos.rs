//! The files of photos, which the server keeps beside the log.
//!
//! What takes them is in `trygkort-server` and needs its folders, so that here is another one in memory, which answers
//! as docs/sync.md ("Photos") says. What is tested is the client, and what the log says about who reads which file.

use super::{Answer, Message, Server, To, answer};
use crate::rng::Rng;
use std::collections::{BTreeMap, BTreeSet};
use trygkort_core::app::HttpRequest;
use trygkort_core::domain::schema::photo;
use trygkort_core::domain::{Entity, RowId, access};
use trygkort_core::ipc::from_base64;
use trygkort_core::merge::RowState;
use trygkort_core::seal::Hash;
use trygkort_core::store::StoreError;

/// A call about photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PhotoCall {
    /// `POST /api/v1/uploads`
    Begin { hash: Hash, length: usize },
    /// `PATCH /api/v1/uploads/…`
    Piece { hash: Hash, offset: usize },
    /// `POST /api/v1/blobs/missing`
    Missing,
    /// `GET /api/v1/blobs/…`
    Fetch(Hash),
}

impl PhotoCall {
    /// By the method and the address of a request; `None`: it is about something else.
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        let (_, path) = request.url.split_once("/api/v1/")?;
        let header = |wanted| request.headers.iter().find_map(|(name, value)| (*name == wanted).then_some(value));
        let number = |name| header(name).and_then(|value| value.parse().ok());
        match (request.method, path.split_once('/')) {
            ("POST", None) if path == "uploads" => {
                let name = from_base64(header("upload-metadata")?.strip_prefix("hash ")?)?;
                let hash = hash_of(std::str::from_utf8(&name).ok()?)?;
                Some(PhotoCall::Begin { hash, length: number("upload-length")? })
            }
            ("PATCH", Some(("uploads", name))) => {
                Some(PhotoCall::Piece { hash: hash_of(name)?, offset: number("upload-offset")? })
            }
            ("POST", Some(("blobs", "missing"))) => Some(PhotoCall::Missing),
            ("GET", Some(("blobs", name))) => Some(PhotoCall::Fetch(hash_of(name)?)),
            _ => None,
        }
    }
}

fn hash_of(name: &str) -> Option<Hash> {
    blake3::Hash::from_hex(name).ok().map(|hash| *hash.as_bytes())
}

fn name_of(hash: &Hash) -> String {
    blake3::Hash::from(*hash).to_hex().to_string()
}

/// Whole files by their hashes.
pub(super) type Files = BTreeMap<Hash, Vec<u8>>;

/// What has come so far.
#[derive(Default)]
pub(super) struct Photos {
    pub(super) files: Files,
    uploads: BTreeMap<(u32, Hash), Upload>,
    /// Something was erased in what is about to be committed.
    pub(super) erased: bool,
}

struct Upload {
    length: usize,
    came: Vec<u8>,
    /// So much of it was acknowledged.
    sure: usize,
}

impl Photos {
    /// Begins an upload, or says how far it is.
    fn begin(&mut self, token: u32, hash: Hash, length: usize) -> usize {
        if let Some(file) = self.files.get(&hash) {
            return file.len();
        }
        let begun = || Upload { length, came: Vec::new(), sure: 0 };
        self.uploads.entry((token, hash)).or_insert_with(begun).came.len()
    }

    /// Takes a piece and returns the status of the answer. The last one puts the file where others find it.
    fn append(&mut self, token: u32, hash: Hash, offset: usize, piece: &[u8]) -> u16 {
        let Some(upload) = self.uploads.get_mut(&(token, hash)) else { return 404 };
        if upload.came.len() != offset {
            return 409;
        }
        upload.came.extend(piece);
        if upload.came.len() < upload.length {
            return 204;
        }
        let came = self.uploads.remove(&(token, hash)).map(|upload| upload.came).unwrap_or_default();
        if *blake3::hash(&came).as_bytes() != hash {
            return 460;
        }
        self.files.insert(hash, came);
        204
    }

    /// What has come is safe. Whether files are to be removed now, because something was erased.
    pub(super) fn committed(&mut self) -> bool {
        self.uploads.values_mut().for_each(|upload| upload.sure = upload.came.len());
        std::mem::take(&mut self.erased)
    }

    /// The power is cut: of a piece that was not acknowledged there is any part.
    pub(super) fn crash(&mut self, rng: &Rng) {
        for upload in self.uploads.values_mut() {
            let left = upload.sure + rng.index(upload.came.len() - upload.sure + 1);
            upload.came.truncate(left);
        }
    }

    /// Somebody put a backup back, which has no unfinished uploads.
    pub(super) fn restore(&mut self, files: Files) {
        *self = Self { files, ..Self::default() };
    }
}

impl Server {
    /// Whether somebody who is locked out sends a photo that they wrote and handed in.
    pub(super) fn sends_its_last(&mut self, message: &Message) -> Result<bool, StoreError> {
        let To::Photos(PhotoCall::Begin { hash, .. } | PhotoCall::Piece { hash, .. }) = message.to else {
            return Ok(false);
        };
        let also = self.incarnations.get(&message.token).into_iter().flatten();
        let origins: Vec<u32> = also.copied().chain([message.token]).collect();
        Ok(self.handed_in.contains(&message.token) && self.log().wrote_blob(&origins, &name_of(&hash))?)
    }

    pub(super) fn take_photo_call(&mut self, message: &Message, call: PhotoCall) -> Answer {
        let reader = self.reader(message.token);
        let uploads = matches!(call, PhotoCall::Begin { .. } | PhotoCall::Piece { .. });
        if uploads && !access::may_add_pins(&reader) && !self.revoked.contains(&message.token) {
            return answer(message, 403, Vec::new());
        }
        match call {
            PhotoCall::Begin { hash, length } => {
                let offset = self.photos.begin(message.token, hash, length);
                let body = serde_json::json!({ "offset": offset, "length": length });
                answer(message, 201, body.to_string().into_bytes())
            }
            PhotoCall::Piece { hash, offset } => {
                answer(message, self.photos.append(message.token, hash, offset, &message.body), Vec::new())
            }
            PhotoCall::Missing => match self.missing_photos(message) {
                Ok(body) => answer(message, 200, body),
                Err(_) => answer(message, 503, Vec::new()),
            },
            PhotoCall::Fetch(hash) => match self.log().reads_blob(&reader, &name_of(&hash)) {
                Ok(true) if self.photos.files.contains_key(&hash) => {
                    answer(message, 200, self.photos.files[&hash].clone())
                }
                Ok(_) => answer(message, 404, Vec::new()),
                Err(_) => answer(message, 503, Vec::new()),
            },
        }
    }

    fn missing_photos(&mut self, message: &Message) -> Result<Vec<u8>, StoreError> {
        let reader = self.reader(message.token);
        let named = self.log().blobs(|scope| reader.reads(scope))?;
        let asked: serde_json::Value = serde_json::from_slice(&message.body).expect("the application's own");
        let asked = asked["hashes"].as_array().expect("a list").iter().filter_map(|name| name.as_str());
        let missing: Vec<&str> = asked.filter(|name| named.contains(*name) && !self.has_photo(name)).collect();
        Ok(serde_json::json!({ "missing": missing }).to_string().into_bytes())
    }

    /// Whether a file of this name is here.
    pub(crate) fn has_photo(&self, name: &str) -> bool {
        hash_of(name).is_some_and(|hash| self.photos.files.contains_key(&hash))
    }

    /// Removes the files that no row names any more, when something was erased.
    pub(super) fn sweep_when_due(&mut self) -> Result<(), StoreError> {
        if self.log().sweep_due()?.is_none() { Ok(()) } else { self.sweep_photos() }
    }

    /// Removes the files that no row names any more, as with those that have been there for 30 days. One that was on its
    /// way when its row was erased is there until then.
    pub(crate) fn sweep_photos(&mut self) -> Result<(), StoreError> {
        let due = self.log().sweep_due()?;
        let kept = self.log().blobs_to_keep()?;
        self.photos.files.retain(|hash, _| kept.contains(&name_of(hash)));
        due.map_or(Ok(()), |sweep| self.log().swept(sweep))
    }

    /// The photos whose files are not all here, each with the device that added it.
    pub(crate) fn lost_photos(&mut self) -> Vec<(RowId, Option<u32>)> {
        let rows: Vec<RowState> =
            self.rows_of(&[Entity::Photo]).into_iter().filter_map(|row| self.log().row(row).ok().flatten()).collect();
        let here = |row: &RowState| {
            let mut names = [photo::hash, photo::thumbnail].into_iter().filter_map(|field| row.fields.get(&field));
            names.all(|name| self.has_photo(name.value.text()))
        };
        rows.iter().filter(|row| !here(row)).map(|row| (row.row, self.token_of(row.created_by))).collect()
    }

    /// The words in all files.
    pub(crate) fn photo_words(&self, start: &str) -> BTreeSet<String> {
        let words = self.photos.files.values().flat_map(|file| {
            let text = String::from_utf8_lossy(file);
            let found = text.split_once(start).and_then(|(_, rest)| rest.split_once('.'));
            found.map(|(number, _)| format!("{start}{number}"))
        });
        words.collect()
    }
}
