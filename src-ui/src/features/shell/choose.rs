//! Beside a list while nothing in it is chosen; a phone never shows these.

use crate::components::EmptyState;
use crate::i18n::*;
use leptos::prelude::*;

#[component]
pub(crate) fn ChooseCard() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <EmptyState
            icon="id-card"
            title=tr!(i18n, common.shell.choose_card)
            text=tr!(i18n, common.shell.choose_card_text)
        />
    }
}

#[component]
pub(crate) fn ChooseContact() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <EmptyState
            icon="phone"
            title=tr!(i18n, common.shell.choose_contact)
            text=tr!(i18n, common.shell.choose_contact_text)
        />
    }
}

#[component]
pub(crate) fn ChooseMore() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <EmptyState
            icon="ellipsis"
            title=tr!(i18n, common.shell.choose_more)
            text=tr!(i18n, common.shell.choose_more_text)
        />
    }
}
