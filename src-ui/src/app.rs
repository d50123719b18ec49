//! Start, router and what stands around every screen.

use crate::components::{Arrival, DemoStop, Split};
use crate::features::card::{CardPage, ConcernPage, ProblemPage};
use crate::features::contacts::{ContactPage, ContactsPage};
use crate::features::edit::{AreaEditPage, CardTablePage, ContactEditPage, OrganisationEditPage, ProblemEditPage};
use crate::features::lock::{ForgottenPage, LockScreen, SecurityPage};
use crate::features::map::{MapListPage, MapPage, PinEditPage};
use crate::features::more::{
    AboutPage, AreasPage, DevicesPage, InvitePeoplePage, MembersPage, MorePage, NotThisPage, SettingsPage,
};
use crate::features::shell::{
    ChooseCard, ChooseContact, ChooseMore, InsecurePage, LockedOutPage, NoSuchPage, ParkedPage, Shell, StartFailed,
};
use crate::features::updates::{AsidePage, CardHistoryPage, ContactHistoryPage, PinHistoryPage, UpdatesPage};
use crate::features::welcome::{InstallPage, InvitePage, WelcomePage};
use crate::i18n::*;
use crate::ipc::{ask, on_event};
use crate::look::{Look, set_on_root};
use crate::routes::paths;
use crate::state::{
    Changes, Host, Now, Session, SyncBadge, Toasts, Var, derived, effect, is_secure, use_locked_out, use_session,
    watch_use,
};
use leptos::children::ToChildren;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::{Outlet, ParentRoute, Redirect, Route, Router, Routes};
use leptos_router::hooks::use_location;
use leptos_router::path;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{Boot, BootView, Event, IpcError, Topic};

/// The whole app.
#[component]
pub(crate) fn App() -> impl IntoView {
    I18n::provide();
    Look::provide();
    let i18n = use_i18n();
    effect(move || set_on_root("lang", Some(i18n.get_locale().as_ref())));
    view! { <Start /> }
}

/// How starting went; `None` while the skeleton of `index.html` shows.
type Outcome = Var<Option<Result<BootView, IpcError>>>;

#[component]
fn Start() -> impl IntoView {
    let changes = Changes::provide();
    let host = Host::provide();
    let badge = SyncBadge::provide();
    Now::provide();
    Toasts::provide();
    DemoStop::provide();
    Arrival::provide();
    let outcome: Outcome = Var::new(None);
    let session = StoredValue::new(None::<Session>);
    if !crate::ipc::is_tauri() && !is_secure() {
        remove_skeleton();
        return view! { <InsecurePage /> }.into_any();
    }
    let boot = move || {
        spawn_local(async move {
            let answer = ask(Boot {}).await;
            if session.get_value().is_some() {
                return;
            }
            if matches!(&answer, Err(error) if error.code == ErrorCode::Locked) {
                host.locked.set(true);
                return;
            }
            // Another tab has the database: that is a page of its own and ends by itself.
            host.parked.set(matches!(&answer, Err(error) if error.code == ErrorCode::Parked));
            outcome.set(Some(answer));
            remove_skeleton();
        });
    };
    on_event(move |event| match event {
        Event::Changed { area, topics } => {
            let Some(session) = session.get_value() else { return };
            if session.area_id_untracked() == Some(area) {
                changes.announce(&topics);
            }
            if topics.contains(&Topic::Area) {
                spawn_local(async move {
                    let _ = session.reload().await;
                });
            }
        }
        Event::Sync { status } => badge.set(status),
        Event::Parked { parked } => {
            host.parked.set(parked);
            if !parked && session.get_value().is_none() {
                boot();
            } else if !parked {
                changes.announce_all();
                badge.refresh();
            }
        }
        Event::UpdateReady => host.update_ready.set(true),
        Event::Locked => host.locked.set(true),
    });
    boot();
    effect(move || {
        if host.locked.get() {
            // Nothing of what was shown stays: after the PIN everything is asked anew.
            session.set_value(None);
            outcome.set(None);
            badge.clear();
            remove_skeleton();
        }
    });
    let unlocked = move || {
        host.locked.set(false);
        boot();
    };
    (move || match outcome.get() {
        _ if host.forgotten.get() => view! { <ForgottenPage /> }.into_any(),
        _ if host.locked.get() => view! { <LockScreen on_open=unlocked /> }.into_any(),
        // The answer comes when the other tab lets go.
        None if host.parked.get() => {
            remove_skeleton();
            view! {
                <div class="app">
                    <ParkedPage />
                </div>
            }
            .into_any()
        }
        None => ().into_any(),
        Some(Ok(boot)) => {
            session.set_value(Some(Session::provide(boot, changes)));
            view! { <Ready /> }.into_any()
        }
        Some(Err(error)) => view! { <StartFailed error retry=move || boot() /> }.into_any(),
    })
    .into_any()
}

