//! Whether every file is whole.

use crate::blobs;
use crate::control::{AreaRow, ControlDb};
use crate::data_dir::DataDir;
use crate::hub;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::Path;

/// One thing that was found.
pub(crate) struct Finding {
    /// The file, relative to the data folder.
    pub(crate) file: String,
    pub(crate) what: String,
    /// Whether data is damaged or missing; otherwise it is only worth knowing.
    pub(crate) damage: bool,
}

/// What was looked at and what was found.
#[derive(Default)]
pub(crate) struct CheckReport {
    pub(crate) files: usize,
    pub(crate) findings: Vec<Finding>,
}

/// Checks `control.db`, every area's file and photos, and every base map. Works while the server runs.
pub(crate) fn run(dir: &DataDir) -> CheckReport {
    let mut report = CheckReport::default();
    let areas = report.control(dir);
    let mut basemaps = BTreeSet::new();
    for area in areas.iter().flatten() {
        basemaps.extend(report.area(dir, area));
    }
    if let Some(areas) = areas {
        report.strays(dir, &areas);
    }
    report.basemaps(dir, &basemaps);
    report
}

impl CheckReport {
    pub(crate) fn is_damaged(&self) -> bool {
        self.findings.iter().any(|finding| finding.damage)
    }

    fn damage(&mut self, file: &str, what: &dyn Display) {
        self.findings.push(Finding { file: file.to_owned(), what: what.to_string(), damage: true });
    }

    /// The areas, when they can be read.
    fn control(&mut self, dir: &DataDir) -> Option<Vec<AreaRow>> {
        const FILE: &str = "control.db";
        self.files += 1;
        let looked = ControlDb::open(&dir.control()).and_then(|db| Ok((db.check()?, db.reader().areas()?)));
        match looked {
            Ok((problems, areas)) => {
                problems.into_iter().for_each(|problem| self.damage(FILE, &problem));
                Some(areas)
            }
            Err(error) => {
                self.damage(FILE, &error);
                None
            }
        }
    }

    /// The base map the area points to.
    fn area(&mut self, dir: &DataDir, area: &AreaRow) -> Option<[u8; 32]> {
        let file = format!("areas/{}.db", area.id);
        self.files += 1;
        match hub::check(dir, area.id) {
            Ok(checked) => {
                self.blobs(dir, area, &checked.blobs);
                checked.problems.into_iter().for_each(|problem| self.damage(&file, &problem));
                checked.basemap
            }
            Err(error) => {
                self.damage(&file, &error);
                None
            }
        }
    }

    /// Files of areas that `control.db` does not know: making them was broken off.
    fn strays(&mut self, dir: &DataDir, areas: &[AreaRow]) {
        let known: BTreeSet<String> = areas.iter().map(|area| format!("{}.db", area.id)).collect();
        for name in self.names(&dir.areas(), "areas") {
            if name.ends_with(".db") && !known.contains(&name) {
                let what = "belongs to no area; it can be deleted".to_owned();
                self.findings.push(Finding { file: format!("areas/{name}"), what, damage: false });
            }
        }
    }

    fn basemaps(&mut self, dir: &DataDir, wanted: &BTreeSet<[u8; 32]>) {
        for name in self.names(&dir.basemaps(), "basemaps") {
            let file = format!("basemaps/{name}");
            self.files += 1;
            match fs::read(dir.basemaps().join(&name)) {
                Ok(bytes) if name.strip_suffix(".pmtiles") == Some(&*blake3::hash(&bytes).to_hex()) => {}
                Ok(_) => self.damage(&file, &"its content does not have the hash it is named by"),
                Err(error) => self.damage(&file, &error),
            }
        }
        for hash in wanted.iter().filter(|hash| !dir.basemap(hash).is_file()) {
            let name = blake3::Hash::from_bytes(*hash).to_hex();
            self.damage(&format!("basemaps/{name}.pmtiles"), &"is missing; an area points to it");
        }
    }

    /// Photos that are not what they are named by, and such that rows name and that have not come.
    fn blobs(&mut self, dir: &DataDir, area: &AreaRow, named: &BTreeSet<String>) {
        let folder = format!("blobs/{}", area.id);
        let here = blobs::all(dir, area.id).unwrap_or_else(|error| {
            self.damage(&folder, &error);
            Vec::new()
        });
        for (name, path) in &here {
            self.files += 1;
            let file = format!("{folder}/{name}");
            match fs::read(path) {
                Ok(bytes) if blake3::hash(&bytes).to_hex().as_str() == name => {}
                Ok(_) => self.damage(&file, &"its content does not have the hash it is named by"),
                Err(error) => self.damage(&file, &error),
            }
        }
        let here: BTreeSet<&String> = here.iter().map(|(name, _)| name).collect();
        for name in named.iter().filter(|name| !here.contains(name)) {
            // A row comes before its photo, which may wait for days on a telephone without coverage.
            let what = "is not here; a row names it, and a device may still send it".to_owned();
            self.findings.push(Finding { file: format!("{folder}/{name}"), what, damage: false });
        }
    }

    fn names(&mut self, folder: &Path, file: &str) -> Vec<String> {
        let listed: io::Result<Vec<_>> = fs::read_dir(folder).and_then(Iterator::collect);
        match listed {
            Ok(entries) => entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect(),
            Err(error) => {
                self.damage(file, &error);
                Vec::new()
            }
        }
    }
}
