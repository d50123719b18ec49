//! First run without an invitation, and adding one more area.

use super::invitation::keep_invitation;
use super::link_entry::LinkEntry;
use crate::components::{Button, Page, When};
use crate::i18n::*;
use crate::ipc::ask;
use crate::routes::paths;
use crate::state::{derived, use_session, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;
use trygkort_core::ipc::OpenDemo;

/// What this is, a link or QR code, or the demo.
#[component]
pub(crate) fn WelcomePage() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let toasts = use_toasts();
    let has_area = Memo::new(move |_| session.area_id().is_some());
    let title = derived(move || {
        if has_area.get() { t_string!(i18n, welcome.title_add) } else { t_string!(i18n, welcome.title) }.to_owned()
    });
    let navigate = use_navigate();
    let to_invite = navigate.clone();
    let on_link = move |link: String| {
        keep_invitation(link);
        to_invite(paths::invite(), Default::default());
    };
    let busy = RwSignal::new(false);
    let open_demo = move || {
        busy.set(true);
        let navigate = navigate.clone();
        spawn_local(async move {
            let opened = async {
                ask(OpenDemo {}).await?;
                session.reload().await
            };
            match opened.await {
                Ok(()) => navigate(paths::card(), Default::default()),
                Err(error) => toasts.error(&error),
            }
            busy.try_set(false);
        });
    };
    let back = session.area_id_untracked().map(|_| paths::areas().to_owned()).unwrap_or_default();
    view! {
        <Page title back>
            <div class="welcome">
                <When cond=move || !has_area.get()>
                    <div class="welcome__intro">
                        <img class="welcome__mark" src="/icons/app.svg" alt="" width="72" height="72" />
                        <p class="welcome__lead">{tr!(i18n, welcome.what)}</p>
                    </div>
                    <p>
                        {tr!(i18n, welcome.what_not)}" "
                        <a class="inline-link" href=paths::not_this()>{tr!(i18n, welcome.what_not_more)}</a>
                    </p>
                </When>
                <section class="card stack" aria-labelledby="welcome-invitation">
                    <h2 class="welcome__heading" id="welcome-invitation">{tr!(i18n, welcome.have_invitation)}</h2>
                    <p class="muted">{tr!(i18n, welcome.have_invitation_text)}</p>
                    <LinkEntry on_link />
                </section>
                <section class="card stack" aria-labelledby="welcome-demo">
                    <h2 class="welcome__heading" id="welcome-demo">{tr!(i18n, welcome.try_demo)}</h2>
                    <p class="muted">{tr!(i18n, welcome.try_demo_text)}</p>
                    <Button icon="eye" disabled=busy on_click=open_demo>{tr!(i18n, welcome.open_demo)}</Button>
                </section>
                <p class="muted">{tr!(i18n, welcome.emergency)}</p>
            </div>
        </Page>
    }
}
