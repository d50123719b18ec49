//! *Mine enheder*: the devices of this member, and a link for one more.

use super::link_panel::LinkPanel;
use crate::components::{Button, ButtonKind, Chip, ChipKind, Dialog, Loaded, Page, TextField, provide_form_guard};
use crate::format::{date_words, moment_words};
use crate::i18n::*;
use crate::ipc::ask;
use crate::routes::paths;
use crate::state::{Load, Var, derived, use_load, use_now, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::{DeviceView, HandOver, InvitationLink, ListDevices, RenameDevice, RevokeDevice};

#[component]
pub(crate) fn DevicesPage() -> impl IntoView {
    let i18n = use_i18n();
    let devices = use_load(&[], || ListDevices {});
    view! {
        <Page title=tr!(i18n, more.devices) back=paths::more()>
            <div class="stack">
                <AddDevice />
                <p class="muted">{tr!(i18n, more.devices_intro)}</p>
                <Loaded load=devices bars=2 let:list>
                    <ul class="entries">
                        {list.into_iter().map(|device| view! { <Device device devices /> }).collect_view()}
                    </ul>
                </Loaded>
            </div>
        </Page>
    }
}

/// *Tilføj min anden enhed*.
#[component]
fn AddDevice() -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let made = Var::new(None::<InvitationLink>);
    let busy = RwSignal::new(false);
    let make = move || {
        busy.set(true);
        spawn_local(async move {
            match ask(HandOver {}).await {
                Ok(link) => {
                    made.try_set(Some(link));
                }
                Err(error) => toasts.error(&error),
            }
            busy.try_set(false);
        });
    };
    move || {
        match made.get() {
        Some(link) => view! {
            <section class="card stack">
                <h2 class="welcome__heading">{tr!(i18n, more.hand_over)}</h2>
                <p>{tr!(i18n, more.hand_over_text)}</p>
                <LinkPanel link />
                <Button icon="check" on_click=move || made.set(None)>{tr!(i18n, common.done)}</Button>
            </section>
        }
        .into_any(),
        None => view! {
            <Button kind=ButtonKind::Primary icon="plus" disabled=busy on_click=make>{tr!(i18n, more.hand_over)}</Button>
        }
        .into_any(),
    }
    }
}

#[component]
fn Device(device: DeviceView, devices: Load<Vec<DeviceView>>) -> impl IntoView {
    let i18n = use_i18n();
    let now = use_now();
    let DeviceView { name, created_at_ms, last_seen_ms, this, .. } = device.clone();
    let added = derived(move || t_string!(i18n, more.device_added, date = date_words(i18n, created_at_ms)).to_string());
    let seen = derived(move || match last_seen_ms {
        Some(at) => t_string!(i18n, more.device_seen, when = moment_words(i18n, at, now.get())).to_string(),
        None => t_string!(i18n, more.device_never).to_owned(),
    });
    view! {
        <li class="card entry">
            <h2>{name}</h2>
            <p class="muted">{added} " · " {seen}</p>
            {this.then(|| {
                view! {
                    <div class="entry__chips">
                        <Chip kind=ChipKind::Open>{tr!(i18n, more.device_this)}</Chip>
                    </div>
                }
            })}
            <div class="buttons">
                <Rename device=device.clone() devices />
                <Revoke device devices />
            </div>
        </li>
    }
}

#[component]
fn Rename(device: DeviceView, devices: Load<Vec<DeviceView>>) -> impl IntoView {
    let i18n = use_i18n();
    let open = RwSignal::new(false);
    let DeviceView { id, name, .. } = device;
    let title = derived({
        let name = name.clone();
        move || t_string!(i18n, more.device_rename_which, name = name.clone()).to_string()
    });
    view! {
        <Button icon="pencil" label=title on_click=move || open.set(true)>{tr!(i18n, more.device_rename)}</Button>
        <Dialog open title>
            <RenameForm id=id.clone() name=name.clone() open devices />
        </Dialog>
    }
}

#[component]
fn RenameForm(id: String, name: String, open: RwSignal<bool>, devices: Load<Vec<DeviceView>>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let guard = provide_form_guard();
    let text = RwSignal::new(name);
    let blank = Memo::new(move |_| text.with(|text| text.trim().is_empty()));
    let save = move || {
        let request = RenameDevice { id: id.clone(), name: text.get_untracked().trim().to_owned() };
        if request.name.is_empty() || guard.blocked_untracked() {
            return;
        }
        open.set(false);
        spawn_local(async move {
            match ask(request).await {
                Ok(()) => {
                    toasts.say(td_string!(i18n.get_locale_untracked(), more.device_renamed));
                    devices.reload();
                }
                Err(error) => toasts.error(&error),
            }
        });
    };
    view! {
        <form
            class="form"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                save();
            }
        >
            <TextField
                label=tr!(i18n, more.device_name)
                value=text
                max=80
                guard=true
            />
            <Button
                kind=ButtonKind::Primary
                submit=true
                disabled=derived(move || blank.get() || guard.blocked())
            >
                {tr!(i18n, common.save)}
            </Button>
        </form>
    }
}

/// Locking out cannot be undone, so it is asked about.
#[component]
fn Revoke(device: DeviceView, devices: Load<Vec<DeviceView>>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    let DeviceView { id, name, this, .. } = device;
    let label = derived({
        let name = name.clone();
        move || t_string!(i18n, more.device_revoke_which, name = name.clone()).to_string()
    });
    let title = derived(move || t_string!(i18n, more.device_revoke_title, name = name.clone()).to_string());
    let revoke = Callback::new(move |()| {
        let id = id.clone();
        open.set(false);
        spawn_local(async move {
            match ask(RevokeDevice { id }).await {
                Ok(()) => {
                    toasts.say(td_string!(i18n.get_locale_untracked(), more.device_revoked));
                    devices.reload();
                }
                Err(error) => toasts.error(&error),
            }
        });
    });
    view! {
        <Button kind=ButtonKind::Danger icon="lock" label on_click=move || open.set(true)>
            {tr!(i18n, more.device_revoke)}
        </Button>
        <Dialog open title>
            <p>{tr!(i18n, more.device_revoke_text)}</p>
            {this.then(|| view! { <p class="failure">{tr!(i18n, more.device_revoke_this)}</p> })}
            <div class="buttons">
                <Button kind=ButtonKind::Danger on_click=move || revoke.run(())>{tr!(i18n, more.device_revoke)}</Button>
                <Button on_click=move || open.set(false)>{tr!(i18n, common.cancel)}</Button>
            </div>
        </Dialog>
    }
}
