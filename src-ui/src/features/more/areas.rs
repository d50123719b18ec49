//! The areas of this device: switch, add, forget.

use crate::components::{Button, ButtonKind, Chip, ChipKind, Dialog, LinkButton, Page};
use crate::features::updates::SaveUnsent;
use crate::format::role_words;
use crate::i18n::*;
use crate::ipc::ask;
use crate::routes::paths;
use crate::state::{derived, use_session, use_sync_status, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;
use trygkort_core::ipc::{AreaSummary, ForgetArea};

#[component]
pub(crate) fn AreasPage() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let areas = move || {
        let boot = session.boot().get();
        let current = boot.current;
        let line = move |area: AreaSummary| {
            let open = current == Some(area.id);
            view! { <AreaEntry area open /> }
        };
        boot.areas.into_iter().map(line).collect_view()
    };
    view! {
        <Page title=tr!(i18n, more.areas) back=paths::more()>
            <div class="stack">
                <ul class="entries">{areas}</ul>
                <LinkButton href=paths::welcome().to_owned() icon="plus">{tr!(i18n, more.area_add)}</LinkButton>
            </div>
        </Page>
    }
}

#[component]
fn AreaEntry(area: AreaSummary, open: bool) -> impl IntoView {
    let i18n = use_i18n();
    let AreaSummary { id, name, role, demo, member_name, server, .. } = area.clone();
    let details = derived(move || {
        let parts = [role_words(i18n, role).to_owned(), member_name.clone(), server.clone()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    });
    let session = use_session();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let switch = move || {
        let navigate = navigate.clone();
        spawn_local(async move {
            match session.switch_to(id).await {
                Ok(()) => navigate(paths::card(), Default::default()),
                Err(error) => toasts.error(&error),
            }
        });
    };
    let shown = name.clone();
    view! {
        <li class="card entry">
            <h2>{shown}</h2>
            <p class="muted">{details}</p>
            <div class="entry__chips">
                {open.then(|| view! { <Chip kind=ChipKind::Open>{tr!(i18n, more.area_open)}</Chip> })}
                {demo.then(|| view! { <Chip>{tr!(i18n, common.demo)}</Chip> })}
            </div>
            {if open {
                view! { <Forget area /> }.into_any()
            } else {
                view! {
                    <Button kind=ButtonKind::Primary on_click=switch>
                        {derived(move || t_string!(i18n, more.area_switch, name = name.clone()).to_string())}
                    </Button>
                }
                .into_any()
            }}
        </li>
    }
}

/// Forgetting cannot be undone, so it is the one thing that is asked about.
#[component]
fn Forget(area: AreaSummary) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let toasts = use_toasts();
    let status = use_sync_status();
    let open = RwSignal::new(false);
    let AreaSummary { id, name, local_only, .. } = area;
    let title = derived(move || t_string!(i18n, more.forget_title, name = name.clone()).to_string());
    let lost = move || match status.get().map_or(0, |status| status.pending) {
        0 => None,
        1 => Some(t_string!(i18n, more.forget_unsent_1).to_owned()),
        count => Some(t_string!(i18n, more.forget_unsent_n, count = count).to_string()),
    };
    let navigate = use_navigate();
    let forget = Callback::new(move |()| {
        open.set(false);
        let navigate = navigate.clone();
        spawn_local(async move {
            let forgotten = async {
                ask(ForgetArea { area: id }).await?;
                session.reload().await
            };
            match forgotten.await {
                Ok(()) => {
                    toasts.say(td_string!(i18n.get_locale_untracked(), more.forgotten));
                    if session.area_id_untracked().is_none() {
                        navigate(paths::welcome(), Default::default());
                    }
                }
                Err(error) => toasts.error(&error),
            }
        });
    });
    view! {
        <Button kind=ButtonKind::Danger icon="log-out" on_click=move || open.set(true)>
            {tr!(i18n, more.area_forget)}
        </Button>
        <Dialog open title>
            {move || {
                if local_only {
                    view! { <p>{tr!(i18n, more.forget_demo)}</p> }.into_any()
                } else {
                    view! {
                        <p>{tr!(i18n, more.forget_text)}</p>
                        {lost()
                            .map(|lost| {
                                view! {
                                    <p class="failure">{lost}</p>
                                    <SaveUnsent />
                                }
                            })}
                    }
                    .into_any()
                }
            }}
            <div class="buttons">
                <Button kind=ButtonKind::Danger on_click=move || forget.run(())>{tr!(i18n, more.forget_do)}</Button>
                <Button on_click=move || open.set(false)>{tr!(i18n, common.cancel)}</Button>
            </div>
        </Dialog>
    }
}
