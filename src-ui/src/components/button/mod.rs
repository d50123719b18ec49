//! Buttons, and links that look like them.

use super::Icon;
use leptos::prelude::*;

/// How much a button asks to be pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ButtonKind {
    /// The one thing to do here.
    Primary,
    #[default]
    Plain,
    /// Text only.
    Quiet,
    /// Takes something away.
    Danger,
}

impl ButtonKind {
    pub(crate) fn class(self) -> &'static str {
        match self {
            ButtonKind::Primary => "button button--primary",
            ButtonKind::Plain => "button button--plain",
            ButtonKind::Quiet => "button button--quiet",
            ButtonKind::Danger => "button button--danger",
        }
    }
}

/// What a press does. Unlike a [`Callback`] it has one owner, so that a closure costs the download next to nothing.
pub(crate) struct Press(Box<dyn Fn() + Send>);

impl Press {
    pub(super) fn press(&self) {
        (self.0)();
    }
}

impl<F: Fn() + Send + 'static> From<F> for Press {
    fn from(press: F) -> Self {
        Self(Box::new(press))
    }
}

impl From<Callback<()>> for Press {
    fn from(press: Callback<()>) -> Self {
        Self(Box::new(move || press.run(())))
    }
}

/// A button with words.
#[component]
pub(crate) fn Button(
    #[prop(into, optional)] on_click: Option<Press>,
    #[prop(optional)] kind: ButtonKind,
    /// A Lucide name, shown before the words.
    #[prop(optional, into)]
    icon: Option<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// Sends the form it stands in; the form's `on:submit` does the work.
    #[prop(optional)]
    submit: bool,
    /// An accessible name that says more than the words, e.g. which contact is meant. Starts with the words.
    #[prop(optional, into)]
    label: MaybeProp<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=kind.class()
            disabled=disabled
            aria-label=move || label.get()
            on:click=move |_| {
                if let Some(on_click) = &on_click {
                    on_click.press();
                }
            }
        >
            {icon.map(|name| view! { <Icon name /> })}
            <span class="button__words">{children()}</span>
        </button>
    }
}

/// A button with an icon only; the name is for screen readers and shows as a tooltip.
#[component]
pub(crate) fn IconButton(
    #[prop(into)] icon: String,
    #[prop(into)] label: Signal<String>,
    #[prop(into)] on_click: Press,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="button button--icon"
            disabled=disabled
            aria-label=label
            title=label
            on:click=move |_| on_click.press()
        >
            <Icon name=icon />
        </button>
    }
}

/// A link within the app that looks like a button.
#[component]
pub(crate) fn LinkButton(
    #[prop(into)] href: Signal<String>,
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional, into)] icon: Option<String>,
    #[prop(optional, into)] label: MaybeProp<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <a class=kind.class() href=href aria-label=move || label.get()>
            {icon.map(|name| view! { <Icon name /> })}
            <span class="button__words">{children()}</span>
        </a>
    }
}
