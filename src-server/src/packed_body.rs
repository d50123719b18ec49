//! Bodies that may come packed: `Content-Encoding: deflate` (RFC 1950).
//!
//! One is kept as it came until it has its [turn](crate::long_requests): what comes out of it may be a thousand times as
//! much, and whoever sends that has spent next to nothing.

use crate::error::ApiError;
use crate::limits::{BODY_BYTES_MAX, read_body};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use flate2::{Decompress, FlushDecompress, Status};

/// A body as it came, at most 2 MiB.
pub(crate) struct PackedBody {
    bytes: Vec<u8>,
    is_packed: bool,
}

impl PackedBody {
    /// Reads a body, packed or not.
    pub(crate) async fn read(request: Request) -> Result<Self, ApiError> {
        let is_packed = is_packed(request.headers())?;
        Ok(Self { bytes: read_body(request).await?, is_packed })
    }

    /// How long it is once it is unpacked, or more than `enough`.
    pub(crate) fn len_up_to(&self, enough: usize) -> Result<usize, ApiError> {
        if self.is_packed { Ok(inflate(&self.bytes, enough)?.len()) } else { Ok(self.bytes.len()) }
    }

    /// What is in it, at most 2 MiB.
    pub(crate) fn unpack(self) -> Result<Vec<u8>, ApiError> {
        if !self.is_packed {
            return Ok(self.bytes);
        }
        let unpacked = inflate(&self.bytes, BODY_BYTES_MAX)?;
        if unpacked.len() > BODY_BYTES_MAX { Err(ApiError::too_large(BODY_BYTES_MAX)) } else { Ok(unpacked) }
    }
}

fn is_packed(headers: &HeaderMap) -> Result<bool, ApiError> {
    let Some(coding) = headers.get(header::CONTENT_ENCODING) else { return Ok(false) };
    // Names of codings are in any case (RFC 9110, 8.4.1).
    match coding.as_bytes().to_ascii_lowercase().as_slice() {
        b"identity" => Ok(false),
        b"deflate" => Ok(true),
        _ => Err(ApiError::unsupported_encoding("deflate")),
    }
}

/// Unpacks until a byte more than `enough` has come out.
fn inflate(packed: &[u8], enough: usize) -> Result<Vec<u8>, ApiError> {
    const STEP_BYTES: usize = 16 * 1024;
    let broken = || ApiError::bad_request("the body cannot be unpacked: it is not one whole deflate stream");
    let (mut inflater, mut unpacked, mut rest) = (Decompress::new(true), Vec::new(), packed);
    while unpacked.len() <= enough {
        // Twice as much each time, and no room for more than is asked for.
        unpacked.reserve_exact(unpacked.len().max(STEP_BYTES).min(enough + 1 - unpacked.len()));
        let (taken_before, length_before) = (inflater.total_in(), unpacked.len());
        let status = inflater.decompress_vec(rest, &mut unpacked, FlushDecompress::None).map_err(|_| broken())?;
        let taken = usize::try_from(inflater.total_in() - taken_before).unwrap_or(usize::MAX);
        rest = rest.get(taken..).ok_or_else(broken)?;
        match status {
            Status::StreamEnd if rest.is_empty() => break,
            Status::StreamEnd => return Err(broken()),
            _ if taken == 0 && unpacked.len() == length_before => return Err(broken()),
            _ => {}
        }
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn deflated(body: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(body).unwrap();
        packer.finish().unwrap()
    }

    fn packed(bytes: Vec<u8>) -> PackedBody {
        PackedBody { bytes, is_packed: true }
    }

    #[test]
    fn what_was_packed_comes_out_as_it_was_however_long() {
        for length in [0, 1, 16_383, 16_384, 16_385, 100_000, BODY_BYTES_MAX] {
            let body: Vec<u8> = (0..=255).cycle().take(length).collect();
            assert!(packed(deflated(&body)).unpack().unwrap() == body, "{length} bytes");
        }
    }

    #[test]
    fn no_more_comes_out_than_is_asked_for() {
        let bomb = packed(deflated(&vec![0; 64 << 20]));
        let looked_at = bomb.len_up_to(1_000).unwrap();
        assert!((1_001..2_000).contains(&looked_at), "{looked_at} bytes for 1,000");
        let most = inflate(&bomb.bytes, BODY_BYTES_MAX).unwrap();
        assert!(most.len() > BODY_BYTES_MAX && most.capacity() < BODY_BYTES_MAX + 100);
        assert!(bomb.unpack().is_err());
        assert!(packed(deflated(&vec![0; BODY_BYTES_MAX + 1])).unpack().is_err());
    }

    #[test]
    fn what_is_cut_or_goes_on_or_never_ends_is_refused() {
        let whole = deflated(b"Lyset er ude ved porten igen.");
        for cut in 0..whole.len() {
            assert!(packed(whole[..cut].to_vec()).unpack().is_err(), "cut at {cut}");
        }
        assert!(packed([&*whole, b"!"].concat()).unpack().is_err());
        // Empty blocks, out of which nothing comes.
        let empty = [&[0x78, 0x9c][..], &[0, 0, 0, 0xff, 0xff].repeat(100_000)].concat();
        assert!(packed(empty).unpack().is_err());
    }

    #[test]
    fn a_coding_is_known_in_any_case_and_others_are_refused() {
        let told =
            |coding: &str| is_packed(&HeaderMap::from_iter([(header::CONTENT_ENCODING, coding.parse().unwrap())]));
        assert!(told("deflate").unwrap() && told("Deflate").unwrap() && !told("identity").unwrap());
        assert!(!is_packed(&HeaderMap::new()).unwrap());
        for coding in ["gzip", "deflate, deflate", ""] {
            assert!(told(coding).is_err(), "{coding}");
        }
    }
}
