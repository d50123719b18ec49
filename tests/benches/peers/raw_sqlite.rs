//! The floor under every push: SQLite that keeps what it is given, and commits once for everyone who waits.
//!
//! It asks nobody who they are, looks at nothing and answers nothing. As the server does, it waits with its answer until
//! the disk has what was written: WAL with `synchronous=FULL`.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use rusqlite::Connection;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

type Write = (Bytes, oneshot::Sender<()>);

/// A file, and a thread that writes into it. Ends when it is dropped.
#[derive(Clone)]
pub(crate) struct RawSqlite {
    queue: Sender<Write>,
}

impl RawSqlite {
    pub(crate) fn open(folder: &Path) -> Self {
        let conn = Connection::open(folder.join("raw.db")).unwrap();
        conn.pragma_update(None, "journal_mode", "wal").unwrap();
        conn.pragma_update(None, "synchronous", "FULL").unwrap();
        conn.execute_batch("CREATE TABLE push (id INTEGER PRIMARY KEY, body BLOB NOT NULL)").unwrap();
        let (queue, writes) = channel();
        std::thread::spawn(move || write_all(&conn, &writes));
        Self { queue }
    }

    /// Keeps `body`; answers once it is on the disk.
    pub(crate) async fn push(&self, body: Bytes) {
        let (done, kept) = oneshot::channel();
        self.queue.send((body, done)).unwrap();
        kept.await.unwrap();
    }
}

fn write_all(conn: &Connection, writes: &Receiver<Write>) {
    let mut insert = conn.prepare("INSERT INTO push (body) VALUES (?1)").unwrap();
    while let Ok(first) = writes.recv() {
        conn.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut waiting = Vec::new();
        for (body, done) in std::iter::once(first).chain(writes.try_iter()) {
            insert.execute([&body[..]]).unwrap();
            waiting.push(done);
        }
        conn.execute_batch("COMMIT").unwrap();
        for done in waiting {
            let _ = done.send(());
        }
    }
}

/// The same behind HTTP, with the library that the server uses, until the standard input closes.
pub(crate) async fn serve(address: SocketAddr, folder: &str) {
    let raw = Arc::new(RawSqlite::open(Path::new(folder)));
    let keep = async |State(raw): State<Arc<RawSqlite>>, body: Bytes| {
        raw.push(body).await;
        StatusCode::NO_CONTENT
    };
    let app = Router::new().route("/", post(keep)).with_state(raw);
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let closed = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    axum::serve(listener, app).with_graceful_shutdown(async { drop(closed.await) }).await.unwrap();
}
