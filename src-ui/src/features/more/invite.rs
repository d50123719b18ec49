//! *Invitér*: coordinators make links, and take them back.

use super::link_panel::{LinkPanel, limits};
use crate::components::{Button, ButtonKind, Loaded, Page, Segmented, Select, TextField, When};
use crate::format::{hours_until_morning, role_words};
use crate::i18n::*;
use crate::ipc::ask;
use crate::routes::paths;
use crate::state::{Load, Var, derived, effect, use_load, use_now, use_session, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::domain::Role;
use trygkort_core::ipc::{
    CreateInvitation, CreateWalk, InvitationLink, InvitationView, IpcError, ListInvitations, RevokeInvitation, WalkView,
};

#[component]
pub(crate) fn InvitePeoplePage() -> impl IntoView {
    let i18n = use_i18n();
    let made = Var::new(None::<InvitationLink>);
    let open = use_load(&[], || ListInvitations {});
    view! {
        <Page title=tr!(i18n, more.invite) back=paths::more()>
            <div class="stack">
                {move || match made.get() {
                    Some(link) => {
                        view! {
                            <section class="card stack">
                                <LinkPanel link />
                                <Button icon="plus" on_click=move || made.set(None)>{tr!(i18n, more.invite_new)}</Button>
                            </section>
                        }
                        .into_any()
                    }
                    None => view! { <NewInvitation made open /> }.into_any(),
                }}
                <h2>{tr!(i18n, more.invite_open)}</h2>
                <Loaded load=open bars=2 let:invitations>
                    <OpenInvitations invitations open />
                </Loaded>
            </div>
        </Page>
    }
}

#[component]
fn NewInvitation(made: Var<Option<InvitationLink>>, open: Load<Vec<InvitationView>>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let role = Var::new(Role::Staff);
    let uses = RwSignal::new("1".to_owned());
    let hours = RwSignal::new("168".to_owned());
    let access = RwSignal::new(String::new());
    let walk_name = RwSignal::new(String::new());
    // A walk that was made when its invitation failed: trying again makes no second one.
    let walk_made = Var::new(None::<(CreateWalk, WalkView)>);
    let now = use_now();
    let busy = RwSignal::new(false);
    // What a safety walk wants: one code for everyone, for the evening. Each can be chosen otherwise.
    effect(move || {
        let walk = role.get() == Role::Participant;
        uses.set(if walk { "100" } else { "1" }.to_owned());
        access.set(if walk { TONIGHT } else { "" }.to_owned());
    });
    let roles = Role::ALL.map(|role| (role, derived(move || role_words(i18n, role).to_owned()))).to_vec();
    let about_role = derived(move || about_role(i18n, role.get()));
    let create = move || {
        let number = |text: RwSignal<String>| text.get_untracked().parse().unwrap_or(1);
        let access_hours = access.with_untracked(|access| match access.as_str() {
            TONIGHT => Some(hours_until_morning(now.get_untracked())),
            hours => hours.parse().ok(),
        });
        let request = CreateInvitation {
            role: role.get_untracked(),
            uses: number(uses),
            expires_hours: number(hours),
            access_hours,
            walk: None,
        };
        let name = walk_name.get_untracked().trim().to_owned();
        let walk = (request.role == Role::Participant && !name.is_empty())
            .then(|| CreateWalk { name, hours: access_hours.unwrap_or(request.expires_hours) });
        busy.set(true);
        spawn_local(async move {
            match invite_to(walk, request, walk_made).await {
                Ok(link) => {
                    made.try_set(Some(link));
                    open.reload();
                }
                Err(error) => toasts.error(&error),
            }
            busy.try_set(false);
        });
    };
    let is_walk = move || role.get() == Role::Participant;
    view! {
        <section class="card form">
            <p class="muted">{tr!(i18n, more.invite_intro)}</p>
            <div>
                <Segmented
                    label=tr!(i18n, more.invite_role)
                    options=roles
                    value=role
                />
                <p class="field__hint" aria-live="polite">{about_role}</p>
            </div>
            <When cond=is_walk>
                <TextField
                    label=tr!(i18n, more.invite_walk)
                    hint=tr!(i18n, more.invite_walk_hint)
                    value=walk_name
                    max=80
                />
            </When>
            <Select
                label=tr!(i18n, more.invite_uses)
                options=derived(move || uses_choices(i18n.get_locale()))
                value=uses
            />
            <Select
                label=tr!(i18n, more.invite_expires)
                options=derived(move || expiry_choices(i18n.get_locale()))
                value=hours
            />
            <Select
                label=tr!(i18n, more.invite_access)
                options=derived(move || access_choices(i18n.get_locale()))
                value=access
            />
            <Button kind=ButtonKind::Primary icon="qr-code" disabled=busy on_click=create>
                {tr!(i18n, more.invite_create)}
            </Button>
            <p class="field__hint">{tr!(i18n, more.needs_network)}</p>
        </section>
    }
}

/// What a role may do, in a line.
pub(super) fn about_role(i18n: I18n, role: Role) -> &'static str {
    match role {
        Role::Coordinator => t_string!(i18n, more.invite_role_coordinator),
        Role::Staff => t_string!(i18n, more.invite_role_staff),
        Role::Participant => t_string!(i18n, more.invite_role_participant),
        Role::Resident => t_string!(i18n, more.invite_role_resident),
    }
}

