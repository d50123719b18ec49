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
            title=Signal::derive(move || t_string!(i18n, common.shell.choose_card).to_owned())
            text=Signal::derive(move || t_string!(i18n, common.shell.choose_card_text).to_owned())
        />
    }
}

#[component]
pub(crate) fn ChooseContact() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <EmptyState
            icon="phone"
            title=Signal::derive(move || t_string!(i18n, common.shell.choose_contact).to_owned())
            text=Signal::derive(move || t_string!(i18n, common.shell.choose_contact_text).to_owned())
        />
    }
}

#[component]
pub(crate) fn ChooseMore() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <EmptyState
            icon="ellipsis"
            title=Signal::derive(move || t_string!(i18n, common.shell.choose_more).to_owned())
            text=Signal::derive(move || t_string!(i18n, common.shell.choose_more_text).to_owned())
        />
    }
}
