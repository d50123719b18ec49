//! Who and where: settings, the areas of this device, the open one.

use super::{Changes, Kept, Var};
use crate::ipc::ask;
use leptos::prelude::*;
use trygkort_core::domain::{AreaId, Role};
use trygkort_core::ipc::{AreaSummary, Boot, BootView, IpcError, SetSettings, Settings, SwitchArea};

/// What the app knew when it started, kept up to date.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    boot: Var<BootView>,
    area: Kept<Option<AreaSummary>>,
    changes: Changes,
}

impl Session {
    /// Makes the session of this page known to all screens.
    pub(crate) fn provide(boot: BootView, changes: Changes) -> Self {
        let boot = Var::new(boot);
        let area = Kept::new(move || {
            boot.with(|boot| {
                let current = boot.current?;
                boot.areas.iter().find(|area| area.id == current).cloned()
            })
        });
        let session = Self { boot, area, changes };
        provide_context(session);
        session
    }

    /// Settings, areas, version.
    pub(crate) fn boot(self) -> Var<BootView> {
        self.boot
    }

    /// The open area.
    pub(crate) fn area(self) -> Option<AreaSummary> {
        self.area.get()
    }

    pub(crate) fn area_id(self) -> Option<AreaId> {
        self.area.with(|area| area.as_ref().map(|area| area.id))
    }

    pub(crate) fn area_id_untracked(self) -> Option<AreaId> {
        self.area.with_untracked(|area| area.as_ref().map(|area| area.id))
    }

    pub(crate) fn area_name(self) -> String {
        self.area.with(|area| area.as_ref().map(|area| area.name.clone()).unwrap_or_default())
    }

    pub(crate) fn role(self) -> Option<Role> {
        self.area.with(|area| area.as_ref().map(|area| area.role))
    }

    pub(crate) fn is_coordinator(self) -> bool {
        self.role() == Some(Role::Coordinator)
    }

    /// Whether the open area's numbers are invented and never dialled.
    pub(crate) fn demo(self) -> bool {
        self.area.with(|area| area.as_ref().is_some_and(|area| area.demo))
    }

    /// Whether the open area lives on this device only.
    pub(crate) fn local_only(self) -> bool {
        self.area.with(|area| area.as_ref().is_some_and(|area| area.local_only))
    }

    pub(crate) fn settings(self) -> Settings {
        self.boot.with(|boot| boot.settings.clone())
    }

    /// Shows the new settings at once and keeps them on the device.
    pub(crate) async fn set_settings(self, settings: Settings) -> Result<(), IpcError> {
        self.boot.update(|boot| boot.settings = settings.clone());
        ask(SetSettings { settings }).await
    }

    /// Reads areas and settings again: after redeeming, switching or forgetting an area.
    pub(crate) async fn reload(self) -> Result<(), IpcError> {
        let fresh = ask(Boot {}).await?;
        let other_area = self.boot.with_untracked(|old| old.current != fresh.current);
        if self.boot.with_untracked(|old| *old != fresh) {
            self.boot.set(fresh);
        }
        if other_area {
            self.changes.announce_all();
        }
        Ok(())
    }

    /// Opens another area of this device.
    pub(crate) async fn switch_to(self, area: AreaId) -> Result<(), IpcError> {
        ask(SwitchArea { area }).await?;
        self.reload().await
    }
}

/// The session of this page.
pub(crate) fn use_session() -> Session {
    expect_context()
}
