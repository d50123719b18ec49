//! HTTP calls as data: hosts carry them.

/// A call to make.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// The server is known to unpack this: a body above [`PACK_ABOVE_BYTES`] is sent deflated (RFC 1950), and says so.
    pub may_pack: bool,
}

/// Below this, packing a body costs more than it saves.
pub const PACK_ABOVE_BYTES: usize = 512;

/// What a body that was packed is sent with.
pub const PACKED: (&str, &str) = ("content-encoding", "deflate");

/// Shows where to, never the token or the body.
impl std::fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({} bytes)", self.method, self.url, self.body.len())
    }
}

impl HttpRequest {
    pub(crate) fn get(url: String) -> Self {
        Self { method: "GET", url, headers: Vec::new(), body: Vec::new(), may_pack: false }
    }

    pub(crate) fn json(method: &'static str, url: String, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { method, url, headers, body: body.to_string().into_bytes(), may_pack: false }
    }

    pub(crate) fn post(url: String, content_type: &str, body: Vec<u8>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { method: "POST", url, headers, body, may_pack: false }
    }

    /// As it is to be sent: packed where it may be and that makes it smaller. For hosts without the browser's
    /// `CompressionStream`.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn packed(mut self) -> Self {
        if self.may_pack && self.body.len() > PACK_ABOVE_BYTES {
            let packed = deflated(&self.body).filter(|packed| packed.len() < self.body.len());
            if let Some(packed) = packed {
                self.body = packed;
                self.headers.push((PACKED.0, PACKED.1.to_owned()));
            }
        }
        self
    }

    pub(crate) fn bearer(mut self, token: &str) -> Self {
        self.headers.push(("authorization", format!("Bearer {token}")));
        self
    }
}

/// An answer, whatever its status.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpResponse {
    pub status: u16,
    pub body: Vec<u8>,
}

impl std::fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}

#[cfg(not(target_family = "wasm"))]
fn deflated(body: &[u8]) -> Option<Vec<u8>> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packer, body).ok()?;
    packer.finish().ok()
}

/// No answer came: no network, no server, or too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server cannot be reached")]
pub struct NetworkError;

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;
    use std::io::Read;

    fn sent(body: Vec<u8>, may_pack: bool) -> HttpRequest {
        HttpRequest { may_pack, ..HttpRequest::post(String::new(), "text/plain", body) }.packed()
    }

    fn is_packed(request: &HttpRequest) -> bool {
        request.headers.contains(&(PACKED.0, PACKED.1.to_owned()))
    }

    #[test]
    fn what_is_packed_says_so_and_unpacks_to_the_same() {
        let body = b"Lyset er ude ved porten igen. ".repeat(100);
        let packed = sent(body.clone(), true);
        assert!(is_packed(&packed) && packed.body.len() < body.len() / 10);
        let mut unpacked = Vec::new();
        flate2::read::ZlibDecoder::new(&*packed.body).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, body);
    }

    #[test]
    fn what_is_short_or_does_not_pack_or_must_not_is_sent_as_it_is() {
        let noise: Vec<u8> = (0..40_u8).flat_map(|n| *blake3::hash(&[n]).as_bytes()).collect();
        for (body, may_pack) in [(vec![7; PACK_ABOVE_BYTES], true), (noise, true), (vec![7; 10_000], false)] {
            let request = sent(body.clone(), may_pack);
            assert!(!is_packed(&request) && request.body == body);
        }
    }
}
