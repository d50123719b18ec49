//! What stands around every screen, and the pages that stand in for one.

mod banners;
mod choose;
mod failures;
mod locked_out;
mod nav;
mod sync_badge;
mod view_model;

pub(crate) use choose::{ChooseCard, ChooseContact, ChooseMore};
pub(crate) use failures::{InsecurePage, NoSuchPage, ParkedPage, Standstill, StartFailed};
pub(crate) use locked_out::LockedOutPage;
pub(crate) use sync_badge::SyncBadgeLink;
pub(crate) use view_model::badge_parts;

use crate::components::{DemoStopDialog, ToastList, When};
use crate::routes::paths;
use crate::state::{use_host, use_session};
use banners::Banners;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use nav::Nav;

/// Banners, the screen, the places.
#[component]
pub(crate) fn Shell(children: Children) -> impl IntoView {
    let session = use_session();
    let host = use_host();
    let path = use_location().pathname;
    // Someone who is being invited, or has no area yet, has nowhere else to go.
    let has_places = Memo::new(move |_| {
        let invited = path.with(|path| path.trim_end_matches('/') == paths::invite());
        session.area_id().is_some() && !invited
    });
    view! {
        <div class="app">
            // Kept as it is while another tab has the database: what was being written is still there afterwards.
            <div class="shell" hidden=move || host.parked.get()>
                <div class="shell__banners">
                    <Banners />
                </div>
                <main class="shell__main">{children()}</main>
                <When cond=move || has_places.get()>
                    <Nav />
                </When>
                <ToastList />
            </div>
            <When cond=move || host.parked.get()>
                <ParkedPage />
            </When>
            <DemoStopDialog />
        </div>
    }
}
