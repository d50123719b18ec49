//! Encrypted database files (`SQLCipher`), and how plain ones of earlier versions become encrypted.
//!
//! A plain file is copied into an encrypted one beside it, the copy is read back and compared, and only then takes the
//! name of the plain one, in one step. Whatever moment the power goes: under the name lies a whole file, the old or the
//! new.

use crate::keys::{Key, hex};
use rusqlite::Connection;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use trygkort_core::store::StoreError;
use zeroize::Zeroizing;

/// How every plain SQLite file begins; an encrypted one begins with random bytes.
const PLAIN: &[u8; 16] = b"SQLite format 3\0";

/// Opens an encrypted file, making it if it is not there; a plain one is encrypted first.
pub(crate) fn open(path: &Path, key: &Key) -> Result<Connection, StoreError> {
    // What an earlier attempt left is begun anew.
    remove(&unfinished(path))?;
    if is_plain(path)? {
        encrypt(path, key)?;
    }
    open_with_key(path, key)
}

/// Whether a file holds something, and is not a plain database.
pub(crate) fn is_encrypted(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.len() > 0) && matches!(is_plain(path), Ok(false))
}

fn open_with_key(path: &Path, key: &Key) -> Result<Connection, StoreError> {
    let conn = Connection::open(path)?;
    conn.execute_batch(&Zeroizing::new(format!("PRAGMA key = \"{}\"", *raw(key))))?;
    // A wrong key shows with the first page that is read.
    conn.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(conn)
}

/// The key as `SQLCipher` takes it as it is, without deriving one from it.
fn raw(key: &Key) -> Zeroizing<String> {
    Zeroizing::new(format!("x'{}'", *Zeroizing::new(hex(key.as_slice()))))
}

fn is_plain(path: &Path) -> Result<bool, StoreError> {
    let mut start = [0; PLAIN.len()];
    match File::open(path).and_then(|mut file| file.read_exact(&mut start)) {
        Ok(()) => Ok(&start == PLAIN),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) => Ok(false),
        Err(error) => Err(refused(&error)),
    }
}

fn encrypt(path: &Path, key: &Key) -> Result<(), StoreError> {
    let copy = unfinished(path);
    let plain = Connection::open(path)?;
    // What is still in the write-ahead log goes into the file, and the log goes.
    plain.pragma_update(None, "journal_mode", "DELETE")?;
    copy_encrypted(&plain, &copy, key)?;
    compare(&plain, &copy, key)?;
    plain.close().map_err(|(_, error)| error)?;
    swap(path, &copy).map_err(|error| refused(&error))
}

fn copy_encrypted(plain: &Connection, copy: &Path, key: &Key) -> Result<(), StoreError> {
    let name = copy.to_str().ok_or_else(|| StoreError::Refused("the folder's name is not Unicode".to_owned()))?;
    plain.execute("ATTACH DATABASE ?1 AS encrypted KEY ?2", [name, raw(key).as_str()])?;
    plain.query_row("SELECT sqlcipher_export('encrypted')", [], |_| Ok(()))?;
    // Migrations count on this number, and the export does not take it along.
    plain.pragma_update(Some("encrypted"), "user_version", user_version(plain)?)?;
    Ok(plain.execute_batch("DETACH DATABASE encrypted")?)
}

/// Reads the copy as it will be read from now on.
fn compare(plain: &Connection, copy: &Path, key: &Key) -> Result<(), StoreError> {
    let conn = open_with_key(copy, key)?;
    let unequal = |what: &str| StoreError::Refused(format!("the encrypted copy is not like the file: {what}"));
    let check: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if check != "ok" || conn.prepare("PRAGMA cipher_integrity_check")?.exists([])? {
        return Err(unequal("its check fails"));
    }
    if user_version(plain)? != user_version(&conn)? || tables(plain)? != tables(&conn)? {
        return Err(unequal("its tables"));
    }
    conn.close().map_err(|(_, error)| error)?;
    Ok(())
}

fn user_version(conn: &Connection) -> Result<i64, StoreError> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Every table and index by its definition, with how many rows a table has.
fn tables(conn: &Connection) -> Result<Vec<(String, Option<i64>)>, StoreError> {
    let mut statement = conn.prepare("SELECT type, name, IFNULL(sql, '') FROM sqlite_schema ORDER BY type, name")?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut tables = Vec::new();
    for row in found {
        let (kind, name, sql): (String, String, String) = row?;
        let quoted = name.replace('"', "\"\"");
        let count = || conn.query_row(&format!("SELECT COUNT(*) FROM \"{quoted}\""), [], |row| row.get(0));
        tables.push((format!("{kind} {name} {sql}"), if kind == "table" { Some(count()?) } else { None }));
    }
    Ok(tables)
}

/// Puts the copy in the file's place and overwrites what was there.
fn swap(path: &Path, copy: &Path) -> io::Result<()> {
    File::options().write(true).open(copy)?.sync_all()?;
    let old = File::options().write(true).open(path);
    fs::rename(copy, path)?;
    crate::keys::sync_folder(path)?;
    if let Ok(old) = old
        && let Err(error) = overwrite(old)
    {
        // The file is gone all the same; a disk with wear levelling keeps copies of its own anyway.
        tracing::warn!(kind = ?error.kind(), "what was plain could not be overwritten");
    }
    Ok(())
}

fn overwrite(mut file: File) -> io::Result<()> {
    io::copy(&mut io::repeat(0).take(file.metadata()?.len()), &mut file)?;
    file.flush()?;
    file.sync_all()
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".encrypting");
    name.into()
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(refused(&error)),
        _ => Ok(()),
    }
}

fn refused(error: &io::Error) -> StoreError {
    StoreError::Refused(error.kind().to_string())
}

#[cfg(test)]
mod tests;
