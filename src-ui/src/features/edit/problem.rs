//! A problem type's form.

use super::form::{Fields, FormState, Nature};
use super::form_page::{FormEnd, FormPage};
use super::icons::IconPicker;
use crate::components::{Button, ButtonKind, LinkButton, TextField};
use crate::i18n::*;
use crate::ipc::ask;
use crate::routes::paths;
use crate::state::{Kept, derived, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};
use trygkort_core::domain::ProblemId;
use trygkort_core::ipc::{DeleteProblem, EditProblem, ProblemForm, SaveProblem};

/// The form of the problem that the address names, or of a new one.
#[component]
pub(crate) fn ProblemEditPage() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params_map();
    let id = Kept::new(move || params.with(|params| params.get("id").and_then(|id| id.parse::<ProblemId>().ok())));
    move || {
        let id = id.get();
        let title = derived(move || match id {
            Some(_) => t_string!(i18n, edit.problem_edit).to_owned(),
            None => t_string!(i18n, edit.problem_new).to_owned(),
        });
        let back = id.map_or_else(|| paths::card().to_owned(), paths::problem);
        let draft_key = id.map_or_else(|| "problem/new".to_owned(), |id| format!("problem/{id}"));
        view! { <FormPage title back draft_key open=EditProblem { id } children=problem_form /> }
    }
}

#[derive(Clone, Copy)]
struct ProblemFields {
    name: RwSignal<String>,
    icon: RwSignal<String>,
    call_112_if: RwSignal<String>,
    call_114_if: RwSignal<String>,
    notice: RwSignal<String>,
    not_report: RwSignal<String>,
    have_ready: RwSignal<String>,
}

impl Fields for ProblemFields {
    type Form = ProblemForm;

    fn new(form: &ProblemForm) -> Self {
        Self {
            name: RwSignal::new(form.name.clone()),
            icon: RwSignal::new(form.icon.clone()),
            call_112_if: RwSignal::new(form.call_112_if.clone()),
            call_114_if: RwSignal::new(form.call_114_if.clone()),
            notice: RwSignal::new(form.notice.clone()),
            not_report: RwSignal::new(form.not_report.clone()),
            have_ready: RwSignal::new(form.have_ready.clone()),
        }
    }

    fn form(self) -> ProblemForm {
        ProblemForm {
            name: self.name.get(),
            icon: self.icon.get(),
            call_112_if: self.call_112_if.get(),
            call_114_if: self.call_114_if.get(),
            notice: self.notice.get(),
            not_report: self.not_report.get(),
            have_ready: self.have_ready.get(),
        }
    }
}

fn problem_form(state: FormState<ProblemFields>) -> impl IntoView {
    let i18n = use_i18n();
    let fields = state.fields;
    let words = move |words: fn(Locale) -> &'static str| derived(move || words(i18n.get_locale()).to_owned());
    let id = ProblemId(state.row());
    let cancel = if state.is_new() { paths::card().to_owned() } else { paths::problem(id) };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        state.save(|opened, form| SaveProblem { opened, form }, |saved| paths::problem(ProblemId(saved.row)));
    };
    view! {
        <form class="form" node_ref=state.node novalidate on:submit=submit>
            <TextField
                label=words(|l| td_string!(l, edit.name))
                hint=words(|l| td_string!(l, edit.problem_name_hint))
                value=fields.name
                error=state.error_at("name", Nature::Text, fields.name)
                max=80
                guard=true
                required=true
            />
            <IconPicker value=fields.icon />
            <TextField
                label=words(|l| td_string!(l, edit.call_112_if))
                hint=words(|l| td_string!(l, edit.call_112_hint))
                value=fields.call_112_if
                error=state.error_at("call_112_if", Nature::Text, fields.call_112_if)
                max=200
                guard=true
            />
            <TextField
                label=words(|l| td_string!(l, edit.call_114_if))
                hint=words(|l| td_string!(l, edit.call_114_hint))
                value=fields.call_114_if
                error=state.error_at("call_114_if", Nature::Text, fields.call_114_if)
                max=200
                guard=true
            />
            <TextField
                label=words(|l| td_string!(l, edit.have_ready))
                hint=words(|l| td_string!(l, edit.line_each))
                value=fields.have_ready
                error=state.error_at("have_ready", Nature::Text, fields.have_ready)
                multiline=true
                max=1000
                guard=true
            />
            <TextField
                label=words(|l| td_string!(l, edit.notice))
                hint=words(|l| td_string!(l, edit.line_each))
                value=fields.notice
                error=state.error_at("notice", Nature::Text, fields.notice)
                multiline=true
                max=1000
                guard=true
            />
            <TextField
                label=words(|l| td_string!(l, edit.not_report))
                hint=words(|l| td_string!(l, edit.line_each))
                value=fields.not_report
                error=state.error_at("not_report", Nature::Text, fields.not_report)
                multiline=true
                max=1000
                guard=true
            />
            <p class="muted">{tr!(i18n, common.places_not_persons)} " " {tr!(i18n, edit.problem_contacts)}</p>
            <FormEnd state cancel />
            {(!state.is_new()).then(|| view! { <DeleteButton state id /> })}
        </form>
    }
}

/// Takes the problem off the card, with *Fortryd*.
#[component]
fn DeleteButton(state: FormState<ProblemFields>, id: ProblemId) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let delete = move || {
        let navigate = navigate.clone();
        let name = state.fields.name.get_untracked();
        let drop_draft = state.draft.dropper();
        spawn_local(async move {
            match ask(DeleteProblem { id }).await {
                Ok(saved) => {
                    drop_draft();
                    let words = td_string!(i18n.get_locale_untracked(), edit.problem_deleted, name = name).to_string();
                    toasts.saved(words, &saved);
                    navigate(paths::card(), NavigateOptions { replace: true, ..NavigateOptions::default() });
                }
                Err(error) => toasts.error(&error),
            }
        });
    };
    view! {
        <div class="buttons">
            <Button kind=ButtonKind::Danger icon="trash-2" on_click=delete>
                {tr!(i18n, edit.problem_delete)}
            </Button>
            <LinkButton href=paths::card_history(id.0) icon="history">
                {tr!(i18n, updates.history)}
            </LinkButton>
        </div>
    }
}
