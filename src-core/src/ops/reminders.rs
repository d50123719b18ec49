//! *Husk opkaldet*: calls to make when there is a signal again. Kept on this device only.

use super::{Ctx, channels};
use crate::domain::{ContactId, ProblemId};
use crate::error::Error;
use crate::ipc::Reminder;
use crate::store::area::AreaFile;
use crate::store::table::{area, channel, contact, problem, row_id};
use rusqlite::params;

/// Remembers a call; remembering the same one again makes it the newest.
pub(crate) fn remember(
    file: &mut AreaFile,
    ctx: &Ctx<'_>,
    contact: ContactId,
    problem: Option<ProblemId>,
) -> Result<(), Error> {
    let tx = file.conn.transaction()?;
    let problem = problem.map(|id| *id.0.0.as_bytes());
    tx.execute("DELETE FROM reminder WHERE contact = ?1 AND problem IS ?2", params![contact.0.0.as_bytes(), problem])?;
    tx.execute(
        "INSERT INTO reminder (contact, problem, created_ms) VALUES (?1, ?2, ?3)",
        params![contact.0.0.as_bytes(), problem, ctx.now_ms],
    )?;
    Ok(tx.commit()?)
}

/// Calls to remember, newest first. One whose contact is gone from this device is left out.
pub(crate) fn all(file: &AreaFile) -> Result<Vec<Reminder>, Error> {
    let demo = area::get(&file.conn)?.demo;
    let mut statement =
        file.conn.prepare_cached("SELECT id, contact, problem, created_ms FROM reminder ORDER BY id DESC")?;
    let found = statement.query_map([], |row| {
        let problem: Option<[u8; 16]> = row.get(2)?;
        Ok((row.get::<_, i64>(0)?, row_id(row, 1)?, problem, row.get::<_, i64>(3)?))
    })?;
    let mut reminders = Vec::new();
    for item in found {
        let (id, contact_id, problem_id, created_at_ms) = item?;
        let Some(row) = contact::get(&file.conn, contact_id)? else { continue };
        let problem = match problem_id {
            Some(bytes) => problem::get(&file.conn, crate::domain::RowId(uuid::Uuid::from_bytes(bytes)))?,
            None => None,
        };
        reminders.push(Reminder {
            id,
            contact: ContactId(contact_id),
            contact_name: row.name,
            problem_name: problem.map_or_else(String::new, |problem| problem.name),
            phone: channels::first_phone(&channel::of_contact(&file.conn, contact_id)?),
            created_at_ms,
            demo,
        });
    }
    Ok(reminders)
}

/// The call was made, or is not needed.
pub(crate) fn dismiss(file: &AreaFile, id: i64) -> Result<(), Error> {
    file.conn.execute("DELETE FROM reminder WHERE id = ?1", [id])?;
    Ok(())
}
