//! Opening `control.db`, bringing it up to date, and transactions on it.

use super::ControlError;
use crate::group_commit::{Database, Failure};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::Path;
use std::time::Duration;

/// All there are, in order. Shipped ones never change.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_mirrors.sql"),
    include_str!("migrations/0003_redeem_attempts.sql"),
    include_str!("migrations/0004_access_until.sql"),
    include_str!("migrations/0005_audit.sql"),
    include_str!("migrations/0006_device_keys.sql"),
    include_str!("migrations/0007_erased_members.sql"),
    include_str!("migrations/0008_walks.sql"),
    include_str!("migrations/0009_issuers.sql"),
    include_str!("migrations/0010_deleted_areas.sql"),
];

/// The command line writes beside the server; each waits for the other.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Older versions can lose what was committed when a WAL is reset at the wrong moment.
const OLDEST_SQLITE: i32 = 3_051_003;

/// One connection to `control.db`.
pub(crate) struct ControlDb {
    conn: Connection,
}

/// Looks things up.
pub(crate) struct Reader<'a> {
    pub(super) conn: &'a Connection,
}

/// Changes things. Exists only inside a transaction.
pub(crate) struct Writer<'a> {
    pub(super) conn: &'a Connection,
}

impl Reader<'_> {
    /// A number that changes when another connection, as that of the command line, has written to the file.
    pub(crate) fn version_by_others(&self) -> Result<i64, ControlError> {
        Ok(self.conn.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }
}

impl<'a> Writer<'a> {
    /// A writer can look things up as well.
    pub(crate) fn reader(&self) -> Reader<'a> {
        Reader { conn: self.conn }
    }
}

impl ControlDb {
    /// Opens the file, making it where it is not there, and brings it up to date.
    pub(crate) fn open(path: &Path) -> Result<Self, ControlError> {
        assert!(rusqlite::version_number() >= OLDEST_SQLITE, "built with an SQLite that can lose committed data");
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::on(Connection::open_with_flags(path, flags)?)
    }

    /// Brings the file behind `conn` up to date.
    pub(super) fn on(mut conn: Connection) -> Result<Self, ControlError> {
        conn.busy_timeout(BUSY_TIMEOUT)?;
        conn.pragma_update(None, "journal_mode", "wal")?;
        conn.pragma_update(None, "synchronous", "full")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        conn.pragma_update(None, "trusted_schema", false)?;
        // A temporary file could hold somebody's name, outside the folder of the data.
        conn.pragma_update(None, "temp_store", "memory")?;
        // What is deleted is overwritten: it may be somebody's name.
        conn.pragma_update(None, "secure_delete", true)?;
        // A plan is made once and kept, and not made anew for every moment that is asked with.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        conn.set_prepared_statement_cache_capacity(64);
        migrate(&mut conn)?;
        Ok(Self { conn })
    }

    /// Looks something up.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader { conn: &self.conn }
    }

    /// Runs `work` in a transaction of its own: the way of the command line.
    pub(crate) fn write<T, E: From<ControlError>>(
        &mut self,
        work: impl FnOnce(&Writer<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let sqlite = |error: rusqlite::Error| E::from(ControlError::from(error));
        let transaction = self.conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
        let value = work(&Writer { conn: &transaction })?;
        transaction.commit().map_err(sqlite)?;
        Ok(value)
    }

    /// Runs `work` inside the open transaction of a batch; an error undoes what it changed and nothing else.
    pub(super) fn write_in_batch<T>(
        &mut self,
        work: impl FnOnce(&Writer<'_>) -> Result<T, ControlError>,
    ) -> Result<T, ControlError> {
        let savepoint = self.conn.savepoint()?;
        let value = work(&Writer { conn: &savepoint })?;
        savepoint.commit()?;
        Ok(value)
    }

    /// Writes the file anew and nothing beside it, so that nothing is left of what was deleted. Where another process is
    /// reading just now, what lies beside it goes when that has finished.
    pub(crate) fn settle(&self) -> Result<(), ControlError> {
        Ok(crate::hub::settle(&self.conn)?)
    }

    /// What SQLite finds wrong with the file.
    pub(crate) fn check(&self) -> Result<Vec<String>, ControlError> {
        let mut problems = Vec::new();
        let mut statement = self.conn.prepare("PRAGMA integrity_check(20)")?;
        for line in statement.query_map([], |row| row.get::<_, String>(0))? {
            let line = line?;
            if line != "ok" {
                problems.push(line);
            }
        }
        let mut statement = self.conn.prepare("PRAGMA foreign_key_check")?;
        for table in statement.query_map([], |row| row.get::<_, String>(0))? {
            problems.push(format!("a row of {} refers to one that is not there", table?));
        }
        Ok(problems)
    }
}

impl Database for ControlDb {
    fn begin(&mut self) -> Result<(), Failure> {
        self.conn.execute_batch("BEGIN IMMEDIATE").map_err(|error| Failure::from(&error))
    }

    fn commit(&mut self) -> Result<(), Failure> {
        self.conn.execute_batch("COMMIT").map_err(|error| Failure::from(&error))
    }

    fn rollback(&mut self) {
        if !self.conn.is_autocommit() {
            drop(self.conn.execute_batch("ROLLBACK"));
        }
    }
}

fn migrate(conn: &mut Connection) -> Result<(), ControlError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let version = |conn: &Connection| conn.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    if version(conn)? == known {
        return Ok(());
    }
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again: another process may have been faster.
    let found = version(&transaction)?;
    if found > known {
        return Err(ControlError::Newer { found, known });
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).map_err(|_| ControlError::BadValue("version"))?) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_made_once_and_opened_again() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("control.db");
        drop(ControlDb::open(&path).unwrap());
        let db = ControlDb::open(&path).unwrap();
        assert_eq!(db.check().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_newer_file_is_refused_untouched() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("control.db");
        ControlDb::open(&path).unwrap().conn.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(ControlDb::open(&path), Err(ControlError::Newer { found: 99, .. })));
    }

    #[test]
    fn areas_of_before_there_were_mirrors_are_due_once() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("control.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(MIGRATIONS[0]).unwrap();
        let area = "INSERT INTO areas VALUES ('00000000-0000-0000-0000-000000000001', 'Ådalen', 0, 1, 0)";
        old.execute(area, []).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        drop(old);

        let mut db = ControlDb::open(&path).unwrap();
        let due = db.reader().mirrors_due().unwrap();
        assert_eq!(due.len(), 1);
        let (_, up_to) = db.reader().roster(due[0]).unwrap();
        db.write(|writer| writer.mirrored(due[0], up_to)).unwrap();
        assert_eq!(db.reader().mirrors_due().unwrap(), []);
    }

    #[test]
    fn two_connections_can_open_at_once() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("control.db");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| ControlDb::open(&path).unwrap());
            }
        });
    }
}
