//! Problem types: the tiles of the action card.

use super::{Ctx, action};
use crate::domain::schema::problem as f;
use crate::domain::{Entity, ProblemId, RowId, Scope, order};
use crate::error::Error;
use crate::ipc::{Editing, ProblemForm, Saved, Topic};
use crate::store::area::AreaFile;
use crate::store::table::problem;
use action::Draft;
use std::collections::BTreeSet;

/// The form as it is now.
pub(crate) fn edit(file: &AreaFile, ctx: &Ctx<'_>, id: Option<ProblemId>) -> Result<Editing<ProblemForm>, Error> {
    let Some(id) = id else {
        let form = ProblemForm {
            name: String::new(),
            icon: "circle-alert".to_owned(),
            call_112_if: String::new(),
            call_114_if: String::new(),
            notice: String::new(),
            not_report: String::new(),
            have_ready: String::new(),
        };
        return Ok(Editing { row: ctx.new_id(), new: true, form, seen: action::seen(file, &[])? });
    };
    let row = problem::get(&file.conn, id.0)?.ok_or(Error::NotFound)?;
    let form = ProblemForm {
        name: row.name,
        icon: row.icon,
        call_112_if: row.call_112_if,
        call_114_if: row.call_114_if,
        notice: row.notice,
        not_report: row.not_report,
        have_ready: row.have_ready,
    };
    Ok(Editing { row: id.0, new: false, form, seen: action::seen(file, &[id.0])? })
}

/// Saves what differs between the form as it was opened and as it is now. A new problem type comes last.
pub(crate) fn save(
    file: &mut AreaFile,
    ctx: &Ctx<'_>,
    opened: &Editing<ProblemForm>,
    form: &ProblemForm,
) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let name = form.name.trim();
    if name.is_empty() {
        return Err(Error::invalid("name", "a problem needs a name"));
    }
    let rows = problem::all(&file.conn)?;
    let scope = rows.iter().find(|row| row.id == opened.row).map_or(Scope::Public, |row| row.scope);
    let last = rows.last().map_or("", |row| row.order.as_str());
    let (all, old) = (opened.new, &opened.form);
    let mut draft = Draft::from_form(&opened.seen);
    draft
        .row(Entity::Problem, opened.row, scope)
        .set_if(all || form.name != old.name, f::name, name)
        .set_if(all || form.icon != old.icon, f::icon, form.icon.as_str())
        .set_if(all || form.call_112_if != old.call_112_if, f::call_112_if, form.call_112_if.trim())
        .set_if(all || form.call_114_if != old.call_114_if, f::call_114_if, form.call_114_if.trim())
        .set_if(all || form.notice != old.notice, f::notice, form.notice.trim())
        .set_if(all || form.not_report != old.not_report, f::not_report, form.not_report.trim())
        .set_if(all || form.have_ready != old.have_ready, f::have_ready, form.have_ready.trim())
        .set_if(all, f::order, order::between(last, ""));
    draft.save(file, ctx, opened.row)
}

/// Moves a problem type one place up or down on the card.
pub(crate) fn shift(
    file: &mut AreaFile,
    ctx: &Ctx<'_>,
    id: ProblemId,
    up: bool,
) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let rows = problem::all(&file.conn)?;
    let keys: Vec<(RowId, String)> = rows.iter().map(|row| (row.id, row.order.clone())).collect();
    let mut draft = Draft::new();
    for (row, key) in shifted(&keys, id.0, up) {
        let scope = rows.iter().find(|known| known.id == row).map_or(Scope::Public, |known| known.scope);
        draft.row(Entity::Problem, row, scope).set(f::order, key);
    }
    draft.save(file, ctx, id.0)
}

/// The keys to write so that `row` moves one place: one key, or all of them when neighbours have equal keys.
pub(crate) fn shifted(keys: &[(RowId, String)], row: RowId, up: bool) -> Vec<(RowId, String)> {
    let Some(from) = keys.iter().position(|(id, _)| *id == row) else { return Vec::new() };
    let to = if up { from.checked_sub(1) } else { Some(from + 1).filter(|to| *to < keys.len()) };
    let Some(to) = to else { return Vec::new() };
    let mut moved: Vec<_> = keys.to_vec();
    let item = moved.remove(from);
    moved.insert(to, item);
    let before = to.checked_sub(1).map_or("", |index| moved[index].1.as_str());
    let after = moved.get(to + 1).map_or("", |(_, key)| key.as_str());
    let key = order::between(before, after);
    if key.len() <= order::MAX_LENGTH && (after.is_empty() || before < after) {
        return vec![(row, key)];
    }
    let ids: Vec<RowId> = moved.iter().map(|(id, _)| *id).collect();
    ids.into_iter().zip(order::spread(keys.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn order_after(keys: &[(u128, &str)], row: u128, up: bool) -> Vec<u128> {
        let id = |n: u128| RowId(Uuid::from_u128(n));
        let mut rows: Vec<_> = keys.iter().map(|(n, key)| (id(*n), (*key).to_owned())).collect();
        for (row, key) in shifted(&rows.clone(), id(row), up) {
            if let Some(known) = rows.iter_mut().find(|(known, _)| *known == row) {
                known.1 = key;
            }
        }
        rows.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
        rows.into_iter().map(|(row, _)| row.0.as_u128()).collect()
    }

    #[test]
    fn a_row_moves_one_place() {
        let keys = [(1, "B"), (2, "D"), (3, "F")];
        assert_eq!(order_after(&keys, 3, true), [1, 3, 2]);
        assert_eq!(order_after(&keys, 1, false), [2, 1, 3]);
        assert_eq!(order_after(&keys, 1, true), [1, 2, 3]);
        assert_eq!(order_after(&keys, 3, false), [1, 2, 3]);
    }

    #[test]
    fn equal_keys_are_told_apart_when_a_row_moves_between_them() {
        let keys = [(1, "B"), (2, "B"), (3, "B")];
        assert_eq!(order_after(&keys, 3, true), [1, 3, 2]);
        assert_eq!(order_after(&keys, 1, false), [2, 1, 3]);
    }
}
