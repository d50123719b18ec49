//! Handing a file on: through the system's share sheet where it takes files of that kind, as a download elsewhere, and by
//! the shell in the desktop window, where nothing is downloaded.

use crate::ipc::{is_tauri, save_file};
use js_sys::{Array, Reflect, Uint8Array};
use leptos::prelude::*;
use trygkort_core::ipc::Bytes;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, File, FilePropertyBag, HtmlAnchorElement, ShareData, Url};

/// Shares or saves `content` as a file called `name`. Returns where it lies when nobody else says so.
pub(crate) async fn share_file(name: &str, media_type: &str, content: Vec<u8>) -> Result<Option<String>, JsValue> {
    if is_tauri() {
        return save_file(name, Bytes(content)).await.map(Some);
    }
    share(name, media_type, &Uint8Array::from(content.as_slice())).await.map(|()| None)
}

async fn share(name: &str, media_type: &str, content: &Uint8Array) -> Result<(), JsValue> {
    let parts = Array::of1(content);
    let data = ShareData::new();
    let options = FilePropertyBag::new();
    options.set_type(media_type);
    let file = File::new_with_blob_sequence_and_options(&parts, name, &options)?;
    data.set_files(&Array::of1(&file));
    let navigator = window().navigator();
    let can_share = Reflect::has(&navigator, &JsValue::from_str("canShare"))? && navigator.can_share_with_data(&data);
    if can_share {
        return match JsFuture::from(navigator.share_with_data(&data)).await {
            Err(thrown) if !was_cancelled(&thrown) => download(name, media_type, &parts),
            _ => Ok(()),
        };
    }
    download(name, media_type, &parts)
}

/// The user closed the share sheet: that is an answer, not a failure.
fn was_cancelled(thrown: &JsValue) -> bool {
    Reflect::get(thrown, &JsValue::from_str("name")).is_ok_and(|name| name == JsValue::from_str("AbortError"))
}

fn download(name: &str, media_type: &str, parts: &Array) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let blob = Blob::new_with_blob_sequence_and_options(parts, &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The download has taken its own hold of the data when `click` returns, except in Safari, which wants a moment.
    set_timeout(
        move || {
            // Failing to let go of a few hundred bytes harms nobody.
            let _ = Url::revoke_object_url(&url);
        },
        std::time::Duration::from_secs(10),
    );
    Ok(())
}
