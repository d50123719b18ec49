//! Language, theme and text size: kept on this device, shown at once.

use crate::components::{Page, Segmented};
use crate::i18n::*;
use crate::routes::paths;
use crate::state::{Var, use_session, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::{Settings, Theme};

const TEXT_SIZES: [u16; 5] = [100, 115, 130, 150, 200];

#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let toasts = use_toasts();
    let now = session.boot().get_untracked().settings;
    let language = Var::new(now.language);
    let theme = Var::new(now.theme);
    let text_percent = Var::new(now.text_percent);
    Effect::new(move |started: Option<()>| {
        let settings = Settings { language: language.get(), theme: theme.get(), text_percent: text_percent.get() };
        if started.is_some() {
            spawn_local(async move {
                if let Err(error) = session.set_settings(settings).await {
                    toasts.error(&error);
                }
            });
        }
    });
    let languages = vec![
        (None, tr!(i18n, more.language_system)),
        (Some("da".to_owned()), "Dansk".into()),
        (Some("en".to_owned()), "English".into()),
    ];
    let themes = vec![
        (Theme::System, tr!(i18n, more.theme_system)),
        (Theme::Light, tr!(i18n, more.theme_light)),
        (Theme::Dark, tr!(i18n, more.theme_dark)),
    ];
    let sizes = TEXT_SIZES.map(|percent| (percent, format!("{percent} %").into())).to_vec();
    view! {
        <Page title=tr!(i18n, more.settings) back=paths::more()>
            <div class="form">
                <Segmented
                    label=tr!(i18n, more.language)
                    options=languages
                    value=language
                />
                <Segmented
                    label=tr!(i18n, more.theme)
                    options=themes
                    value=theme
                />
                <Segmented
                    label=tr!(i18n, more.text_size)
                    options=sizes
                    value=text_percent
                />
                <p class="card">{tr!(i18n, more.text_sample)}</p>
            </div>
        </Page>
    }
}
