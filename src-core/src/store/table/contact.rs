//! Contacts and their search index.

use super::{Fields, channel, row_id, scope};
use crate::domain::schema::contact as f;
use crate::domain::{RowId, Scope, text};
use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A contact as screens read it, with its organisation's name.
#[derive(Clone)]
pub(crate) struct ContactRow {
    pub(crate) id: RowId,
    pub(crate) scope: Scope,
    pub(crate) organisation: Option<RowId>,
    pub(crate) organisation_name: String,
    pub(crate) sector: String,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) hours: String,
    pub(crate) note: String,
    pub(crate) verified_at: Option<i64>,
    pub(crate) verified_by: String,
}

const SELECT: &str = "SELECT contact.row, contact.scope, contact.organisation, COALESCE(organisation.name, ''),
        COALESCE(organisation.sector, ''), contact.name, contact.role, contact.hours, contact.note,
        contact.verified_at, contact.verified_by
    FROM contact LEFT JOIN organisation ON organisation.row = contact.organisation";

/// By organisation, those without one last; within it in the chosen order, then alphabetically. As in migration 0002.
const PLACE: &str = "UPDATE contact SET place = COALESCE(
        (SELECT '0' || organisation.sort FROM organisation WHERE organisation.row = contact.organisation), '1')
        || char(9) || COALESCE(ord, '') || char(9) || COALESCE(sort, '')
    WHERE n = ?1";

fn from_row(row: &Row<'_>) -> rusqlite::Result<ContactRow> {
    Ok(ContactRow {
        id: row_id(row, 0)?,
        scope: scope(row, 1)?,
        organisation: row.get::<_, Option<[u8; 16]>>(2)?.map(|bytes| RowId(uuid::Uuid::from_bytes(bytes))),
        organisation_name: row.get(3)?,
        sector: row.get(4)?,
        name: row.get(5)?,
        role: row.get(6)?,
        hours: row.get(7)?,
        note: row.get(8)?,
        verified_at: row.get(9)?,
        verified_by: row.get(10)?,
    })
}

/// Above this many hits the list is walked in its order; up to it, the hits are put in order.
const SORTED_HITS_MAX: usize = 1_000;

pub(crate) fn project(conn: &Connection, fields: &Fields<'_>, deleted: bool) -> Result<(), StoreError> {
    if deleted {
        return remove(conn, fields.id());
    }
    let name = fields.text(f::name);
    conn.prepare_cached(
        "INSERT INTO contact (row, scope, organisation, name, role, hours, note, verified_at, verified_by, ord, sort)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (row) DO UPDATE SET scope = ?2, organisation = ?3, name = ?4, role = ?5, hours = ?6, note = ?7,
             verified_at = ?8, verified_by = ?9, ord = ?10, sort = ?11",
    )?
    .execute(params![
        fields.id().0.as_bytes(),
        fields.scope().number(),
        fields.row(f::organisation),
        name,
        fields.text(f::role),
        fields.text(f::hours),
        fields.text(f::note),
        fields.int(f::verified_at),
        fields.text(f::verified_by),
        fields.text(f::order),
        text::sort_key(name)
    ])?;
    Ok(())
}

/// Removes a contact and its index entry.
pub(crate) fn remove(conn: &Connection, row: RowId) -> Result<(), StoreError> {
    if let Some(n) = number(conn, row)? {
        conn.prepare_cached("DELETE FROM contact_search WHERE rowid = ?1")?.execute([n])?;
        conn.prepare_cached("DELETE FROM contact WHERE n = ?1")?.execute([n])?;
    }
    Ok(())
}

/// Writes the folded text that a contact is found by (its name, role, note, organisation and numbers), and its place in
/// the list.
pub(crate) fn index(conn: &Connection, row: RowId) -> Result<(), StoreError> {
    let (Some(n), Some(contact)) = (number(conn, row)?, get(conn, row)?) else { return Ok(()) };
    let mut words = vec![contact.name, contact.role, contact.organisation_name, contact.note];
    for channel in channel::of_contact(conn, row)? {
        words.push(channel.label);
        // Both as stored and without the country code, so that typing a number from the start finds it.
        words.push(channel.value.strip_prefix("+45").unwrap_or(&channel.value).to_owned());
    }
    let folded = text::fold(&words.join(" "));
    conn.prepare_cached("DELETE FROM contact_search WHERE rowid = ?1")?.execute([n])?;
    conn.prepare_cached("INSERT INTO contact_search (rowid, folded) VALUES (?1, ?2)")?.execute(params![n, folded])?;
    conn.prepare_cached(PLACE)?.execute([n])?;
    Ok(())
}

