//! Photos that are sent over a connection that breaks: in every piece, after every byte of it. Whatever was cut off, the
//! server says where it goes on, the photo is whole in the end, and nothing is left of what broke off.

use crate::harness::{TestDevice, TestServer};
use crate::photos::{begin, files, hash, jpeg, offset, send, tus};
use std::io::Write;
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use trygkort_core::domain::Role;

/// How a connection ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// As when a program ends.
    Closed,
    /// As when an address changes on the way: what was not read yet is lost.
    Reset,
}

impl End {
    fn of(self, socket: TcpStream) {
        if matches!(self, End::Reset) {
            socket.set_nonblocking(true).unwrap();
            tokio::net::TcpStream::from_std(socket).unwrap().set_zero_linger().unwrap();
        }
    }
}

/// A photo on its way.
struct Sending<'a> {
    device: TestDevice<'a>,
    photo: Vec<u8>,
    name: String,
}

impl<'a> Sending<'a> {
    async fn begin(server: &'a TestServer, photo: Vec<u8>) -> Self {
        let device = server.join(Role::Staff).await;
        let name = hash(&photo);
        begin(&device, &name, photo.len()).await.expect(201);
        Self { device, photo, name }
    }

    /// The head of a request that sends a piece.
    fn head(&self, at: usize, piece: usize) -> String {
        let (address, token, name) = (self.device.server.server.local_addr(), &self.device.token, &self.name);
        format!(
            "PATCH /api/v1/uploads/{name} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             tus-resumable: 1.0.0\r\nupload-offset: {at}\r\ncontent-type: application/offset+octet-stream\r\n\
             content-length: {piece}\r\n\r\n"
        )
    }

    fn write(&self, bytes: &[u8]) -> TcpStream {
        let mut socket = TcpStream::connect(self.device.server.server.local_addr()).unwrap();
        socket.write_all(bytes).unwrap();
        socket
    }

    /// Sends so many bytes of a piece's body.
    fn write_piece(&self, at: usize, piece: usize, cut: usize) -> TcpStream {
        let mut bytes = self.head(at, piece).into_bytes();
        bytes.extend(&self.photo[at..at + cut]);
        self.write(&bytes)
    }

    /// Where it goes on.
    async fn offset(&self) -> usize {
        offset(&self.device, &self.name).await.expect("the upload is there")
    }

    /// The same when nothing is on its way: just that much lies there, byte for byte, as long as it is not complete.
    async fn settled_offset(&self) -> usize {
        let at = self.offset().await;
        if at < self.photo.len() {
            let [part] = self.uploads().try_into().expect("one file");
            assert!(part.ends_with(format!("{}.{}", self.name, self.photo.len())), "{}", part.display());
            assert_eq!(std::fs::read(part).unwrap(), self.photo[..at]);
            assert_eq!(self.blobs(), Vec::<PathBuf>::new());
        }
        at
    }

    /// The connection breaks in the middle of a piece.
    async fn break_off(&self, at: usize, piece: usize, cut: usize, end: End) -> usize {
        end.of(self.write_piece(at, piece, cut));
        let goes_on = self.settled_offset().await;
        assert!((at..=at + cut).contains(&goes_on), "cut after {cut} of {piece} at {at}: goes on at {goes_on}");
        goes_on
    }

