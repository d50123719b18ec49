//! Photos as bytes: which JPEG files are kept, and taking out what says where and with what a picture was taken.
//!
//! This is the one gate: a device stores nothing else, and a server keeps nothing else. The picture itself is not
//! decoded.

use thiserror::Error;

/// The longest side of a photo, in pixels.
pub const PHOTO_SIDE_MAX: u16 = 1600;
/// The longest side of a thumbnail, in pixels.
pub const THUMBNAIL_SIDE_MAX: u16 = 320;
/// The size of a photo or thumbnail.
pub const BYTES_MAX: usize = 2 << 20;

/// What a file that passed says about its picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jpeg {
    pub width: u16,
    pub height: u16,
}

impl Jpeg {
    /// The longer of both sides.
    #[must_use]
    pub fn longest_side(self) -> u16 {
        self.width.max(self.height)
    }
}

/// Why a file is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JpegError {
    #[error("not a JPEG file")]
    NotJpeg,
    #[error("larger than {BYTES_MAX} bytes")]
    TooLarge,
    #[error("the JPEG file is cut off or damaged")]
    Damaged,
    #[error("the JPEG file holds metadata (segment {0:#04x})")]
    Metadata(u8),
    #[error("the JPEG file goes on behind its picture")]
    Trailing,
    #[error("the picture is {got} pixels long, at most {max}")]
    TooLong { got: u16, max: u16 },
}

const START_OF_IMAGE: [u8; 2] = [0xff, 0xd8];
const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;
const JFIF: u8 = 0xe0;
const ADOBE: u8 = 0xee;

/// Checks a file that is to be kept as it is: a whole JPEG picture of at most `side_max` pixels and [`BYTES_MAX`] bytes,
/// with nothing in it or behind it but the picture.
///
/// # Errors
/// When it is anything else.
pub fn check(bytes: &[u8], side_max: u16) -> Result<Jpeg, JpegError> {
    if bytes.len() > BYTES_MAX {
        return Err(JpegError::TooLarge);
    }
    let (mut segments, mut size) = (Segments::of(bytes)?, None);
    while let Some(segment) = segments.next()? {
        if !segment.belongs() {
            return Err(JpegError::Metadata(segment.marker));
        }
        size = size.or(segment.size());
    }
    if segments.at < bytes.len() {
        return Err(JpegError::Trailing);
    }
    let picture = size.filter(|picture| picture.width > 0 && picture.height > 0).ok_or(JpegError::Damaged)?;
    let got = picture.longest_side();
    if got > side_max { Err(JpegError::TooLong { got, max: side_max }) } else { Ok(picture) }
}

/// The same picture without its metadata and without what follows it. Some browsers write a segment of their own into
/// what they have just drawn.
///
/// # Errors
/// When it is no whole JPEG file.
pub fn without_metadata(bytes: &[u8]) -> Result<Vec<u8>, JpegError> {
    let mut segments = Segments::of(bytes)?;
    let mut kept = START_OF_IMAGE.to_vec();
    while let Some(segment) = segments.next()? {
        if segment.belongs() {
            kept.extend_from_slice(segment.whole);
        }
    }
    Ok(kept)
}

/// One marker with what belongs to it; of a scan, with its pixels.
struct Segment<'a> {
    marker: u8,
    whole: &'a [u8],
    content: &'a [u8],
}

impl Segment<'_> {
    /// Whether it is needed to show the picture, and can say nothing else.
    fn belongs(&self) -> bool {
        match self.marker {
            // Frames, tables, arithmetic conditioning, restart interval, lines, scan, end.
            0xc0..=0xc7 | 0xc9..=0xcf | 0xdb..=0xdd | START_OF_SCAN | END_OF_IMAGE => true,
            // Without the thumbnail that such a segment may have.
            JFIF => self.content.starts_with(b"JFIF\0") && self.content.len() == 14,
            ADOBE => self.content.starts_with(b"Adobe") && self.content.len() == 12,
            _ => false,
        }
    }

    fn size(&self) -> Option<Jpeg> {
        let is_frame = matches!(self.marker, 0xc0..=0xcf) && !matches!(self.marker, 0xc4 | 0xc8 | 0xcc);
        let [_, h1, h0, w1, w0, ..] = *self.content else { return None };
        is_frame.then(|| Jpeg { width: u16::from_be_bytes([w1, w0]), height: u16::from_be_bytes([h1, h0]) })
    }
}

/// Goes through a file, segment by segment, up to its end of image.
struct Segments<'a> {
    bytes: &'a [u8],
    at: usize,
    scanned: bool,
    ended: bool,
}

