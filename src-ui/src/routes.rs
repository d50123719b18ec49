//! Every address of the app, built in one place.

/// Builders of addresses; the patterns they fill are in [`crate::app`].
pub(crate) mod paths {
    use trygkort_core::domain::{ContactId, OrganisationId, PinId, ProblemId, RowId};

    /// The id that forms for new rows carry in their address.
    pub(crate) const NEW: &str = "new";

    fn id_or_new(id: Option<impl ToString>) -> String {
        id.map_or_else(|| NEW.to_owned(), |id| id.to_string())
    }

    pub(crate) fn card() -> &'static str {
        "/card"
    }

    pub(crate) fn problem(id: ProblemId) -> String {
        format!("/card/{id}")
    }

    /// *Bekymret for en person?*
    pub(crate) fn concern() -> &'static str {
        "/card/concern"
    }

    pub(crate) fn problem_edit(id: Option<ProblemId>) -> String {
        format!("/card/edit/{}", id_or_new(id))
    }

    /// *Actioncard som skema*
    pub(crate) fn card_table() -> &'static str {
        "/card/table"
    }

    pub(crate) fn area_edit() -> &'static str {
        "/card/area"
    }

    pub(crate) fn contacts() -> &'static str {
        "/contacts"
    }

    pub(crate) fn contact(id: ContactId) -> String {
        format!("/contacts/{id}")
    }

    pub(crate) fn contact_edit(id: Option<ContactId>) -> String {
        format!("/contacts/edit/{}", id_or_new(id))
    }

    pub(crate) fn organisation_edit(id: Option<OrganisationId>) -> String {
        format!("/contacts/organisation/{}", id_or_new(id))
    }

    pub(crate) fn map() -> &'static str {
        "/map"
    }

    /// The area map with this pin chosen.
    pub(crate) fn pin(id: PinId) -> String {
        format!("/map?pin={id}")
    }

    pub(crate) fn map_list() -> &'static str {
        "/map/list"
    }

    pub(crate) fn pin_edit(id: Option<PinId>) -> String {
        format!("/map/edit/{}", id_or_new(id))
    }

    pub(crate) fn more() -> &'static str {
        "/more"
    }

    /// *Opdatering*
    pub(crate) fn updates() -> &'static str {
        "/more/updates"
    }

    /// *Lagt til side*
    pub(crate) fn aside() -> &'static str {
        "/more/aside"
    }

    /// *Historik* of a problem or of a cell of the card.
    pub(crate) fn card_history(row: RowId) -> String {
        format!("/card/history/{row}")
    }

    pub(crate) fn contact_history(id: ContactId) -> String {
        format!("/contacts/history/{id}")
    }

    pub(crate) fn pin_history(id: PinId) -> String {
        format!("/map/history/{id}")
    }

    pub(crate) fn areas() -> &'static str {
        "/more/areas"
    }

    pub(crate) fn settings() -> &'static str {
        "/more/settings"
    }

    /// *Sikkerhed på enheden*
    pub(crate) fn security() -> &'static str {
        "/more/security"
    }

    pub(crate) fn invite_people() -> &'static str {
        "/more/invite"
    }

    /// *Medlemmer*
    pub(crate) fn members() -> &'static str {
        "/more/members"
    }

    pub(crate) fn devices() -> &'static str {
        "/more/devices"
    }

    pub(crate) fn not_this() -> &'static str {
        "/more/network"
    }

    pub(crate) fn about() -> &'static str {
        "/more/about"
    }

    pub(crate) fn install() -> &'static str {
        "/more/install"
    }

    /// First run, and adding one more area.
    pub(crate) fn welcome() -> &'static str {
        "/welcome"
    }

    /// Where invitation links lead; the secret is in the fragment.
    pub(crate) fn invite() -> &'static str {
        "/i"
    }
}
