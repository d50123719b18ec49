//! What people do, one file per noun: reading for the screens, and actions. An action is one transaction and one list of
//! changes, on this device and everywhere else.

pub(crate) mod action;
pub mod area;
pub(crate) mod authors;
pub(crate) mod card;
pub(crate) mod channels;
pub(crate) mod conflicts;
pub(crate) mod contacts;
pub(crate) mod history;
pub(crate) mod members;
pub(crate) mod organisations;
pub(crate) mod photos;
pub(crate) mod pins;
pub(crate) mod problems;
pub(crate) mod refusals;
pub(crate) mod reminders;
pub(crate) mod telling;
pub(crate) mod updates;

use crate::domain::RowId;
use crate::domain::hours;
use crate::ipc::Opening;
use std::cell::RefCell;
use std::collections::HashMap;

/// What the outside world says while a request is handled: the time, and fresh ids.
#[derive(Clone, Copy)]
pub(crate) struct Ctx<'a> {
    pub(crate) now_ms: i64,
    pub(crate) utc_offset_minutes: i32,
    pub(crate) fill_random: &'a dyn Fn(&mut [u8]),
    /// Hours that this request has looked at: a list of contacts asks for the same office hours again and again.
    pub(crate) openings: &'a RefCell<HashMap<String, Opening>>,
}

impl Ctx<'_> {
    /// A fresh UUIDv7.
    pub(crate) fn new_id(&self) -> RowId {
        let mut random = [0; 10];
        (self.fill_random)(&mut random);
        let millis = u64::try_from(self.now_ms).unwrap_or(0);
        RowId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// Whether someone with these hours can be reached now.
    pub(crate) fn opening(&self, hours: &str) -> Opening {
        if let Some(known) = self.openings.borrow().get(hours) {
            return *known;
        }
        let opening = hours::opening(hours, self.now_ms, self.utc_offset_minutes);
        self.openings.borrow_mut().insert(hours.to_owned(), opening);
        opening
    }
}
