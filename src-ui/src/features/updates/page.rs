//! The page *Opdatering*.

use super::attention::{Conflict, Refused};
use super::change::{At, Change};
use super::file::{LoadUnsent, SaveUnsent};
use super::state::{DeviceFacts, SyncFacts};
use crate::components::{Button, Icon, Loaded, Page, Segmented, When};
use crate::format::{capitalise, day_words};
use crate::i18n::*;
use crate::routes::paths;
use crate::state::{Var, derived, use_load, use_locked_out, use_now, use_session, use_sync_status};
use leptos::prelude::*;
use trygkort_core::ipc::{Author, ChangeView, GetUpdates, Topic, UpdatesView};

/// Everything that is written ends on this page.
pub(super) const TOPICS: &[Topic] =
    &[Topic::Area, Topic::Card, Topic::Contacts, Topic::Photos, Topic::Pins, Topic::Refusals, Topic::Updates];

/// So many more each time.
const STEP: u32 = 50;

/// Whose changes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    All,
    Mine,
    Others,
}

impl Whose {
    fn shows(self, change: &ChangeView) -> bool {
        match self {
            Whose::All => true,
            Whose::Mine => change.by == Author::Me,
            Whose::Others => change.by != Author::Me,
        }
    }
}

#[component]
pub(crate) fn UpdatesPage() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let status = use_sync_status();
    let locked_out = use_locked_out();
    // Of an area that this device may not have any more there is nothing to tell but what it has not handed in.
    let nothing_left = move || locked_out.get() && status.with(|now| now.as_ref().is_some_and(|now| now.pending == 0));
    let told = Memo::new(move |_| session.area_id().is_some() && !nothing_left());
    view! {
        <Page title=tr!(i18n, updates.title) back=paths::more()>
            <div class="stack">
                <SyncFacts />
                <When cond=told>
                    <Told />
                </When>
                <DeviceFacts />
            </div>
        </Page>
    }
}

#[component]
fn Told() -> impl IntoView {
    let limit = RwSignal::new(STEP);
    let whose = Var::new(Whose::All);
    let updates = use_load(TOPICS, move || GetUpdates { limit: limit.get() });
    view! {
        <Loaded load=updates let:updates>
            <Lists updates limit whose />
        </Loaded>
    }
}

#[component]
fn Lists(updates: UpdatesView, limit: RwSignal<u32>, whose: Var<Whose>) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let UpdatesView { unsent, unsent_photos, refused, mut conflicts, changes, more } = updates;
    // What somebody else has to settle needs no look here, and what lost is not for everyone to read.
    conflicts.retain(|conflict| conflict.settleable);
    let attention = refused.len() + conflicts.len() > 0;
    let shared = !session.local_only();
    // A file for somebody else to send is of no use for what the server has.
    let sendable = unsent_photos > 0 || unsent.iter().any(|change| !change.held);
    let reads_aside = shared && session.is_coordinator();
    let unsent = unsent.into_iter().map(|change| view! { <Change change when=At::Moment /> });
    let unsent = unsent.collect_view();
    let photos = derived(move || match unsent_photos {
        1 => t_string!(i18n, updates.unsent_photos_1).to_owned(),
        count => t_string!(i18n, updates.unsent_photos_n, count = count).to_string(),
    });
    let changes = StoredValue::new(changes);
    view! {
        {attention
            .then(|| {
                view! {
                    <section>
                        <h2>{tr!(i18n, updates.attention)}</h2>
                        <ul class="entries">
                            {conflicts.into_iter().map(|conflict| view! { <Conflict conflict /> }).collect_view()}
                            {refused.into_iter().map(|refused| view! { <Refused refused /> }).collect_view()}
                        </ul>
                    </section>
                }
            })}
        {shared
            .then(|| {
                view! {
                    <section>
                        <h2>{tr!(i18n, updates.unsent)}</h2>
                        {if unsent.is_empty() && unsent_photos == 0 {
                            view! { <p class="muted">{tr!(i18n, updates.unsent_none)}</p> }.into_any()
                        } else {
                            view! {
                                {(!unsent.is_empty()).then(|| view! { <ul class="changes card">{unsent}</ul> })}
                                {(unsent_photos > 0).then(|| view! { <p>{photos}</p> })}
                                {sendable.then(|| view! { <SaveUnsent /> })}
                            }
                            .into_any()
                        }}
                        <LoadUnsent />
                    </section>
                }
            })}
        <section>
            <h2>{tr!(i18n, updates.changes)}</h2>
            <Segmented
                label=tr!(i18n, updates.who)
                hide_label=true
                options=vec![
                    (Whose::All, tr!(i18n, updates.who_all)),
                    (Whose::Mine, tr!(i18n, updates.who_me)),
                    (Whose::Others, tr!(i18n, updates.who_others)),
                ]
                value=whose
            />
            {move || {
                let whose = whose.get();
                let shown = changes.get_value().into_iter().filter(|change| whose.shows(change)).collect();
                view! { <Days changes=shown /> }
            }}
            {more
                .then(|| {
                    view! {
                        <div class="buttons">
                            <Button on_click=move || limit.update(|limit| *limit += STEP)>
                                {tr!(i18n, updates.show_more)}
                            </Button>
                        </div>
                    }
                })}
        </section>
        {reads_aside
            .then(|| {
                view! {
                    <section>
                        <h2>{tr!(i18n, updates.aside)}</h2>
                        <p class="muted">{tr!(i18n, updates.aside_text)}</p>
                        <a class="button button--plain" href=paths::aside()>
                            <Icon name="layers" />
                            {tr!(i18n, updates.aside_show)}
                        </a>
                    </section>
                }
            })}
    }
}

/// Changes under the days they were made on.
#[component]
fn Days(changes: Vec<ChangeView>) -> impl IntoView {
    let i18n = use_i18n();
    let now = use_now();
    if changes.is_empty() {
        return view! { <p class="muted">{tr!(i18n, updates.changes_none)}</p> }.into_any();
    }
    let mut days: Vec<(i64, Vec<ChangeView>)> = Vec::new();
    for change in changes {
        let day = crate::format::day_of(change.at_ms);
        match days.last_mut() {
            Some((last, of_day)) if *last == day => of_day.push(change),
            _ => days.push((day, vec![change])),
        }
    }
    let days = days.into_iter().map(|(_, changes)| {
        let at_ms = changes[0].at_ms;
        let day = derived(move || capitalise(&day_words(i18n, at_ms, now.get())));
        view! {
            <h3 class="card-heading">{day}</h3>
            <ul class="changes card">
                {changes
                    .into_iter()
                    .map(|change| view! { <Change change when=At::Clock /> })
                    .collect_view()}
            </ul>
        }
    });
    days.collect_view().into_any()
}
