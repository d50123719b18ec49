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

/// Writes the folded text that a contact is found by: its name, role, note, organisation and numbers.
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
    const ORDER: &str = "ORDER BY organisation.sort IS NULL, organisation.sort, contact.ord, contact.sort, contact.row";
    let folded = text::fold(query);
    if folded.is_empty() {
        let total = conn.prepare_cached("SELECT COUNT(*) FROM contact")?.query_row([], |row| row.get(0))?;
        let mut statement = conn.prepare_cached(&format!("{SELECT} {ORDER} LIMIT ?1"))?;
        let found = statement.query_map([limit], from_row)?;
        return Ok((found.collect::<Result<_, _>>()?, total));
    }
    let (condition, words) = condition(&folded);
    let parameters = rusqlite::params_from_iter(words.iter());
    let sql = format!("SELECT COUNT(*) FROM contact_search WHERE {condition}");
    let total = conn.prepare_cached(&sql)?.query_row(parameters, |row| row.get(0))?;
    let sql = format!(
        "{SELECT} WHERE contact.n IN (SELECT rowid FROM contact_search WHERE {condition}) {ORDER} LIMIT {limit}"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let found = statement.query_map(rusqlite::params_from_iter(words.iter()), from_row)?;
    Ok((found.collect::<Result<_, _>>()?, total))
}

/// The trigram index answers words of three letters and more; shorter ones are looked for in the text.
fn condition(folded: &str) -> (String, Vec<String>) {
    let (long, short): (Vec<&str>, Vec<&str>) = folded.split(' ').partition(|word| word.chars().count() >= 3);
    let mut conditions = Vec::new();
    let mut parameters = Vec::new();
    if !long.is_empty() {
        conditions.push("contact_search MATCH ?".to_owned());
        // The words hold letters and digits only, so quoting them is enough.
        parameters.push(long.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" AND "));
    }
    for word in short {
        conditions.push("folded LIKE ?".to_owned());
        parameters.push(format!("%{word}%"));
    }
    (conditions.join(" AND "), parameters)
}
