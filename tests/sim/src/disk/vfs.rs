//! The disk as SQLite sees it: a VFS in memory.
//!
//! A connection belongs to one thread, and so does a disk; the disks that are open are found by number in a list of the
//! thread. Each database has one connection, so locks always succeed, and what several connections would share of a
//! write-ahead log's index is memory beside the file.

#![allow(unsafe_code, reason = "SQLite calls a VFS through C functions; nothing else of the project needs this")]

use super::{Disk, Failure, State};
use rusqlite::ffi::{
    self, SQLITE_CANTOPEN, SQLITE_FULL, SQLITE_IOERR_DELETE, SQLITE_IOERR_FSYNC, SQLITE_IOERR_READ,
    SQLITE_IOERR_SHORT_READ, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_WRITE, SQLITE_NOTFOUND, SQLITE_OK, sqlite3_file,
    sqlite3_int64, sqlite3_io_methods, sqlite3_vfs,
};
use rusqlite::{Connection, OpenFlags};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Once;

const NAME: &CStr = c"trygkort-sim";
/// The longest path: a number, a slash and a file's name.
const PATH_MAX: c_int = 256;

thread_local! {
    /// The disks that this thread has opened a file on.
    static DISKS: RefCell<HashMap<u64, Disk>> = RefCell::default();
    static NEXT: Cell<u64> = const { Cell::new(1) };
}

/// Opens a file of the disk.
pub(super) fn connect(disk: &Disk, name: &str, flags: OpenFlags) -> Result<Connection, rusqlite::Error> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(register);
    let path = format!("{}/{name}", number(disk));
    Connection::open_with_flags_and_vfs(path, flags, NAME)
}

/// The number of a disk within this thread.
fn number(disk: &Disk) -> u64 {
    DISKS.with_borrow_mut(|disks| {
        // Only a file that is open needs its disk here, and that holds it as well.
        disks.retain(|_, known| std::rc::Rc::strong_count(&known.0) > 1);
        let known = disks.iter().find(|(_, known)| std::rc::Rc::ptr_eq(&known.0, &disk.0));
        if let Some((number, _)) = known {
            return *number;
        }
        let number = NEXT.get();
        NEXT.set(number + 1);
        disks.insert(number, disk.clone());
        number
    })
}

