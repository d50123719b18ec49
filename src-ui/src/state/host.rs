//! What the host says about itself without being asked: parked tab, waiting update.

use leptos::prelude::*;

/// The state of the host.
#[derive(Clone, Copy)]
pub(crate) struct Host {
    /// Another tab has the database.
    pub(crate) parked: RwSignal<bool>,
    /// A new version is ready to be taken into use.
    pub(crate) update_ready: RwSignal<bool>,
    /// The PIN is asked for.
    pub(crate) locked: RwSignal<bool>,
    /// Everything was removed from this device.
    pub(crate) forgotten: RwSignal<bool>,
}

impl Host {
    pub(crate) fn provide() -> Self {
        let host = Self {
            parked: RwSignal::new(false),
            update_ready: RwSignal::new(false),
            locked: RwSignal::new(false),
            forgotten: RwSignal::new(false),
        };
        provide_context(host);
        host
    }
}

pub(crate) fn use_host() -> Host {
    expect_context()
}
