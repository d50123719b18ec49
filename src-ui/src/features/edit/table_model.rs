//! *Actioncard som skema* turned by problem: who takes it in which order, and who could.

use trygkort_core::domain::{ContactId, ProblemId, RowId};
use trygkort_core::ipc::{CardTable, Sector};

/// Rows and columns without what is ticked: what the table's frame is drawn from, so that a tick draws one cell only.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) problems: Vec<(ProblemId, String)>,
    /// Headings with the contacts under them.
    pub(crate) sectors: Vec<(Sector, Vec<(ContactId, String)>)>,
}

/// The frame of a table.
pub(crate) fn frame(table: &CardTable) -> Frame {
    let sectors = table.sectors.iter().map(|group| {
        let contacts = group.rows.iter().map(|row| (row.contact, row.name.clone())).collect();
        (group.sector, contacts)
    });
    Frame { problems: table.problems.clone(), sectors: sectors.collect() }
}

/// Where a cell is in the table: heading, row under it, column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CellAt {
    pub(crate) sector: usize,
    pub(crate) row: usize,
    pub(crate) problem: usize,
}

/// The order of a ticked cell and whether it has hours of its own; `None` when it is not ticked, or not there.
pub(crate) fn cell(table: &CardTable, at: CellAt) -> Option<(u32, bool)> {
    let row = table.sectors.get(at.sector)?.rows.get(at.row)?;
    row.cells.get(at.problem)?.as_ref().map(|cell| (cell.order, !cell.hours.is_empty()))
}

/// The hours of one contact for one problem; empty: the contact's own.
pub(crate) fn cell_hours(table: &CardTable, problem: ProblemId, contact: ContactId) -> String {
    let taker = column(table, problem).and_then(|column| column.takers.into_iter().find(|one| one.contact == contact));
    taker.map(|taker| taker.hours).unwrap_or_default()
}

/// One problem of the table with its takers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ProblemColumn {
    pub(crate) id: ProblemId,
    pub(crate) name: String,
    /// In the order in which they are called.
    pub(crate) takers: Vec<Taker>,
    /// Everyone on the table under their headings, with whether they take this problem.
    pub(crate) choices: Vec<(Sector, Vec<Choice>)>,
}

/// A contact that takes a problem.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Taker {
    /// The cell of the card.
    pub(crate) row: RowId,
    pub(crate) contact: ContactId,
    pub(crate) name: String,
    /// 1 is called first.
    pub(crate) order: u32,
    /// Hours for this problem only; empty: the contact's own.
    pub(crate) hours: String,
}

/// A contact to tick.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) contact: ContactId,
    pub(crate) name: String,
    pub(crate) order: Option<u32>,
}

/// A problem's column of the table; `None` when the problem is not in it (any more).
pub(crate) fn column(table: &CardTable, problem: ProblemId) -> Option<ProblemColumn> {
    let index = table.problems.iter().position(|(id, _)| *id == problem)?;
    let mut takers = Vec::new();
    let mut choices = Vec::with_capacity(table.sectors.len());
    for group in &table.sectors {
        let mut names = Vec::with_capacity(group.rows.len());
        for row in &group.rows {
            let cell = row.cells.get(index).and_then(Option::as_ref);
            names.push(Choice { contact: row.contact, name: row.name.clone(), order: cell.map(|cell| cell.order) });
            takers.extend(cell.map(|cell| Taker {
                row: cell.row,
                contact: row.contact,
                name: row.name.clone(),
                order: cell.order,
                hours: cell.hours.clone(),
            }));
        }
        choices.push((group.sector, names));
    }
    takers.sort_by_key(|taker| taker.order);
    Some(ProblemColumn { id: problem, name: table.problems[index].1.clone(), takers, choices })
}