fn register() {
    let vfs = Box::leak(Box::new(sqlite3_vfs {
        iVersion: 2,
        szOsFile: c_int::try_from(size_of::<OpenFile>()).expect("a small struct"),
        mxPathname: PATH_MAX,
        pNext: std::ptr::null_mut(),
        zName: NAME.as_ptr(),
        pAppData: std::ptr::null_mut(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: None,
        xCurrentTimeInt64: Some(current_time_int64),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }));
    // SAFETY: the VFS and its name live as long as the program.
    let done = unsafe { ffi::sqlite3_vfs_register(vfs, 0) };
    assert_eq!(done, SQLITE_OK, "SQLite takes a VFS");
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(lock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// An open file as SQLite allocates it: its methods first, then what we need to find it again.
#[repr(C)]
struct OpenFile {
    methods: *const sqlite3_io_methods,
    handle: *mut Handle,
}

struct Handle {
    disk: Disk,
    name: String,
    /// The index of the write-ahead log. Boxed, because SQLite keeps the addresses.
    shared: Vec<Box<[u64]>>,
}

impl Handle {
    fn state<T>(&self, run: impl FnOnce(&mut State) -> T) -> T {
        run(&mut self.disk.0.borrow_mut())
    }
}

/// The handle behind a file.
///
/// # Safety
/// `file` was opened by [`open`] and is not closed.
unsafe fn handle<'a>(file: *mut sqlite3_file) -> &'a mut Handle {
    // SAFETY: `open` put a handle there, and SQLite calls no two methods of a file at once.
    unsafe { &mut *(*file.cast::<OpenFile>()).handle }
}

/// The disk and the file's name of a path; `None` for a disk that this thread does not know.
///
/// # Safety
/// `path` is a C string.
unsafe fn find(path: *const c_char) -> Option<(Disk, String)> {
    // SAFETY: by the contract of this function.
    let path = unsafe { CStr::from_ptr(path) }.to_str().ok()?;
    let (number, name) = path.split_once('/')?;
    let disk = DISKS.with_borrow(|disks| disks.get(&number.parse().ok()?).cloned())?;
    Some((disk, name.to_owned()))
}

fn code(failure: Failure, otherwise: c_int) -> c_int {
    if failure == Failure::Full { SQLITE_FULL } else { otherwise }
}

fn offset(at: sqlite3_int64) -> usize {
    usize::try_from(at).expect("SQLite asks for no place before the file")
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    path: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let file = file.cast::<OpenFile>();
    // SAFETY: SQLite hands over room for an `OpenFile`; without methods it does not close a file that failed to open.
    unsafe { (*file).methods = std::ptr::null() };
    if path.is_null() {
        return SQLITE_CANTOPEN; // A temporary file: `temp_store` keeps those in memory.
    }
    // SAFETY: not null, and a C string.
    let Some((disk, name)) = (unsafe { find(path) }) else { return SQLITE_CANTOPEN };
    let opened = {
        let mut state = disk.0.borrow_mut();
        let known = state.files.contains_key(&name);
        if state.next_open().is_err() || !known && flags & ffi::SQLITE_OPEN_CREATE == 0 {
            false
        } else {
            state.files.entry(name.clone()).or_default();
            true
        }
    };
    if !opened {
        return SQLITE_CANTOPEN;
    }
    let handle = Box::into_raw(Box::new(Handle { disk, name, shared: Vec::new() }));
    // SAFETY: as above; `out_flags` may be null.
    unsafe {
        (*file).handle = handle;
        (*file).methods = &raw const METHODS;
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    SQLITE_OK
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: the file is open; SQLite does not use it after this.
    drop(unsafe { Box::from_raw((*file.cast::<OpenFile>()).handle) });
    SQLITE_OK
}

unsafe extern "C" fn read(file: *mut sqlite3_file, to: *mut c_void, amount: c_int, at: sqlite3_int64) -> c_int {
    // SAFETY: the file is open, and `to` has room for `amount` bytes.
    let (handle, to) =
        unsafe { (handle(file), std::slice::from_raw_parts_mut(to.cast::<u8>(), offset(amount.into()))) };
    handle.state(|state| {
        let next = state.next_read();
        let Some(file) = state.files.get(&handle.name).filter(|_| next.is_ok()) else { return SQLITE_IOERR_READ };
        let there = file.data.get(offset(at)..).unwrap_or_default();
        let length = there.len().min(to.len());
        to[..length].copy_from_slice(&there[..length]);
        to[length..].fill(0);
        if length == to.len() { SQLITE_OK } else { SQLITE_IOERR_SHORT_READ }
    })
}

unsafe extern "C" fn write(file: *mut sqlite3_file, from: *const c_void, amount: c_int, at: sqlite3_int64) -> c_int {
    // SAFETY: the file is open, and `from` holds `amount` bytes.
    let (handle, from) =
        unsafe { (handle(file), std::slice::from_raw_parts(from.cast::<u8>(), offset(amount.into()))) };
    handle.state(|state| {
        let next = state.next_write(from.len());
        let Some(file) = state.files.get_mut(&handle.name) else { return SQLITE_IOERR_WRITE };
        match next {
            Ok(()) => {
                file.write(offset(at), from);
                SQLITE_OK
            }
            Err(failure) => {
                if let Failure::Torn(tear) = failure {
                    file.write(offset(at), &from[..tear.of(from.len())]);
                    file.sync();
                }
                code(failure, SQLITE_IOERR_WRITE)
            }
        }
    })
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    handle.state(|state| match (state.next_write(0), state.files.get_mut(&handle.name)) {
        (Ok(()), Some(file)) => {
            file.truncate(offset(size));
            SQLITE_OK
        }
        _ => SQLITE_IOERR_TRUNCATE,
    })
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    handle.state(|state| match (state.next_write(0), state.files.get_mut(&handle.name)) {
        (Ok(()), Some(file)) => {
            file.sync();
            SQLITE_OK
        }
        (Err(failure), _) => code(failure, SQLITE_IOERR_FSYNC),
        (Ok(()), None) => SQLITE_IOERR_FSYNC,
    })
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    // SAFETY: the file is open, and `size` is where the answer goes.
    let (handle, size) = unsafe { (handle(file), &mut *size) };
    let length = handle.state(|state| state.files.get(&handle.name).map_or(0, |file| file.data.len()));
    *size = sqlite3_int64::try_from(length).expect("a file in memory");
    SQLITE_OK
}

unsafe extern "C" fn lock(_: *mut sqlite3_file, _: c_int) -> c_int {
    SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(_: *mut sqlite3_file, held: *mut c_int) -> c_int {
    // SAFETY: `held` is where the answer goes.
    unsafe { *held = 0 };
    SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    SQLITE_NOTFOUND
}

/// As SQLite's own VFS on Linux says.
unsafe extern "C" fn sector_size(_: *mut sqlite3_file) -> c_int {
    4096
}

/// As SQLite's own VFS on Linux says: a write that is cut short leaves the bytes beside it alone.
unsafe extern "C" fn device_characteristics(_: *mut sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    page: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: the file is open, and `out` is where the answer goes.
    let (handle, out) = unsafe { (handle(file), &mut *out) };
    let (page, words) = (offset(page.into()), offset(size.into()).div_ceil(8));
    *out = std::ptr::null_mut();
    while extend != 0 && handle.shared.len() <= page {
        handle.shared.push(vec![0_u64; words].into_boxed_slice());
    }
    if let Some(region) = handle.shared.get_mut(page) {
        *out = region.as_mut_ptr().cast();
    }
    SQLITE_OK
}

unsafe extern "C" fn shm_lock(_: *mut sqlite3_file, _: c_int, _: c_int, _: c_int) -> c_int {
    SQLITE_OK
}

unsafe extern "C" fn shm_barrier(_: *mut sqlite3_file) {}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open; SQLite uses none of the regions after this.
    unsafe { handle(file) }.shared.clear();
    SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, path: *const c_char, _: c_int) -> c_int {
    // SAFETY: SQLite hands over a C string.
    let Some((disk, name)) = (unsafe { find(path) }) else { return SQLITE_IOERR_DELETE };
    let mut state = disk.0.borrow_mut();
    if !state.files.contains_key(&name) {
        return ffi::SQLITE_IOERR_DELETE_NOENT;
    }
    match state.next_write(0) {
        Ok(()) => {
            state.files.remove(&name);
            SQLITE_OK
        }
        Err(_) => SQLITE_IOERR_DELETE,
    }
}

unsafe extern "C" fn access(_: *mut sqlite3_vfs, path: *const c_char, _: c_int, out: *mut c_int) -> c_int {
    // SAFETY: SQLite hands over a C string and where the answer goes.
    let (found, out) = unsafe { (find(path), &mut *out) };
    // An empty file beside a database says nothing, as SQLite's own VFS sees it.
    let there = |disk: &Disk, name: &str| disk.0.borrow().files.get(name).is_some_and(|file| !file.data.is_empty());
    *out = c_int::from(found.is_some_and(|(disk, name)| there(&disk, &name)));
    SQLITE_OK
}

unsafe extern "C" fn full_pathname(_: *mut sqlite3_vfs, path: *const c_char, room: c_int, out: *mut c_char) -> c_int {
    // SAFETY: SQLite hands over a C string, and room for `room` bytes.
    unsafe {
        let bytes = CStr::from_ptr(path).to_bytes_with_nul();
        if bytes.len() > offset(room.into()) {
            return SQLITE_CANTOPEN;
        }
        std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len());
    }
    SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut sqlite3_vfs, amount: c_int, out: *mut c_char) -> c_int {
    // SAFETY: `out` has room for `amount` bytes. SQLite needs them for the salt of a write-ahead log alone.
    unsafe { std::ptr::write_bytes(out, 0x5a, offset(amount.into())) };
    amount
}

unsafe extern "C" fn sleep(_: *mut sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

/// 20 November 2026 as a Julian day; nothing that SQLite computes here depends on it.
unsafe extern "C" fn current_time(_: *mut sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: `out` is where the answer goes.
    unsafe { *out = 2_461_365.0 };
    SQLITE_OK
}

unsafe extern "C" fn current_time_int64(_: *mut sqlite3_vfs, out: *mut sqlite3_int64) -> c_int {
    // SAFETY: `out` is where the answer goes.
    unsafe { *out = 2_461_365 * 86_400_000 };
    SQLITE_OK
}