    /// The server takes a piece whole, and its answer is not read.
    async fn lose_the_answer(&self, at: usize, piece: usize, end: End) -> usize {
        let socket = self.write_piece(at, piece, piece);
        let start = Instant::now();
        while self.offset().await == at {
            assert!(start.elapsed() < Duration::from_secs(20), "the piece was whole");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        end.of(socket);
        let goes_on = self.settled_offset().await;
        assert_eq!(goes_on, at + piece);
        // Who does not ask sends it again.
        send(&self.device, &self.name, at, &self.photo[at..at + piece]).await.expect_error(409, "offset");
        goes_on
    }

    /// The connection breaks as soon as the last byte of a piece is on its way: the server may have it or not, and may
    /// still be taking it when it is asked.
    async fn hang_up_at_the_end(&self, at: usize, piece: usize, end: End) -> usize {
        end.of(self.write_piece(at, piece, piece));
        loop {
            let goes_on = self.offset().await;
            if goes_on != at {
                assert_eq!(goes_on, at + piece);
                return goes_on;
            }
            let sent = send(&self.device, &self.name, at, &self.photo[at..at + piece]).await;
            if sent.status != 204 {
                sent.expect_error(409, "offset");
            }
        }
    }

    /// The photo is in its place, and nothing else is anywhere.
    async fn expect_whole(self) {
        assert_eq!(self.offset().await, self.photo.len());
        let [blob] = self.blobs().try_into().expect("one photo");
        assert_eq!(blob.file_name().unwrap().to_str(), Some(self.name.as_str()));
        assert_eq!(hash(&std::fs::read(blob).unwrap()), self.name);
        let [done] = self.uploads().try_into().expect("one file");
        assert!(done.ends_with(format!("{}.{}.done", self.name, self.photo.len())), "{}", done.display());
        assert_eq!(std::fs::metadata(done).unwrap().len(), 0);
        tus(&self.device, "DELETE", &format!("/api/v1/uploads/{}", self.name)).send().await.unwrap();
        assert_eq!((self.uploads(), self.blobs().len()), (Vec::new(), 1));
        let strays = std::fs::read_dir(self.device.server.data_dir()).unwrap().map(|entry| entry.unwrap().file_name());
        let strays: Vec<_> = strays.filter(|name| name.to_str().unwrap().starts_with('.')).collect();
        assert!(strays.is_empty(), "{strays:?}");
    }

    fn uploads(&self) -> Vec<PathBuf> {
        files(&self.device.server.data_dir().join("uploads"))
    }

    fn blobs(&self) -> Vec<PathBuf> {
        files(&self.device.server.data_dir().join("blobs"))
    }
}

/// Sends a photo whose every piece breaks off at all these places before it comes.
async fn send_all(photo: Vec<u8>, piece_max: usize, cuts: impl Fn(usize) -> Vec<usize>) {
    let server = TestServer::start().await;
    for end in [End::Closed, End::Reset] {
        // Another photo each time: what the area has already is complete at once.
        let mut photo = photo.clone();
        let last = photo.len() - 3;
        photo[last] ^= 1 + end as u8;
        let sending = Sending::begin(&server, photo).await;
        let (mut at, mut pieces) = (0, 0);
        while at < sending.photo.len() {
            let piece = |at: usize| piece_max.min(sending.photo.len() - at);
            for cut in cuts(piece(at)) {
                at = sending.break_off(at, piece(at), cut, end).await;
            }
            at = if pieces % 2 == 0 {
                sending.lose_the_answer(at, piece(at), end).await
            } else {
                sending.hang_up_at_the_end(at, piece(at), end).await
            };
            pieces += 1;
        }
        assert!(pieces > 2);
        sending.expect_whole().await;
        std::fs::remove_dir_all(server.data_dir().join("blobs")).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_after_every_byte_of_every_piece_a_photo_comes_whole() {
    send_all(jpeg(1, 150), 40, |piece| (0..piece).collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_anywhere_in_large_pieces_a_photo_comes_whole() {
    send_all(jpeg(2, 1_500_000), 400_000, |piece| vec![0, 1, 1_460, piece / 2, piece - 1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_within_its_head_a_request_does_nothing() {
    let server = TestServer::start().await;
    let sending = Sending::begin(&server, jpeg(1, 100)).await;
    let piece = sending.photo.len();
    let head = sending.head(0, piece);
    for cut in 0..head.len() {
        let end = if cut % 2 == 0 { End::Closed } else { End::Reset };
        end.of(sending.write(&head.as_bytes()[..cut]));
    }
    assert_eq!(sending.settled_offset().await, 0);
    assert_eq!(sending.lose_the_answer(0, piece, End::Closed).await, piece);
    sending.expect_whole().await;
}

/// What a server leaves that is killed after it wrote the last byte, and before the photo is in its place.
#[tokio::test]
async fn a_photo_that_is_not_in_its_place_is_not_said_to_be_there() {
    for marked in [false, true] {
        let server = TestServer::start().await;
        let sending = Sending::begin(&server, jpeg(1, 1_000)).await;
        send(&sending.device, &sending.name, 0, &sending.photo[..600]).await.expect_status(204);
        let [part] = sending.uploads().try_into().expect("one file");
        std::fs::write(&part, &sending.photo).unwrap();
        if marked {
            std::fs::write(part.with_extension(format!("{}.done", sending.photo.len())), "").unwrap();
        }

        let at = offset(&sending.device, &sending.name).await.unwrap_or(0);
        if at == 0 {
            begin(&sending.device, &sending.name, sending.photo.len()).await.expect(201);
        }
        if at < sending.photo.len() {
            send(&sending.device, &sending.name, at, &sending.photo[at..]).await.expect_status(204);
        }
        assert_eq!(sending.blobs().len(), 1, "all of it was said to have come (marked: {marked})");
        sending.expect_whole().await;
    }
}
