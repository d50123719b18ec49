//! Numbered SQL steps; a shipped step never changes. The number of the last step is kept in `user_version`.

use super::StoreError;
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// Applies the steps that the file has not seen, all in one transaction.
///
/// # Errors
/// [`StoreError::Newer`] when the file was written by a version with more steps: it is left untouched.
pub(crate) fn migrate(conn: &Connection, steps: &[&str]) -> Result<(), StoreError> {
    let version = || conn.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    let found = version()?;
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    if found == known {
        return Ok(());
    }
    let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
    // Asked again: the command line may have been faster than the server.
    for step in steps.iter().skip(usize::try_from(version()?).unwrap_or(0)) {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "user_version", known)?;
    tx.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_run_once_and_a_newer_file_is_left_alone() {
        let conn = Connection::open_in_memory().unwrap();
        migrate(&conn, &["CREATE TABLE a (x)"]).unwrap();
        migrate(&conn, &["CREATE TABLE a (x)", "CREATE TABLE b (x)"]).unwrap();
        conn.execute("INSERT INTO b VALUES (1)", []).unwrap();
        assert!(matches!(migrate(&conn, &["CREATE TABLE a (x)"]), Err(StoreError::Newer { found: 2, known: 1 })));
    }

    #[test]
    fn a_failing_step_leaves_nothing_behind() {
        let conn = Connection::open_in_memory().unwrap();
        assert!(migrate(&conn, &["CREATE TABLE a (x)", "CREATE TABEL b (x)"]).is_err());
        assert!(conn.execute("INSERT INTO a VALUES (1)", []).is_err());
        let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(version, 0);
    }
}