/// The problem to show: the chosen one while it exists, else the first.
pub(crate) fn chosen_problem(table: &CardTable, chosen: Option<ProblemId>) -> Option<ProblemId> {
    let exists = |id: &ProblemId| table.problems.iter().any(|(problem, _)| problem == id);
    chosen.filter(exists).or_else(|| table.problems.first().map(|(id, _)| *id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use trygkort_core::ipc::{CardTableCell, CardTableRow, CardTableSector};

    fn row(number: u128) -> RowId {
        RowId(uuid::Uuid::from_u128(number))
    }

    fn ticked(order: u32, hours: &str) -> Option<CardTableCell> {
        Some(CardTableCell { row: row(order.into()), order, hours: hours.to_owned() })
    }

    /// Vandalism goes to the estate office first, then to the street team; nobody takes lighting.
    fn table() -> CardTable {
        let contact =
            |number, name: &str, cells| CardTableRow { contact: ContactId(row(number)), name: name.into(), cells };
        CardTable {
            problems: vec![(ProblemId(row(1)), "Hærværk".into()), (ProblemId(row(2)), "Dårlig belysning".into())],
            sectors: vec![
                CardTableSector {
                    sector: Sector::Municipality,
                    rows: vec![contact(10, "SSP/Gadeplanen", vec![ticked(2, "Mo 16:00-20:00"), None])],
                },
                CardTableSector {
                    sector: Sector::Housing,
                    rows: vec![contact(11, "Ejendomskontoret", vec![ticked(1, ""), None])],
                },
            ],
        }
    }

    #[test]
    fn a_cell_is_found_by_its_place_and_nothing_is_found_outside() {
        let table = table();
        assert_eq!(cell(&table, CellAt { sector: 0, row: 0, problem: 0 }), Some((2, true)));
        assert_eq!(cell(&table, CellAt { sector: 1, row: 0, problem: 0 }), Some((1, false)));
        assert_eq!(cell(&table, CellAt { sector: 1, row: 0, problem: 1 }), None);
        assert_eq!(cell(&table, CellAt { sector: 1, row: 9, problem: 0 }), None);
        assert_eq!(cell_hours(&table, ProblemId(row(1)), ContactId(row(10))), "Mo 16:00-20:00");
        assert_eq!(cell_hours(&table, ProblemId(row(1)), ContactId(row(99))), "");
    }

    #[test]
    fn a_tick_leaves_the_frame_as_it_was() {
        let before = table();
        let mut after = table();
        after.sectors[0].rows[0].cells[1] = ticked(1, "");
        assert_eq!(frame(&before), frame(&after));
        after.problems.pop();
        assert_ne!(frame(&before), frame(&after));
    }

    #[test]
    fn takers_come_in_the_agreed_order_across_headings() {
        let column = column(&table(), ProblemId(row(1))).unwrap();
        assert_eq!(column.name, "Hærværk");
        let takers = column.takers.iter().map(|taker| (taker.order, taker.name.as_str())).collect::<Vec<_>>();
        assert_eq!(takers, [(1, "Ejendomskontoret"), (2, "SSP/Gadeplanen")]);
    }

    #[test]
    fn everyone_can_be_ticked_for_a_problem_that_nobody_takes() {
        let column = column(&table(), ProblemId(row(2))).unwrap();
        assert!(column.takers.is_empty());
        let choices = column.choices.iter().map(|(sector, choices)| (*sector, choices.len())).collect::<Vec<_>>();
        assert_eq!(choices, [(Sector::Municipality, 1), (Sector::Housing, 1)]);
        assert!(column.choices.iter().flat_map(|(_, choices)| choices).all(|choice| choice.order.is_none()));
    }

    #[test]
    fn a_problem_that_was_deleted_meanwhile_gives_way_to_the_first() {
        assert_eq!(chosen_problem(&table(), Some(ProblemId(row(2)))), Some(ProblemId(row(2))));
        assert_eq!(chosen_problem(&table(), Some(ProblemId(row(9)))), Some(ProblemId(row(1))));
        assert_eq!(chosen_problem(&CardTable { problems: vec![], sectors: vec![] }, None), None);
        assert!(column(&table(), ProblemId(row(9))).is_none());
    }
}
