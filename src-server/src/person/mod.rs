//! What an area holds of one person: found, and written to a file for them, with their photos beside it.
//!
//! Somebody who is named by a text is looked for in every text there is: members and devices in `control.db`, rows as
//! they stand, conflicts, what the log says stood there before, and refused actions. Of a member it is besides all that
//! they wrote on any of their devices. Rows in the trash are looked at like the others.

mod asked;
mod erase;
mod log;
mod photos;

use crate::control::{ControlDb, ControlError};
use crate::hub::AreaError;
use crate::rows_json;
use asked::Asked;
pub(crate) use erase::{erase, what_to_erase};
pub(crate) use photos::{PhotosOut, hand_out_photos};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use trygkort_core::domain::schema::photo;
use trygkort_core::domain::validate::is_blob_name;
use trygkort_core::domain::{AreaId, Entity, RowId};
use trygkort_core::hub::AreaLog;
use trygkort_core::merge::RowState;

/// Why a person was not looked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PersonError {
    #[error("that would find everybody: give at least three letters, a telephone number or a member's id")]
    TooShort,
    #[error("{0} is none of the rows that are theirs or name them")]
    NotTheirs(RowId),
    #[error("nothing was erased: the list of erasures cannot be written ({0})")]
    Note(#[from] std::io::Error),
    #[error("the rows are erased, but the area's snapshots are still there: delete their folder by hand ({0})")]
    Snapshots(std::io::Error),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error(transparent)]
    Area(#[from] AreaError),
}

/// Where something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    Member,
    Device,
    Invitation,
    /// That they were on a walk.
    Walk,
    /// A row as it stands.
    Row,
    /// What stood there before.
    History,
    /// An action that the server did not take.
    Refused,
}

impl Part {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Part::Member => "member",
            Part::Device => "device",
            Part::Invitation => "invitation",
            Part::Walk => "walk",
            Part::Row => "row",
            Part::History => "history",
            Part::Refused => "refused",
        }
    }
}

/// What it has to do with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Why {
    /// It is theirs: they as a member, and their devices.
    Own,
    /// It names them.
    Mentions,
    /// They wrote it.
    Wrote,
}

impl Why {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Why::Own => "own",
            Why::Mentions => "mentions",
            Why::Wrote => "wrote",
        }
    }
}

/// One thing that was found.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    pub(crate) part: Part,
    pub(crate) why: Why,
    /// The row, device or action.
    pub(crate) id: String,
    /// `contact.note`, or the kind of record.
    pub(crate) place: String,
    /// What stands there.
    pub(crate) value: Json,
}

/// Everything that was found.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    /// The members that it is about, by id.
    pub(crate) members: Vec<String>,
    pub(crate) findings: Vec<Finding>,
    /// The rows that would have to be erased: those that mention them or are they.
    #[serde(skip)]
    pub(crate) rows: BTreeSet<RowId>,
    /// The members and their devices, by id: mirrors in the log have the same.
    #[serde(skip)]
    own: BTreeSet<String>,
}

/// Looks for a person.
pub(crate) fn find(control: &ControlDb, log: &AreaLog, area: AreaId, given: &str) -> Result<Found, PersonError> {
    let asked = Asked::new(given).ok_or(PersonError::TooShort)?;
    let mut found = Found { members: Vec::new(), findings: Vec::new(), rows: BTreeSet::new(), own: BTreeSet::new() };
    let origins = found.records(control, area, &asked)?;
    for row in rows_json::states(log)? {
        found.row(&row, &asked, &origins);
    }
    found.findings.extend(log::earlier(log, &asked, &origins)?);
    found.findings.extend(log::refused(log, &asked, &origins)?);
    Ok(found)
}

impl Found {
    /// Members, their devices and hand-overs, and devices called by the name. Returns the origins of the members'.
    fn records(&mut self, control: &ControlDb, area: AreaId, asked: &Asked) -> Result<BTreeSet<u32>, ControlError> {
        let records = |table| control.reader().rows(table, "area_id", &area.to_string());
        let word = |record: &Json, field: &str| record[field].as_str().unwrap_or_default().to_owned();
        for member in records("members")?.into_iter().filter(|member| asked.is_record(member)) {
            self.members.push(word(&member, "id"));
            self.record(Part::Member, Why::Own, member);
        }
        let mut origins = BTreeSet::new();
        for device in records("devices")? {
            let own = self.members.contains(&word(&device, "member_id"));
            if own {
                // A device that was copied goes by further numbers.
                let also = control.reader().rows("origins", "device_id", &word(&device, "id"))?;
                let numbers = also.iter().chain([&device]).filter_map(|row| row["origin"].as_u64());
                origins.extend(numbers.filter_map(|origin| u32::try_from(origin).ok()));
            }
            if own || asked.is_record(&device) {
                self.record(Part::Device, if own { Why::Own } else { Why::Mentions }, device);
            }
        }
        for invitation in records("invitations")? {
            if self.members.contains(&word(&invitation, "member_id")) {
                self.record(Part::Invitation, Why::Own, invitation);
            }
        }
        for walk in records("walk_members")?.into_iter().filter(|row| self.members.contains(&word(row, "member_id"))) {
            let id = word(&walk, "walk_id");
            let (part, place) = (Part::Walk, Part::Walk.as_str().to_owned());
            self.findings.push(Finding { part, why: Why::Own, id, place, value: walk });
        }
        Ok(origins)
    }

    /// Secrets stay out, also as hashes.
    fn record(&mut self, part: Part, why: Why, mut record: Json) {
        if let Some(columns) = record.as_object_mut() {
            columns.retain(|name, _| !name.ends_with("_hash"));
        }
        let id = record["id"].as_str().unwrap_or_default().to_owned();
        if why == Why::Own {
            self.own.insert(id.clone());
        }
        self.findings.push(Finding { part, why, id, place: part.as_str().to_owned(), value: record });
    }

    /// A row as it stands, field by field.
    fn row(&mut self, row: &RowState, asked: &Asked, origins: &BTreeSet<u32>) {
        let id = row.row.to_string();
        let is_own = self.own.contains(&id);
        for (field, register) in &row.fields {
            let mentions = asked.is_in_field(row.entity, *field, &register.value);
            let wrote = origins.contains(&register.stamp.id.origin);
            if mentions || is_own {
                self.rows.insert(row.row);
            }
            let why = match (is_own, mentions, wrote) {
                (true, _, _) => Why::Own,
                (_, true, _) => Why::Mentions,
                (_, _, true) => Why::Wrote,
                _ => continue,
            };
            let place = rows_json::place(row.entity, *field);
            let value = rows_json::value(&register.value);
            self.findings.push(Finding { part: Part::Row, why, id: id.clone(), place, value });
        }
    }

    /// The photos that they added, by hash: those of the trash, of what stood there before and of what was refused too.
    fn photos(&self) -> BTreeSet<&str> {
        let place = rows_json::place(Entity::Photo.number(), photo::hash);
        let theirs = self.findings.iter().filter(|finding| finding.why == Why::Wrote && finding.place == place);
        // What was refused may say anything, and a hash becomes the name of a file.
        theirs.filter_map(|finding| finding.value.as_str()).filter(|hash| is_blob_name(hash)).collect()
    }

    /// All of it as JSON, for the person.
    pub(crate) fn into_json(self, area: AreaId, now_ms: i64) -> Json {
        json!({
            "format": 1,
            "area": area,
            "made_at_ms": now_ms,
            "members": self.members,
            "findings": self.findings,
        })
    }
}
