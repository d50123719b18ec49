//! A device whose access has ended: what it had not sent is handed in, then its photos, then everything is removed. One
//! whose area was deleted has nobody to hand it in to: it keeps everything until its user has looked after that.

use super::photos::Transfers;
use super::sync_driver::SyncTask;
use super::{App, HttpResponse, NetworkError, online};
use crate::domain::AreaId;
use crate::error::{Error, ErrorCode};
use crate::ipc::{Event, SyncState};
use crate::store::StoreError;
use crate::store::area::{AreaFile, Ending};
use crate::sync;

/// How access ended, as it is kept in the area's file.
const REVOKED: &str = "revoked";
const EXPIRED: &str = "expired";
const DELETED: &str = "deleted";

impl SyncTask {
    /// The task of a device that was locked out before: nothing is here any more, or it was just handing in.
    pub(super) fn ended(ending: &Ending) -> Self {
        let (how, gone) = match ending {
            Ending::Leaving(how) => (how, false),
            Ending::Gone(how) => (how, true),
        };
        let state = match how.as_str() {
            EXPIRED => SyncState::Expired,
            DELETED => SyncState::Deleted,
            _ => SyncState::Revoked,
        };
        let mut task = Self::new(false);
        (task.due, task.state) = (false, state);
        (task.gone, task.leaving, task.hand_in_due) = (gone, !gone, !gone);
        task
    }

    /// Why nothing may be written any more: it would reach nobody, and be removed with the rest.
    pub(super) fn ended_with(&self) -> Option<ErrorCode> {
        let code = match self.state {
            SyncState::Expired => ErrorCode::Expired,
            SyncState::Deleted => ErrorCode::AreaDeleted,
            _ => ErrorCode::Revoked,
        };
        (self.leaving || self.wipe_due || self.gone).then_some(code)
    }

    fn how(&self) -> &'static str {
        match self.state {
            SyncState::Expired => EXPIRED,
            SyncState::Deleted => DELETED,
            _ => REVOKED,
        }
    }

    /// The area was deleted, and something is here that nobody has.
    pub(super) fn waits_for_its_area(&self) -> bool {
        self.state == SyncState::Deleted && !self.gone && !self.wipe_due
    }
}

impl App {
    /// The server knows this device and has ended its access: what it had not sent is handed in, the rest goes.
    pub(super) fn locked_out(&mut self, area: AreaId) {
        let all_is_there = self.areas.get(&area).is_none_or(|file| file.has_nothing_to_hand_in().unwrap_or(false));
        match self.tasks.get_mut(&area) {
            Some(task) if !all_is_there => (task.leaving, task.hand_in_due) = (true, true),
            _ => self.wipe(area),
        }
    }

    /// Where the area was deleted on the server, it goes from here too, unless something was written here that nobody has.
    pub(super) fn forget_if_deleted(&mut self, area: AreaId) {
        let waits = self.tasks.get(&area).is_some_and(SyncTask::waits_for_its_area);
        let all_is_there = |file: &AreaFile| Ok::<_, StoreError>(file.pending()? == 0 && !file.has_unsent_files()?);
        if waits && self.areas.get(&area).is_some_and(|file| all_is_there(file).unwrap_or(false)) {
            self.wipe(area);
        }
    }

    /// The body of handing in. It is taken once, so from before it leaves nothing more may be written here, also when the
    /// power fails before the answer is in.
    pub(super) fn what_is_handed_in(&self, file: &AreaFile, task: &SyncTask) -> Result<Vec<u8>, Error> {
        file.note_leaving(Some(task.how()))?;
        Ok(sync::hand_in(file, &|bytes| self.env.fill_random(bytes))?)
    }

    pub(super) fn handed_in(&mut self, area: AreaId, response: &Result<HttpResponse, NetworkError>) {
        match response {
            // Taken, taken before, or too much of it to be taken at all.
            Ok(HttpResponse { status: 200 | 409 | 413, .. }) => self.photos_follow(area),
            Ok(HttpResponse { status: 401, .. }) => self.let_in_again(area),
            // It is tried again when the app next has a reason to: what was written is still here.
            _ => {}
        }
    }

    /// The server has the words. What it has not got of the photos goes after them: nobody else may have it.
    fn photos_follow(&mut self, area: AreaId) {
        let any = self.areas.get(&area).is_some_and(|file| file.has_unsent_files().unwrap_or(true));
        match self.tasks.get_mut(&area) {
            Some(task) if any => task.photos.begin_last(),
            _ => self.wipe(area),
        }
    }

    /// Nothing to hand in, says the server: the device is not locked out, or not any more. The next exchange tells.
    fn let_in_again(&mut self, area: AreaId) {
        let (Some(file), Some(task)) = (self.areas.get(&area), self.tasks.get_mut(&area)) else { return };
        if file.note_leaving(None).is_ok() {
            (task.leaving, task.hand_in_due, task.state) = (false, false, SyncState::Idle);
        }
    }

    pub(super) fn wipe(&mut self, area: AreaId) {
        let (Some(file), Some(task)) = (self.areas.get_mut(&area), self.tasks.get_mut(&area)) else { return };
        (task.leaving, task.hand_in_due, task.photos) = (false, false, Transfers::default());
        let wiped = file.wipe(task.how());
        (task.gone, task.wipe_due) = (wiped.is_ok(), wiped.is_err());
        if let Ok(topics) = wiped {
            // Drafts lie in the device's own file.
            drop(self.device.drop_drafts(area));
            self.events.push(Event::Changed { area, topics: topics.into_iter().collect() });
        }
    }
}

/// Whether the server says that it ended this device's access, and not only that it does not know it.
pub(super) fn ends_access(response: &HttpResponse) -> bool {
    response.status == 401 && matches!(online::word_of(response).as_deref(), Some("revoked" | "expired"))
}
