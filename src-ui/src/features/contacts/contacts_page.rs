//! The list: grouped by organisation, searched while one types, a call one tap away.

use super::view_model::{CountWords, PAGE, count_words, group_key, has_more};
use crate::components::{
    Button, Chip, ChipKind, EmptyState, Icon, IconButton, LinkButton, Loaded, Page, PhoneLink, When,
};
use crate::format::{I18n, is_open, opening_words};
use crate::i18n::*;
use crate::routes::paths;
use crate::state::{Kept, Load, derived, move_focus, use_load, use_session};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;
use trygkort_core::ipc::{ContactList, ContactRow, GetOrganisations, OrganisationView, SearchContacts, Topic};

const TOPICS: &[Topic] = &[Topic::Contacts];
/// Typing rests this long before it is searched for: shorter than a glance, longer than the pause between two keys.
const REST_MS: u32 = 30;
/// Longest text that is searched for.
const QUERY_MAX: usize = 100;

/// What is typed, and what is searched for once typing rests.
#[derive(Clone, Copy)]
struct Search {
    typed: RwSignal<String>,
    asked: RwSignal<String>,
    limit: RwSignal<u32>,
    round: StoredValue<u32>,
}

impl Search {
    fn new() -> Self {
        Self {
            typed: RwSignal::new(String::new()),
            asked: RwSignal::new(String::new()),
            limit: RwSignal::new(PAGE),
            round: StoredValue::new(0),
        }
    }

    fn type_in(self, text: String) {
        self.typed.set(text.clone());
        let round = self.round.get_value().wrapping_add(1);
        self.round.set_value(round);
        spawn_local(async move {
            TimeoutFuture::new(REST_MS).await;
            if self.round.try_get_value() == Some(round) {
                self.ask_for(text);
            }
        });
    }

    fn clear(self) {
        self.typed.set(String::new());
        self.round.update_value(|round| *round = round.wrapping_add(1));
        self.ask_for(String::new());
    }

    fn ask_for(self, text: String) {
        self.limit.set(PAGE);
        if self.asked.with_untracked(|asked| *asked != text) {
            self.asked.set(text);
        }
    }
}

/// The list. On a desk it stands at the start side of the chosen contact.
#[component]
pub(crate) fn ContactsPage() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let search = Search::new();
    // Answers to earlier questions are dropped by the load.
    let list = use_load(TOPICS, move || SearchContacts { query: search.asked.get(), limit: search.limit.get() });
    let organisations = use_load(TOPICS, || GetOrganisations {});
    let has_list = Memo::new(move |_| list.map(|_| ()).is_some());
    view! {
        <Page title=tr!(i18n, contacts.title)>
            <SearchField search />
            <p class="contacts-count" role="status">
                {move || list.map(|list| count_sentence(i18n, list, &search.asked.get()))}
            </p>
            <When cond=move || !has_list.get()>
                <Loaded load=list bars=6 let:_list>
                    ""
                </Loaded>
            </When>
            <Groups list organisations />
            <Nothing list search />
            <When cond=move || list.map(has_more).unwrap_or_default()>
                <div class="buttons">
                    <Button on_click=move || search.limit.update(|limit| *limit = limit.saturating_add(PAGE))>
                        {tr!(i18n, contacts.show_more)}
                    </Button>
                </div>
            </When>
            <When cond=move || session.is_coordinator()>
                <div class="buttons contacts-edit">
                    <LinkButton href=paths::contact_edit(None) icon="plus">
                        {tr!(i18n, contacts.new_contact)}
                    </LinkButton>
                    <LinkButton href=paths::organisation_edit(None) icon="plus">
                        {tr!(i18n, contacts.new_organisation)}
                    </LinkButton>
                </div>
            </When>
        </Page>
    }
}

#[component]
fn SearchField(search: Search) -> impl IntoView {
    let i18n = use_i18n();
    let field = NodeRef::<leptos::html::Input>::new();
    let clear = move || {
        search.clear();
        if let Some(field) = field.get_untracked() {
            move_focus(&field);
        }
    };
    view! {
        <div class="search" role="search">
            <span class="search__icon"><Icon name="search" /></span>
            <input
                class="search__input"
                type="search"
                node_ref=field
                autocomplete="off"
                spellcheck="false"
                enterkeyhint="search"
                maxlength=QUERY_MAX
                aria-label=tr!(i18n, contacts.search)
                placeholder=tr!(i18n, contacts.search)
                prop:value=search.typed
                on:input=move |event| search.type_in(event_target_value(&event))
            />
            <When cond=move || search.typed.with(|text| !text.is_empty())>
                <IconButton
                    icon="x"
                    label=tr!(i18n, contacts.clear_search)
                    on_click=clear
                />
            </When>
        </div>
    }
}

