//! What the map and its list show, as plain data: the filter, what is in view, the form's rules.

use crate::format::{decimal, parse_decimal};
use crate::map::{MapView, Place};
use trygkort_core::domain::{PinId, Role, Scope};
use trygkort_core::ipc::{PinCategory, PinForm, PinKind, PinView};

/// Which pins are shown. It lives in the address, so that map and list always agree and a link shows the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PinFilter {
    /// `None`: both.
    pub(crate) kind: Option<PinKind>,
    /// In the order of [`PinCategory::ALL`]; empty: all.
    categories: Vec<PinCategory>,
}

impl PinFilter {
    /// Reads the address's `kind` and `category`; words it does not know are passed over.
    pub(crate) fn parse(kind: Option<&str>, categories: Option<&str>) -> Self {
        let kind = match kind {
            Some("resource") => Some(PinKind::Resource),
            Some("challenge") => Some(PinKind::Challenge),
            _ => None,
        };
        let named: Vec<&str> = categories.unwrap_or_default().split(',').collect();
        let categories = PinCategory::ALL.into_iter().filter(|category| named.contains(&word(*category))).collect();
        Self { kind, categories }.without_strangers()
    }

    /// The same with another kind; categories of the other kind are let go.
    pub(crate) fn with_kind(&self, kind: Option<PinKind>) -> Self {
        Self { kind, categories: self.categories.clone() }.without_strangers()
    }

    /// The same with this category switched on or off.
    pub(crate) fn toggled(&self, category: PinCategory) -> Self {
        let on = |candidate: &PinCategory| self.categories.contains(candidate) != (*candidate == category);
        let categories = PinCategory::ALL.into_iter().filter(on).collect();
        Self { kind: self.kind, categories }.without_strangers()
    }

    /// The same with every category.
    pub(crate) fn with_all_categories(&self) -> Self {
        Self { kind: self.kind, categories: Vec::new() }
    }

    /// The categories there are to choose from.
    pub(crate) fn offered(&self) -> Vec<PinCategory> {
        PinCategory::ALL.into_iter().filter(|category| self.kind.is_none_or(|kind| kind == category.kind())).collect()
    }

    pub(crate) fn has_category(&self, category: PinCategory) -> bool {
        self.categories.contains(&category)
    }

    /// How many categories are chosen; 0: all are shown.
    pub(crate) fn category_count(&self) -> usize {
        self.categories.len()
    }

    pub(crate) fn admits(&self, pin: &PinView) -> bool {
        self.kind.is_none_or(|kind| kind == pin.kind)
            && (self.categories.is_empty() || self.categories.contains(&pin.category))
    }

    /// `path` with this filter, and with `pin` chosen.
    pub(crate) fn address(&self, path: &str, pin: Option<PinId>) -> String {
        let mut parts = Vec::new();
        match self.kind {
            Some(PinKind::Resource) => parts.push("kind=resource".to_owned()),
            Some(PinKind::Challenge) => parts.push("kind=challenge".to_owned()),
            None => {}
        }
        if !self.categories.is_empty() {
            let words: Vec<_> = self.categories.iter().copied().map(word).collect();
            parts.push(format!("category={}", words.join(",")));
        }
        if let Some(pin) = pin {
            parts.push(format!("pin={pin}"));
        }
        if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) }
    }

    fn without_strangers(mut self) -> Self {
        if let Some(kind) = self.kind {
            self.categories.retain(|category| category.kind() == kind);
        }
        self
    }
}

/// The word for a category in addresses and as a choice in forms; the same as in the store.
pub(crate) fn word(category: PinCategory) -> &'static str {
    match category {
        PinCategory::Institution => "institution",
        PinCategory::Association => "association",
        PinCategory::Enthusiast => "enthusiast",
        PinCategory::Place => "place",
        PinCategory::Social => "social",
        PinCategory::Location => "location",
        PinCategory::Group => "group",
    }
}

/// The pins the filter admits, in the order the core gave them (by title, as Danish sorts).
pub(crate) fn shown(pins: &[PinView], filter: &PinFilter) -> Vec<PinView> {
    pins.iter().filter(|pin| filter.admits(pin)).cloned().collect()
}

/// The pins in the part of the map that is seen: for those who read the map rather than look at it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct InView {
    pub(crate) pins: Vec<PinView>,
    /// How many more there are than are listed.
    pub(crate) more: usize,
}

/// The first `limit` of the pins in view, nearest the middle of the map first.
pub(crate) fn in_view(pins: &[PinView], view: MapView, limit: usize) -> InView {
    let mut near: Vec<&PinView> = pins.iter().filter(|pin| view.bounds.contains(place(pin))).collect();
    let more = near.len().saturating_sub(limit);
    near.sort_by(|one, other| away(place(one), view.center).total_cmp(&away(place(other), view.center)));
    InView { pins: near.into_iter().take(limit).cloned().collect(), more }
}

