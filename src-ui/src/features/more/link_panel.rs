//! A fresh link, large enough to be read by another camera.

use crate::components::Button;
use crate::format::{date_words, moment_words};
use crate::i18n::*;
use crate::ipc::{Shared, share_text};
use crate::state::{copy_text, derived, use_now, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::InvitationLink;

/// QR code, link, how long and how often it works.
#[component]
pub(super) fn LinkPanel(link: InvitationLink) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let InvitationLink { link, qr_svg, uses, expires_at_ms, access_until_ms, .. } = link;
    let (to_copy, to_share) = (link.clone(), link.clone());
    let copy = move || {
        let link = to_copy.clone();
        spawn_local(async move {
            if copy_text(&link).await {
                toasts.say(td_string!(i18n.get_locale_untracked(), common.copied));
            }
        });
    };
    let share = move || {
        let link = to_share.clone();
        spawn_local(async move {
            match share_text(td_string!(i18n.get_locale_untracked(), more.share_title), &link).await {
                Shared::Copied => toasts.say(td_string!(i18n.get_locale_untracked(), common.copied)),
                Shared::Sent | Shared::Cancelled | Shared::Failed => {}
            }
        });
    };
    let limits = limits(i18n, uses, expires_at_ms, access_until_ms);
    view! {
        <div class="link-panel">
            <div
                class="link-panel__qr"
                role="img"
                aria-label=tr!(i18n, more.invite_qr)
                inner_html=qr_svg
            ></div>
            <p class="link-text">{link}</p>
            <p class="muted">{limits}</p>
            <div class="buttons">
                <Button icon="copy" on_click=copy>{tr!(i18n, more.copy_link)}</Button>
                <Button icon="share-2" on_click=share>{tr!(i18n, more.share_link)}</Button>
            </div>
            <p class="muted">{tr!(i18n, more.invite_once)}</p>
        </div>
    }
}

/// How often and how long an invitation works, and when the access of those who redeem it ends.
pub(super) fn limits(i18n: I18n, uses: u32, expires_at_ms: i64, access_until_ms: Option<i64>) -> Signal<String> {
    let now = use_now();
    derived(move || {
        let uses = match uses {
            1 => t_string!(i18n, more.invite_uses_1).to_owned(),
            count => t_string!(i18n, more.invite_uses_n, count = count).to_string(),
        };
        let until = t_string!(i18n, more.invite_valid, date = date_words(i18n, expires_at_ms)).to_string();
        match access_until_ms {
            None => format!("{uses} · {until}"),
            // Nobody joins after that, so one moment says both.
            Some(end) if end <= expires_at_ms => format!("{uses} · {}", access_ends(i18n, end, now.get())),
            Some(end) => format!("{uses} · {until} · {}", access_ends(i18n, end, now.get())),
        }
    })
}

fn access_ends(i18n: I18n, end_ms: i64, now_ms: i64) -> String {
    t_string!(i18n, more.invite_access_until, when = moment_words(i18n, end_ms, now_ms)).to_string()
}