fn remove_skeleton() {
    if let Some(skeleton) = document().get_element_by_id("skeleton") {
        skeleton.remove();
    }
}

#[component]
fn Ready() -> impl IntoView {
    let session = use_session();
    let look = expect_context::<Look>();
    effect(move || look.apply(&session.settings()));
    watch_use();
    let badge = expect_context::<SyncBadge>();
    effect(move || match session.area_id() {
        Some(_) => badge.refresh(),
        None => badge.clear(),
    });
    view! {
        <Router>
            <Shell>
                <Places />
            </Shell>
        </Router>
    }
}

#[component]
fn Places() -> impl IntoView {
    view! {
        <Routes fallback=|| view! { <NoSuchPage /> }>
            <Route path=path!("/") view=|| view! { <Redirect path=paths::card() /> } />
            <ParentRoute path=path!("/card") view=CardFrame>
                <Route path=path!("") view=ChooseCard />
                <Route path=path!("concern") view=ConcernPage />
                <Route path=path!("table") view=CardTablePage />
                <Route path=path!("area") view=AreaEditPage />
                <Route path=path!("edit/:id") view=ProblemEditPage />
                <Route path=path!("history/:id") view=CardHistoryPage />
                <Route path=path!(":id") view=ProblemPage />
            </ParentRoute>
            <ParentRoute path=path!("/contacts") view=ContactsFrame>
                <Route path=path!("") view=ChooseContact />
                <Route path=path!("edit/:id") view=ContactEditPage />
                <Route path=path!("organisation/:id") view=OrganisationEditPage />
                <Route path=path!("history/:id") view=ContactHistoryPage />
                <Route path=path!(":id") view=ContactPage />
            </ParentRoute>
            <ParentRoute path=path!("/map") view=MapFrameView>
                <Route path=path!("") view=MapPage />
                <Route path=path!("list") view=MapListPage />
                <Route path=path!("edit/:id") view=PinEditPage />
                <Route path=path!("history/:id") view=PinHistoryPage />
            </ParentRoute>
            <ParentRoute path=path!("/more") view=MoreFrame>
                <Route path=path!("") view=ChooseMore />
                <Route path=path!("updates") view=UpdatesPage />
                <Route path=path!("aside") view=AsidePage />
                <Route path=path!("areas") view=AreasPage />
                <Route path=path!("settings") view=SettingsPage />
                <Route path=path!("security") view=SecurityPage />
                <Route path=path!("invite") view=InvitePeoplePage />
                <Route path=path!("members") view=MembersPage />
                <Route path=path!("devices") view=DevicesPage />
                <Route path=path!("install") view=InstallPage />
                <Route path=path!("network") view=NotThisPage />
                <Route path=path!("about") view=AboutPage />
            </ParentRoute>
            <Route path=path!("/welcome") view=WelcomePage />
            <Route path=path!("/i") view=InvitePage />
        </Routes>
    }
}

/// What needs an open area; without one the welcome page stands in its place, and one that this device may not have any
/// more is not shown as an empty one.
#[component]
fn NeedsArea(children: ChildrenFn) -> impl IntoView {
    let session = use_session();
    let has_area = Memo::new(move |_| session.area_id().is_some());
    let locked_out = use_locked_out();
    let children = StoredValue::new(children);
    view! {
        <Show when=move || has_area.get() fallback=|| view! { <WelcomePage /> }>
            <Show when=move || !locked_out.get() fallback=|| view! { <LockedOutPage /> }>
                {children.with_value(|children| children())}
            </Show>
        </Show>
    }
}

/// Whether something below `list` is open.
fn below(list: &'static str) -> Signal<bool> {
    let path = use_location().pathname;
    derived(move || path.with(|path| path.trim_end_matches('/') != list))
}

#[component]
fn CardFrame() -> impl IntoView {
    view! {
        <NeedsArea>
            <Split detail_open=below(paths::card()) list=ToChildren::to_children(|| view! { <CardPage /> })>
                <Outlet />
            </Split>
        </NeedsArea>
    }
}

#[component]
fn ContactsFrame() -> impl IntoView {
    view! {
        <NeedsArea>
            <Split detail_open=below(paths::contacts()) list=ToChildren::to_children(|| view! { <ContactsPage /> })>
                <Outlet />
            </Split>
        </NeedsArea>
    }
}

#[component]
fn MapFrameView() -> impl IntoView {
    view! {
        <NeedsArea>
            <Outlet />
        </NeedsArea>
    }
}

#[component]
fn MoreFrame() -> impl IntoView {
    view! {
        <Split detail_open=below(paths::more()) list=ToChildren::to_children(|| view! { <MorePage /> })>
            <Outlet />
        </Split>
    }
}
