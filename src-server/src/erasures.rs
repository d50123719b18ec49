//! What was deleted for good, in a file of its own that no backup holds: a backup of before still has it, and whoever
//! puts that backup back deletes it again.
//!
//! One JSON object per line, ids only. The last line about an area decides.

use crate::data_dir::DataDir;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use trygkort_core::domain::AreaId;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    at_ms: i64,
    area: AreaId,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    AreaDeleted,
    /// It was imported again.
    AreaBack,
    /// A line of a newer version: it says nothing about areas.
    #[serde(other)]
    Other,
}

/// Notes that an area was deleted. On the disk when this returns.
pub(crate) fn note_area_deleted(dir: &DataDir, area: AreaId, now_ms: i64) -> io::Result<()> {
    append(dir, &Line { at_ms: now_ms, area, what: What::AreaDeleted })
}

/// Notes that a deleted area was imported again, and is to stay.
pub(crate) fn note_area_back(dir: &DataDir, area: AreaId, now_ms: i64) -> io::Result<()> {
    if deleted_areas(dir)?.contains(&area) {
        append(dir, &Line { at_ms: now_ms, area, what: What::AreaBack })?;
    }
    Ok(())
}

/// The areas that were deleted and are to stay so.
pub(crate) fn deleted_areas(dir: &DataDir) -> io::Result<Vec<AreaId>> {
    let text = match fs::read_to_string(dir.erasures()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let mut last = BTreeMap::new();
    // A line that was cut off by a crash was never acknowledged.
    for line in text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
        if line.what != What::Other {
            last.insert(line.area.0, line.what);
        }
    }
    Ok(last.into_iter().filter(|(_, what)| *what == What::AreaDeleted).map(|(area, _)| AreaId(area)).collect())
}

fn append(dir: &DataDir, line: &Line) -> io::Result<()> {
    let text = serde_json::to_string(line)?;
    let mut file = File::options().create(true).append(true).open(dir.erasures())?;
    // What a crash may have left of the line before ends here.
    writeln!(file, "\n{text}")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trygkort_core::domain::RowId;
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
        let newer = format!("{{\"at_ms\":4,\"area\":\"{}\",\"what\":\"row_erased\",\"row\":\"x\"}}\n", area(2));
        let cut_off = "{\"at_ms\":5,\"ar";
        let mut file = File::options().append(true).open(dir.erasures()).unwrap();
        write!(file, "{newer}{cut_off}").unwrap();
        note_area_deleted(&dir, area(4), 6).unwrap();
        assert_eq!(deleted_areas(&dir).unwrap(), [area(2), area(4)]);
    }
}
