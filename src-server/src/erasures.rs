//! What was deleted for good, in a file of its own that no backup holds: a backup of before still has it, and whoever
//! puts that backup back deletes it again.
//!
//! One JSON object per line, ids only. The last line about an area decides.

use crate::data_dir::DataDir;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use trygkort_core::domain::{AreaId, RowId};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    at_ms: i64,
    area: AreaId,
    what: What,
    /// The row or the member.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<RowId>,
    /// The action's origin and counter.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<(u32, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    AreaDeleted,
    /// It was imported again.
    AreaBack,
    RowErased,
    MemberErased,
    RefusedErased,
    /// A line of a newer version: it says nothing about areas.
    #[serde(other)]
    Other,
}

/// Notes that an area was deleted. On the disk when this returns.
pub(crate) fn note_area_deleted(dir: &DataDir, area: AreaId, now_ms: i64) -> io::Result<()> {
    append(dir, &[Line { at_ms: now_ms, area, what: What::AreaDeleted, id: None, action: None }])
}

/// What is erased of an area, for good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Erased {
    pub(crate) rows: BTreeSet<RowId>,
    pub(crate) members: Vec<RowId>,
    /// Actions that were set aside, by origin and counter.
    pub(crate) refused: Vec<(u32, u64)>,
}

/// Notes what is about to be erased.
pub(crate) fn note_erased(dir: &DataDir, area: AreaId, erased: &Erased, now_ms: i64) -> io::Result<()> {
    let line = |what| Line { at_ms: now_ms, area, what, id: None, action: None };
    let row = |id: &RowId| Line { id: Some(*id), ..line(What::RowErased) };
    let member = |id: &RowId| Line { id: Some(*id), ..line(What::MemberErased) };
    let refused = |action: &(u32, u64)| Line { action: Some(*action), ..line(What::RefusedErased) };
    let lines = erased.rows.iter().map(row).chain(erased.members.iter().map(member));
    append(dir, &lines.chain(erased.refused.iter().map(refused)).collect::<Vec<_>>())
}

/// What was erased of an area.
pub(crate) fn erased(dir: &DataDir, area: AreaId) -> io::Result<Erased> {
    let mut erased = Erased::default();
    for line in lines(dir)?.into_iter().filter(|line| line.area == area) {
        match line.what {
            What::RowErased => erased.rows.extend(line.id),
            What::MemberErased => erased.members.extend(line.id),
            What::RefusedErased => erased.refused.extend(line.action),
            What::AreaDeleted | What::AreaBack | What::Other => {}
        }
    }
    Ok(erased)
}

/// Notes that a deleted area was imported again, and is to stay.
pub(crate) fn note_area_back(dir: &DataDir, area: AreaId, now_ms: i64) -> io::Result<()> {
    if deleted_areas(dir)?.contains(&area) {
        append(dir, &[Line { at_ms: now_ms, area, what: What::AreaBack, id: None, action: None }])?;
    }
    Ok(())
}

/// The areas that were deleted and are to stay so.
pub(crate) fn deleted_areas(dir: &DataDir) -> io::Result<Vec<AreaId>> {
    let mut last = BTreeMap::new();
    for line in lines(dir)? {
        if matches!(line.what, What::AreaDeleted | What::AreaBack) {
            last.insert(line.area.0, line.what);
        }
    }
    Ok(last.into_iter().filter(|(_, what)| *what == What::AreaDeleted).map(|(area, _)| AreaId(area)).collect())
}

fn lines(dir: &DataDir) -> io::Result<Vec<Line>> {
    let text = match fs::read_to_string(dir.erasures()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    // A line that was cut off by a crash was never acknowledged.
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

fn append(dir: &DataDir, lines: &[Line]) -> io::Result<()> {
    // What a crash may have left of the line before ends here.
    let mut text = "\n".to_owned();
    for line in lines {
        text.push_str(&serde_json::to_string(line)?);
        text.push('\n');
    }
    let mut file = File::options().create(true).append(true).open(dir.erasures())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn the_last_line_about_an_area_decides() {
        let temp = tempfile::tempdir().unwrap();
        let dir = DataDir::create(temp.path()).unwrap();
        let area = |number| AreaId(RowId(Uuid::from_u128(number)));
        assert_eq!(deleted_areas(&dir).unwrap(), []);
        note_area_deleted(&dir, area(1), 1).unwrap();
        note_area_deleted(&dir, area(2), 2).unwrap();
        note_area_back(&dir, area(1), 3).unwrap();
        note_area_back(&dir, area(3), 3).unwrap();
        assert_eq!(deleted_areas(&dir).unwrap(), [area(2)]);
        let newer = format!("{{\"at_ms\":4,\"area\":\"{}\",\"what\":\"photo_erased\",\"photo\":\"x\"}}\n", area(2));
        let cut_off = "{\"at_ms\":5,\"ar";
        let mut file = File::options().append(true).open(dir.erasures()).unwrap();
        write!(file, "{newer}{cut_off}").unwrap();
        note_area_deleted(&dir, area(4), 6).unwrap();
        let (row, member) = (RowId(Uuid::from_u128(8)), RowId(Uuid::from_u128(9)));
        let gone = Erased { rows: BTreeSet::from([row]), members: vec![member], refused: vec![(3, 7)] };
        note_erased(&dir, area(1), &gone, 7).unwrap();
        assert_eq!(erased(&dir, area(1)).unwrap(), gone);
        assert_eq!(erased(&dir, area(2)).unwrap(), Erased::default());
        assert_eq!(deleted_areas(&dir).unwrap(), [area(2), area(4)]);
    }
}
