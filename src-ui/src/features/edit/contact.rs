//! A contact's form.

use super::channels::{ChannelFields, Channels};
use super::form::{Fields, FormState, Nature};
use super::form_page::{FormEnd, FormPage};
use super::hours_editor::{HoursEditor, HoursFields};
use super::scope::ScopeChoice;
use crate::components::{LinkButton, Select, TextField};
use crate::i18n::*;
use crate::routes::paths;
use crate::state::{Kept, Var, derived, use_load};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use trygkort_core::domain::{ContactId, Scope};
use trygkort_core::ipc::{ContactForm, EditContact, GetOrganisations, SaveContact, Topic};

/// The form of the contact that the address names, or of a new one.
#[component]
pub(crate) fn ContactEditPage() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params_map();
    let id = Kept::new(move || params.with(|params| params.get("id").and_then(|id| id.parse::<ContactId>().ok())));
    move || {
        let id = id.get();
        let title = derived(move || match id {
            Some(_) => t_string!(i18n, edit.contact_edit).to_owned(),
            None => t_string!(i18n, edit.contact_new).to_owned(),
        });
        let back = id.map_or_else(|| paths::contacts().to_owned(), paths::contact);
        view! { <FormPage title back draft_key=draft_key(id) open=EditContact { id } children=contact_form /> }
    }
}

fn draft_key(id: Option<ContactId>) -> String {
    id.map_or_else(|| "contact/new".to_owned(), |id| format!("contact/{id}"))
}

#[derive(Clone, Copy)]
pub(crate) struct ContactFields {
    /// The id as text; empty: none.
    organisation: RwSignal<String>,
    name: RwSignal<String>,
    role: RwSignal<String>,
    note: RwSignal<String>,
    scope: Var<Scope>,
    hours: HoursFields,
    channels: Var<Vec<ChannelFields>>,
}

impl Fields for ContactFields {
    type Form = ContactForm;

    fn new(form: &ContactForm) -> Self {
        Self {
            organisation: RwSignal::new(form.organisation.map(|id| id.to_string()).unwrap_or_default()),
            name: RwSignal::new(form.name.clone()),
            role: RwSignal::new(form.role.clone()),
            note: RwSignal::new(form.note.clone()),
            scope: Var::new(form.scope),
            hours: HoursFields::new(&form.hours),
            channels: Var::new(form.channels.iter().map(ChannelFields::new).collect()),
        }
    }

    fn form(self) -> ContactForm {
        ContactForm {
            organisation: self.organisation.with(|id| id.parse().ok()),
            name: self.name.get(),
            role: self.role.get(),
            hours: self.hours.text(),
            note: self.note.get(),
            scope: self.scope.get(),
            channels: self.channels.with(|channels| channels.iter().map(|channel| channel.form()).collect()),
        }
    }
}

fn contact_form(state: FormState<ContactFields>) -> impl IntoView {
    let i18n = use_i18n();
    let fields = state.fields;
    let words = move |words: fn(Locale) -> &'static str| derived(move || words(i18n.get_locale()).to_owned());
    let hours_text = derived(move || fields.hours.text());
    let cancel = if state.is_new() { paths::contacts().to_owned() } else { paths::contact(ContactId(state.row())) };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        state.save(|opened, form| SaveContact { opened, form }, |saved| paths::contact(ContactId(saved.row)));
    };
    view! {
        <form class="form" node_ref=state.node novalidate on:submit=submit>
            <TextField
                label=words(|l| td_string!(l, edit.name))
                hint=words(|l| td_string!(l, edit.contact_name_hint))
                value=fields.name
                error=state.error_at("name", Nature::Text, fields.name)
                max=120
                guard=true
                required=true
            />
            <OrganisationSelect value=fields.organisation />
            <TextField
                label=words(|l| td_string!(l, edit.role))
                hint=words(|l| td_string!(l, edit.role_hint))
                value=fields.role
                error=state.error_at("role", Nature::Text, fields.role)
                max=120
                guard=true
            />
            <Channels state channels=fields.channels />
            <HoursEditor
                fields=fields.hours
                label=words(|l| td_string!(l, edit.hours))
                error=state.error_at("hours", Nature::Hours, hours_text)
            />
            <TextField
                label=words(|l| td_string!(l, edit.note))
                hint=words(|l| td_string!(l, edit.note_hint))
                value=fields.note
                error=state.error_at("note", Nature::Text, fields.note)
                multiline=true
                max=600
                guard=true
            />
            <p class="muted">{tr!(i18n, common.places_not_persons)}</p>
            <ScopeChoice label=words(|l| td_string!(l, edit.who_sees)) value=fields.scope />
            <FormEnd state cancel />
        </form>
    }
}

/// The organisations of the area; making a new one leaves the form, whose draft stays.
#[component]
fn OrganisationSelect(value: RwSignal<String>) -> impl IntoView {
    let i18n = use_i18n();
    let organisations = use_load(&[Topic::Contacts], || GetOrganisations {});
    let options = derived(move || {
        let mut options = vec![(String::new(), t_string!(i18n, edit.organisation_none).to_owned())];
        options.extend(organisations.get().unwrap_or_default().into_iter().map(|one| (one.id.to_string(), one.name)));
        options
    });
    view! {
        <div class="edit-pair">
            <Select label=tr!(i18n, edit.organisation) options value />
            <LinkButton href=paths::organisation_edit(None) icon="plus">
                {tr!(i18n, edit.organisation_new)}
            </LinkButton>
        </div>
    }
}
