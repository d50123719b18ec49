//! The camera, until it has read a QR code.

use crate::components::Dialog;
use crate::i18n::*;
use crate::ipc::{scan_qr, stop_scan};
use crate::state::effect;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A dialog with the picture of the camera; closes when a code was read.
#[component]
pub(crate) fn ScanDialog(open: RwSignal<bool>, on_text: Callback<(String,)>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Dialog open title=tr!(i18n, welcome.scan_title)>
            <Camera open on_text />
        </Dialog>
    }
}

#[component]
fn Camera(open: RwSignal<bool>, on_text: Callback<(String,)>) -> impl IntoView {
    let i18n = use_i18n();
    let video = NodeRef::<html::Video>::new();
    let refused = RwSignal::new(false);
    effect(move || {
        let Some(video) = video.get() else { return };
        spawn_local(async move {
            match scan_qr(&video).await {
                Ok(Some(text)) => {
                    open.set(false);
                    on_text.run((text,));
                }
                Ok(None) => {}
                Err(_) => {
                    refused.try_set(true);
                }
            }
        });
    });
    // The picture on the camera's light must go out with the dialog.
    on_cleanup(move || {
        if let Some(video) = video.get_untracked() {
            stop_scan(&video);
        }
    });
    view! {
        <video class="scanner" node_ref=video muted playsinline hidden=move || refused.get()></video>
        {move || {
            if refused.get() {
                view! { <p role="alert">{tr!(i18n, welcome.scan_refused)}</p> }.into_any()
            } else {
                view! { <p class="muted">{tr!(i18n, welcome.scan_text)}</p> }.into_any()
            }
        }}
    }
}
