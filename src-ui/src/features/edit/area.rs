//! The form of the area itself: its name, the place in SMS texts, and *Bekymret for en person?*.

use super::form::{Fields, FormState, Nature};
use super::form_page::{FormEnd, FormPage};
use super::hours_editor::{HoursEditor, HoursFields};
use crate::components::{FieldKind, TextField};
use crate::i18n::*;
use crate::routes::paths;
use crate::state::derived;
use leptos::prelude::*;
use trygkort_core::ipc::{AreaForm, EditArea, SaveArea};

/// The form of the open area.
#[component]
pub(crate) fn AreaEditPage() -> impl IntoView {
    let i18n = use_i18n();
    let title = tr!(i18n, edit.area_title);
    view! { <FormPage title back=paths::card() draft_key="area" open=EditArea {} children=area_form /> }
}

#[derive(Clone, Copy)]
struct AreaFields {
    name: RwSignal<String>,
    place: RwSignal<String>,
    concern_title: RwSignal<String>,
    concern_text: RwSignal<String>,
    concern_phone: RwSignal<String>,
    concern_hours: HoursFields,
}

impl Fields for AreaFields {
    type Form = AreaForm;

    fn new(form: &AreaForm) -> Self {
        Self {
            name: RwSignal::new(form.name.clone()),
            place: RwSignal::new(form.place.clone()),
            concern_title: RwSignal::new(form.concern_title.clone()),
            concern_text: RwSignal::new(form.concern_text.clone()),
            concern_phone: RwSignal::new(form.concern_phone.clone()),
            concern_hours: HoursFields::new(&form.concern_hours),
        }
    }

    fn form(self) -> AreaForm {
        AreaForm {
            name: self.name.get(),
            place: self.place.get(),
            concern_title: self.concern_title.get(),
            concern_text: self.concern_text.get(),
            concern_phone: self.concern_phone.get(),
            concern_hours: self.concern_hours.text(),
        }
    }
}

fn area_form(state: FormState<AreaFields>) -> impl IntoView {
    let i18n = use_i18n();
    let fields = state.fields;
    let words = move |words: fn(Locale) -> &'static str| derived(move || words(i18n.get_locale()).to_owned());
    let hours_text = derived(move || fields.concern_hours.text());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        state.save(|opened, form| SaveArea { opened, form }, |_| paths::card().to_owned());
    };
    view! {
        <form class="form" node_ref=state.node novalidate on:submit=submit>
            <TextField
                label=words(|l| td_string!(l, edit.area_name))
                value=fields.name
                error=state.error_at("name", Nature::Text, fields.name)
                max=80
                guard=true
                required=true
            />
            <TextField
                label=words(|l| td_string!(l, edit.area_place))
                hint=words(|l| td_string!(l, edit.area_place_hint))
                value=fields.place
                error=state.error_at("place", Nature::Text, fields.place)
                max=120
                guard=true
            />
            <fieldset class="edit-group">
                <legend class="field__label">{tr!(i18n, edit.concern)}</legend>
                <TextField
                    label=words(|l| td_string!(l, edit.concern_phone))
                    hint=words(|l| td_string!(l, edit.concern_phone_hint))
                    value=fields.concern_phone
                    error=state.error_at("concern_phone", Nature::Number, fields.concern_phone)
                    kind=FieldKind::Tel
                    max=40
                />
                <TextField
                    label=words(|l| td_string!(l, edit.concern_title))
                    value=fields.concern_title
                    error=state.error_at("concern_title", Nature::Text, fields.concern_title)
                    max=80
                    guard=true
                />
                <TextField
                    label=words(|l| td_string!(l, edit.concern_text))
                    hint=words(|l| td_string!(l, edit.concern_text_hint))
                    value=fields.concern_text
                    error=state.error_at("concern_text", Nature::Text, fields.concern_text)
                    multiline=true
                    max=600
                    guard=true
                />
                <HoursEditor
                    fields=fields.concern_hours
                    label=words(|l| td_string!(l, edit.hours))
                    error=state.error_at("concern_hours", Nature::Hours, hours_text)
                />
            </fieldset>
            <FormEnd state cancel=paths::card() />
        </form>
    }
}
