//! The files that photos name, on a device: what is here, what the server has not got yet, and what is wanted.

use super::StoreError;
use crate::domain::{Scope, schema};
use crate::merge::RowState;
use rusqlite::{Connection, OptionalExtension, params};

/// So much of what could be fetched again is kept.
pub(crate) const KEPT_BYTES_MAX: u64 = 200 << 20;

/// `unsent` of a file that somebody else handed over; 1 is that of one that was made here.
const HANDED_OVER: u8 = 2;

/// A file on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    pub(crate) hash: String,
    pub(crate) thumbnail: bool,
    pub(crate) bytes: u64,
}

/// What is known of a file here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) here: bool,
    pub(crate) unsent: bool,
}

/// Keeps a file that was made here, until the server has it and beyond. Returns its name.
pub(crate) fn add(conn: &Connection, content: &[u8], thumbnail: bool, now_ms: i64) -> Result<String, StoreError> {
    let hash = blake3::hash(content).to_hex().to_string();
    conn.prepare_cached(
        "INSERT INTO blob (hash, thumbnail, content, unsent, used_at) VALUES (?1, ?2, ?3, 1, ?4)
         ON CONFLICT (hash) DO UPDATE SET content = excluded.content, unsent = 1, used_at = excluded.used_at",
    )?
    .execute(params![hash, thumbnail, content, now_ms])?;
    Ok(hash)
}

/// What is known of a file.
pub(crate) fn kept(conn: &Connection, hash: &str) -> Result<Kept, StoreError> {
    let found = conn
        .prepare_cached("SELECT content IS NOT NULL, unsent FROM blob WHERE hash = ?1")?
        .query_row([hash], |row| Ok(Kept { here: row.get(0)?, unsent: row.get(1)? }))
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// A file, looked at now.
pub(crate) fn look_at(conn: &Connection, hash: &str, now_ms: i64) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(content) = content(conn, hash)? else { return Ok(None) };
    conn.prepare_cached("UPDATE blob SET used_at = ?2 WHERE hash = ?1")?.execute(params![hash, now_ms])?;
    Ok(Some(content))
}

/// A file that is here.
pub(crate) fn content(conn: &Connection, hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT content FROM blob WHERE hash = ?1 AND content IS NOT NULL")?;
    Ok(statement.query_row([hash], |row| row.get(0)).optional()?)
}

/// A piece of a file that is here.
pub(crate) fn piece(conn: &Connection, hash: &str, offset: u64, bytes: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT substr(content, ?2 + 1, ?3) FROM blob WHERE hash = ?1 AND content IS NOT NULL";
    let found = conn.prepare_cached(sql)?.query_row(params![hash, offset, bytes], |row| row.get(0));
    Ok(found.optional()?)
}

/// Somebody wants to see a photo that is not here. Whether any row that is here names it.
pub(crate) fn want(conn: &Connection, hash: &str, now_ms: i64) -> Result<bool, StoreError> {
    let wanted = conn
        .prepare_cached(
            "INSERT OR IGNORE INTO blob (hash, thumbnail, content, unsent, used_at)
             SELECT ?1, hash <> ?1, NULL, 0, ?2 FROM photo WHERE hash = ?1 OR thumbnail = ?1 LIMIT 1",
        )?
        .execute(params![hash, now_ms])?;
    Ok(wanted > 0 || conn.prepare_cached("SELECT 1 FROM blob WHERE hash = ?1")?.exists([hash])?)
}

/// Whether the server lacks any file. Asked first, because hardly ever does it: then no photo need be looked at.
pub(crate) fn any_unsent(conn: &Connection) -> Result<bool, StoreError> {
    Ok(conn.prepare_cached("SELECT 1 FROM blob WHERE unsent")?.exists([])?)
}

/// How many photos are not on the server yet, counting a photo and its thumbnail once.
pub(crate) fn unsent_count(conn: &Connection) -> Result<u32, StoreError> {
    if !any_unsent(conn)? {
        return Ok(0);
    }
    let sql = "SELECT COUNT(*) FROM photo WHERE NOT EXISTS (SELECT 1 FROM outbox_row WHERE outbox_row.row = photo.row)
         AND EXISTS (SELECT 1 FROM blob WHERE unsent AND hash IN (photo.hash, photo.thumbnail))";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Keeps a file that somebody else could not send, until the server has it. No row that is here need name it.
pub(crate) fn hand_over(conn: &Connection, content: &[u8], thumbnail: bool, now_ms: i64) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO blob (hash, thumbnail, content, unsent, used_at) VALUES (?1, ?2, ?3, ?5, ?4)
         ON CONFLICT (hash) DO UPDATE SET content = excluded.content, unsent = max(unsent, excluded.unsent)",
    )?
    .execute(params![blake3::hash(content).to_hex().as_str(), thumbnail, content, now_ms, HANDED_OVER])?;
    Ok(())
}

