//! What screens are made of. Nothing here knows a noun of the domain beyond telephone numbers.

mod button;
mod call_link;
mod chip;
mod choice;
mod dialog;
mod empty_state;
mod field;
mod icon;
mod loaded;
mod page;
mod split;
mod toast_list;
mod when;

pub(crate) use button::{Button, ButtonKind, IconButton, LinkButton, Press};
pub(crate) use call_link::{DemoStop, DemoStopDialog, MailLink, PhoneLink, TextLink};
pub(crate) use chip::{Chip, ChipKind};
pub(crate) use choice::{Segmented, Select};
pub(crate) use dialog::Dialog;
pub(crate) use empty_state::EmptyState;
pub(crate) use field::{FieldKind, FormGuard, TextField, provide_form_guard};
pub(crate) use icon::Icon;
pub(crate) use loaded::Loaded;
pub(crate) use page::{Arrival, Page, PagePlace};
pub(crate) use split::Split;
pub(crate) use toast_list::ToastList;
pub(crate) use when::When;

use std::sync::atomic::{AtomicU32, Ordering};

/// An id for the page's markup, unique as long as the page lives: labels point at fields with it.
pub(crate) fn unique_id(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{prefix}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
