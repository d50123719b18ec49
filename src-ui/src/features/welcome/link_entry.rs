//! Where a link is pasted or its QR code scanned.

use super::invitation::link_in;
use super::scanner::ScanDialog;
use crate::components::{Button, ButtonKind, FieldKind, TextField};
use crate::i18n::*;
use crate::ipc::can_scan;
use crate::state::{derived, paste_text, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A field, *Indsæt*, and the camera where the browser can read codes.
#[component]
pub(crate) fn LinkEntry(#[prop(into)] on_link: Callback<(String,)>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let text = RwSignal::new(String::new());
    let empty = RwSignal::new(false);
    let scanning = RwSignal::new(false);
    let scans = can_scan();
    let use_link = move || match link_in(&text.get_untracked()) {
        Some(link) => on_link.run((link,)),
        None => empty.set(true),
    };
    let paste = move || {
        spawn_local(async move {
            match paste_text().await {
                Some(pasted) => text.set(pasted),
                None => toasts.fail(td_string!(i18n.get_locale_untracked(), welcome.paste_failed)),
            }
        });
    };
    let error = derived(move || {
        let missing = empty.get() && text.with(|text| link_in(text).is_none());
        missing.then(|| t_string!(i18n, welcome.link_empty).to_owned())
    });
    view! {
        <form
            class="form"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                use_link();
            }
        >
                <TextField
                    label=tr!(i18n, welcome.link_label)
                    hint=tr!(i18n, welcome.link_hint)
                    kind=FieldKind::Url
                    value=text
                    error
                    max=400
                />
            <div class="buttons link-entry">
                <Button icon="clipboard-paste" on_click=paste>{tr!(i18n, welcome.paste)}</Button>
                <Button kind=ButtonKind::Primary submit=true>{tr!(i18n, welcome.use_link)}</Button>
            </div>
        </form>
        {if scans {
            view! {
                <Button icon="scan-line" on_click=move || scanning.set(true)>{tr!(i18n, welcome.scan)}</Button>
                <ScanDialog open=scanning on_text=on_link />
            }
            .into_any()
        } else {
            view! { <p class="muted">{tr!(i18n, welcome.scan_elsewhere)}</p> }.into_any()
        }}
    }
}