/// Makes the walk, if there is to be one, and the invitation to it.
async fn invite_to(
    walk: Option<CreateWalk>,
    request: CreateInvitation,
    made: Var<Option<(CreateWalk, WalkView)>>,
) -> Result<InvitationLink, IpcError> {
    let Some(wanted) = walk else { return ask(request).await };
    let known = made.get_untracked().filter(|(asked, _)| *asked == wanted);
    let id = match known {
        Some((_, walk)) => walk.id,
        None => {
            let walk = ask(wanted.clone()).await?;
            let id = walk.id.clone();
            made.try_set(Some((wanted, walk)));
            id
        }
    };
    ask(CreateInvitation { walk: Some(id), ..request }).await
}

#[component]
fn OpenInvitations(invitations: Vec<InvitationView>, open: Load<Vec<InvitationView>>) -> impl IntoView {
    let i18n = use_i18n();
    if invitations.is_empty() {
        return view! { <p class="muted">{tr!(i18n, more.invite_open_none)}</p> }.into_any();
    }
    let entries = invitations.into_iter().map(|invitation| view! { <OpenInvitation invitation open /> }).collect_view();
    view! { <ul class="entries">{entries}</ul> }.into_any()
}

#[component]
fn OpenInvitation(invitation: InvitationView, open: Load<Vec<InvitationView>>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let session = use_session();
    let InvitationView { id, role, uses_left, expires_at_ms, access_until_ms } = invitation;
    let limits = limits(i18n, uses_left, expires_at_ms, access_until_ms);
    let revoke = move || {
        let id = id.clone();
        spawn_local(async move {
            match ask(RevokeInvitation { id }).await {
                Ok(()) => {
                    toasts.say(td_string!(i18n.get_locale_untracked(), more.invite_revoked));
                    open.reload();
                }
                Err(error) => toasts.error(&error),
            }
        });
    };
    let label = derived(move || t_string!(i18n, more.invite_revoke_which, role = role_words(i18n, role)).to_string());
    view! {
        <li class="card entry">
            <h3>{move || role_words(i18n, role)}</h3>
            <p class="muted">{limits}</p>
            <Button kind=ButtonKind::Danger label on_click=revoke disabled=derived(move || !session.is_coordinator())>
                {tr!(i18n, more.invite_revoke)}
            </Button>
        </li>
    }
}

/// The choice of access that ends next morning.
const TONIGHT: &str = "tonight";

fn uses_choices(locale: Locale) -> Vec<(String, String)> {
    let choices = [
        ("1", td_string!(locale, more.uses_1)),
        ("5", td_string!(locale, more.uses_5)),
        ("20", td_string!(locale, more.uses_20)),
        ("100", td_string!(locale, more.uses_100)),
    ];
    choices.map(|(value, words)| (value.to_owned(), words.to_owned())).into()
}

fn expiry_choices(locale: Locale) -> Vec<(String, String)> {
    let choices = [
        ("24", td_string!(locale, more.expires_24)),
        ("168", td_string!(locale, more.expires_168)),
        ("720", td_string!(locale, more.expires_720)),
    ];
    choices.map(|(value, words)| (value.to_owned(), words.to_owned())).into()
}

fn access_choices(locale: Locale) -> Vec<(String, String)> {
    let choices = [
        ("", td_string!(locale, more.access_always)),
        (TONIGHT, td_string!(locale, more.access_tonight)),
        ("24", td_string!(locale, more.expires_24)),
        ("168", td_string!(locale, more.expires_168)),
    ];
    choices.map(|(value, words)| (value.to_owned(), words.to_owned())).into()
}
