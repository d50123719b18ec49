//! Invitation links, as people paste them.

use rusqlite::Connection;
use trygkort_core::app::{App, Env, Files, HostInfo, Step};
use trygkort_core::ipc::{Ask, Redeem};
use trygkort_core::store::StoreError;

/// Someone pastes something as an invitation. It is refused, or asked for at a server that the link names, and the
/// secret is in no address.
pub fn invitation_link(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut app = app();
    let ask = Redeem { link: text.to_owned(), member_name: "Mona".to_owned(), device_name: "Telefon".to_owned() };
    let Step::Fetch { request, .. } = app.handle(ask.into_request()) else { return };
    let host = request.url.strip_suffix("/api/v1/redeem").expect("the address of redeeming");
    let host = host.strip_prefix("https://").or_else(|| host.strip_prefix("http://")).expect("http or https");
    assert!(!host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']), "more than a host: {host:?}");
    assert!(text.trim().split_once("/i#").is_some_and(|(server, _)| server.ends_with(host)), "another server");
}

/// A device without areas, all in memory.
fn app() -> App {
    let host = HostInfo { version: "fuzz".to_owned(), web_origin: None, language: "da".to_owned() };
    App::open(Box::new(Memory), Box::new(Still), host).expect("memory holds")
}

struct Memory;

impl Files for Memory {
    fn open(&self, _: &str) -> Result<Connection, StoreError> {
        Ok(Connection::open_in_memory()?)
    }

    fn exists(&self, _: &str) -> bool {
        false
    }

    fn remove(&self, _: &str) -> Result<(), StoreError> {
        Ok(())
    }

    fn set_aside(&self, _: &str) -> Result<(), StoreError> {
        Ok(())
    }

    fn wipe(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A clock that stands, and a coin that always falls on the same side.
struct Still;

impl Env for Still {
    fn now_ms(&self) -> i64 {
        crate::world::NOW_MS
    }

    fn utc_offset_minutes(&self, _: i64) -> i32 {
        60
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}
