//! Somebody with a token whose program follows no rules: actions that no form lets through, numbers used twice, bytes
//! that are no request. The server must keep what can be kept, refuse the rest, and nobody else may notice.

use crate::rng::Rng;
use trygkort_core::domain::schema::{contact, map_pin};
use trygkort_core::domain::{ChangeId, Entity, Position, RowId, Scope, Value};
use trygkort_core::wire::to_bytes;
use trygkort_core::wire::v1::{Action, FieldChange, RowChange, SyncRequest, WireChangeId, WireId};
use uuid::Uuid;

/// A date of birth and four digits: what must never be kept.
pub(crate) const PERSONAL_NUMBER: &str = "020290-4321";

/// What it has sent so far.
pub(crate) struct Stranger {
    pub(crate) origin: u32,
    next: u64,
    sent: Vec<Action>,
    rng: Rng,
}

impl Stranger {
    /// A stranger with the token of this origin.
    pub(crate) fn new(origin: u32, rng: &Rng) -> Self {
        Self { origin, next: 1, sent: Vec::new(), rng: rng.split() }
    }

    /// The next message, and what it is.
    pub(crate) fn message(&mut self, rows: &[RowId]) -> (Vec<u8>, String) {
        let (mut what, mut actions) = (Vec::new(), Vec::new());
        if self.rng.percent(10) {
            let mut bytes = vec![0; self.rng.index(80)];
            self.rng.fill(&mut bytes);
            return (bytes, "bytes without meaning".to_owned());
        }
        for _ in 0..=self.rng.index(3) {
            let (action, name) = self.action(rows);
            self.next = self.next.max(action.counter + action.change_count().max(1) as u64);
            what.push(format!("{name} ({})", action.counter));
            self.sent.push(action.clone());
            actions.push(action);
        }
        let origin = if self.rng.percent(5) { self.origin + 1 } else { self.origin };
        let request = SyncRequest { version: 1, origin, actions, ..SyncRequest::default() };
        (to_bytes(&request), what.join(", "))
    }

    fn action(&mut self, rows: &[RowId]) -> (Action, &'static str) {
        let new = self.new_row();
        match self.rng.below(12) {
            0 => (self.make(vec![pin(new, &format!("Født {PERSONAL_NUMBER}"), Scope::Network)]), "a personal number"),
            1 => (self.make(vec![pin(new, &"lang ".repeat(400), Scope::Network)]), "a text that is too long"),
            2 => (self.make(Vec::new()), "an action without changes"),
            3 => (self.make((0..120).map(|_| pin(self.new_row(), "mange", Scope::Network)).collect()), "600 changes"),
            4 => (self.make(vec![RowChange { entity: 77, ..pin(new, "ukendt", Scope::Network) }]), "an unknown entity"),
            5 => (self.make(vec![pin(new, "fremmed", Scope::Network)]), "a pin"),
            6 => (self.make(vec![self.edit_of(rows)]), "an edit of somebody's row"),
            7 => (self.make(vec![pin(new, "skjult", Scope::Coordination)]), "a pin that it may not read"),
            8 => self.again_with_other_words(),
            9 => match self.rng.pick(&self.sent) {
                Some(action) => (action.clone(), "what it sent before"),
                None => (self.make(vec![pin(new, "fremmed", Scope::Network)]), "a pin"),
            },
            10 => (self.make(vec![pin(new, "to", Scope::Network), pin(new, "gange", Scope::Network)]), "a row twice"),
            _ => (self.builds_on_earlier(new), "an edit of what it sent before"),
        }
    }

    fn make(&self, rows: Vec<RowChange>) -> Action {
        Action {
            counter: self.next,
            hlc: self.rng.below(4_000_000_000_000),
            seen: self.rng.below(100),
            all_or_nothing: None,
            rows,
        }
    }

    fn new_row(&self) -> RowId {
        RowId(Uuid::from_u128(u128::from(self.rng.next()) << 32 | u128::from(self.origin)))
    }

    /// A number that was used before, for something else.
    fn again_with_other_words(&self) -> (Action, &'static str) {
        let counter = self.rng.pick(&self.sent).map_or(1, |action| action.counter) + self.rng.below(2);
        let rows = vec![pin(self.new_row(), &format!("andet {}", self.rng.below(1000)), Scope::Network)];
        (Action { counter, ..self.make(rows) }, "a number used before")
    }

    fn edit_of(&self, rows: &[RowId]) -> RowChange {
        let row = self.rng.pick(rows).copied().unwrap_or_else(|| self.new_row());
        let field = if self.rng.percent(50) { map_pin::note } else { contact::note };
        let entity = if self.rng.percent(50) { Entity::MapPin } else { Entity::Contact };
        let move_to = self.rng.percent(30).then_some(u32::try_from(self.rng.below(4)).expect("small"));
        RowChange {
            entity: entity.number(),
            row: WireId(row),
            scope: Scope::ALL[self.rng.index(3)].number(),
            move_to,
            fields: vec![FieldChange { field, value: "fremmed".into(), base: None }],
        }
    }

    fn builds_on_earlier(&self, new: RowId) -> Action {
        let Some(earlier) = self.rng.pick(&self.sent).filter(|action| !action.rows.is_empty()) else {
            return self.make(vec![pin(new, "fremmed", Scope::Network)]);
        };
        let base = Some(WireChangeId(ChangeId { origin: self.origin, counter: earlier.counter }));
        let row = RowChange {
            fields: vec![FieldChange { field: map_pin::note, value: "bygger på".into(), base }],
            ..earlier.rows[0].clone()
        };
        self.make(vec![row])
    }
}

/// A new pin with this note.
pub(crate) fn pin(row: RowId, note: &str, scope: Scope) -> RowChange {
    let place = Position::from_degrees(55.638, 12.165).expect("a place");
    let values = [
        (map_pin::category, Value::from("place")),
        (map_pin::title, "Fremmed".into()),
        (map_pin::note, note.into()),
        (map_pin::position, Value::Position(place)),
        (map_pin::expires_at, Value::Null),
    ];
    let fields = values.into_iter().map(|(field, value)| FieldChange { field, value, base: None });
    RowChange {
        entity: Entity::MapPin.number(),
        row: WireId(row),
        scope: scope.number(),
        move_to: None,
        fields: fields.collect(),
    }
}
