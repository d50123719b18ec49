//! Keeps the areas' logs in step with `control.db`, behind the answers: members, devices, invitations and walks are
//! mirrored there, so that devices know them offline (docs/data-model.md).
//!
//! `control.db` counts what changes (`0002_mirrors.sql`), so nothing is lost when mirroring fails or the server stops.
//! The command line beside the server changes `control.db` as well; the server looks every second whether somebody did,
//! mirrors what is due, tells the devices, and ends the streams of those that are locked out. Without a server, what is
//! due waits for its next start.

use crate::area_pool::THREADS;
use crate::clock::now_ms;
use crate::control::{ChangeNumber, ControlError};
use crate::group_commit::Failure;
use crate::hub::{self, AreaError, AreaLog, SERVER_ORIGIN};
use crate::server::App;
use futures::{StreamExt, stream};
use std::collections::HashSet;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use trygkort_core::domain::AreaId;
use trygkort_core::hub::roster::Roster;

/// How long an area whose mirroring failed is left alone.
const RETRY: Duration = Duration::from_secs(60);
/// How often to look whether another process has written to `control.db`.
const LOOK: Duration = Duration::from_secs(1);

/// Why an area's log could not be brought in step. It stays marked and is tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MirrorError {
    #[error(transparent)]
    Area(#[from] AreaError),
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl From<Failure> for MirrorError {
    fn from(failure: Failure) -> Self {
        MirrorError::Area(failure.into())
    }
}

/// Wakes [`keep_in_step`].
#[derive(Default)]
pub(crate) struct Mirrors {
    due: Notify,
}

impl Mirrors {
    /// Something was changed that an area's log mirrors. Returns at once.
    pub(crate) fn wake(&self) {
        self.due.notify_one();
    }
}

/// Mirrors whatever is due: at the start, when woken, when another process wrote, and now and then. Areas that are in
/// step are not looked at.
pub(crate) async fn keep_in_step(app: &App) -> Infallible {
    let mut failed = HashSet::new();
    let mut retry = interval(RETRY);
    retry.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = None;
    loop {
        tokio::select! {
            _ = retry.tick() => failed.clear(),
            () = app.mirrors.due.notified() => {}
            _ = look.tick() => {
                let Ok(version) = app.control.read(|control| control.version_by_others()).await else { continue };
                if seen.replace(version) == Some(version) {
                    continue;
                }
                hang_up_strangers(app).await;
            }
        }
        match app.control.read(|control| control.mirrors_due()).await {
            Ok(areas) => failed.extend(mirror_all(app, areas, &failed).await),
            Err(error) => tracing::warn!(%error, "which areas are to be mirrored could not be read"),
        }
    }
}

/// Ends the streams of devices that are no longer let in, as after the command line deleted their area.
async fn hang_up_strangers(app: &App) {
    let listening = app.pokes.devices();
    let strangers = app.control.read(move |control| control.strangers(listening, now_ms())).await;
    match strangers {
        Ok(strangers) => strangers.into_iter().for_each(|device| app.pokes.hang_up(device)),
        Err(error) => tracing::warn!(%error, "which devices are still let in could not be read"),
    }
}

/// Returns the areas that failed.
async fn mirror_all(app: &App, mut areas: Vec<AreaId>, leave_alone: &HashSet<AreaId>) -> Vec<AreaId> {
    areas.retain(|area| !leave_alone.contains(area));
    let one = async |area: AreaId| match mirror(app, area).await {
        Ok(()) => None,
        Err(error) => {
            tracing::warn!(%area, %error, "members, devices and invitations were not mirrored");
            Some(area)
        }
    };
    stream::iter(areas).map(one).buffer_unordered(THREADS).filter_map(std::future::ready).collect().await
}

async fn mirror(app: &App, area: AreaId) -> Result<(), MirrorError> {
    let reading = app.clone();
    let write = move |log: &mut AreaLog| write(log, area, || reading.control.read_blocking(move |c| c.roster(area)));
    let (up_to, name) = app.areas.run(area, write).await?;
    // Also where nothing had to be written: the command line may have written to the log itself.
    app.area_names.keep_in_step(&app.control, area, name).await;
    app.pokes.changed(area, SERVER_ORIGIN);
    Ok(app.control.write(move |control| control.mirrored(area, up_to)).await?)
}

/// Inside a transaction of the area's file: reads what there is to show, and writes what differs. Returns the area's name
/// as well.
fn write(
    log: &mut AreaLog,
    area: AreaId,
    roster: impl FnOnce() -> Result<(Roster, ChangeNumber), ControlError>,
) -> Result<(ChangeNumber, String), MirrorError> {
    let (roster, up_to) = roster()?;
    let mirrored = log.mirror(&roster, now_ms()).map_err(AreaError::from)?;
    if mirrored.left_out > 0 {
        let rows = mirrored.left_out;
        tracing::warn!(%area, rows, "not mirrored: rows of another kind have these ids");
    }
    // Members are to be shown, whatever is wrong with a name.
    Ok((up_to, hub::name(log, area).unwrap_or_default()))
}