/// The files that the server has not got, up to so many bytes: thumbnails first.
pub(crate) fn unsent(conn: &Connection, bytes_max: u64) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = "SELECT content FROM blob WHERE unsent AND content IS NOT NULL ORDER BY thumbnail DESC, used_at, hash";
    let mut statement = conn.prepare_cached(sql)?;
    let (mut found, mut files, mut bytes) = (statement.query([])?, Vec::new(), 0);
    while let Some(row) = found.next()? {
        let content = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        bytes += content.len() as u64;
        if bytes > bytes_max {
            break;
        }
        files.push(content.to_vec());
    }
    Ok(files)
}

/// How many photos the server has not got, whether it has their rows or not.
pub(crate) fn unsent_photos(conn: &Connection) -> Result<u32, StoreError> {
    let sql = "SELECT COUNT(*) FROM blob WHERE unsent AND content IS NOT NULL AND NOT thumbnail";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// What to send next: thumbnails first. Only what a row names that the server has, and what was handed over.
pub(crate) fn next_unsent(conn: &Connection, except: &dyn Fn(&str) -> bool) -> Result<Option<Blob>, StoreError> {
    if !any_unsent(conn)? {
        return Ok(None);
    }
    let sql = format!(
        "SELECT hash, thumbnail, length(content) FROM blob
         WHERE unsent AND content IS NOT NULL AND (unsent = {HANDED_OVER} OR EXISTS (
            SELECT 1 FROM photo WHERE blob.hash IN (photo.hash, photo.thumbnail)
            AND NOT EXISTS (SELECT 1 FROM outbox_row WHERE outbox_row.row = photo.row)))
         ORDER BY thumbnail DESC, used_at, hash"
    );
    first(conn, &sql, except)
}

/// What a device sends next whose access has ended and that has handed in what it wrote: all that the server has not
/// got, thumbnails first.
pub(crate) fn next_of_the_last(conn: &Connection, except: &dyn Fn(&str) -> bool) -> Result<Option<Blob>, StoreError> {
    let sql = "SELECT hash, thumbnail, length(content) FROM blob WHERE unsent AND content IS NOT NULL
         ORDER BY thumbnail DESC, used_at, hash";
    first(conn, sql, except)
}

/// What to fetch next: thumbnails of everything that is shown, then photos that somebody opened.
pub(crate) fn next_wanted(conn: &Connection, except: &dyn Fn(&str) -> bool) -> Result<Option<Blob>, StoreError> {
    let sql = "SELECT DISTINCT photo.thumbnail, 1, 0 FROM photo WHERE NOT deleted
            AND NOT EXISTS (SELECT 1 FROM blob WHERE hash = photo.thumbnail AND content IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM outbox_row WHERE outbox_row.row = photo.row)";
    if let Some(thumbnail) = first(conn, sql, except)? {
        return Ok(Some(thumbnail));
    }
    first(conn, "SELECT hash, thumbnail, 0 FROM blob WHERE content IS NULL ORDER BY used_at DESC, hash", except)
}

fn first(conn: &Connection, sql: &str, except: &dyn Fn(&str) -> bool) -> Result<Option<Blob>, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let blob = Blob { hash: row.get(0)?, thumbnail: row.get(1)?, bytes: row.get(2)? };
        if !except(&blob.hash) {
            return Ok(Some(blob));
        }
    }
    Ok(None)
}

/// The server has it.
pub(crate) fn sent(conn: &Connection, hash: &str) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE blob SET unsent = 0 WHERE hash = ?1")?.execute([hash])?;
    Ok(())
}

/// The area has no server: nothing is on its way.
pub(crate) fn nowhere_to_send(conn: &Connection) -> Result<(), StoreError> {
    Ok(conn.execute("UPDATE blob SET unsent = 0", []).map(drop)?)
}

/// The server has lost it.
pub(crate) fn not_sent(conn: &Connection, hash: &str) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE blob SET unsent = 1 WHERE hash = ?1 AND content IS NOT NULL")?.execute([hash])?;
    Ok(())
}

