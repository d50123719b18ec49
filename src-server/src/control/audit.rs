//! The audit: who took data out as a whole, looked a person up, read what is kept aside, or
//! deleted something for good, and when.

use super::{ControlError, Reader, Writer};
use rusqlite::{Row, params};
use trygkort_core::domain::{AreaId, RowId};

/// What is written down. Noted before it is done, so that nothing is handed out unnoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Backup,
    AreaExport,
    AreaImport,
    AreaDelete,
    Restore,
    PersonFind,
    PersonExport,
    PersonErase,
    /// What is kept aside in an area was read.
    AsideRead,
    /// A member was locked out.
    LockOut,
    /// A member got another role.
    ChangeRole,
}

impl Deed {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Deed::Backup => "backup",
            Deed::AreaExport => "area_export",
            Deed::AreaImport => "area_import",
            Deed::AreaDelete => "area_delete",
            Deed::Restore => "restore",
            Deed::PersonFind => "person_find",
            Deed::PersonExport => "person_export",
            Deed::PersonErase => "person_erase",
            Deed::AsideRead => "aside_read",
            Deed::LockOut => "lock_out",
            Deed::ChangeRole => "change_role",
        }
    }
}

/// One line of the audit, about to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewAuditLine {
    pub(crate) what: Deed,
    /// `None`: the command line.
    pub(crate) member: Option<RowId>,
    pub(crate) area: Option<AreaId>,
    pub(crate) subject: Option<String>,
}

impl NewAuditLine {
    /// Something that the command line does.
    pub(crate) fn beside(what: Deed, area: Option<AreaId>) -> Self {
        Self { what, member: None, area, subject: None }
    }
}

/// One line of the audit, in words.
pub(crate) struct AuditLine {
    /// `2026-11-22T21:30:00Z`.
    pub(crate) at: String,
    pub(crate) member: Option<String>,
    pub(crate) what: String,
    pub(crate) area: Option<String>,
    pub(crate) subject: Option<String>,
}

impl Reader<'_> {
    /// The whole audit, oldest first.
    pub(crate) fn audit(&self) -> Result<Vec<AuditLine>, ControlError> {
        let sql = "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', at_ms / 1000, 'unixepoch'), member_id, what, area_id, subject
                   FROM audit ORDER BY id";
        let mut statement = self.conn.prepare_cached(sql)?;
        let lines = statement.query_map([], line)?;
        Ok(lines.collect::<Result<_, _>>()?)
    }
}

impl Writer<'_> {
    /// Adds a line.
    pub(crate) fn note(&self, line: &NewAuditLine, now_ms: i64) -> Result<(), ControlError> {
        let sql = "INSERT INTO audit (at_ms, member_id, what, area_id, subject) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.conn.prepare_cached(sql)?.execute(params![
            now_ms,
            line.member.map(|member| member.to_string()),
            line.what.as_str(),
            line.area.map(|area| area.to_string()),
            line.subject,
        ])?;
        Ok(())
    }
}

fn line(row: &Row<'_>) -> rusqlite::Result<AuditLine> {
    Ok(AuditLine { at: row.get(0)?, member: row.get(1)?, what: row.get(2)?, area: row.get(3)?, subject: row.get(4)? })
}
