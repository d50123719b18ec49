//! The small things that messages are made of.

use crate::domain::{ChangeId, RowId};
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use uuid::Uuid;

/// Something with the bytes it came as, so that it hashes the same however much of it this version understands.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw<T> {
    value: T,
    bytes: Vec<u8>,
}

impl<T> Raw<T> {
    /// As it stands on the wire.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it means.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<T: Encode<()>> From<T> for Raw<T> {
    fn from(value: T) -> Self {
        Self { bytes: super::to_bytes(&value), value }
    }
}

impl<T> std::ops::Deref for Raw<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<C, T> Encode<C> for Raw<T> {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.writer_mut().write_all(&self.bytes).map_err(encode::Error::write)
    }
}

impl<'b, C, T: Decode<'b, C>> Decode<'b, C> for Raw<T> {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        let from = d.position();
        let value = d.decode_with(ctx)?;
        Ok(Self { value, bytes: d.input()[from..d.position()].to_vec() })
    }
}

/// A row id as 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WireId(pub RowId);

impl<C> Encode<C> for WireId {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(self.0.0.as_bytes())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for WireId {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let id = Uuid::from_slice(d.bytes()?).map_err(|_| decode::Error::message("a row id has 16 bytes"))?;
        Ok(Self(RowId(id)))
    }
}

/// A change id as `[origin, counter]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireChangeId(pub ChangeId);

impl<C> Encode<C> for WireChangeId {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.array(2)?.u32(self.0.origin)?.u64(self.0.counter)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for WireChangeId {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        if d.array()? != Some(2) {
            return Err(decode::Error::message("a change id is [origin, counter]"));
        }
        Ok(Self(ChangeId { origin: d.u32()?, counter: d.u64()? }))
    }
}
