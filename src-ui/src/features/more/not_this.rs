//! What the network is, and what it is not.

use crate::components::{ButtonKind, LinkButton, Page, When};
use crate::i18n::*;
use crate::routes::paths;
use crate::state::use_session;
use leptos::prelude::*;

#[component]
pub(crate) fn NotThisPage() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let has_area = Memo::new(move |_| session.area_id().is_some());
    let back = if session.area_id_untracked().is_some() { paths::more() } else { paths::welcome() };
    view! {
        <Page title=tr!(i18n, more.not_title) back>
            <div class="prose">
                <h2>{tr!(i18n, more.not_watch)}</h2>
                <p>{tr!(i18n, more.not_watch_text)}</p>
                <h2>{tr!(i18n, more.not_control)}</h2>
                <p>{tr!(i18n, more.not_control_text)}</p>
                <h2>{tr!(i18n, more.not_police)}</h2>
                <p>{tr!(i18n, more.not_police_text)}</p>
                <h2>{tr!(i18n, more.not_persons)}</h2>
                <p>{tr!(i18n, more.not_persons_text)}</p>
                <h2>{tr!(i18n, more.not_concern)}</h2>
                <p>{tr!(i18n, more.not_concern_text)}</p>
                <When cond=move || has_area.get()>
                    <LinkButton href=paths::card().to_owned() kind=ButtonKind::Plain icon="id-card">
                        {tr!(i18n, common.shell.to_card)}
                    </LinkButton>
                </When>
                <h2>{tr!(i18n, more.is_title)}</h2>
                <p>{tr!(i18n, more.is_text)}</p>
            </div>
        </Page>
    }
}
