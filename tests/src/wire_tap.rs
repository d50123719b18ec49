//! A wire with a meter: passes TCP on to the server and counts the bytes, HTTP headers included. It may be a slow and
//! a long one.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Listens on a port of its own and passes on to one server for as long as the runtime lives.
pub struct WireTap {
    address: SocketAddr,
    counted: Arc<Counted>,
}

#[derive(Default)]
struct Counted {
    sent: AtomicU64,
    received: AtomicU64,
}

/// How slow and how long a wire is. All connections share it, each direction by itself.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// What goes through in a second, one way.
    pub bytes_per_second: u64,
    /// From one end to the other and back.
    pub round_trip: Duration,
}

impl WireTap {
    /// Starts passing on to `server`.
    pub async fn start(server: SocketAddr) -> Self {
        Self::with(server, None).await
    }

    /// Starts passing on to `server` over a wire of that shape.
    pub async fn shaped(server: SocketAddr, shape: Shape) -> Self {
        Self::with(server, Some(shape)).await
    }

    async fn with(server: SocketAddr, shape: Option<Shape>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let counted = Arc::new(Counted::default());
        let counting = Arc::clone(&counted);
        let lines = shape.map(|shape| (Line::new(shape), Line::new(shape)));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass_on(client, server, Arc::clone(&counting), lines.clone()));
            }
        });
        Self { address, counted }
    }

    /// What devices should believe the server's address to be.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Bytes to the server and back since the last call.
    #[must_use]
    pub fn take(&self) -> (u64, u64) {
        (self.counted.sent.swap(0, Ordering::SeqCst), self.counted.received.swap(0, Ordering::SeqCst))
    }
}

async fn pass_on(client: TcpStream, server: SocketAddr, counted: Arc<Counted>, lines: Option<(Line, Line)>) {
    if let Some((there, _)) = &lines {
        // Greeting each other takes a way there and back before the first byte of anything else.
        tokio::time::sleep(there.shape.round_trip).await;
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    // Both ends wait for small messages; without this the meter would add a delay of its own.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    match lines {
        None => {
            tokio::join!(copy(from_client, to_server, &counted.sent), copy(from_server, to_client, &counted.received));
        }
        Some((there, back)) => {
            tokio::join!(
                there.carry(from_client, to_server, &counted.sent),
                back.carry(from_server, to_client, &counted.received)
            );
        }
    }
}

/// One direction of a wire that has a shape.
#[derive(Clone)]
struct Line {
    shape: Shape,
    /// When all that was put on it before has left it.
    free_at: Arc<Mutex<Instant>>,
}

/// What travels at once, as on Ethernet.
const PACKET_BYTES: usize = 1460;

impl Line {
    fn new(shape: Shape) -> Self {
        Self { shape, free_at: Arc::new(Mutex::new(Instant::now())) }
    }

    /// Puts bytes on the wire: when that began, and when they have left it.
    fn take(&self, bytes: usize) -> (Instant, Instant) {
        let takes = Duration::from_nanos(bytes as u64 * 1_000_000_000 / self.shape.bytes_per_second);
        let mut free_at = self.free_at.lock().unwrap();
        let begins = (*free_at).max(Instant::now());
        *free_at = begins + takes;
        (begins, *free_at)
    }

    async fn carry(
        &self,
        mut from: tokio::net::tcp::OwnedReadHalf,
        mut to: tokio::net::tcp::OwnedWriteHalf,
        counter: &AtomicU64,
    ) {
        let (put, mut arriving) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
        let arrive = async move {
            while let Some((at, bytes)) = arriving.recv().await {
                tokio::time::sleep_until(at).await;
                if to.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            let _ = to.shutdown().await;
        };
        let leave = async move {
            let mut buffer = vec![0; PACKET_BYTES];
            while let Ok(count @ 1..) = from.read(&mut buffer).await {
                counter.fetch_add(count as u64, Ordering::SeqCst);
                let (begins, ends) = self.take(count);
                if put.send((ends + self.shape.round_trip / 2, buffer[..count].to_vec())).is_err() {
                    return;
                }
                // What has to wait for the wire waits with its sender, as it would in a full send buffer.
                tokio::time::sleep_until(begins).await;
            }
        };
        tokio::join!(arrive, leave);
    }
}

async fn copy(mut from: tokio::net::tcp::OwnedReadHalf, mut to: tokio::net::tcp::OwnedWriteHalf, counter: &AtomicU64) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        counter.fetch_add(count as u64, Ordering::SeqCst);
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
    // The other end is told as it would be without a meter.
    let _ = to.shutdown().await;
}
