//! An area's name is edited in the app, as a row of its log. `control.db` has a copy, by which the command line finds
//! the area and newcomers are greeted; this keeps the copy in step.

use crate::control::Control;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use trygkort_core::domain::AreaId;

/// The copies as they were last seen. Empty after a start, so that a copy left behind by a crash is mended by the next
/// push.
#[derive(Default)]
pub(crate) struct AreaNames {
    copies: Mutex<HashMap<AreaId, String>>,
}

impl AreaNames {
    /// Copies the name where it differs. An area without a name keeps the last one.
    pub(crate) async fn keep_in_step(&self, control: &Control, area: AreaId, name: String) {
        if name.is_empty() || self.lock().get(&area) == Some(&name) {
            return;
        }
        let copy = name.clone();
        match control.write(move |writer| writer.rename_area(area, &copy)).await {
            Ok(()) => drop(self.lock().insert(area, name)),
            Err(error) => tracing::warn!(%area, %error, "the area's new name was not copied"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AreaId, String>> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
