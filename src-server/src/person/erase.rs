//! Erasing what an area holds of a person: rows out of the log and out of every device, the member's name out of
//! `control.db`, what was refused out of quarantine. The list of erasures outlives backups.

use super::{Found, Part, PersonError, Why};
use crate::control::{ControlDb, ControlError, Deed, NewAuditLine};
use crate::data_dir::DataDir;
use crate::erasures::{self, Erased};
use crate::hub;
use trygkort_core::domain::{AreaId, RowId};

/// Everything that is theirs or names them now; or, where rows are given, those of them that named them ever.
pub(crate) fn what_to_erase(found: &Found, only: &[RowId]) -> Result<Erased, PersonError> {
    let theirs = || found.findings.iter().filter(|finding| finding.why != Why::Wrote);
    if let Some(other) = only.iter().find(|row| !theirs().any(|finding| finding.id == row.to_string())) {
        return Err(PersonError::NotTheirs(*other));
    }
    if !only.is_empty() {
        return Ok(Erased { rows: only.iter().copied().collect(), ..Erased::default() });
    }
    let refused = theirs().filter(|finding| finding.part == Part::Refused).filter_map(|finding| {
        let (origin, counter) = finding.id.split_once('.')?;
        Some((origin.parse().ok()?, counter.parse().ok()?))
    });
    let members = found.members.iter().filter_map(|id| id.parse().ok());
    Ok(Erased { rows: found.rows.clone(), members: members.collect(), refused: refused.collect() })
}

/// Erases it. Returns how many rows that were, with what hung on them.
pub(crate) fn erase(
    dir: &DataDir,
    control: &mut ControlDb,
    area: AreaId,
    erased: &Erased,
    now_ms: i64,
) -> Result<usize, PersonError> {
    // First: whatever happens next, a backup that is put back does not bring it back.
    erasures::note_erased(dir, area, erased, now_ms)?;
    let subject = erased.members.first().map(ToString::to_string);
    let line = NewAuditLine { subject, ..NewAuditLine::beside(Deed::PersonErase, Some(area)) };
    control.write::<_, ControlError>(|writer| {
        writer.note(&line, now_ms)?;
        erased.members.iter().try_for_each(|member| writer.erase_member(area, *member, now_ms))
    })?;
    control.settle()?;
    let rows = hub::erase(dir, area, erased, now_ms)?;
    // Last: a running server then tells the devices.
    control.write::<_, ControlError>(|writer| writer.area_changed(area))?;
    Ok(rows)
}
