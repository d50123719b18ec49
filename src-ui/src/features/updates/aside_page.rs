//! *Lagt til side*: what the server did not take in, for coordinators to read and take.

use super::attention::{Thing, reason_words};
use super::change::Sides;
use super::words::{author_words, is_shown, is_shown_of_new};
use crate::components::{Button, Loaded, Page};
use crate::format::{capitalise, moment_words};
use crate::i18n::*;
use crate::ipc::ask;
use crate::routes::paths;
use crate::state::{Load, derived, use_load, use_now, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::{AsideView, ChangedRow, Deed, GetAside, RefusalReason, TakeAside};

#[component]
pub(crate) fn AsidePage() -> impl IntoView {
    let i18n = use_i18n();
    // Asked once and not with every change: the server notes who reads it.
    let aside = use_load(&[], || GetAside {});
    view! {
        <Page title=tr!(i18n, updates.aside) back=paths::updates()>
            <div class="stack">
                <p class="muted">{tr!(i18n, updates.aside_intro)}</p>
                <Loaded load=aside bars=2 let:list>
                    {if list.is_empty() {
                        view! { <p>{tr!(i18n, updates.aside_none)}</p> }.into_any()
                    } else {
                        view! {
                            <ul class="entries">
                                {list.into_iter().map(|kept| view! { <Kept kept aside /> }).collect_view()}
                            </ul>
                        }
                        .into_any()
                    }}
                </Loaded>
            </div>
        </Page>
    }
}

#[component]
fn Kept(kept: AsideView, aside: Load<Vec<AsideView>>) -> impl IntoView {
    let i18n = use_i18n();
    let now = use_now();
    let toasts = use_toasts();
    let AsideView { by, reason, at_ms, rows, body, takeable } = kept;
    let name = rows.first().map(|row| row.name.clone()).unwrap_or_default();
    let (who, writer) = (by.clone(), by.clone());
    let byline = derived(move || {
        let who = capitalise(&author_words(i18n.get_locale(), &who));
        format!("{who} · {}", moment_words(i18n, at_ms, now.get()))
    });
    let label = derived(move || {
        let who = author_words(i18n.get_locale(), &by);
        t_string!(i18n, updates.aside_take_what, name = name.clone(), who = who).to_string()
    });
    let take = move || {
        let body = body.clone();
        spawn_local(async move {
            match ask(TakeAside { body }).await {
                Ok(saved) => {
                    toasts.saved(td_string!(i18n.get_locale_untracked(), updates.aside_taken), &saved);
                    aside.reload();
                }
                Err(error) => toasts.error(&error),
            }
        });
    };
    let rows = rows.into_iter().map(|row| {
        let writer = writer.clone();
        view! {
            <Thing row=row.clone() />
            <Sides row=to_compare(row) writer />
        }
    });
    view! {
        <li class="card entry">
            {rows.collect_view()}
            <p><strong>{derived(move || why(i18n.get_locale(), reason))}</strong></p>
            <p class="muted">{byline}</p>
            {takeable
                .then(|| {
                    view! {
                        <div class="buttons">
                            <Button icon="check" label on_click=take>
                                {tr!(i18n, updates.aside_take)}
                            </Button>
                        </div>
                    }
                })}
        </li>
    }
}

/// A thing with the fields that people can compare: beside what is new nothing stands, and of what goes nothing is said.
fn to_compare(mut row: ChangedRow) -> ChangedRow {
    let (new, goes) = (row.deed == Deed::Made, row.deed == Deed::Deleted);
    row.fields.retain(|field| !goes && if new { is_shown_of_new(&field.field) } else { is_shown(&field.field) });
    if new {
        row.fields.iter_mut().for_each(|field| field.before = None);
    }
    row
}

/// The reason, to somebody else than the author.
fn why(locale: Locale, reason: RefusalReason) -> String {
    match reason {
        RefusalReason::Permission => td_string!(locale, updates.aside_permission),
        RefusalReason::Quarantined => td_string!(locale, updates.aside_quarantined),
        RefusalReason::Conflict => td_string!(locale, updates.aside_conflict),
        other => reason_words(locale, other),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trygkort_core::domain::RowId;
    use trygkort_core::ipc::ChangedField;

    fn compared(deed: Deed) -> Vec<(String, Option<String>)> {
        let field = |field: &str| ChangedField {
            field: field.into(),
            before: Some("før".into()),
            after: "nu".into(),
            lost: false,
        };
        let fields = vec![field("title"), field("position"), field("order")];
        let row = RowId(uuid::Uuid::from_u128(7));
        let row =
            to_compare(ChangedRow { row, entity: "map_pin".into(), name: String::new(), part_of: None, deed, fields });
        row.fields.into_iter().map(|field| (field.field, field.before)).collect()
    }

    #[test]
    fn what_can_be_read_is_compared_with_what_stands_there() {
        let before = || Some("før".to_owned());
        assert_eq!(compared(Deed::Edited), [("title".to_owned(), before()), ("position".to_owned(), before())]);
        assert_eq!(compared(Deed::Made), [("title".to_owned(), None)], "a place says nothing without another");
        assert_eq!(compared(Deed::Deleted), []);
    }
}