pub(crate) fn place(pin: &PinView) -> Place {
    Place { lat: pin.lat, lon: pin.lon }
}

/// A measure of distance (its square) that is good enough to sort by within a housing area.
fn away(one: Place, other: Place) -> f64 {
    let (north, east) = offset_m(other, one);
    north * north + east * east
}

/// How many metres north and east of a place another one is, on a plane: within a housing area the earth is one.
pub(crate) fn offset_m(from: Place, to: Place) -> (f64, f64) {
    /// A degree of latitude, on a globe as large as the earth.
    const DEGREE_M: f64 = 111_195.0;
    let north = (to.lat - from.lat) * DEGREE_M;
    let east = (to.lon - from.lon) * DEGREE_M * narrowing(from.lat);
    (north, east)
}

/// How much shorter a degree of longitude is at a latitude: its cosine, to the hundredth.
fn narrowing(lat: f64) -> f64 {
    let square = lat.to_radians() * lat.to_radians();
    1.0 - square / 2.0 + square * square / 24.0
}

/// A position in an address: `55.7300000,12.4000000`, the precision that is stored.
pub(crate) fn place_word(place: Place) -> String {
    format!("{},{}", decimal(place.lat, 7), decimal(place.lon, 7))
}

/// Reads [`place_word`]; `None` when it is no place on earth.
pub(crate) fn parse_place(word: &str) -> Option<Place> {
    let (lat, lon) = word.split_once(',')?;
    place_of(lat, lon)
}

/// A place from two typed numbers, with a point or a comma.
pub(crate) fn place_of(lat: &str, lon: &str) -> Option<Place> {
    let number = |text: &str| parse_decimal(&text.trim().replace(',', "."));
    let (lat, lon) = (number(lat)?, number(lon)?);
    ((-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon)).then_some(Place { lat, lon })
}

/// The categories this role may give a pin. *Gruppe eller miljø* is for those who may read it.
pub(crate) fn categories_for(role: Option<Role>) -> Vec<PinCategory> {
    let coordinates = role.is_some_and(|role| role.reads(Scope::Coordination));
    PinCategory::ALL.into_iter().filter(|category| *category != PinCategory::Group || coordinates).collect()
}

/// Who a pin may be for: a coordinator decides, also about one that is in a walk; others write for the network or a walk
/// that they are on, and leave a pin where it is. Groups are for coordinators only.
pub(crate) fn scopes_for(role: Option<Role>, category: PinCategory, within: &Within) -> Vec<Scope> {
    let here = within.here.filter(|here| here.walk().is_some());
    let walks = within.walks.iter().map(|walk| Scope::Walk(*walk)).filter(|walk| Some(*walk) != here);
    let network = [Scope::Network].into_iter().filter(|_| role.is_some_and(|role| role.reads(Scope::Network)));
    match (role, category, within.here) {
        (_, PinCategory::Group, _) => vec![Scope::Coordination],
        (Some(Role::Coordinator), ..) => Scope::ALL.into_iter().chain(here).chain(walks).collect(),
        (_, _, Some(here)) => vec![here],
        (_, _, None) => network.chain(walks).collect(),
    }
}

/// What there is to choose from besides the scopes of every area.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Within {
    /// Where the pin is; `None` for a new one.
    pub(crate) here: Option<Scope>,
    /// The walks that go on, and that whoever asks is on.
    pub(crate) walks: Vec<u32>,
}

/// The form with this category, and with a scope that goes with it.
pub(crate) fn with_category(form: &PinForm, category: PinCategory, role: Option<Role>, within: &Within) -> PinForm {
    let mut form = PinForm { category, ..form.clone() };
    let left_group = category != PinCategory::Group && form.scope == Scope::Coordination;
    let scopes = scopes_for(role, category, within);
    // Leaving the group category opens the pin for the network again: the narrow scope came with the category.
    if !scopes.contains(&form.scope) || left_group {
        let first = scopes.first().copied().unwrap_or(Scope::Coordination);
        form.scope = if scopes.contains(&Scope::Network) { Scope::Network } else { first };
    }
    form
}

/// What keeps a pin from being saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Title,
    Position,
}

/// The first thing that is missing.
pub(crate) fn missing(form: &PinForm) -> Option<Missing> {
    if form.title.trim().is_empty() {
        Some(Missing::Title)
    } else if form.position.is_none() {
        Some(Missing::Position)
    } else {
        None
    }
}

#[cfg(test)]
#[path = "view_model_tests.rs"]
mod tests;
