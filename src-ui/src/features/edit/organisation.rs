//! An organisation's form.

use super::form::{Fields, FormState, Nature};
use super::form_page::{FormEnd, FormPage};
use super::scope::ScopeChoice;
use crate::components::{Select, TextField};
use crate::format::sector_words;
use crate::i18n::*;
use crate::routes::paths;
use crate::state::{Kept, Var, derived};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use trygkort_core::domain::{OrganisationId, Scope};
use trygkort_core::ipc::{EditOrganisation, OrganisationForm, SaveOrganisation, Sector};

/// The headings of the card, in its order, with the word that stands for each in the choice.
const SECTORS: [(Sector, &str); 7] = [
    (Sector::Municipality, "municipality"),
    (Sector::Housing, "housing"),
    (Sector::Police, "police"),
    (Sector::Health, "health"),
    (Sector::Education, "education"),
    (Sector::Association, "association"),
    (Sector::Business, "business"),
];

/// The form of the organisation that the address names, or of a new one.
#[component]
pub(crate) fn OrganisationEditPage() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params_map();
    let id = Kept::new(move || params.with(|params| params.get("id").and_then(|id| id.parse::<OrganisationId>().ok())));
    move || {
        let id = id.get();
        let title = derived(move || match id {
            Some(_) => t_string!(i18n, edit.organisation_title_edit).to_owned(),
            None => t_string!(i18n, edit.organisation_title_new).to_owned(),
        });
        let draft_key = id.map_or_else(|| "organisation/new".to_owned(), |id| format!("organisation/{id}"));
        view! {
            <FormPage
                title
                back=paths::contacts()
                draft_key
                open=EditOrganisation { id }
                children=organisation_form
            />
        }
    }
}

#[derive(Clone, Copy)]
struct OrganisationFields {
    name: RwSignal<String>,
    sector: RwSignal<String>,
    scope: Var<Scope>,
}

impl Fields for OrganisationFields {
    type Form = OrganisationForm;

    fn new(form: &OrganisationForm) -> Self {
        Self {
            name: RwSignal::new(form.name.clone()),
            sector: RwSignal::new(sector_key(form.sector).to_owned()),
            scope: Var::new(form.scope),
        }
    }

    fn form(self) -> OrganisationForm {
        OrganisationForm {
            name: self.name.get(),
            sector: self.sector.with(|key| sector_of(key)),
            scope: self.scope.get(),
        }
    }
}

fn sector_key(sector: Sector) -> &'static str {
    SECTORS.iter().find(|(one, _)| *one == sector).map_or("", |(_, key)| key)
}

/// The choice only offers known keys; anything else would be the first of them.
fn sector_of(key: &str) -> Sector {
    SECTORS.iter().find(|(_, one)| *one == key).map_or(Sector::Municipality, |(sector, _)| *sector)
}

fn organisation_form(state: FormState<OrganisationFields>) -> impl IntoView {
    let i18n = use_i18n();
    let fields = state.fields;
    let sectors =
        derived(move || SECTORS.map(|(sector, key)| (key.to_owned(), sector_words(i18n, sector).to_owned())).to_vec());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        state.save(|opened, form| SaveOrganisation { opened, form }, |_| paths::contacts().to_owned());
    };
    view! {
        <form class="form" node_ref=state.node novalidate on:submit=submit>
            <TextField
                label=tr!(i18n, edit.name)
                value=fields.name
                error=state.error_at("name", Nature::Text, fields.name)
                max=120
                guard=true
                required=true
            />
            <Select
                label=tr!(i18n, edit.sector)
                options=sectors
                value=fields.sector
            />
            <ScopeChoice
                label=tr!(i18n, edit.organisation_scope)
                value=fields.scope
            />
            <FormEnd state cancel=paths::contacts() />
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sector_can_be_chosen_and_found_again() {
        for (sector, key) in SECTORS {
            assert_eq!(sector_of(sector_key(sector)), sector);
            assert_eq!(sector_key(sector_of(key)), key);
        }
    }
}
