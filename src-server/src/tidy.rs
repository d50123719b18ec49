//! Removing files that have become useless: photos that nothing names, uploads that nobody has gone on with.

use crate::blobs::{self, UNNAMED_KEPT, UPLOAD_KEPT};
use crate::control::ControlError;
use crate::hub::{AreaError, AreaLog};
use crate::server::App;
use std::convert::Infallible;
use std::io;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use trygkort_core::domain::AreaId;

const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, thiserror::Error)]
enum TidyError {
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error(transparent)]
    Area(#[from] AreaError),
    #[error("the photos' files: {0}")]
    Io(#[from] io::Error),
}

/// Looks through all areas at the start and then every day.
pub(crate) async fn every_day(app: &App) -> Infallible {
    let mut day = interval(EVERY);
    day.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        day.tick().await;
        if let Err(error) = all(app).await {
            tracing::warn!(%error, "useless files were left");
        }
    }
}

async fn all(app: &App) -> Result<(), TidyError> {
    let areas = app.control.read(|control| control.areas()).await?;
    for area in areas.into_iter().map(|area| area.id) {
        // Most areas have no photos, and their file stays closed.
        if app.dir.uploads(area).exists() || app.dir.blobs(area).exists() {
            // One area's damaged file keeps nobody else's erased photos.
            if let Err(error) = one(app, area).await {
                tracing::warn!(%area, %error, "useless files of an area were left");
            }
        }
    }
    Ok(())
}

/// Where something was erased, what no row names goes at once, and otherwise when it has lain there for long enough.
async fn one(app: &App, area: AreaId) -> Result<(), TidyError> {
    let look = |log: &mut AreaLog| Ok::<_, AreaError>((log.sweep_due()?, log.blobs_to_keep()?));
    let (due, kept) = app.areas.run(area, look).await?;
    let dir = app.dir.clone();
    let swept = tokio::task::spawn_blocking(move || {
        blobs::sweep(&dir, area, &kept, if due.is_some() { Duration::ZERO } else { UNNAMED_KEPT })?;
        blobs::sweep_uploads(&dir, area, UPLOAD_KEPT)
    });
    swept.await.map_err(io::Error::other)??;
    if let Some(sweep) = due {
        app.areas.run(area, move |log: &mut AreaLog| log.swept(sweep).map_err(AreaError::from)).await?;
    }
    Ok(())
}

/// Something was erased in an area's log: the photos it named go at once. When the server is stopped before that is done,
/// they go when it is started again.
pub(crate) fn after_erasure(app: &App, area: AreaId) {
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = one(&app, area).await {
            tracing::warn!(%area, %error, "erased photos were left");
        }
    });
}
