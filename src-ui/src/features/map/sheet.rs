//! What was said about one pin: a sheet at the bottom of a phone, a panel at the side of a desk.

use super::canvas::MapState;
use super::photos::Photos;
use super::words::{PinIcon, category_words, pin_scope_words};
use crate::components::{Button, ButtonKind, Chip, ChipKind, IconButton, LinkButton, When};
use crate::format::date_words;
use crate::i18n::*;
use crate::ipc::ask;
use crate::routes::paths;
use crate::state::{Kept, effect, move_focus, use_toasts};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::domain::PinId;
use trygkort_core::ipc::{DeletePin, EditPin, IpcError, PinKind, PinView, SavePin, Saved};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The sheet. It is no dialog: the map beside it stays in use. It takes the focus when it opens, Esc closes it.
#[component]
pub(crate) fn PinSheet(
    state: MapState,
    pin: Kept<Option<PinView>>,
    /// Closes the sheet.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let sheet = NodeRef::<html::Section>::new();
    let heading = NodeRef::<html::H2>::new();
    let shown = Kept::new(move || pin.with(|pin| pin.as_ref().map(|pin| pin.id)));
    take_focus(state, shown, sheet, heading);

    let delete = move |pin: &PinView| {
        let (id, title) = (pin.id, pin.title.clone());
        spawn_local(async move {
            match ask(DeletePin { id }).await {
                Ok(saved) => {
                    let words = td_string!(i18n.get_locale_untracked(), map.deleted, title = title).to_string();
                    toasts.saved(words, &saved);
                    on_close.run(());
                }
                Err(error) => toasts.error(&error),
            }
        });
    };
    let renew = move |pin: &PinView| {
        let (id, title) = (pin.id, pin.title.clone());
        spawn_local(async move {
            match renew_pin(id).await {
                Ok(saved) => {
                    let words = td_string!(i18n.get_locale_untracked(), map.renewed, title = title).to_string();
                    toasts.saved(words, &saved);
                }
                Err(error) => toasts.error(&error),
            }
        });
    };
    let head = move |pin: PinView| {
        let chip = if pin.kind == PinKind::Challenge { ChipKind::Star } else { ChipKind::Heart };
        let category = pin.category;
        let note = pin.note.trim().to_owned();
        let pending = pin.pending;
        view! {
            <div class="pin-sheet__head">
                <PinIcon kind=pin.kind />
                <h2 class="pin-sheet__title" id="pin-sheet-title" tabindex="-1" node_ref=heading>
                    {pin.title.clone()}
                </h2>
                <IconButton
                    icon="x"
                    label=tr!(i18n, common.close)
                    on_click=move || on_close.run(())
                />
            </div>
            <div class="pin-sheet__body">
                <p class="pin-sheet__chips">
                    <Chip kind=chip>{move || category_words(i18n, category)}</Chip>
                    {pending.then(|| view! { <Chip>{tr!(i18n, map.pending)}</Chip> })}
                </p>
                {if note.is_empty() {
                    view! { <p class="muted">{tr!(i18n, map.no_note)}</p> }.into_any()
                } else {
                    view! { <p class="pin-sheet__note">{note}</p> }.into_any()
                }}
            </div>
        }
    };
    let foot = move |pin: PinView| {
        let edit = paths::pin_edit(Some(pin.id));
        let history = paths::pin_history(pin.id);
        let (scope, expires) = (pin.scope, pin.expires_at_ms);
        let (editable, deletable) = (pin.editable, pin.deletable);
        let (added_by, walk) = (pin.added_by.clone(), pin.walk.clone());
        view! {
            <div class="pin-sheet__body">
                <p class="pin-sheet__facts">
                    {tr!(i18n, map.seen_by)}": "{move || pin_scope_words(i18n, scope, walk.as_deref())}
                    {added_by.map(|name| view! { <br />{tr!(i18n, map.added_by)}": "{name} })}
                    {expires
                        .map(|at| {
                            let words = move || {
                                t_string!(i18n, map.expires, date = date_words(i18n, at)).to_string()
                            };
                            view! { <br />{words} }
                        })}
                </p>
                <div class="buttons pin-sheet__buttons">
                    {editable
                        .then(|| {
                            let pin = pin.clone();
                            view! {
                                <LinkButton href=edit.clone() icon="pencil">{tr!(i18n, common.edit)}</LinkButton>
                                {expires
                                    .map(|_| {
                                        let pin = pin.clone();
                                        view! {
                                            <Button icon="refresh-cw" on_click=move || renew(&pin)>
                                                {tr!(i18n, map.renew)}
                                            </Button>
                                        }
                                    })}
                                {deletable
                                    .then(|| {
                                        view! {
                                            <Button
                                                kind=ButtonKind::Danger
                                                icon="trash-2"
                                                on_click=move || delete(&pin)
                                            >
                                                {tr!(i18n, common.delete)}
                                            </Button>
                                        }
                                    })}
                            }
                        })}
                    <LinkButton href=history icon="history">{tr!(i18n, updates.history)}</LinkButton>
                </div>
            </div>
        }
    };
    view! {
        <When cond=move || shown.get().is_some()>
            <section
                class="pin-sheet"
                aria-labelledby="pin-sheet-title"
                node_ref=sheet
                on:keydown=move |event| {
                    // In a photo it closes the photo.
                    let in_dialog = document().query_selector("dialog[open]").is_ok_and(|open| open.is_some());
                    if event.key() == "Escape" && !in_dialog {
                        on_close.run(());
                    }
                }
            >
                {move || pin.get().map(head)}
                // By the pin's id: an edit of the pin must not close a photo that is open.
                {move || shown.get().map(|pin| view! { <div class="pin-sheet__body"><Photos pin /></div> })}
                {move || pin.get().map(foot)}
            </section>
        </When>
    }
}

/// Saving a pin that expires gives it a new term; nothing else about it changes.
async fn renew_pin(id: PinId) -> Result<Saved, IpcError> {
    let opened = ask(EditPin { id: Some(id) }).await?;
    let form = opened.form.clone();
    ask(SavePin { opened, form }).await
}

/// Moves the focus into the sheet when another pin is opened and back to where it was when the sheet closes, and moves
/// the map so that the pin is not behind the sheet.
fn take_focus(state: MapState, shown: Kept<Option<PinId>>, sheet: NodeRef<html::Section>, heading: NodeRef<html::H2>) {
    let came_from = StoredValue::new_local(None::<HtmlElement>);
    Effect::new(move |before: Option<Option<_>>| {
        let (now, before) = (shown.get(), before.flatten());
        if now == before {
            return now;
        }
        if before.is_none() {
            let active = document().active_element().and_then(|element| element.dyn_into().ok());
            came_from.set_value(active);
        }
        if now.is_none() {
            if let Some(element) = came_from.try_update_value(Option::take).flatten().filter(|old| old.is_connected()) {
                move_focus(&element);
            }
            return now;
        }
        // After the sheet is drawn, and after the page's heading had its turn.
        request_animation_frame(move || {
            request_animation_frame(move || {
                if let Some(Some(heading)) = heading.try_get_untracked() {
                    move_focus(&heading);
                }
                reveal(state, sheet);
            });
        });
        now
    });
    // A pin from the address is there before the map is.
    effect(move || {
        if state.renderer.get().is_some() {
            request_animation_frame(move || reveal(state, sheet));
        }
    });
}

fn reveal(state: MapState, sheet: NodeRef<html::Section>) {
    let Some(Some(sheet)) = sheet.try_get_untracked() else { return };
    if state.renderer.try_get_untracked().is_some() {
        state.with(|renderer| renderer.reveal(&sheet));
    }
}
