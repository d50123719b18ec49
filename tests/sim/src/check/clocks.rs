//! Whether the clocks that all replicas order by are what the design says, whatever the clocks of devices and server do.

use crate::server::{Judged, Server};
use rusqlite::Connection;
use std::collections::BTreeMap;
use trygkort_core::wire::v1::Action;

/// So far ahead of the server's own clock an action may be that builds on nothing later.
const AHEAD_MS: u64 = 60_000;

/// What is in the log, by origin and counter.
type Clocks = BTreeMap<(u32, u64), Admitted>;

struct Admitted {
    /// The number of changes.
    count: u64,
    effective: u64,
    /// Its words were not erased, and so it can be told from another action with the same number.
    is_whole: bool,
}

/// Every admitted action is later than everything it builds on, and apart from that as late as its writer's clock says
/// and the server's allows. After a restore what comes back keeps its clock, and what it builds on may get another one.
pub(crate) fn clocks(server: &Server, wrong: &mut Vec<String>) {
    let Some(log) = server.log.as_ref().filter(|_| !server.restored) else { return };
    match read(log.connection()) {
        Ok(clocks) => {
            for (id, judged) in server.judged.iter().flat_map(|(id, all)| all.iter().map(move |judged| (id, judged))) {
                wrong.extend(misjudged(server, &clocks, *id, judged));
            }
        }
        Err(error) => wrong.push(format!("the clocks of the log cannot be read: {error}")),
    }
}

fn read(conn: &Connection) -> Result<Clocks, rusqlite::Error> {
    let mut statement = conn
        .prepare("SELECT origin, counter, count, effective, hash IS NOT NULL FROM action WHERE position IS NOT NULL")?;
    let found = statement.query_map([], |row| {
        let admitted = Admitted { count: row.get(2)?, effective: row.get(3)?, is_whole: row.get(4)? };
        Ok(((row.get(0)?, row.get(1)?), admitted))
    })?;
    found.collect()
}

/// What is wrong with the clock of an action, if it was admitted.
fn misjudged(server: &Server, clocks: &Clocks, id: (u32, u64), judged: &Judged) -> Option<String> {
    judged.verdict.position?;
    let Admitted { effective, .. } = clocks.get(&id).filter(|admitted| admitted.is_whole)?;
    let after_bases = latest_base(clocks, &judged.action).map_or(0, |base| base + 1);
    let at = |now_ms: i64| after_bases.max(judged.action.hlc.min(now_ms.unsigned_abs() + AHEAD_MS));
    let allowed = at(server.earliest_ms)..=at(server.latest_ms);
    (!allowed.contains(effective)).then(|| {
        let (origin, counter) = id;
        format!("action {counter} of d{origin} has the clock {effective}, which is to be in {allowed:?}")
    })
}

/// The latest clock among the changes that an action builds on.
fn latest_base(clocks: &Clocks, action: &Action) -> Option<u64> {
    let bases = action.rows.iter().flat_map(|row| &row.fields).filter_map(|field| field.base);
    let clock = |origin: u32, counter: u64| {
        let ((_, first), Admitted { count, effective, .. }) =
            clocks.range((origin, 0)..=(origin, counter)).next_back()?;
        (counter < first + count).then_some(*effective)
    };
    bases.filter_map(|base| clock(base.0.origin, base.0.counter)).max()
}
