//! Photos: what screens ask of their files, and the way of the files to the server and back.
//!
//! Files travel once synchronising went well, and one at a time: what was made here goes first, thumbnails before
//! photos, in pieces, so that a connection that breaks costs no more than a piece. Then come the thumbnails of what is
//! shown, and photos that somebody opened.

use super::{App, HttpRequest, HttpResponse, NetworkError};
use crate::domain::AreaId;
use crate::domain::jpeg::{self, PHOTO_SIDE_MAX};
use crate::error::Error;
use crate::ipc::{Bytes, Event, Topic, to_base64};
use crate::ops::photos;
use crate::store::StoreError;
use crate::store::area::AreaFile;
use crate::store::blobs::{self, Blob};
use serde::Deserialize;
use std::collections::BTreeSet;

/// A photo takes this many bytes at a time.
const PIECE_BYTES: u64 = 256 * 1024;
/// The server looks at so many names at once.
const NAMES_MAX: usize = 1_000;
/// How often an upload is begun again before it is left for later.
const TRIES: u32 = 3;

/// Photos on their way in one area.
#[derive(Debug, Default)]
pub(super) struct Transfers {
    /// There may be something to do.
    pub(super) due: bool,
    /// The device's access has ended, and it has handed in what it wrote: what it has not sent goes, and nothing else.
    pub(super) last: bool,
    under_way: Option<Transfer>,
    /// An upload goes on here.
    goes_on: Option<(Blob, u64)>,
    tries: u32,
    /// What the server did not take or does not have: left until the next exchange.
    left: BTreeSet<String>,
    /// The epoch of the server's log.
    epoch: Option<u64>,
    /// Up to this name the server was asked what it has lost.
    asked_until: String,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Transfer {
    /// What has the server lost, of these names?
    Missing(Vec<String>),
    Begin(Blob),
    Piece {
        blob: Blob,
        offset: u64,
        bytes: u64,
    },
    Fetch(Blob),
}

#[derive(Deserialize)]
struct Begun {
    offset: u64,
}

#[derive(Deserialize)]
struct Missing {
    missing: Vec<String>,
}

impl Transfers {
    /// An exchange went well with a log of this epoch: what was left is tried again.
    pub(super) fn begin(&mut self, epoch: Option<u64>) {
        self.epoch = epoch;
        self.left.clear();
        self.tries = 0;
        self.due = true;
    }

    /// What a device has not sent whose access has ended.
    pub(super) fn begin_last(&mut self) {
        *self = Self { last: true, due: true, ..Self::default() };
    }

    /// Somebody wants to see this now.
    pub(super) fn ask_again(&mut self, hash: &str) {
        self.left.remove(hash);
    }

    /// What to do next.
    fn next(&mut self, file: &AreaFile) -> Result<Option<Transfer>, StoreError> {
        if self.last {
            let left = |hash: &str| self.left.contains(hash);
            let piece = self.goes_on.take().map(|(blob, offset)| piece(blob, offset));
            return Ok(match piece {
                Some(piece) => Some(piece),
                None => blobs::next_of_the_last(&file.conn, &left)?.map(Transfer::Begin),
            });
        }
        let asked = file.photos_epoch()?;
        if let Some(epoch) = self.epoch.filter(|epoch| Some(*epoch) != asked) {
            let names = blobs::names(&file.conn, &self.asked_until, NAMES_MAX)?;
            if !names.is_empty() {
                return Ok(Some(Transfer::Missing(names)));
            }
            self.asked_until.clear();
            file.set_photos_epoch(epoch)?;
        }
        // Whoever may not send them now keeps them: their role may change again.
        let sends = file.sends_photos();
        if let Some((blob, offset)) = self.goes_on.take().filter(|_| sends) {
            return Ok(Some(piece(blob, offset)));
        }
        let left = |hash: &str| self.left.contains(hash);
        if let Some(blob) = if sends { blobs::next_unsent(&file.conn, &left)? } else { None } {
            return Ok(Some(Transfer::Begin(blob)));
        }
        Ok(blobs::next_wanted(&file.conn, &left)?.map(Transfer::Fetch))
    }

    /// Leaves a file for later.
    fn leave(&mut self, hash: String) {
        self.left.insert(hash);
        self.tries = 0;
    }

    /// An upload is begun again: the server says where it goes on.
    fn again(&mut self, hash: String) {
        self.tries += 1;
        if self.tries >= TRIES {
            self.leave(hash);
        }
    }
}

/// The piece of an upload that begins there.
fn piece(blob: Blob, offset: u64) -> Transfer {
    let bytes = PIECE_BYTES.min(blob.bytes.saturating_sub(offset));
    Transfer::Piece { blob, offset, bytes }
}

impl Transfer {
    fn request(&self, file: &AreaFile) -> Result<HttpRequest, Error> {
        let server = &file.session().server;
        let tus = ("tus-resumable", "1.0.0".to_owned());
        let (method, url, headers, body) = match self {
            Transfer::Missing(names) => {
                let body = serde_json::json!({ "hashes": names }).to_string().into_bytes();
                let json = vec![("content-type", "application/json".to_owned())];
                ("POST", format!("{server}/api/v1/blobs/missing"), json, body)
            }
            Transfer::Begin(blob) => {
                let hash = ("upload-metadata", format!("hash {}", to_base64(blob.hash.as_bytes())));
                let length = ("upload-length", blob.bytes.to_string());
                ("POST", format!("{server}/api/v1/uploads"), vec![tus, hash, length], Vec::new())
            }
            Transfer::Piece { blob, offset, bytes } => {
                let piece = blobs::piece(&file.conn, &blob.hash, *offset, *bytes)?.ok_or(Error::NotFound)?;
                let kind = ("content-type", "application/offset+octet-stream".to_owned());
                let url = format!("{server}/api/v1/uploads/{}", blob.hash);
                ("PATCH", url, vec![tus, kind, ("upload-offset", offset.to_string())], piece)
            }
            Transfer::Fetch(blob) => ("GET", format!("{server}/api/v1/blobs/{}", blob.hash), Vec::new(), Vec::new()),
        };
        Ok(HttpRequest { method, headers, body, ..HttpRequest::get(url) }.bearer(&file.session().token))
    }
}

impl App {
    /// A file that a photo names; what is not here is fetched.
    pub(super) fn blob(&mut self, hash: &str) -> Result<Option<Bytes>, Error> {
        let found = self.read(|file, ctx| photos::blob(file, ctx, hash))?.map(Bytes);
        let task = self.current.and_then(|area| self.tasks.get_mut(&area));
        if let (None, Some(task)) = (&found, task) {
            task.wants_photo(hash);
        }
        Ok(found)
    }

