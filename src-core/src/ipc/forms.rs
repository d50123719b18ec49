//! What forms hold. A save carries the form as it was opened and as it is now; only the difference becomes changes, so
//! that two people who edit different fields of one contact both keep what they wrote.

use super::views::{ChannelKind, PinCategory, Sector};
use crate::domain::{ChangeId, ChannelId, OrganisationId, RowId, Scope};
use serde::{Deserialize, Serialize};

/// A form together with what was known when it was opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Editing<F> {
    /// The row; made when the form opens, so that a draft of a new row saved twice makes one row.
    pub row: RowId,
    /// Whether the row is new.
    pub new: bool,
    /// The form as it was opened.
    pub form: F,
    /// What the writer had seen; opaque to the screens.
    pub seen: Seen,
}

/// The state of the area that a form showed: the basis for finding conflicts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Position in the area's log when the form was opened.
    pub position: u64,
    /// The change that had won each field: (row, field number, change).
    pub bases: Vec<(RowId, u16, ChangeId)>,
}

/// The result of an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The row that was made or changed.
    pub row: RowId,
    /// For *Fortryd*; `None` when nothing changed.
    pub undo: Option<UndoId>,
}

/// Names an action of this device that can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UndoId(pub u64);

/// A contact and its channels, edited as one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactForm {
    pub organisation: Option<OrganisationId>,
    pub name: String,
    pub role: String,
    /// OpenStreetMap `opening_hours` syntax; checked on saving.
    pub hours: String,
    pub note: String,
    pub scope: Scope,
    /// In order. A channel left out is deleted.
    pub channels: Vec<ChannelForm>,
}

/// One channel in the contact's form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelForm {
    /// `None`: new.
    pub id: Option<ChannelId>,
    pub label: String,
    pub kind: ChannelKind,
    /// As typed: `32 57 10 00`, `+45 32571000`, `112`, or a mail address; checked and normalised on saving.
    pub value: String,
    pub scope: Scope,
}

/// A problem type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemForm {
    pub name: String,
    pub icon: String,
    pub call_112_if: String,
    pub call_114_if: String,
    /// A line each.
    pub notice: String,
    /// A line each.
    pub not_report: String,
    /// A line each.
    pub have_ready: String,
}

/// A map pin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PinForm {
    pub category: PinCategory,
    pub title: String,
    pub note: String,
    /// WGS 84 degrees; `None` until a place is chosen.
    pub position: Option<(f64, f64)>,
    pub scope: Scope,
}

/// The area itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaForm {
    pub name: String,
    /// The line that SMS texts name the place with.
    pub place: String,
    pub concern_title: String,
    pub concern_text: String,
    /// As typed; empty: no button.
    pub concern_phone: String,
    pub concern_hours: String,
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationForm {
    pub name: String,
    pub sector: Sector,
    pub scope: Scope,
}
