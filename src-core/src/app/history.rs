//! *Historik*: from this device, and on wish from the server.

use super::{App, HttpResponse, Step};
use crate::domain::RowId;
use crate::error::{Error, ErrorCode};
use crate::ipc::{HistoryView, RestoreChange, Saved};
use crate::ops::history::{self, Older};
use crate::wire::from_bytes;

impl App {
    pub(super) fn history(&self, row: RowId) -> Result<HistoryView, Error> {
        history::get(self.file()?, self.older_of(row), row)
    }

    /// What the server told of this thing, as long as it may still be shown.
    fn older_of(&self, row: RowId) -> Option<&Older> {
        let session = self.file().ok()?.session();
        self.older.as_ref().filter(|older| older.row == row && older.reader == session.reader())
    }

    pub(super) fn older_history(&self, row: RowId) -> Result<Step, Error> {
        let before = history::known_from(self.file()?, self.older_of(row))?;
        self.ask_for_history(row, before)
    }

    pub(super) fn take_older_history(&mut self, row: RowId, response: &HttpResponse) -> Result<HistoryView, Error> {
        let page = from_bytes(&response.body)
            .map_err(|error| Error::coded(ErrorCode::Server, format!("the answer cannot be read: {error}")))?;
        let reader = self.file()?.session().reader();
        let known = self.older.take().filter(|older| older.row == row && older.reader == reader);
        let mut older = known.unwrap_or(Older { row, reader, entries: Vec::new(), complete: false });
        older.extend(page);
        self.older = Some(older);
        self.history(row)
    }

    pub(super) fn restore_change(&mut self, ask: &RestoreChange) -> Result<Saved, Error> {
        let older = self.older.take();
        let which = (ask.row, ask.change, ask.unsent);
        let done = self.act(|file, ctx| {
            let reader = file.session().reader();
            let older = older.as_ref().filter(|older| older.row == ask.row && older.reader == reader);
            history::restore(file, ctx, older, which)
        });
        self.older = older;
        done
    }
}
