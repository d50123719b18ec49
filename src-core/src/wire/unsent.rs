//! A file with what a device could not send itself: another device of the area, or the server's command line, hands it
//! over. It holds a push as it would have gone over the network, with the author's signature, so that whoever carries
//! it can neither add nor change a word.

use super::v1::{Raw, SyncRequest, WireId};
use super::{VERSION, from_bytes};
use crate::domain::jpeg::{self, JpegError, PHOTO_SIDE_MAX};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use thiserror::Error;

/// The content type of such a file.
pub const CONTENT_TYPE: &str = "application/vnd.trygkort.unsent+cbor";

/// How its name ends.
pub const EXTENSION: &str = "trygkort";

/// The file.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct UnsentFile {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// The area's row.
    #[n(1)]
    pub area: WireId,
    /// Its cursor says nothing: whoever hands it over gets no page. It is passed on as it stands, so that an older
    /// program carries what only a newer one understands.
    #[n(2)]
    pub request: Raw<SyncRequest>,
    /// Photos and thumbnails that the server has not got, as JPEG files. Nobody signs them: the rows that name them do.
    /// Whoever hands the file over uploads them as their own.
    #[n(3)]
    pub photos: Option<Vec<ByteVec>>,
}

/// Bytes that are no such file.
#[derive(Debug, Error)]
pub enum NoUnsentFile {
    #[error("not a file of unsent changes: {0}")]
    Malformed(#[from] minicbor::decode::Error),
    #[error("a file of version {0}, this program reads {VERSION}")]
    Version(u16),
    #[error("a file with something else than photos: {0}")]
    Photo(#[from] JpegError),
}

impl UnsentFile {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is something else, of another version, or with something in it that is no photo.
    pub fn read(bytes: &[u8]) -> Result<Self, NoUnsentFile> {
        let mut decoder = minicbor::Decoder::new(bytes);
        decoder.array()?;
        let version = decoder.u16()?;
        if version != VERSION {
            return Err(NoUnsentFile::Version(version));
        }
        let file: Self = from_bytes(bytes)?;
        for photo in file.photos.iter().flatten() {
            jpeg::check(photo, PHOTO_SIDE_MAX)?;
        }
        Ok(file)
    }
}
