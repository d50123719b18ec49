//! One problem: when it is 112 or 114, who takes it otherwise, what to have ready, what (not) to report.

use super::acute::{Acute, AcuteIf};
use super::contact_card::{ContactCard, Matter};
use crate::components::{Icon, LinkButton, Loaded, Page};
use crate::i18n::*;
use crate::routes::paths;
use crate::state::{Kept, derived, use_load, use_session};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use trygkort_core::domain::{ProblemId, RowId};
use trygkort_core::ipc::{GetProblem, ProblemView, Topic};
use uuid::Uuid;

const TOPICS: &[Topic] = &[Topic::Area, Topic::Card, Topic::Contacts];

/// The problem that the address names.
#[component]
pub(crate) fn ProblemPage() -> impl IntoView {
    let params = use_params_map();
    let id = Kept::new(move || {
        let id = params.with(|params| params.get("id").and_then(|id| id.parse().ok()));
        // An address that names nothing is answered as a problem that is not there.
        id.unwrap_or(ProblemId(RowId(Uuid::nil())))
    });
    // Another problem is another page: its heading takes the focus.
    move || view! { <Problem id=id.get() /> }
}

#[component]
fn Problem(id: ProblemId) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let problem = use_load(TOPICS, move || GetProblem { id });
    let title = derived(move || {
        problem.map(|problem| problem.name.clone()).unwrap_or_else(|| t_string!(i18n, card.problem).to_owned())
    });
    let gone = derived(move || session.is_coordinator().then(|| paths::card_history(id.0)));
    view! {
        <Page title back=paths::card()>
            <Loaded load=problem gone let:problem>
                <ProblemBody problem />
            </Loaded>
        </Page>
    }
}

#[component]
fn ProblemBody(problem: ProblemView) -> impl IntoView {
    let i18n = use_i18n();
    let ProblemView { id, call_112_if, call_114_if, contacts, have_ready, notice, not_report, editable, .. } = problem;
    let matter = Matter { problem: id, name: problem.name, text: problem.sms_text };
    let has_acute = !call_112_if.is_empty() || !call_114_if.is_empty();
    let nobody = contacts.is_empty();
    view! {
        <div class="problem">
            {(!call_112_if.is_empty()).then(|| view! { <AcuteIf acute=Acute::Alarm condition=call_112_if /> })}
            {(!call_114_if.is_empty()).then(|| view! { <AcuteIf acute=Acute::Police condition=call_114_if /> })}
            {has_acute.then(|| view! { <h2 class="card-heading">{tr!(i18n, card.otherwise)}</h2> })}
            {nobody.then(|| view! { <p class="muted">{tr!(i18n, card.no_contacts)}</p> })}
            <ol class="people">
                {contacts
                    .into_iter()
                    .map(|contact| view! { <ContactCard contact matter=matter.clone() /> })
                    .collect_view()}
            </ol>
            <Lines kind=LinesKind::HaveReady lines=have_ready />
            <Lines kind=LinesKind::Notice lines=notice />
            <Lines kind=LinesKind::NotReport lines=not_report />
            <aside class="not-a-report">
                <Icon name="info" />
                <p>
                    <strong>{tr!(i18n, card.not_a_report)}</strong>
                    " "
                    {tr!(i18n, card.not_a_report_text)}
                </p>
            </aside>
            <div class="buttons">
                {editable
                    .then(|| {
                        view! {
                            <LinkButton href=paths::problem_edit(Some(id)) icon="pencil">
                                {tr!(i18n, card.edit_problem)}
                            </LinkButton>
                            <LinkButton href=paths::card_table() icon="table-2">
                                {tr!(i18n, card.as_table)}
                            </LinkButton>
                        }
                    })}
                // The problem's, and that of who is called about it: its cells of the card.
                <LinkButton href=paths::card_history(id.0) icon="history">{tr!(i18n, updates.history)}</LinkButton>
            </div>
        </div>
    }
}

/// The three lists of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinesKind {
    HaveReady,
    Notice,
    NotReport,
}

/// A list under its heading; nothing at all when there is nothing in it.
#[component]
fn Lines(kind: LinesKind, lines: Vec<String>) -> impl IntoView {
    let i18n = use_i18n();
    if lines.is_empty() {
        return None;
    }
    let (class, icon) = match kind {
        LinesKind::HaveReady => ("lines lines--ready", "clipboard-list"),
        LinesKind::Notice => ("lines", "eye"),
        LinesKind::NotReport => ("lines lines--quiet", "circle-slash"),
    };
    let heading = derived(move || match kind {
        LinesKind::HaveReady => t_string!(i18n, card.have_ready),
        LinesKind::Notice => t_string!(i18n, card.notice),
        LinesKind::NotReport => t_string!(i18n, card.not_report),
    });
    Some(view! {
        <section class=class>
            <h2 class="lines__heading">
                <Icon name=icon />
                {heading}
            </h2>
            <ul class="lines__list">
                {lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}
            </ul>
        </section>
    })
}
