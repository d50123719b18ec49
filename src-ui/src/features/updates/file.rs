//! *Gem usendt til fil*, and sending such a file for another device.

use crate::components::{Button, Icon};
use crate::format::error_words;
use crate::i18n::*;
use crate::ipc::ask;
use crate::state::{Var, derived, share_file, use_toasts};
use js_sys::Uint8Array;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{Bytes, DeliverFile, DeliveredView, IpcError, SaveUnsent as Save};
use trygkort_core::wire::unsent::{CONTENT_TYPE, EXTENSION};
use wasm_bindgen_futures::JsFuture;

/// Puts what is not sent into a file. What became of it is said here and not in a message: a dialog stands before those.
#[component]
pub(crate) fn SaveUnsent() -> impl IntoView {
    let i18n = use_i18n();
    let said = Var::new(None::<Saved>);
    let save = move || {
        spawn_local(async move {
            said.try_set(Some(write_unsent().await));
        });
    };
    let words = derived(move || said.with(|said| said.as_ref().map(|said| said.words(i18n.get_locale()))));
    view! {
        <p class="muted">{tr!(i18n, updates.save_file_text)}</p>
        <div class="buttons">
            <Button icon="download" on_click=save>{tr!(i18n, updates.save_file)}</Button>
        </div>
        <p role="status" class="save-file__said" class:failure=move || said.with(|said| said.as_ref().is_some_and(Saved::lacks))>
            {words}
        </p>
    }
}

/// What became of a file.
enum Saved {
    /// Shared, downloaded, or put there; and how many parts had no room in it.
    Handed {
        place: Option<String>,
        left_out: u32,
    },
    NowhereToPut,
    Failed(IpcError),
}

async fn write_unsent() -> Saved {
    match ask(Save {}).await {
        Ok(file) => match share_file(&file.name, CONTENT_TYPE, file.bytes.0).await {
            Ok(place) => Saved::Handed { place, left_out: file.left_out },
            Err(_) => Saved::NowhereToPut,
        },
        Err(error) => Saved::Failed(error),
    }
}

impl Saved {
    /// Not everything is in a file.
    fn lacks(&self) -> bool {
        !matches!(self, Saved::Handed { left_out: 0, .. })
    }

    fn words(&self, locale: Locale) -> String {
        match self {
            Saved::Handed { place, left_out } => {
                let place = place.as_ref().map(|place| td_string!(locale, common.saved_at, place = place).to_string());
                let left = (*left_out > 0).then(|| td_string!(locale, updates.save_file_left).to_owned());
                [place, left].into_iter().flatten().collect::<Vec<_>>().join(" ")
            }
            Saved::NowhereToPut => td_string!(locale, updates.save_file_failed).to_owned(),
            Saved::Failed(error) => error_words(locale, error).to_owned(),
        }
    }
}

/// Sends a file that another device saved.
#[component]
pub(super) fn LoadUnsent() -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        spawn_local(async move {
            let locale = i18n.get_locale_untracked();
            let Ok(bytes) = JsFuture::from(file.array_buffer()).await.map(|buffer| Uint8Array::new(&buffer).to_vec())
            else {
                toasts.fail(td_string!(locale, updates.not_a_file));
                return;
            };
            match ask(DeliverFile { bytes: Bytes(bytes) }).await {
                // What the server did not take wants to be read: it stays until it is closed.
                Ok(delivered) if delivered.refused + delivered.aside > 0 => {
                    toasts.fail(delivered_words(locale, delivered));
                }
                Ok(delivered) => toasts.say(delivered_words(locale, delivered)),
                Err(error) if error.code == ErrorCode::Invalid => {
                    toasts.fail(td_string!(locale, updates.not_a_file));
                }
                Err(error) => toasts.error(&error),
            }
            // The same file once more is a change too.
            input.set_value("");
        });
    };
    view! {
        <details class="load-file">
            <summary>{tr!(i18n, updates.load_file)}</summary>
            <p class="muted">{tr!(i18n, updates.load_file_text)}</p>
            <label class="button button--plain load-file__choose">
                <Icon name="cloud-upload" />
                <span class="button__words">{tr!(i18n, updates.load_file)}</span>
                <input
                    type="file"
                    class="visually-hidden"
                    accept=format!(".{EXTENSION},{CONTENT_TYPE}")
                    node_ref=input
                    on:change=chosen
                />
            </label>
        </details>
    }
}

/// What became of all parts of the file. The server says of what it has had before that it has it, so these words are
/// true the second time too.
fn delivered_words(locale: Locale, delivered: DeliveredView) -> String {
    let DeliveredView { taken, refused, aside, photos, photos_left } = delivered;
    let parts = [
        match taken {
            0 => None,
            1 => Some(td_string!(locale, updates.delivered_1).to_owned()),
            count => Some(td_string!(locale, updates.delivered_n, count = count).to_string()),
        },
        match refused {
            0 => None,
            1 => Some(td_string!(locale, updates.delivered_refused_1).to_owned()),
            count => Some(td_string!(locale, updates.delivered_refused_n, count = count).to_string()),
        },
        match aside {
            0 => None,
            1 => Some(td_string!(locale, updates.delivered_aside_1).to_owned()),
            count => Some(td_string!(locale, updates.delivered_aside_n, count = count).to_string()),
        },
        match photos {
            0 if photos_left > 0 => Some(td_string!(locale, updates.delivered_photos_left).to_owned()),
            0 => None,
            1 => Some(td_string!(locale, updates.delivered_photos_1).to_owned()),
            count => Some(td_string!(locale, updates.delivered_photos_n, count = count).to_string()),
        },
    ];
    let said = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    if said.is_empty() { td_string!(locale, updates.delivered_none).to_owned() } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_a_file_is_said_in_its_number() {
        let said = |taken, refused, aside, photos| {
            delivered_words(Locale::da, DeliveredView { taken, refused, aside, photos, photos_left: 0 })
        };
        let left = DeliveredView { taken: 1, photos_left: 2, ..DeliveredView::default() };
        assert_eq!(
            delivered_words(Locale::da, left),
            "1 ændring fra filen er hos serveren. \
             Filens billeder kan du ikke sende: det kan en, der må tilføje markeringer."
        );
        assert_eq!(said(1, 0, 0, 0), "1 ændring fra filen er hos serveren.");
        assert_eq!(
            said(2, 0, 0, 1),
            "2 ændringer fra filen er hos serveren. 1 billede fra filen er sendt eller på vej."
        );
        assert_eq!(said(0, 0, 0, 3), "3 billeder fra filen er sendt eller på vej.");
        assert_eq!(said(0, 0, 0, 0), "Der er ikke noget i filen.");
        assert_eq!(said(0, 1, 0, 0), "Serveren afviste 1 ændring.");
        assert_eq!(
            said(4, 2, 1, 0),
            "4 ændringer fra filen er hos serveren. Serveren afviste 2 ændringer. \
             1 ændring er lagt til side på serveren, fordi det ikke er sikkert, hvem der skrev den."
        );
    }
}