impl<'a> Segments<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, JpegError> {
        let is_jpeg = bytes.starts_with(&START_OF_IMAGE);
        if is_jpeg { Ok(Self { bytes, at: 2, scanned: false, ended: false }) } else { Err(JpegError::NotJpeg) }
    }

    fn next(&mut self) -> Result<Option<Segment<'a>>, JpegError> {
        if self.ended {
            return Ok(None);
        }
        let start = self.at;
        let byte = |at: usize| self.bytes.get(at).copied().ok_or(JpegError::Damaged);
        let (0xff, marker) = (byte(start)?, byte(start + 1)?) else { return Err(JpegError::Damaged) };
        if marker == END_OF_IMAGE {
            self.ended = true;
            self.at = start + 2;
            let whole = &self.bytes[start..self.at];
            return if self.scanned {
                Ok(Some(Segment { marker, whole, content: &[] }))
            } else {
                Err(JpegError::Damaged)
            };
        }
        let length = usize::from(u16::from_be_bytes([byte(start + 2)?, byte(start + 3)?]));
        let mut end = start + 2 + length;
        let content = self.bytes.get(start + 4..end).ok_or(JpegError::Damaged)?;
        if marker == START_OF_SCAN {
            self.scanned = true;
            end = end_of_pixels(self.bytes, end)?;
        }
        self.at = end;
        Ok(Some(Segment { marker, whole: &self.bytes[start..end], content }))
    }
}

/// Where the pixels of a scan end: at the next marker that is neither a stuffed byte nor a restart.
fn end_of_pixels(bytes: &[u8], from: usize) -> Result<usize, JpegError> {
    let mut at = from;
    loop {
        let ahead = bytes.get(at..).ok_or(JpegError::Damaged)?;
        at += ahead.iter().position(|byte| *byte == 0xff).ok_or(JpegError::Damaged)?;
        match bytes.get(at + 1) {
            Some(0x00 | 0xd0..=0xd7) => at += 2,
            Some(_) => return Ok(at),
            None => return Err(JpegError::Damaged),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JFIF_SEGMENT: &[u8] = b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
    const FRAME: &[u8] = b"\xff\xc0\x00\x0b\x08\x00\xc8\x01\x40\x01\x01\x11\x00";
    const SCAN: &[u8] = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x12\xff\x00\x34\xff\xd0\x56";
    const END: &[u8] = b"\xff\xd9";

    fn file(segments: &[&[u8]]) -> Vec<u8> {
        [&[&START_OF_IMAGE[..]], segments, &[SCAN, END]].concat().concat()
    }

    #[test]
    fn a_picture_and_nothing_else_passes() {
        let picture = file(&[JFIF_SEGMENT, FRAME]);
        assert_eq!(check(&picture, 320), Ok(Jpeg { width: 320, height: 200 }));
        assert_eq!(without_metadata(&picture).unwrap(), picture);
        assert_eq!(check(&picture, 319), Err(JpegError::TooLong { got: 320, max: 319 }));
    }

    #[test]
    fn what_says_more_than_the_picture_is_refused_and_can_be_taken_out() {
        let exif: &[u8] = b"\xff\xe1\x00\x0aExif\0\0\x01\x02";
        let comment: &[u8] = b"\xff\xfe\x00\x04hi";
        let photoshop: &[u8] = b"\xff\xed\x00\x04ab";
        let profile: &[u8] = b"\xff\xe2\x00\x04ab";
        let thumbnail: &[u8] = b"\xff\xe0\x00\x13JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01abc";
        let plain = file(&[FRAME]);
        for segment in [exif, comment, photoshop, profile, thumbnail] {
            let picture = file(&[segment, FRAME]);
            assert_eq!(check(&picture, 1600), Err(JpegError::Metadata(segment[1])));
            assert_eq!(without_metadata(&picture).unwrap(), plain);
        }
        // Between two scans, too.
        let between = [&START_OF_IMAGE[..], FRAME, SCAN, exif, SCAN, END].concat();
        assert_eq!(check(&between, 1600), Err(JpegError::Metadata(0xe1)));
        let behind = [&plain[..], b"more"].concat();
        assert_eq!(check(&behind, 1600), Err(JpegError::Trailing));
        assert_eq!(without_metadata(&behind).unwrap(), plain);
    }

    #[test]
    fn whatever_is_cut_off_is_refused_without_a_panic() {
        let picture = file(&[JFIF_SEGMENT, FRAME]);
        for end in 0..picture.len() {
            assert!(check(&picture[..end], 1600).is_err(), "{end} bytes");
            assert!(without_metadata(&picture[..end]).is_err(), "{end} bytes");
        }
        assert_eq!(check(b"\x89PNG\r\n", 1600), Err(JpegError::NotJpeg));
        assert_eq!(check(&[&START_OF_IMAGE[..], SCAN, END].concat(), 1600), Err(JpegError::Damaged), "no size");
        assert_eq!(check(&vec![0xff; BYTES_MAX + 1], 1600), Err(JpegError::TooLarge));
    }

    proptest::proptest! {
        #[test]
        fn what_is_left_without_metadata_passes_or_is_no_picture(mut bytes: Vec<u8>) {
            bytes.splice(0..0, START_OF_IMAGE);
            if let Ok(kept) = without_metadata(&bytes) {
                let found = check(&kept, u16::MAX);
                proptest::prop_assert!(matches!(found, Ok(_) | Err(JpegError::Damaged)), "{:?}", found);
            }
        }
    }
}
