//! What screens see of photos.

use crate::domain::PhotoId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A file, on its way between a screen and the core: base 64 in JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

/// Says how much, and never what.
impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bytes({})", self.0.len())
    }
}

/// The photos of a pin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotosView {
    /// Oldest first.
    pub photos: Vec<PhotoView>,
    /// Whether the server would let this device add one.
    pub may_add: bool,
}

/// A photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoView {
    pub id: PhotoId,
    /// Ask for the photo by it: `GetBlob`.
    pub hash: String,
    /// Ask for the thumbnail by it: `GetBlob`.
    pub thumbnail: String,
    pub width: u32,
    pub height: u32,
    /// Says what is to be seen; may be empty.
    pub caption: String,
    pub taken_at_ms: Option<i64>,
    /// The thumbnail is on this device.
    pub thumbnail_here: bool,
    /// The photo is on this device.
    pub photo_here: bool,
    /// The server has it: the row, the thumbnail and the photo. True also of what others made.
    pub sent: bool,
    pub may_edit: bool,
    pub may_delete: bool,
    /// The name of the member who added it, when this device may know it.
    pub added_by: Option<String>,
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_base64(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        from_base64(&text).map(Bytes).ok_or_else(|| de::Error::custom("not base 64"))
    }
}

/// Base 64 with padding (RFC 4648, section 4), as a `data:` address takes it.
#[must_use]
pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a text in base 64 with padding; `None` when it is none.
#[must_use]
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_64_as_everybody_writes_it() {
        for (plain, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(to_base64(plain.as_bytes()), text);
            assert_eq!(from_base64(text).unwrap(), plain.as_bytes());
        }
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(from_base64(&to_base64(&all)).unwrap(), all);
        for bad in ["Z", "Zg", "Zg=", "Zg==Zg==", "Z===", "====", "Zm9-", "Zm=v", "Zæ=="] {
            assert_eq!(from_base64(bad), None, "{bad}");
        }
    }

    #[test]
    fn debug_never_shows_content() {
        assert_eq!(format!("{:?}", Bytes(vec![1, 2, 3])), "Bytes(3)");
    }
}
