//! The tables of `docs/permissions.md`, read.

use std::collections::{BTreeMap, BTreeSet};
use trygkort_core::domain::{Entity, Role, Scope};
use trygkort_core::wire::v1::Reason;

const DOCUMENT: &str = include_str!("../../../../docs/permissions.md");

/// The roles in the order of the columns.
pub(super) const ROLES: [Role; 4] = [Role::Resident, Role::Participant, Role::Staff, Role::Coordinator];

/// The walk that everybody who tries things is on.
pub(super) const WALK: Scope = Scope::Walk(1);
/// A walk that only coordinators know of.
pub(super) const ANOTHER_WALK: Scope = Scope::Walk(2);

/// The scopes of the rows.
pub(super) const SCOPES: [Scope; 5] = [Scope::Public, Scope::Network, Scope::Coordination, WALK, ANOTHER_WALK];

/// One kind of attempt on a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Create,
    Edit,
    EditOwn,
    Report,
    Delete,
    DeleteOwn,
    Move(Scope),
    /// A conflict about something else than a pin.
    Settle,
    SettlePin,
}

impl What {
    fn word(self) -> &'static str {
        match self {
            What::Create => "create",
            What::Edit => "edit",
            What::EditOwn => "edit own",
            What::Report => "report",
            What::Delete => "delete",
            What::DeleteOwn => "delete own",
            What::Move(_) => "move",
            What::Settle => "settle",
            What::SettlePin => "settle pins",
        }
    }

    /// The words that allow it.
    fn allowed_by(self) -> &'static [&'static str] {
        match self {
            What::Report => &["report", "edit"],
            What::DeleteOwn => &["delete own", "delete"],
            What::Create => &["create"],
            What::Edit => &["edit"],
            What::EditOwn => &["edit own", "edit"],
            What::Delete => &["delete"],
            What::Move(_) => &["move"],
            What::Settle => &["settle"],
            What::SettlePin => &["settle pins", "settle"],
        }
    }
}

/// A cell's place: entity by name, scope by number, role.
type Place = (&'static str, u32, Role);

/// Who may do what to which rows.
pub(super) struct RowTable {
    cells: BTreeMap<Place, BTreeSet<&'static str>>,
    reasons: BTreeMap<(Place, &'static str), Reason>,
}

impl RowTable {
    /// The document's table.
    pub(super) fn read() -> Self {
        let mut table = Self { cells: BTreeMap::new(), reasons: BTreeMap::new() };
        for line in lines() {
            match line.as_slice() {
                [entity, scope, cells @ ..] if cells.len() == ROLES.len() && scope_named(scope).is_some() => {
                    if cells[0].parse::<Role>().is_ok() {
                        table.add_reason(&line);
                    } else {
                        table.add_row(entity, scope, cells);
                    }
                }
                _ => {}
            }
        }
        table
    }

    fn add_row(&mut self, entity: &'static str, scope: &str, cells: &[&'static str]) {
        const WORDS: [&str; 10] =
            ["read", "create", "edit", "edit own", "report", "delete", "delete own", "move", "settle", "settle pins"];
        for (role, cell) in ROLES.iter().zip(cells) {
            let words: BTreeSet<&str> = if *cell == "–" { BTreeSet::new() } else { cell.split(", ").collect() };
            assert!(words.iter().all(|word| WORDS.contains(word)), "{entity} in {scope}: {cell:?} has an unknown word");
            let place = (entity, scope_named(scope).unwrap().number(), *role);
            assert!(self.cells.insert(place, words).is_none(), "{entity} in {scope} stands there twice");
        }
    }

    fn add_reason(&mut self, line: &[&'static str]) {
        let [entity, scope, role, what, reason, _why] = line else { panic!("six columns: {line:?}") };
        let reason = match *reason {
            "reference" => Reason::Reference,
            "validation" => Reason::Validation,
            other => panic!("unknown reason {other:?}"),
        };
        let place = (*entity, scope_named(scope).unwrap().number(), role.parse().unwrap());
        self.reasons.insert((place, what), reason);
    }

    /// Every entity in every scope has its row, and no other.
    pub(super) fn check_complete(&self) {
        let there: BTreeSet<(&str, u32)> = self.cells.keys().map(|(entity, scope, _)| (*entity, *scope)).collect();
        let wanted = Entity::ALL.iter().flat_map(|entity| SCOPES.map(|scope| (entity.name(), scope.number())));
        assert_eq!(there, wanted.collect(), "docs/permissions.md has a row for every entity in every scope");
    }

    pub(super) fn reads(&self, role: Role, entity: Entity, scope: Scope) -> bool {
        self.cells[&(entity.name(), scope.number(), role)].contains("read")
    }

    /// Nothing when it is allowed, otherwise why not.
    pub(super) fn refusal(&self, role: Role, entity: Entity, scope: Scope, what: What) -> Option<Reason> {
        let goes_along = matches!(entity, Entity::MapPin | Entity::Photo);
        if !goes_along && matches!(what, What::Move(Scope::Walk(_))) {
            return Some(Reason::Permission);
        }
        let place = (entity.name(), scope.number(), role);
        let allowed = what.allowed_by().iter().any(|word| self.cells[&place].contains(word));
        let reason = || self.reasons.get(&(place, what.word())).copied().unwrap_or(Reason::Permission);
        (!allowed).then(reason)
    }

    /// Why nothing comes of what is tried on a row that there is not: it would make one, and not a whole one.
    pub(super) fn refusal_of_absent(&self, role: Role, entity: Entity, scope: Scope, what: What) -> Reason {
        let refusals = SCOPES.map(|scope| self.refusal(role, entity, scope, what));
        if refusals.iter().all(|refusal| *refusal == Some(Reason::Permission)) {
            return Reason::Permission;
        }
        let goes_there = if let What::Move(to) = what { self.refusal(role, entity, to, What::Create) } else { None };
        self.refusal(role, entity, scope, What::Create).or(goes_there).unwrap_or(Reason::Reference)
    }
}

/// A call, and whether each role may make it.
pub(super) struct CallRow {
    pub(super) method: reqwest::Method,
    pub(super) path: &'static str,
    pub(super) allowed: [bool; 4],
}

/// The document's table of calls.
pub(super) fn calls() -> Vec<CallRow> {
    let lines = lines().filter(|line| line.len() == 5 && line[0].contains(" /api/"));
    lines
        .map(|line| {
            let (method, path) = line[0].split_once(' ').unwrap();
            let allowed = [1, 2, 3, 4].map(|column| match line[column] {
                "yes" => true,
                "–" => false,
                other => panic!("{path}: {other:?} is neither yes nor –"),
            });
            CallRow { method: method.parse().unwrap(), path, allowed }
        })
        .collect()
}

/// The cells of every line that belongs to a table.
fn lines() -> impl Iterator<Item = Vec<&'static str>> {
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.map(|row| row.split(" | ").map(str::trim).collect())
}

pub(super) fn scope_named(word: &str) -> Option<Scope> {
    match word {
        "public" => Some(Scope::Public),
        "network" => Some(Scope::Network),
        "coordination" => Some(Scope::Coordination),
        "walk" => Some(WALK),
        "another walk" => Some(ANOTHER_WALK),
        _ => None,
    }
}
