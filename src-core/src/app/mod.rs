//! The application behind every screen, without a network of its own: hosts hand it requests, carry its HTTP calls, and
//! forward its events.
//!
//! A request is answered from the device at once ([`Step::Reply`]) or needs the server ([`Step::Fetch`]); only what is
//! decided by the server (invitations, devices) is of the second kind.

mod dispatch;
mod forget;
mod history;
mod host;
mod http;
mod lock;
mod locked_out;
mod online;
mod photos;
mod sync_driver;
mod unsent;

pub use host::{Env, FileKey, Files, HostInfo};
pub use http::{HttpRequest, HttpResponse, NetworkError, PACK_ABOVE_BYTES, PACKED};
pub use online::Pending;
pub use sync_driver::SyncCall;

use crate::domain::{AreaId, Reader, Role, RowId};
use crate::error::{Error, ErrorCode};
use crate::ipc::{AreaSummary, BootView, Event, IpcError, Request, SyncStatus, Topic};
use crate::ops::Ctx;
use crate::ops::history::Older;
use crate::store::area::{AreaFile, Session, topics};
use crate::store::device::{self, DeviceFile};
use crate::store::device_key::DeviceKey;
use crate::store::table;
use forget::Farewells;
use lock::Lock;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use sync_driver::SyncTask;

/// What to do with a request.
#[derive(Debug)]
pub enum Step {
    /// The answer: the JSON of the request's reply type.
    Reply(Result<String, IpcError>),
    /// Carry this to the server and hand the answer to [`App::resume`].
    Fetch { request: HttpRequest, then: Pending },
}

/// The application.
pub struct App {
    files: Box<dyn Files>,
    env: Box<dyn Env>,
    host: HostInfo,
    device: DeviceFile,
    areas: BTreeMap<AreaId, AreaFile>,
    current: Option<AreaId>,
    tasks: BTreeMap<AreaId, SyncTask>,
    events: Vec<Event>,
    /// What the server told of the thing whose history somebody looks at.
    older: Option<Older>,
    /// A file was damaged and moved aside; the first [`crate::ipc::Boot`] says so.
    damaged: Option<String>,
    lock: Lock,
    farewells: Farewells,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("areas", &self.areas.len()).finish_non_exhaustive()
    }
}

impl App {
    /// Opens the device's file and its areas. A damaged file is moved aside and reported by the first boot request.
    ///
    /// # Errors
    /// When storage is refused or full, or a file was written by a newer version.
    pub fn open(files: Box<dyn Files>, env: Box<dyn Env>, host: HostInfo) -> Result<Self, Error> {
        let (lock, mut damaged) = Lock::open(files.as_ref(), env.now_ms())?;
        let device = if lock.locked { DeviceFile::stand_in()? } else { open_device(files.as_ref(), &mut damaged)? };
        let mut app = Self {
            files,
            env,
            host,
            device,
            areas: BTreeMap::new(),
            current: None,
            tasks: BTreeMap::new(),
            events: Vec::new(),
            older: None,
            damaged,
            lock,
            farewells: Farewells::default(),
        };
        if app.lock.locked {
            app.events.push(Event::Locked);
        } else {
            app.open_areas()?;
        }
        Ok(app)
    }

    /// Opens everything once it may be.
    fn open_files(&mut self) -> Result<(), Error> {
        self.device = open_device(self.files.as_ref(), &mut self.damaged)?;
        self.open_areas()
    }

