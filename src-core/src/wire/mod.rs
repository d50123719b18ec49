//! What travels between device and server: CBOR, versioned, frozen by byte-exact tests (`docs/sync.md`).
//!
//! A version's types never change their meaning. Fields may be added at the end of an array: an older reader skips what
//! it does not know. Anything else is a new version beside the old one.

pub mod aside;
mod fold;
mod items;
pub mod unsent;
pub mod v1;

use minicbor::{Decode, Decoder, Encode, decode};

/// The newest version this code speaks.
pub const VERSION: u16 = v1::VERSION;

/// The content type of sync bodies.
pub const CONTENT_TYPE: &str = "application/vnd.trygkort.sync-v1+cbor";

/// Encodes a message.
///
/// # Panics
/// Never: a `Vec` takes every byte.
#[must_use]
pub fn to_bytes<T: Encode<()>>(message: &T) -> Vec<u8> {
    minicbor::to_vec(message).expect("a Vec takes every byte")
}

/// Decodes a message that must fill `bytes` to the end.
///
/// # Errors
/// When the bytes are cut off, of another shape, or followed by more.
pub fn from_bytes<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, decode::Error> {
    let mut decoder = Decoder::new(bytes);
    let message = decoder.decode()?;
    if decoder.position() == bytes.len() { Ok(message) } else { Err(decode::Error::message("bytes after the end")) }
}