fn number(conn: &Connection, row: RowId) -> Result<Option<i64>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT n FROM contact WHERE row = ?1")?
        .query_row([row.0.as_bytes()], |r| r.get(0))
        .optional()?)
}

/// One contact.
pub(crate) fn get(conn: &Connection, row: RowId) -> Result<Option<ContactRow>, StoreError> {
    Ok(conn
        .prepare_cached(&format!("{SELECT} WHERE contact.row = ?1"))?
        .query_row([row.0.as_bytes()], from_row)
        .optional()?)
}

/// The contacts of an organisation.
pub(crate) fn of_organisation(conn: &Connection, organisation: RowId) -> Result<Vec<RowId>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT row FROM contact WHERE organisation = ?1")?;
    let found = statement.query_map([organisation.0.as_bytes()], |row| row_id(row, 0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Contacts that hold every word of `query` (folded, anywhere in a word), by organisation and name, and how many there
/// are. With an empty query, all contacts.
pub(crate) fn search(conn: &Connection, query: &str, limit: u32) -> Result<(Vec<ContactRow>, u32), StoreError> {
    let folded = text::fold(query);
    if folded.is_empty() {
        let total = conn.prepare_cached("SELECT COUNT(*) FROM contact")?.query_row([], |row| row.get(0))?;
        let mut statement = conn.prepare_cached(&format!("{SELECT} ORDER BY contact.place LIMIT ?1"))?;
        let found = statement.query_map([limit], from_row)?;
        return Ok((found.collect::<Result<_, _>>()?, total));
    }
    let hits = hits(conn, &folded)?;
    let total = u32::try_from(hits.len()).unwrap_or(u32::MAX);
    let mut statement = conn.prepare_cached(&format!("{SELECT} WHERE contact.n = ?1"))?;
    let shown = first_in_order(conn, &hits, limit)?.into_iter().map(|n| statement.query_row([n], from_row));
    Ok((shown.collect::<Result<_, _>>()?, total))
}

/// The numbers of the contacts that hold every word, ascending.
///
/// The trigram index answers words of three letters and more. Where one is shorter, reading all texts once is faster
/// than asking the index for the others and then looking each of its answers up.
fn hits(conn: &Connection, folded: &str) -> Result<Vec<i64>, StoreError> {
    let words: Vec<&str> = folded.split(' ').collect();
    if words.iter().all(|word| word.chars().count() >= 3) {
        // The words hold letters and digits only, so quoting them is enough.
        let phrase = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" AND ");
        let mut statement =
            conn.prepare_cached("SELECT rowid FROM contact_search WHERE contact_search MATCH ?1 ORDER BY rowid")?;
        return Ok(statement.query_map([phrase], |row| row.get(0))?.collect::<Result<_, _>>()?);
    }
    let mut statement = conn.prepare_cached("SELECT id, c0 FROM contact_search_content ORDER BY id")?;
    let mut texts = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = texts.next()? {
        let text = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        if words.iter().all(|word| text.contains(word)) {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

/// The first `limit` of these contacts in the order of the list.
fn first_in_order(conn: &Connection, hits: &[i64], limit: u32) -> Result<Vec<i64>, StoreError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if hits.len() <= SORTED_HITS_MAX {
        let mut place = conn.prepare_cached("SELECT place FROM contact WHERE n = ?1")?;
        let places = hits.iter().map(|n| Ok((place.query_row([n], |row| row.get::<_, Option<String>>(0))?, *n)));
        let mut ordered = places.collect::<Result<Vec<_>, StoreError>>()?;
        ordered.sort_unstable();
        return Ok(ordered.into_iter().take(limit).map(|(_, n)| n).collect());
    }
    // Walking the list meets enough of many hits soon.
    let mut walk = conn.prepare_cached("SELECT n FROM contact ORDER BY place, n")?;
    let mut walked = walk.query([])?;
    let mut found = Vec::new();
    while found.len() < limit
        && let Some(row) = walked.next()?
    {
        let n = row.get(0)?;
        if hits.binary_search(&n).is_ok() {
            found.push(n);
        }
    }
    Ok(found)
}