    fn open_areas(&mut self) -> Result<(), Error> {
        for area in self.device.areas()? {
            let name = file_name(area);
            match self.files.open(&name).and_then(AreaFile::open) {
                Ok(file) => {
                    self.current.get_or_insert(area);
                    self.add_area(file);
                }
                Err(error) if error.code() == ErrorCode::StorageDamaged => {
                    self.files.set_aside(&name)?;
                    self.device.forget_area(area)?;
                    self.damaged = Some(error.to_string());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn add_area(&mut self, file: AreaFile) {
        let area = file.session().area;
        let task = match file.ended() {
            Ok(Some(ending)) => SyncTask::ended(&ending),
            _ => SyncTask::new(file.session().local_only()),
        };
        self.tasks.insert(area, task);
        self.areas.insert(area, file);
    }

    /// Handles a request of a screen.
    pub fn handle(&mut self, request: Request) -> Step {
        match self.guard(&request) {
            Some(refusal) => refusal,
            None => self.dispatch(request),
        }
    }

    /// Events since the last call, for the screens.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The base map of the open area: the bytes of a `PMTiles` file.
    ///
    /// # Errors
    /// When no area is open or its file fails.
    pub fn basemap(&self) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.file()?.basemap()?)
    }

    /// Whether the built-in demo waits for its base map, see [`App::set_demo_basemap`].
    #[must_use]
    pub fn wants_demo_basemap(&self) -> bool {
        self.areas.values().any(|file| file.session().local_only() && matches!(file.basemap_hash(), Ok(None)))
    }

    /// Gives the built-in demo its base map.
    ///
    /// # Errors
    /// When the area's file fails.
    pub fn set_demo_basemap(&mut self, pmtiles: &[u8]) -> Result<(), Error> {
        for (area, file) in &mut self.areas {
            if file.session().local_only() {
                file.set_basemap(pmtiles)?;
                self.events.push(Event::Changed { area: *area, topics: vec![Topic::Basemap] });
            }
        }
        Ok(())
    }

    /// Everything the open area holds, in one canonical text: replicas with the same role that have read the same log
    /// give the same dump. For tests.
    ///
    /// # Errors
    /// When no area is open or its file fails.
    pub fn dump(&self) -> Result<String, Error> {
        Ok(self.file()?.dump()?)
    }

    /// The numbers of the scopes of which the open area holds rows. For tests.
    ///
    /// # Errors
    /// When no area is open or its file fails.
    pub fn scopes_held(&self) -> Result<Vec<u32>, Error> {
        Ok(self.file()?.scopes_held()?)
    }

    /// What the server said last that this device reads of the open area. For tests.
    ///
    /// # Errors
    /// When no area is open.
    pub fn reader(&self) -> Result<Reader, Error> {
        Ok(self.file()?.session().reader())
    }

    /// Commits and closes every file.
    ///
    /// # Errors
    /// When SQLite cannot write what is left.
    pub fn close(self) -> Result<(), Error> {
        for file in self.areas.into_values() {
            file.close()?;
        }
        self.device.close()?;
        Ok(self.lock.close()?)
    }

    fn file(&self) -> Result<&AreaFile, Error> {
        self.current.and_then(|area| self.areas.get(&area)).ok_or(Error::NoArea)
    }

    /// Runs something that reads the open area.
    fn read<T>(&self, read: impl FnOnce(&AreaFile, &Ctx<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let file = self.file()?;
        with_ctx(self.env.as_ref(), |ctx| read(file, ctx))
    }

    /// Refuses what a device can no longer do whose access to the open area has ended. It is not asked of the server: the
    /// token went with the rest, so it would only hear that it is unknown.
    fn require_access(&self) -> Result<(), Error> {
        match self.current.and_then(|area| self.tasks.get(&area)?.ended_with()) {
            Some(code) => Err(Error::coded(code, "this device has no access to the area any more")),
            None => Ok(()),
        }
    }

    /// Runs an action on the open area; tells the screens and wakes synchronising.
    fn act<T>(
        &mut self,
        act: impl FnOnce(&mut AreaFile, &Ctx<'_>) -> Result<(T, BTreeSet<Topic>), Error>,
    ) -> Result<T, Error> {
        let area = self.current.ok_or(Error::NoArea)?;
        self.require_access()?;
        let file = self.areas.get_mut(&area).ok_or(Error::NoArea)?;
        let (done, changed) = with_ctx(self.env.as_ref(), |ctx| act(file, ctx))?;
        if !changed.is_empty() {
            self.events.push(Event::Changed { area, topics: topics(changed) });
            if let Some(task) = self.tasks.get_mut(&area) {
                task.wake();
            }
            self.push_status();
        }
        Ok(done)
    }

    fn push_status(&mut self) {
        // The lock screen says how much would be lost; a count that could not be kept is counted again next time.
        drop(self.unsent().and_then(|unsent| self.lock.note_unsent(unsent)));
        if let Ok(status) = self.status() {
            self.events.push(Event::Sync { status });
        }
    }

    fn status(&self) -> Result<SyncStatus, Error> {
        let file = self.file()?;
        let state = self.tasks.get(&file.session().area).map_or(crate::ipc::SyncState::Idle, SyncTask::state);
        let local = file.session().local_only();
        Ok(SyncStatus {
            state,
            last_success_ms: file.last_success_ms()?,
            pending: if local { 0 } else { file.unsent()? },
            held: file.held()?,
            refused: crate::ops::refusals::count(file)?,
            conflicts: crate::ops::conflicts::count(file)?,
            clock_ahead_ms: file.clock_ahead_ms()?,
        })
    }

    fn boot(&mut self) -> Result<BootView, Error> {
        if let Some(detail) = self.damaged.take() {
            return Err(Error::coded(ErrorCode::StorageDamaged, detail));
        }
        Ok(BootView {
            settings: self.device.settings()?,
            areas: self.areas.values().map(summary).collect::<Result<_, _>>()?,
            current: self.current,
            version: self.host.version.clone(),
            lock_after_minutes: self.lock.after_minutes(),
        })
    }

    fn switch(&mut self, area: AreaId) -> Result<(), Error> {
        if !self.areas.contains_key(&area) {
            return Err(Error::NotFound);
        }
        self.device.open_area(area)?;
        self.current = Some(area);
        self.push_status();
        Ok(())
    }

    fn forget(&mut self, area: AreaId) -> Result<(), Error> {
        let file = self.areas.remove(&area).ok_or(Error::NotFound)?;
        self.tasks.remove(&area);
        self.device.forget_area(area)?;
        file.close()?;
        self.files.remove(&file_name(area))?;
        if self.current == Some(area) {
            self.current = self.areas.keys().next().copied();
        }
        Ok(())
    }

    /// Opens the built-in demo, making it on the first time.
    fn open_demo(&mut self) -> Result<AreaSummary, Error> {
        let area = AreaId(RowId::derived("the demo area of this device", &[]));
        if !self.areas.contains_key(&area) {
            let session = Session {
                area,
                area_name: String::new(),
                role: Role::Coordinator,
                demo: true,
                server: String::new(),
                token: String::new(),
                origin: 1,
                device_id: String::new(),
                member_name: String::new(),
                key: DeviceKey::default(),
                walks: Default::default(),
            };
            let now_ms = self.env.now_ms();
            let actions = crate::demo::actions(crate::demo::JSON, area, now_ms)
                .map_err(|error| Error::coded(ErrorCode::Internal, error.to_string()))?;
            let mut file = AreaFile::create(self.files.open(&file_name(area))?, session)?;
            crate::ops::action::seed(&mut file, actions)?;
            self.add_area(file);
        }
        self.switch(area)?;
        summary(self.file()?)
    }
}

fn open_device(files: &dyn Files, damaged: &mut Option<String>) -> Result<DeviceFile, Error> {
    match files.open(device::FILE).and_then(DeviceFile::open) {
        Err(error) if error.code() == ErrorCode::StorageDamaged => {
            files.set_aside(device::FILE)?;
            *damaged = Some(error.to_string());
            Ok(files.open(device::FILE).and_then(DeviceFile::open)?)
        }
        opened => Ok(opened?),
    }
}

fn summary(file: &AreaFile) -> Result<AreaSummary, Error> {
    let session = file.session();
    let row = table::area::get(&file.conn)?;
    Ok(AreaSummary {
        id: session.area,
        name: if row.name.is_empty() { session.area_name.clone() } else { row.name },
        role: session.role,
        demo: session.demo || row.demo,
        local_only: session.local_only(),
        member_name: session.member_name.clone(),
        server: session.server.clone(),
    })
}

/// The name of an area's file.
fn file_name(area: AreaId) -> String {
    format!("area-{area}.db")
}

fn with_ctx<T>(env: &dyn Env, run: impl FnOnce(&Ctx<'_>) -> T) -> T {
    let now_ms = env.now_ms();
    run(&Ctx {
        now_ms,
        utc_offset_minutes: env.utc_offset_minutes(now_ms),
        fill_random: &|bytes| env.fill_random(bytes),
        openings: &RefCell::default(),
    })
}