    /// The next call for an area's photos; `None`: nothing is to be sent or fetched.
    pub(super) fn photo_request(&mut self, area: AreaId) -> Result<Option<HttpRequest>, Error> {
        let (Some(file), Some(task)) = (self.areas.get(&area), self.tasks.get_mut(&area)) else { return Ok(None) };
        let Some(next) = task.photos.next(file)? else { return Ok(None) };
        let request = next.request(file)?;
        task.photos.under_way = Some(next);
        Ok(Some(request))
    }

    /// Takes what became of a call for photos. Answers that say nothing about photos are handed back.
    pub(super) fn take_photos(
        &mut self,
        area: AreaId,
        response: Result<HttpResponse, NetworkError>,
    ) -> Result<(), Result<HttpResponse, NetworkError>> {
        let now_ms = self.env.now_ms();
        let (Some(file), Some(task)) = (self.areas.get(&area), self.tasks.get_mut(&area)) else { return Ok(()) };
        let photos = &mut task.photos;
        let Some(transfer) = photos.under_way.take() else { return Ok(()) };
        let answer = match response {
            // A day's worth was sent: the rest tomorrow.
            Ok(HttpResponse { status: 429, .. }) => {
                photos.due = false;
                return Ok(());
            }
            // Tried again when the app next has a reason to. The area stays as it is called.
            Ok(HttpResponse { status: 500.., .. }) | Err(_) if photos.last => {
                photos.due = false;
                return Ok(());
            }
            // Not written here, says the server; or it is one of before, which takes none of who is locked out.
            Ok(answer @ HttpResponse { status: 401, .. }) if photos.last => answer,
            Ok(HttpResponse { status: 401 | 500.., .. }) | Err(_) => return Err(response),
            Ok(answer) => answer,
        };
        let hash = match &transfer {
            Transfer::Missing(_) => None,
            Transfer::Begin(blob) | Transfer::Piece { blob, .. } | Transfer::Fetch(blob) => Some(blob.hash.clone()),
        };
        match take(photos, file, transfer, answer, now_ms) {
            Ok(true) => self.events.push(Event::Changed { area, topics: vec![Topic::Photos] }),
            Ok(false) => {}
            // It does not fit on this device, for example.
            Err(_) => photos.leave(hash.unwrap_or_default()),
        }
        Ok(())
    }
}

/// Takes an answer about photos; whether what is shown has changed.
fn take(
    photos: &mut Transfers,
    file: &AreaFile,
    transfer: Transfer,
    answer: HttpResponse,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let HttpResponse { status, body } = answer;
    match (transfer, status) {
        (Transfer::Missing(names), status) => {
            if let (200, Ok(Missing { missing })) = (status, serde_json::from_slice(&body)) {
                missing.iter().try_for_each(|hash| blobs::not_sent(&file.conn, hash))?;
            }
            photos.asked_until = names.into_iter().next_back().unwrap_or_default();
            Ok(false)
        }
        (Transfer::Begin(blob), 201) => match serde_json::from_slice(&body) {
            Ok(Begun { offset }) if offset >= blob.bytes => sent(photos, file, &blob),
            Ok(Begun { offset }) => {
                photos.goes_on = Some((blob, offset));
                Ok(false)
            }
            Err(_) => {
                photos.leave(blob.hash);
                Ok(false)
            }
        },
        (Transfer::Piece { blob, offset, bytes }, 204) if offset + bytes >= blob.bytes => sent(photos, file, &blob),
        (Transfer::Piece { blob, offset, bytes }, 204) => {
            photos.goes_on = Some((blob, offset + bytes));
            Ok(false)
        }
        (Transfer::Piece { blob, .. }, 404 | 409 | 460) => {
            photos.again(blob.hash);
            Ok(false)
        }
        (Transfer::Fetch(blob), 200) if is_it(&blob, &body) => {
            blobs::fetched(&file.conn, &blob, &body, now_ms)?;
            Ok(true)
        }
        (Transfer::Begin(blob) | Transfer::Piece { blob, .. } | Transfer::Fetch(blob), _) => {
            photos.leave(blob.hash);
            Ok(false)
        }
    }
}

fn sent(photos: &mut Transfers, file: &AreaFile, blob: &Blob) -> Result<bool, StoreError> {
    photos.tries = 0;
    blobs::sent(&file.conn, &blob.hash)?;
    Ok(true)
}

/// Whether what came is the photo that was asked for, and nothing that a photo must not be.
fn is_it(blob: &Blob, content: &[u8]) -> bool {
    blake3::hash(content).to_hex().as_str() == blob.hash && jpeg::check(content, PHOTO_SIDE_MAX).is_ok()
}
