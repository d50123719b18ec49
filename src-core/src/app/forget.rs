//! *Glem denne enhed*: everything of this app goes from the device, first of all here, then its access to the servers.

use super::online::Kind;
use super::{App, HttpRequest, HttpResponse, NetworkError, Pending, Step};
use crate::error::Error;
use crate::ipc::Farewell;
use crate::store::device::DeviceFile;

/// Requests to servers that lock this device out, and what became of those that were sent. Kept in memory only: after
/// a restart the tokens are gone.
#[derive(Debug, Default)]
pub(super) struct Farewells {
    waiting: Vec<HttpRequest>,
    told: u32,
    of: u32,
}

impl App {
    /// Removes everything, also what is locked: who cannot open it may still throw it away. Answers how many servers
    /// should be told.
    pub(super) fn forget_device(&mut self) -> Result<u32, Error> {
        if self.lock.locked && self.files.key().is_none() {
            // Tokens that can be read are handed back; without the key there are none.
            drop(self.open_files());
        }
        let farewells: Vec<HttpRequest> = self.areas.values().filter_map(|file| farewell(file.session())).collect();
        self.close_files();
        self.drop_lock();
        self.files.wipe()?;
        self.device = self.files.open(crate::store::device::FILE).and_then(DeviceFile::open)?;
        self.damaged = None;
        let of = u32::try_from(farewells.len()).unwrap_or(u32::MAX);
        self.farewells = Farewells { waiting: farewells, told: 0, of };
        Ok(of)
    }

    /// Tells the next server; the last answer is the reply.
    pub(super) fn say_farewell(&mut self) -> Step {
        match self.farewells.waiting.pop() {
            Some(request) => Step::Fetch { request, then: Pending::new(Kind::Farewell) },
            None => {
                let Farewells { told, of, .. } = std::mem::take(&mut self.farewells);
                super::dispatch::reply(&Farewell { told, of }).unwrap_or_else(|error| Step::Reply(Err(error.into())))
            }
        }
    }

    pub(super) fn farewell_answered(&mut self, response: &Result<HttpResponse, NetworkError>) -> Step {
        // 401 and 404: it was locked out already.
        let out = matches!(response, Ok(HttpResponse { status: 200..=299 | 401 | 404, .. }));
        self.farewells.told += u32::from(out);
        self.say_farewell()
    }
}

fn farewell(session: &crate::store::area::Session) -> Option<HttpRequest> {
    let id = super::online::path_part(&session.device_id).ok()?;
    let url = format!("{}/api/v1/devices/{id}", session.server);
    (!session.local_only()).then(|| HttpRequest { method: "DELETE", ..HttpRequest::get(url) }.bearer(&session.token))
}
