//! The invitation that brought someone here, between the address bar and the form.

use crate::routes::paths;
use leptos::prelude::*;
use std::cell::RefCell;
use wasm_bindgen::JsValue;
use web_sys::Storage;

/// Where the link outlives a reload: in this tab only, and until it is redeemed. A phone that is short of memory
/// reloads the page while its owner looks for their glasses.
const KEPT: &str = "invitation";

thread_local! {
    /// For browsers that refuse the tab's storage.
    static LINK: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Reads the secret from the address and takes it out of the address bar and the history at once.
pub(crate) fn take_invitation_from_address() {
    let location = window().location();
    let (Ok(path), Ok(fragment), Ok(origin)) = (location.pathname(), location.hash(), location.origin()) else {
        return;
    };
    let secret = fragment.trim_start_matches('#');
    if path.trim_end_matches('/') != paths::invite() || secret.is_empty() {
        return;
    }
    keep_invitation(format!("{origin}{}#{secret}", paths::invite()));
    let replaced = window()
        .history()
        .and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(paths::invite())));
    if replaced.is_err() {
        leptos::logging::warn!("the invitation could not be taken out of the address");
    }
}

/// Keeps a link for the invite page.
pub(crate) fn keep_invitation(link: String) {
    if let Some(storage) = tab_storage() {
        let _ = storage.set_item(KEPT, &link);
    }
    LINK.with(|kept| *kept.borrow_mut() = Some(link));
}

/// The kept link. It stays until [`drop_invitation`]: going back to a form, or reloading it, must not lose it.
pub(crate) fn kept_invitation() -> Option<String> {
    LINK.with(|kept| kept.borrow().clone()).or_else(|| tab_storage()?.get_item(KEPT).ok()?)
}

/// The invitation was redeemed.
pub(crate) fn drop_invitation() {
    if let Some(storage) = tab_storage() {
        let _ = storage.remove_item(KEPT);
    }
    LINK.with(|kept| *kept.borrow_mut() = None);
}

fn tab_storage() -> Option<Storage> {
    window().session_storage().ok()?
}

/// Takes the link out of a text that someone pasted or a camera read: white space around it, or a sentence before it.
/// What does not lead to an invitation page is no link, so that the field can say so at once.
pub(crate) fn link_in(text: &str) -> Option<String> {
    text.split_whitespace().find(|word| word.contains("/i#")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::link_in;

    #[test]
    fn a_link_is_found_in_what_was_pasted() {
        let link = "https://trygkort.example/i#0123456789ABCDEFGHJKMNPQRS";
        assert_eq!(link_in(link).as_deref(), Some(link));
        assert_eq!(link_in(&format!("  Her er linket:\n{link}\n")).as_deref(), Some(link));
        assert_eq!(link_in("trygkort.example/i#ABC").as_deref(), Some("trygkort.example/i#ABC"));
        assert_eq!(link_in("hej"), None);
        assert_eq!(link_in("https://trygkort.example/hej"), None);
        assert_eq!(link_in(""), None);
    }
}
