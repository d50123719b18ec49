//! *Gem usendt til fil*, and handing such a file over for somebody else.

use super::online::{Kind, fetch};
use super::{App, HttpRequest, HttpResponse, Step};
use crate::domain::access;
use crate::domain::jpeg::{self, PHOTO_SIDE_MAX, THUMBNAIL_SIDE_MAX};
use crate::error::{Error, ErrorCode};
use crate::ipc::{Bytes, DeliveredView, UnsentView};
use crate::store::{blobs, outbox};
use crate::sync;
use crate::wire::unsent::{CONTENT_TYPE, EXTENSION, UnsentFile};
use crate::wire::v1::{SPEAKS, SyncRequest, WireId};
use crate::wire::{VERSION, to_bytes};
use serde::Deserialize;

/// So many bytes of photos go into a file, that it can be shared and read on a telephone.
const PHOTO_BYTES_MAX: u64 = 24 << 20;

/// What the server says of a file.
#[derive(Deserialize)]
struct Answer {
    taken: u32,
    refused: u32,
    aside: u32,
}

impl App {
    /// The unsent actions as a file, as many as the server takes at once, and unsent photos.
    pub(super) fn save_unsent(&self) -> Result<UnsentView, Error> {
        let file = self.file()?;
        let session = file.session();
        let actions = outbox::unsent(&file.conn, sync::PUSH_BYTES_MAX)?;
        let count = u32::try_from(actions.len()).unwrap_or(u32::MAX);
        let push = sync::sealed(file, &actions, &|bytes| self.env.fill_random(bytes))?;
        let photos = blobs::unsent(&file.conn, PHOTO_BYTES_MAX)?;
        let photo_count = count_photos(&photos);
        let unsent = UnsentFile {
            version: VERSION,
            area: WireId(session.area.0),
            request: SyncRequest {
                version: VERSION,
                origin: session.origin,
                actions,
                speaks: Some(SPEAKS),
                push,
                ..SyncRequest::default()
            }
            .into(),
            photos: Some(photos.into_iter().map(Into::into).collect()).filter(|photos: &Vec<_>| !photos.is_empty()),
        };
        let left_out =
            file.pending()?.saturating_sub(count) + blobs::unsent_photos(&file.conn)?.saturating_sub(photo_count);
        let name = format!("usendt.{EXTENSION}");
        Ok(UnsentView { name, bytes: Bytes(to_bytes(&unsent)), count, photos: photo_count, left_out })
    }

    /// Hands a file over, of the open area. Its photos go by themselves after the next exchange.
    pub(super) fn deliver_file(&self, bytes: &[u8]) -> Result<Step, Error> {
        let mut unsent = UnsentFile::read(bytes).map_err(|error| Error::invalid("file", error.to_string()))?;
        let session = self.file()?.session();
        if unsent.area.0 != session.area.0 {
            return Err(Error::invalid("file", "the file is of another area"));
        }
        if session.local_only() {
            return Err(Error::coded(ErrorCode::Forbidden, "this area lives on this device only"));
        }
        self.require_access()?;
        let photos: Vec<Vec<u8>> = unsent.photos.take().unwrap_or_default().into_iter().map(Into::into).collect();
        let may_upload = access::may_add_pins(&session.reader());
        for photo in photos.iter().filter(|_| may_upload) {
            blobs::hand_over(&self.file()?.conn, photo, is_thumbnail(photo), self.env.now_ms())?;
        }
        let count = count_photos(&photos);
        let (photos, photos_left) = if may_upload { (count, 0) } else { (0, count) };
        let url = format!("{}/api/v1/deliver", session.server);
        let request = HttpRequest::post(url, CONTENT_TYPE, to_bytes(&unsent));
        Ok(fetch(request.bearer(&session.token), Kind::Delivery { photos, photos_left }))
    }

    pub(super) fn take_delivery(&mut self, response: &HttpResponse) -> Result<DeliveredView, Error> {
        let Answer { taken, refused, aside } = serde_json::from_slice(&response.body)
            .map_err(|error| Error::coded(ErrorCode::Server, format!("the answer cannot be read: {error}")))?;
        // What was handed over comes back as everybody's, and its photos go after the exchange.
        self.request_sync();
        Ok(DeliveredView { taken, refused, aside, ..DeliveredView::default() })
    }
}

/// A photo and its thumbnail are one to people.
fn count_photos(files: &[Vec<u8>]) -> u32 {
    u32::try_from(files.iter().filter(|file| !is_thumbnail(file)).count()).unwrap_or(u32::MAX)
}

fn is_thumbnail(file: &[u8]) -> bool {
    jpeg::check(file, PHOTO_SIDE_MAX).is_ok_and(|jpeg| jpeg.longest_side() <= THUMBNAIL_SIDE_MAX)
}