/// The sentence above the list; screen readers hear it after each search.
fn count_sentence(i18n: I18n, list: &ContactList, query: &str) -> String {
    match count_words(list, query) {
        CountWords::Empty => String::new(),
        CountWords::NoneFound => t_string!(i18n, contacts.none_found, query = query.trim().to_owned()).to_string(),
        CountWords::One => t_string!(i18n, contacts.count_single).to_owned(),
        CountWords::Many { total } => t_string!(i18n, contacts.count, count = total).to_string(),
        CountWords::Part { total, shown } => {
            t_string!(i18n, contacts.count_shown, count = total, shown = shown).to_string()
        }
    }
}

/// What to do when there is nothing to see.
#[component]
fn Nothing(list: Load<ContactList>, search: Search) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let words = Kept::new(move || list.map(|list| count_words(list, &search.asked.get())));
    let empty_text = derived(move || match session.is_coordinator() {
        true => t_string!(i18n, contacts.empty_text_editor).to_owned(),
        false => t_string!(i18n, contacts.empty_text).to_owned(),
    });
    move || match words.get() {
        Some(CountWords::Empty) => view! {
            <EmptyState
                icon="phone"
                title=tr!(i18n, contacts.empty_title)
                text=empty_text
            />
        }
        .into_any(),
        Some(CountWords::NoneFound) => view! { <p class="muted">{tr!(i18n, contacts.none_found_hint)}</p> }.into_any(),
        _ => ().into_any(),
    }
}

/// Organisations with their contacts. Rows are keyed by all they show, so that only what changed is drawn again and the
/// focus stays where it is.
#[component]
fn Groups(list: Load<ContactList>, organisations: Load<Vec<OrganisationView>>) -> impl IntoView {
    let names = Kept::new(move || list.map(|list| list.groups.iter().map(group_key).collect::<Vec<_>>()));
    view! {
        <For each=move || names.get().unwrap_or_default() key=Clone::clone let:organisation>
            <Group list organisations organisation />
        </For>
    }
}

#[component]
fn Group(list: Load<ContactList>, organisations: Load<Vec<OrganisationView>>, organisation: String) -> impl IntoView {
    let i18n = use_i18n();
    let heading_id = crate::components::unique_id("organisation");
    let heading = organisation.clone();
    let edited = organisation.clone();
    let rows = move || {
        let own = list.map(|list| {
            let group = list.groups.iter().find(|group| group.organisation == organisation);
            group.map(|group| group.contacts.clone())
        });
        own.flatten().unwrap_or_default()
    };
    view! {
        <section class="contacts-group" aria-labelledby=heading_id.clone()>
            <div class="contacts-group__head">
                <h2 class="contacts-group__heading" id=heading_id.clone()>
                    {move || {
                        if heading.is_empty() {
                            t_string!(i18n, contacts.no_organisation).to_owned()
                        } else {
                            heading.clone()
                        }
                    }}
                </h2>
                <EditOrganisationLink organisations name=edited />
            </div>
            <ul class="rows">
                <For each=rows key=|row| format!("{row:?}") let:row>
                    <Row row />
                </For>
            </ul>
        </section>
    }
}

/// Leads coordinators to the form of the organisation.
#[component]
fn EditOrganisationLink(organisations: Load<Vec<OrganisationView>>, name: String) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    move || {
        let id = organisations.map(|all| all.iter().find(|one| one.name == name).map(|one| one.id)).flatten();
        id.filter(|_| session.is_coordinator()).map(|id| {
            let label = t_string!(i18n, contacts.edit_organisation, name = name.clone()).to_string();
            view! {
                <a class="button button--icon button--quiet" href=paths::organisation_edit(Some(id)) aria-label=label>
                    <Icon name="pencil" />
                </a>
            }
        })
    }
}

/// One contact: its page, and its first number.
#[component]
fn Row(row: ContactRow) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let path = use_location().pathname;
    let href = paths::contact(row.id);
    let here = href.clone();
    let more_id = format!("row-{}-more", row.id);
    let ContactRow { name, role, opening, phone, reported, .. } = row;
    let called = name.clone();
    let open = is_open(&opening);
    view! {
        <li class="row">
            <div class="row__text">
                <a
                    class="row__link"
                    href=href
                    aria-describedby=more_id.clone()
                    aria-current=move || path.with(|path| *path == here).then_some("page")
                >
                    {name}
                </a>
                <div class="row__more" id=more_id.clone()>
                    {(!role.is_empty()).then(|| view! { <span class="row__role">{role}</span> })}
                    <span class="row__opening" class:row__opening--open=open>
                        {move || opening_words(i18n, &opening)}
                    </span>
                    {reported
                        .then(|| {
                            view! {
                                <Chip kind=ChipKind::Closed>
                                    <Icon name="flag" />
                                    {tr!(i18n, contacts.reported)}
                                </Chip>
                            }
                        })}
                </div>
            </div>
            {phone
                .map(|phone| {
                    move || {
                        let label = t_string!(
                            i18n, contacts.call_name, name = called.clone(), number = phone.display.clone()
                        )
                            .to_string();
                        view! {
                            <PhoneLink
                                number=phone.e164.clone()
                                display=phone.display.clone()
                                demo=session.demo()
                                class="row__call"
                                label=label
                            >
                                <Icon name="phone" />
                            </PhoneLink>
                        }
                    }
                })}
        </li>
    }
}
