//! *Medlemmer*: who has access to the area, for coordinators, and taking it away.

use super::invite::about_role;
use crate::components::{Button, ButtonKind, Chip, ChipKind, Dialog, Loaded, Page, Segmented, When};
use crate::format::{date_words, role_words};
use crate::i18n::*;
use crate::ipc::ask;
use crate::routes::paths;
use crate::state::{Var, derived, use_load, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::domain::{Role, RowId};
use trygkort_core::ipc::{ChangeRole, GetMembers, LockOutMember, MemberView, Topic};

/// So many more each time: after an evening's walk there may be hundreds.
const STEP: usize = 50;

#[component]
pub(crate) fn MembersPage() -> impl IntoView {
    let i18n = use_i18n();
    let members = use_load(&[Topic::Members], || GetMembers {});
    let limit = RwSignal::new(STEP);
    view! {
        <Page title=tr!(i18n, more.members) back=paths::more()>
            <div class="stack">
                <p class="muted">{tr!(i18n, more.members_intro)}</p>
                <Loaded load=members bars=3 let:list>
                    <List list limit />
                </Loaded>
            </div>
        </Page>
    }
}

#[component]
fn List(list: Vec<MemberView>, limit: RwSignal<usize>) -> impl IntoView {
    let i18n = use_i18n();
    let total = list.len();
    let entries = move || {
        let shown = list.iter().take(limit.get()).cloned();
        shown.map(|member| view! { <Member member /> }).collect_view()
    };
    view! {
        <ul class="entries">{entries}</ul>
        <When cond=move || { total > limit.get() }>
            <Button on_click=move || limit.update(|limit| *limit += STEP)>{tr!(i18n, updates.show_more)}</Button>
        </When>
    }
}

#[component]
fn Member(member: MemberView) -> impl IntoView {
    let i18n = use_i18n();
    let MemberView { id, name, role, joined_at_ms, devices, me } = member;
    let called = if name.is_empty() { tr!(i18n, more.member_unnamed) } else { name.into() };
    let facts = derived(move || {
        let devices = match devices {
            1 => t_string!(i18n, more.member_devices_1).to_owned(),
            count => t_string!(i18n, more.member_devices_n, count = count).to_string(),
        };
        let since = t_string!(i18n, more.member_since, date = date_words(i18n, joined_at_ms)).to_string();
        format!("{} · {since} · {devices}", role_words(i18n, role))
    });
    view! {
        <li class="card entry">
            <h2>{called}</h2>
            <p class="muted">{facts}</p>
            {if me {
                view! {
                    <div class="entry__chips">
                        <Chip kind=ChipKind::Open>{tr!(i18n, more.member_me)}</Chip>
                    </div>
                }
                .into_any()
            } else {
                view! {
                    <div class="buttons">
                        <ChangeTheRole id called role />
                        <LockOut id called />
                    </div>
                }
                .into_any()
            }}
        </li>
    }
}

/// Another role, for somebody who has become more or less to the area than they were invited as.
#[component]
fn ChangeTheRole(id: RowId, called: Signal<String>, role: Role) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    let chosen = Var::new(role);
    let label = derived(move || t_string!(i18n, more.member_role_which, name = called.get()).to_string());
    let title = derived(move || t_string!(i18n, more.member_role_ask, name = called.get()).to_string());
    let roles = Role::ALL.map(|role| (role, derived(move || role_words(i18n, role).to_owned()))).to_vec();
    let about = derived(move || about_role(i18n, chosen.get()));
    let change = move || {
        open.set(false);
        let ask_for = ChangeRole { id, role: chosen.get_untracked() };
        spawn_local(async move {
            match ask(ask_for).await {
                Ok(()) => toasts.say(td_string!(i18n.get_locale_untracked(), more.member_role_changed)),
                Err(error) => toasts.error(&error),
            }
        });
    };
    view! {
        <Button icon="users" label on_click=move || open.set(true)>
            {tr!(i18n, more.member_role)}
        </Button>
        <Dialog open title>
            <Segmented label=tr!(i18n, more.invite_role) options=roles.clone() value=chosen />
            <p class="field__hint" aria-live="polite">{about}</p>
            <p>{tr!(i18n, more.member_role_text)}</p>
            <div class="buttons">
                <Button kind=ButtonKind::Primary disabled=derived(move || chosen.get() == role) on_click=change>
                    {tr!(i18n, more.member_role)}
                </Button>
                <Button on_click=move || open.set(false)>{tr!(i18n, common.cancel)}</Button>
            </div>
        </Dialog>
    }
}

/// Locking out cannot be undone, so it is asked about.
#[component]
fn LockOut(id: RowId, called: Signal<String>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    // The log of the area says so a moment later.
    let done = RwSignal::new(false);
    let label = derived(move || t_string!(i18n, more.member_lock_out_which, name = called.get()).to_string());
    let title = derived(move || t_string!(i18n, more.member_lock_out_ask, name = called.get()).to_string());
    let lock_out = move || {
        open.set(false);
        done.set(true);
        spawn_local(async move {
            match ask(LockOutMember { id }).await {
                Ok(()) => toasts.say(td_string!(i18n.get_locale_untracked(), more.member_locked_out)),
                Err(error) => {
                    done.try_set(false);
                    toasts.error(&error);
                }
            }
        });
    };
    view! {
        <Button kind=ButtonKind::Danger icon="lock" label disabled=done on_click=move || open.set(true)>
            {tr!(i18n, more.member_lock_out)}
        </Button>
        <Dialog open title>
            <p>{tr!(i18n, more.member_lock_out_text)}</p>
            <div class="buttons">
                <Button kind=ButtonKind::Danger on_click=lock_out>{tr!(i18n, more.member_lock_out)}</Button>
                <Button on_click=move || open.set(false)>{tr!(i18n, common.cancel)}</Button>
            </div>
        </Dialog>
    }
}
