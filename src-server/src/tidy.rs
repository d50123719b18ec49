//! Removing files that have become useless: photos that no row names, uploads that nobody has gone on with.

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
            one(app, area, UNNAMED_KEPT).await?;
        }
    }
    Ok(())
}

async fn one(app: &App, area: AreaId, unnamed_kept: Duration) -> Result<(), TidyError> {
    let named = app.areas.run(area, |log: &mut AreaLog| log.blobs(|_| true).map_err(AreaError::from)).await?;
    let dir = app.dir.clone();
    let swept = tokio::task::spawn_blocking(move || {
        blobs::sweep(&dir, area, &named, unnamed_kept)?;
        blobs::sweep_uploads(&dir, area, UPLOAD_KEPT)
    });
    Ok(swept.await.map_err(io::Error::other)??)
}

/// Something was erased in an area's log: the photos it named go at once.
pub(crate) fn after_erasure(app: &App, area: AreaId) {
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = one(&app, area, Duration::ZERO).await {
            tracing::warn!(%area, %error, "erased photos were left");
        }
    });
}
