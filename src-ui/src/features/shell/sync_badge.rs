//! When this device last heard from the server, what waits to be sent, and what needs a look. Always there, never in the way.

use super::view_model::{BadgeTone, badge_parts};
use crate::i18n::*;
use crate::routes::paths;
use crate::state::{Kept, use_now, use_sync_status};
use leptos::prelude::*;

/// The badge; leads to the page about it.
#[component]
pub(crate) fn SyncBadgeLink() -> impl IntoView {
    let i18n = use_i18n();
    let status = use_sync_status();
    let now = use_now();
    let parts = Kept::new(move || status.get().map(|status| badge_parts(i18n.get_locale(), &status, now.get())));
    move || {
        parts.get().map(|parts| {
            let tone = match parts.tone {
                BadgeTone::Fresh => "sync-badge",
                BadgeTone::Waiting => "sync-badge sync-badge--waiting",
                BadgeTone::Stopped => "sync-badge sync-badge--stopped",
            };
            view! {
                <a class=tone class:sync-badge--running=parts.running href=paths::updates()>
                    <span class="sync-badge__dot"></span>
                    <span class="sync-badge__words">
                        <span class="sync-badge__part">{parts.state}</span>
                        // One thing at a time: what is still here goes before what came of what was sent.
                        {parts
                            .unsent
                            .or(parts.attention)
                            .map(|more| {
                                view! {
                                    <span class="sync-badge__separator">" · "</span>
                                    <span class="sync-badge__part">{more}</span>
                                }
                            })}
                    </span>
                </a>
            }
        })
    }
}
