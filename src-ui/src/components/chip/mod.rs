//! A short fact: open or closed, a number, a kind.

use leptos::prelude::*;

/// What the colour of a chip stands for; the words say it too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ChipKind {
    Open,
    Closed,
    #[default]
    Neutral,
    Star,
    Heart,
}

/// A chip.
#[component]
pub(crate) fn Chip(#[prop(optional)] kind: ChipKind, children: Children) -> impl IntoView {
    let class = match kind {
        ChipKind::Open => "chip chip--open",
        ChipKind::Closed => "chip chip--closed",
        ChipKind::Neutral => "chip",
        ChipKind::Star => "chip chip--star",
        ChipKind::Heart => "chip chip--heart",
    };
    view! { <span class=class>{children()}</span> }
}
