//! What this is, which version, and whose work is in it.

use crate::components::Page;
use crate::i18n::*;
use crate::ipc::{is_tauri, open_external};
use crate::routes::paths;
use crate::state::{derived, use_session};
use leptos::prelude::*;

/// Where OpenStreetMap asks to be named.
const OSM_COPYRIGHT: &str = "https://www.openstreetmap.org/copyright";

#[component]
pub(crate) fn AboutPage() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let version =
        derived(move || session.boot().with(|boot| format!("{} {}", t_string!(i18n, more.version), boot.version)));
    let open_osm = move |event: web_sys::MouseEvent| {
        if is_tauri() {
            event.prevent_default();
            open_external(OSM_COPYRIGHT);
        }
    };
    view! {
        <Page title=tr!(i18n, more.about) back=paths::more()>
            <div class="prose">
                <p>{tr!(i18n, more.about_what)}</p>
                <p>{tr!(i18n, more.about_privacy)}</p>
                <p class="muted">{version}</p>
                <h2>{tr!(i18n, more.licences)}</h2>
                <p>{tr!(i18n, more.about_free)}</p>
                <ul>
                    <li>
                        {tr!(i18n, more.licence_map)}" "
                        <a href=OSM_COPYRIGHT target="_blank" rel="noopener external" on:click=open_osm>
                            {tr!(i18n, more.osm_link)}
                        </a>
                    </li>
                    <li>{tr!(i18n, more.licence_map_renderer)}</li>
                    <li>{tr!(i18n, more.licence_font)}</li>
                    <li>{tr!(i18n, more.licence_icons)}</li>
                    <li>{tr!(i18n, more.licence_database)}</li>
                    <li>{tr!(i18n, more.licence_code)}</li>
                </ul>
            </div>
        </Page>
    }
}
