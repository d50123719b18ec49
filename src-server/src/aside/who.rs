//! Whose number a change came under.

use crate::control::{ControlDb, ControlError};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::HashMap;
use trygkort_core::domain::AreaId;

/// A device by its number, with its member, as far as they are known.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Who {
    /// The device's number in the area's log.
    pub(crate) origin: u32,
    pub(crate) member: Option<Named>,
    pub(crate) device: Option<Named>,
}

/// A record of `control.db`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Named {
    pub(crate) id: String,
    /// What it is called; empty where it has no name, or not any more.
    pub(crate) name: String,
}

/// How a device stands.
struct Known {
    member: Named,
    device: Named,
    revoked_ms: Option<i64>,
    /// When its member's access ended, or will.
    over_ms: Option<i64>,
}

/// The devices of an area, by every number they go by.
pub(super) struct Devices {
    known: HashMap<u32, Known>,
}

impl Devices {
    pub(super) fn load(control: &ControlDb, area: AreaId) -> Result<Self, ControlError> {
        let records = |table| control.reader().rows(table, "area_id", &area.to_string());
        let members = by_id(records("members")?);
        let devices = records("devices")?;
        let numbers = |device: &Json| (device["origin"].clone(), device["id"].clone());
        let first = devices.iter().map(numbers).collect::<Vec<_>>();
        // A device that was copied goes by further numbers.
        let also = records("origins")?.iter().map(|row| (row["origin"].clone(), row["device_id"].clone())).collect();
        let devices = by_id(devices);
        let known = [first, also].concat().into_iter().filter_map(|(origin, device)| {
            let device = devices.get(device.as_str()?)?;
            let member = members.get(device["member_id"].as_str()?)?;
            Some((u32::try_from(origin.as_u64()?).ok()?, Known::of(device, member)))
        });
        Ok(Self { known: known.collect() })
    }

    pub(super) fn who(&self, origin: u32) -> Who {
        let known = self.known.get(&origin);
        let (member, device) = (known.map(|known| known.member.clone()), known.map(|known| known.device.clone()));
        Who { origin, member, device }
    }

    pub(super) fn is_known(&self, origin: u32) -> bool {
        self.known.contains_key(&origin)
    }

    pub(super) fn was_locked_out(&self, origin: u32, at_ms: i64) -> bool {
        self.known.get(&origin).and_then(|known| known.revoked_ms).is_some_and(|since| since <= at_ms)
    }

    pub(super) fn was_over(&self, origin: u32, at_ms: i64) -> bool {
        self.known.get(&origin).and_then(|known| known.over_ms).is_some_and(|since| since <= at_ms)
    }
}

impl Known {
    fn of(device: &Json, member: &Json) -> Self {
        let (revoked_ms, over_ms) = (device["revoked_at_ms"].as_i64(), member["access_until_ms"].as_i64());
        Self { member: named(member), device: named(device), revoked_ms, over_ms }
    }
}

fn by_id(records: Vec<Json>) -> HashMap<String, Json> {
    records.into_iter().map(|record| (record["id"].as_str().unwrap_or_default().to_owned(), record)).collect()
}

fn named(record: &Json) -> Named {
    let word = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
    Named { id: word("id"), name: word("name") }
}
