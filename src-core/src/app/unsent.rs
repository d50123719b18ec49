//! *Gem usendt til fil*, and handing such a file over for somebody else.

use super::{App, HttpRequest, HttpResponse, Step};
use crate::error::{Error, ErrorCode};
use crate::ipc::{DeliveredView, UnsentView};
use crate::store::outbox;
use crate::sync;
use crate::wire::unsent::{CONTENT_TYPE, EXTENSION, UnsentFile};
use crate::wire::v1::{SPEAKS, SyncRequest, WireId};
use crate::wire::{VERSION, to_bytes};
use serde::Deserialize;

/// What the server says of a file.
#[derive(Deserialize)]
struct Answer {
    taken: u32,
    refused: u32,
    aside: u32,
}

impl App {
    /// The unsent actions as a file, as many as the server takes at once.
    pub(super) fn save_unsent(&self) -> Result<UnsentView, Error> {
        let file = self.file()?;
        let session = file.session();
        let actions = outbox::unsent(&file.conn, sync::PUSH_BYTES_MAX)?;
        let count = u32::try_from(actions.len()).unwrap_or(u32::MAX);
        let push = sync::sealed(file, &actions, &|bytes| self.env.fill_random(bytes))?;
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
            },
        };
        let left_out = file.pending()?.saturating_sub(count);
        Ok(UnsentView { name: format!("usendt.{EXTENSION}"), bytes: to_bytes(&unsent), count, left_out })
    }

    /// Hands a file over, of the open area.
    pub(super) fn deliver_file(&self, bytes: Vec<u8>) -> Result<Step, Error> {
        let unsent = UnsentFile::read(&bytes).map_err(|error| Error::invalid("file", error.to_string()))?;
        let session = self.file()?.session();
        if unsent.area.0 != session.area.0 {
            return Err(Error::invalid("file", "the file is of another area"));
        }
        if session.local_only() {
            return Err(Error::coded(ErrorCode::Forbidden, "this area lives on this device only"));
        }
        let request = HttpRequest {
            method: "POST",
            url: format!("{}/api/v1/deliver", session.server),
            headers: vec![("content-type", CONTENT_TYPE.to_owned())],
            body: bytes,
        };
        Ok(Self::fetch_delivery(request.bearer(&session.token)))
    }

    pub(super) fn take_delivery(&mut self, response: &HttpResponse) -> Result<DeliveredView, Error> {
        let Answer { taken, refused, aside } = serde_json::from_slice(&response.body)
            .map_err(|error| Error::coded(ErrorCode::Server, format!("the answer cannot be read: {error}")))?;
        // What was handed over comes back as everybody's.
        self.request_sync();
        Ok(DeliveredView { taken, refused, aside })
    }
}
