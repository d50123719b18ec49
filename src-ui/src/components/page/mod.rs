//! The frame of every screen: heading, way back, sync badge, actions.

use super::Icon;
use crate::features::shell::SyncBadgeLink;
use crate::i18n::*;
use crate::state::{derived, effect, move_focus, use_session};
use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlBodyElement, HtmlElement};

/// Where a page stands; [`super::Split`] tells its list and its detail.
#[derive(Clone, Copy)]
pub(crate) enum PagePlace {
    /// The list beside a detail: it is the page only while no detail is open.
    List {
        detail_open: Signal<bool>,
    },
    Detail,
}

/// A screen. The heading takes the focus when the address changes, and names the document.
#[component]
pub(crate) fn Page(
    #[prop(into)] title: Signal<String>,
    /// Where the arrow leads; hidden where the list stands beside.
    #[prop(optional, into)]
    back: Option<Signal<String>>,
    /// Takes the whole width, e.g. for tables.
    #[prop(optional)]
    wide: bool,
    /// Buttons beside the heading.
    #[prop(optional)]
    actions: Option<Children>,
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    let place = use_context::<PagePlace>();
    let heading = NodeRef::<html::H1>::new();
    let root = NodeRef::<html::Section>::new();
    let active = derived(move || match place {
        Some(PagePlace::List { detail_open }) => !detail_open.get(),
        _ => true,
    });
    name_document(title, active);
    focus_on_arrival(root, heading, active);
    let class = match (place, wide) {
        (Some(PagePlace::List { .. }), _) => "page page--list",
        (_, true) => "page page--wide",
        _ => "page",
    };
    view! {
        <section class=class node_ref=root>
            <header class="page__head">
                <div class="page__lead">
                {back
                    .filter(|href| !href.with_untracked(String::is_empty))
                    .map(|href| {
                        view! {
                            <a
                                class="button button--icon page__back"
                                href=href
                                aria-label=tr!(i18n, common.back)
                            >
                                <span class="page__back-icon"><Icon name="chevron-left" /></span>
                            </a>
                        }
                    })}
                <h1 class="page__title" tabindex="-1" node_ref=heading>{title}</h1>
                </div>
                <SyncBadgeLink />
            </header>
            {actions.map(|actions| view! { <div class="page__actions buttons">{actions()}</div> })}
            <div class="page__body">{children()}</div>
        </section>
    }
}

fn name_document(title: Signal<String>, active: Signal<bool>) {
    let session = use_session();
    effect(move || {
        if active.get() {
            let parts = [title.get(), session.area_name(), "Trygkort".to_owned()];
            let mut words: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
            words.dedup();
            document().set_title(&words.join(" · "));
        }
    });
}

/// Moves the focus to the heading when someone arrives, and back to the line they came from when they return to a list.
fn focus_on_arrival(root: NodeRef<html::Section>, heading: NodeRef<html::H1>, active: Signal<bool>) {
    let path = use_location().pathname;
    let arrival = use_context::<Arrival>();
    effect(move || {
        let here = path.get();
        let (true, Some(heading), Some(arrival)) = (active.get(), heading.get(), arrival) else { return };
        let focused = document().active_element();
        // A moment later the page that was left is gone: it hears of the new address too, and must not take the focus.
        request_animation_frame(move || {
            if heading.is_connected() {
                arrive(arrival, here, root, &heading, focused.as_ref());
            }
        });
    });
}

/// `focused`: what had the focus when the address became this one.
fn arrive(
    arrival: Arrival,
    here: String,
    root: NodeRef<html::Section>,
    heading: &HtmlElement,
    focused: Option<&Element>,
) {
    let before = arrival.0.get_value();
    if before.as_deref() == Some(here.as_str()) {
        return;
    }
    arrival.0.set_value(Some(here));
    // At the start of the app the focus stays where the browser put it.
    let Some(before) = before else { return };
    if moved_on(focused) {
        return;
    }
    let line = root
        .get_untracked()
        .and_then(|root| root.query_selector(&format!("a[href='{before}']:not(.page__back)")).ok().flatten())
        .and_then(|line| line.dyn_into::<HtmlElement>().ok())
        .filter(|line| line.offset_parent().is_some());
    move_focus(line.as_ref().unwrap_or(heading));
}

/// Whether something else has the focus by now. On a slow telephone a page can be seen a while before it is its turn to
/// take the focus, and who writes in a field already must not be torn from it.
fn moved_on(focused: Option<&Element>) -> bool {
    document().active_element().is_some_and(|now| Some(&now) != focused && !now.is_instance_of::<HtmlBodyElement>())
}

/// The address that last took the focus.
#[derive(Clone, Copy)]
pub(crate) struct Arrival(StoredValue<Option<String>>);

impl Arrival {
    pub(crate) fn provide() {
        provide_context(Self(StoredValue::new(None)));
    }
}
