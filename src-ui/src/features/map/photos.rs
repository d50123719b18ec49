//! The photos of a pin: thumbnails in a row, each opens in full.

use super::photo_add::AddPhotos;
use super::photo_view::PhotoViewer;
use crate::components::When;
use crate::i18n::*;
use crate::ipc::photo_address;
use crate::state::{Kept, Var, derived, use_load};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::domain::PinId;
use trygkort_core::ipc::{GetPhotos, PhotoView, Topic};

/// So many photos may be added to a pin; those of two people who were offline add up to more.
const PHOTOS_MAX: usize = 5;

/// The photos, and adding one.
#[component]
pub(super) fn Photos(pin: PinId) -> impl IntoView {
    let i18n = use_i18n();
    let load = use_load(&[Topic::Photos, Topic::Pins], move || GetPhotos { pin });
    let photos = Kept::new(move || load.map(|view| view.photos.clone()).unwrap_or_default());
    let count = Memo::new(move |_| photos.with(Vec::len));
    let may_add = Memo::new(move |_| load.map(|view| view.may_add).unwrap_or_default());
    let shown = RwSignal::new(None::<usize>);
    let tiles = move || {
        let tile = |(index, photo)| view! { <Tile photo index count shown /> };
        photos.get().into_iter().enumerate().map(tile).collect_view()
    };
    view! {
        <When cond=move || { count.get() > 0 }>
            <ul class="photos" aria-label=tr!(i18n, map.photo.list)>{tiles}</ul>
            <PhotoViewer photos count shown />
        </When>
        <When cond=may_add>
            <AddPhotos pin full=derived(move || count.get() >= PHOTOS_MAX) />
        </When>
    }
}

/// A thumbnail in a frame of fixed shape: nothing moves when it comes.
#[component]
fn Tile(photo: PhotoView, index: usize, count: Memo<usize>, shown: RwSignal<Option<usize>>) -> impl IntoView {
    let i18n = use_i18n();
    let PhotoView { caption, thumbnail, sent, .. } = photo;
    let name = derived(move || {
        let number = t_string!(i18n, map.photo.show, number = index + 1, count = count.get()).to_string();
        if caption.is_empty() { number } else { format!("{number}: {caption}") }
    });
    view! {
        <li class="photos__tile">
            <button type="button" class="photos__button" aria-label=name on:click=move |_| shown.set(Some(index))>
                <Picture hash=thumbnail alt="" />
            </button>
            {(!sent).then(|| view! { <span class="photos__state">{tr!(i18n, map.pending)}</span> })}
        </li>
    }
}

/// The picture of a file, or that it is not here yet.
#[component]
pub(super) fn Picture(hash: String, #[prop(into)] alt: String) -> impl IntoView {
    let i18n = use_i18n();
    // `None`: being read; `Some(None)`: not here.
    let address = Var::new(None::<Option<String>>);
    spawn_local(async move {
        let found = photo_address(hash).await.ok().flatten();
        address.try_set(Some(found));
    });
    move || match address.get() {
        None => ().into_any(),
        Some(None) => view! { <span class="photos__waits">{tr!(i18n, map.photo.waits)}</span> }.into_any(),
        Some(Some(address)) => view! { <img class="photos__image" src=address alt=alt.clone() /> }.into_any(),
    }
}
