//! One photo over the whole screen, and the way to the next.

use super::photos::Picture;
use crate::components::{IconButton, When};
use crate::i18n::*;
use crate::ipc::ask;
use crate::state::{Kept, close_dialog, derived, effect, open_dialog, use_toasts};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::{DeletePhoto, PhotoView};

/// A finger that moved this far meant the next photo.
const SWIPE_PX: f64 = 40.0;

/// The browser's own dialog: it keeps the focus inside, closes on Esc and gives the focus back.
#[component]
pub(super) fn PhotoViewer(
    photos: Kept<Vec<PhotoView>>,
    count: Memo<usize>,
    /// The photo that is open, by its place.
    shown: RwSignal<Option<usize>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let node = NodeRef::<html::Dialog>::new();
    let photo = Kept::new(move || shown.get().and_then(|index| photos.with(|photos| photos.get(index).cloned())));
    effect(move || {
        let (open, Some(dialog)) = (photo.with(Option::is_some), node.get()) else { return };
        if open && !dialog.open() {
            open_dialog(&dialog);
        } else if !open && dialog.open() {
            close_dialog(&dialog);
        }
    });
    let step = move |forward: bool| {
        shown.update(|shown| {
            if let Some(index) = shown {
                let last = count.get_untracked().saturating_sub(1);
                *index = if forward { (*index + 1).min(last) } else { index.saturating_sub(1) };
            }
        });
    };
    let began = StoredValue::new(0.0_f64);
    let swiped = move |to: f64| {
        let moved = to - began.get_value();
        if moved.abs() >= SWIPE_PX {
            step(moved < 0.0);
        }
    };
    let delete = move || {
        let Some(id) = photo.with_untracked(|photo| photo.as_ref().map(|photo| photo.id)) else { return };
        shown.set(None);
        spawn_local(async move {
            match ask(DeletePhoto { id }).await {
                Ok(saved) => {
                    toasts.saved(td_string!(i18n.get_locale_untracked(), map.photo.deleted), &saved);
                }
                Err(error) => toasts.error(&error),
            }
        });
    };
    let place = derived(move || {
        let number = shown.get().map_or(0, |index| index + 1);
        t_string!(i18n, map.photo.number, number = number, count = count.get()).to_string()
    });
    view! {
        <dialog
            node_ref=node
            class="photo-view"
            aria-label=place
            on:close=move |_| shown.set(None)
            on:keydown=move |event| match event.key().as_str() {
                "ArrowRight" => step(true),
                "ArrowLeft" => step(false),
                _ => {}
            }
            on:pointerdown=move |event| began.set_value(f64::from(event.client_x()))
            on:pointerup=move |event| swiped(f64::from(event.client_x()))
        >
            <div class="photo-view__bar">
                <p class="photo-view__place">{place}</p>
                <When cond=move || photo.with(|photo| photo.as_ref().is_some_and(|photo| photo.may_delete))>
                    <IconButton icon="trash-2" label=tr!(i18n, map.photo.delete) on_click=delete />
                </When>
                <IconButton icon="x" label=tr!(i18n, common.close) on_click=move || shown.set(None) />
            </div>
            {move || {
                photo.get().map(|PhotoView { hash, caption, .. }| {
                    let alt = if caption.is_empty() { place.get() } else { caption.clone() };
                    view! {
                        <div class="photo-view__frame"><Picture hash alt /></div>
                        <p class="photo-view__caption">{caption}</p>
                    }
                })
            }}
            <div class="photo-view__ways">
                <IconButton
                    icon="chevron-left"
                    label=tr!(i18n, map.photo.previous)
                    disabled=derived(move || shown.get().is_none_or(|index| index == 0))
                    on_click=move || step(false)
                />
                <IconButton
                    icon="chevron-right"
                    label=tr!(i18n, map.photo.next)
                    disabled=derived(move || shown.get().is_none_or(|index| index + 1 >= count.get()))
                    on_click=move || step(true)
                />
            </div>
        </dialog>
    }
}
