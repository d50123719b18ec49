//! A wire with a meter: passes TCP on to the server and counts the bytes, HTTP headers included.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

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

impl WireTap {
    /// Starts passing on to `server`.
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let counted = Arc::new(Counted::default());
        let counting = Arc::clone(&counted);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass_on(client, server, Arc::clone(&counting)));
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

async fn pass_on(client: TcpStream, server: SocketAddr, counted: Arc<Counted>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    // Both ends wait for small messages; without this the meter would add a delay of its own.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::join!(copy(from_client, to_server, &counted.sent), copy(from_server, to_client, &counted.received));
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
