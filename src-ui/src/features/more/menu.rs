//! The list of *Mere*.

use crate::components::{Chip, ChipKind, Icon, Page, When};
use crate::features::lock::lock_now;
use crate::features::shell::badge_parts;
use crate::format::{lowercase, role_words};
use crate::i18n::*;
use crate::ipc::InstallState;
use crate::routes::paths;
use crate::state::{
    derived, use_host, use_install_state, use_locked_out, use_now, use_session, use_sync_status, use_toasts,
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The list, by what it is about.
#[component]
pub(crate) fn MorePage() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let install = use_install_state();
    let has_area = Memo::new(move |_| session.area_id().is_some());
    let locked_out = use_locked_out();
    let shared = Memo::new(move |_| has_area.get() && !session.local_only() && !locked_out.get());
    let has_pin = Memo::new(move |_| session.boot().with(|boot| boot.lock_after_minutes.is_some()));
    let installable = move || !matches!(install.get(), InstallState::Native | InstallState::Installed);
    view! {
        <Page title=tr!(i18n, more.title)>
            <When cond=move || has_area.get()>
                <AreaHead />
                <h2>{tr!(i18n, more.group_area)}</h2>
                <ul class="menu">
                    <StateLine />
                    <When cond=move || session.is_coordinator() && !locked_out.get()>
                        <When cond=move || shared.get()>
                            <Line
                                href=paths::invite_people()
                                icon="user-plus"
                                label=tr!(i18n, more.invite)
                                text=tr!(i18n, more.invite_text)
                            />
                            <Line
                                href=paths::members()
                                icon="users"
                                label=tr!(i18n, more.members)
                                text=tr!(i18n, more.members_text)
                            />
                        </When>
                        <Line
                            href=paths::card_table()
                            icon="table-2"
                            label=tr!(i18n, more.table)
                            text=tr!(i18n, more.table_text)
                        />
                        <Line
                            href=paths::area_edit()
                            icon="building-2"
                            label=tr!(i18n, more.area_edit)
                            text=tr!(i18n, more.area_edit_text)
                        />
                    </When>
                </ul>
            </When>
            <h2>{tr!(i18n, more.group_device)}</h2>
            <ul class="menu">
                <Line
                    href=paths::settings()
                    icon="settings"
                    label=tr!(i18n, more.settings)
                    text=tr!(i18n, more.settings_text)
                />
                <Line
                    href=paths::security()
                    icon="shield-check"
                    label=tr!(i18n, more.security)
                    text=tr!(i18n, more.security_text)
                />
                <Line
                    href=paths::areas()
                    icon="layers"
                    label=tr!(i18n, more.areas)
                    text=tr!(i18n, more.areas_text)
                />
                <When cond=move || shared.get()>
                    <Line
                        href=paths::devices()
                        icon="monitor-smartphone"
                        label=tr!(i18n, more.devices)
                        text=tr!(i18n, more.devices_text)
                    />
                </When>
                <When cond=move || has_pin.get()>
                    <LockLine />
                </When>
                <When cond=installable>
                    <Line
                        href=paths::install()
                        icon="square-plus"
                        label=tr!(i18n, more.install)
                    />
                </When>
            </ul>
            <h2>{tr!(i18n, more.group_about)}</h2>
            <ul class="menu">
                <Line
                    href=paths::not_this()
                    icon="handshake"
                    label=tr!(i18n, more.not_this)
                />
                <Line
                    href=paths::about()
                    icon="info"
                    label=tr!(i18n, more.about)
                />
            </ul>
        </Page>
    }
}

/// The open area and what one is in it.
#[component]
fn AreaHead() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let locked_out = use_locked_out();
    let role = move || {
        session
            .role()
            .filter(|_| !locked_out.get())
            .map(|role| t_string!(i18n, more.you_are, role = lowercase(role_words(i18n, role))).to_string())
    };
    view! {
        <div class="area-head card">
            <p class="area-head__name">{move || session.area_name()}</p>
            <p class="muted">{role}</p>
            <When cond=move || session.demo()>
                <Chip kind=ChipKind::Neutral>{tr!(i18n, common.demo)}</Chip>
            </When>
        </div>
    }
}

/// *Opdatering*, with the words of the badge.
#[component]
fn StateLine() -> impl IntoView {
    let i18n = use_i18n();
    let status = use_sync_status();
    let now = use_now();
    let sentence = derived(move || {
        let Some(status) = status.get() else { return String::new() };
        badge_parts(i18n.get_locale(), &status, now.get()).sentence()
    });
    view! {
        <Line
            href=paths::updates()
            icon="refresh-cw"
            label=tr!(i18n, updates.title)
            text=sentence
        />
    }
}

/// *Lås nu*
#[component]
fn LockLine() -> impl IntoView {
    let i18n = use_i18n();
    let host = use_host();
    let toasts = use_toasts();
    view! {
        <li class="menu__item">
            <button type="button" class="menu__line menu__line--button" on:click=move |_| lock_now(host, toasts)>
                <span class="menu__icon"><Icon name="lock" /></span>
                <span class="menu__label">{tr!(i18n, more.lock_now)}</span>
            </button>
        </li>
    }
}

/// A line that leads somewhere.
#[component]
fn Line(
    href: &'static str,
    icon: &'static str,
    label: Signal<String>,
    #[prop(optional)] text: Option<Signal<String>>,
) -> impl IntoView {
    let path = use_location().pathname;
    let here = move || path.with(|path| path.trim_end_matches('/') == href).then_some("page");
    view! {
        <li class="menu__item">
            <a class="menu__line" href=href aria-current=here>
                <span class="menu__icon"><Icon name=icon /></span>
                <span class="menu__words">
                    <span class="menu__label">{label}</span>
                    {text.map(|text| view! { <span class="menu__text">{text}</span> })}
                </span>
                <span class="menu__go"><Icon name="chevron-right" /></span>
            </a>
        </li>
    }
}