/// Keeps a file that was fetched, and lets go of what nobody has looked at for longest.
pub(crate) fn fetched(conn: &Connection, blob: &Blob, content: &[u8], now_ms: i64) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO blob (hash, thumbnail, content, unsent, used_at) VALUES (?1, ?2, ?3, 0, ?4)
         ON CONFLICT (hash) DO UPDATE SET content = excluded.content",
    )?
    .execute(params![blob.hash, blob.thumbnail, content, now_ms])?;
    make_room(conn, KEPT_BYTES_MAX)
}

fn make_room(conn: &Connection, bytes_max: u64) -> Result<(), StoreError> {
    let sum = "SELECT COALESCE(SUM(length(content)), 0) FROM blob WHERE NOT unsent";
    let mut held: u64 = conn.prepare_cached(sum)?.query_row([], |row| row.get(0))?;
    while held > bytes_max {
        let oldest = "DELETE FROM blob WHERE hash = (SELECT hash FROM blob WHERE NOT unsent AND content IS NOT NULL
             ORDER BY thumbnail, used_at, hash LIMIT 1) RETURNING length(content)";
        let Some(bytes) = conn.prepare_cached(oldest)?.query_row([], |row| row.get::<_, u64>(0)).optional()? else {
            return Ok(());
        };
        held = held.saturating_sub(bytes);
    }
    Ok(())
}

/// The names of the files that are here, in their order, behind a name.
pub(crate) fn names(conn: &Connection, behind: &str, max: usize) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT hash FROM blob WHERE content IS NOT NULL AND hash > ?1 ORDER BY hash LIMIT ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let found = statement.query_map(params![behind, max], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Of a photo whose row may not be here any more, what the server has not got goes all the same: nobody else has it.
pub(crate) fn goes_all_the_same(conn: &Connection, photo: &RowState) -> Result<(), StoreError> {
    let names = [schema::photo::hash, schema::photo::thumbnail].into_iter().filter_map(|name| photo.fields.get(&name));
    for name in names {
        conn.prepare_cached("UPDATE blob SET unsent = ?2 WHERE hash = ?1 AND unsent = 1")?
            .execute(params![name.value.text(), HANDED_OVER])?;
    }
    Ok(())
}

/// Lets go of a file that is not to reach the server any more, unless another row names it.
pub(crate) fn forget(conn: &Connection, name: &str) -> Result<(), StoreError> {
    conn.prepare_cached(
        "DELETE FROM blob WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM photo WHERE ?1 IN (photo.hash, photo.thumbnail))",
    )?
    .execute([name])?;
    Ok(())
}

/// Lets go of the files that no row names any more, and says how many. What was refused is kept until somebody lets it
/// go.
pub(crate) fn sweep(conn: &Connection) -> Result<usize, StoreError> {
    if !conn.prepare_cached("SELECT 1 FROM blob")?.exists([])? {
        return Ok(0);
    }
    Ok(conn.prepare_cached(
        "DELETE FROM blob WHERE unsent <> ?1 AND hash NOT IN (SELECT hash FROM photo UNION SELECT thumbnail FROM photo)
         AND NOT EXISTS (SELECT 1 FROM refused WHERE instr(body, CAST(blob.hash AS BLOB)) > 0)",
    )?
    .execute([HANDED_OVER])?)
}

/// Lets go of what a role that does not read this scope may not see. What was made here waits for the verdict on its
/// row.
pub(crate) fn forget_scope(conn: &Connection, scope: Scope) -> Result<(), StoreError> {
    conn.prepare_cached(
        "DELETE FROM blob WHERE NOT unsent AND EXISTS (
            SELECT 1 FROM photo WHERE scope = ?1 AND blob.hash IN (photo.hash, photo.thumbnail))",
    )?
    .execute([scope.number()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_looked_at_for_longest_goes_first_and_what_is_unsent_never() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("migrations/0005_area.sql")).unwrap();
        let unsent = add(&conn, &[1; 100], false, 0).unwrap();
        let fetch = |hash: &str, thumbnail, at| {
            let blob = Blob { hash: hash.to_owned(), thumbnail, bytes: 0 };
            fetched(&conn, &blob, &[2; 100], at).unwrap();
        };
        fetch("a", false, 1);
        fetch("b", false, 2);
        fetch("c", true, 0);
        look_at(&conn, "a", 3).unwrap().unwrap();
        make_room(&conn, 250).unwrap();
        let left = || names(&conn, "", 9).unwrap();
        assert_eq!(left().len(), 3);
        assert!(!left().contains(&"b".to_owned()), "looked at before a");
        make_room(&conn, 100).unwrap();
        assert!(left().contains(&"c".to_owned()), "thumbnails are kept for longer");
        make_room(&conn, 0).unwrap();
        assert_eq!(left(), [unsent]);
    }
}
