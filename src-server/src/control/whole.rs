//! Everything that `control.db` holds of an area: taken out as JSON, put in again, deleted.
//!
//! The columns are the file's own, whatever they are in this version, so that a new one is exported without being
//! thought of. A blob is `{"hex": "…"}`; secrets are in it as hashes only, as in the file.

use super::{ControlError, Reader, Writer};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{OptionalExtension, ToSql, params_from_iter};
use serde_json::{Map, Value as Json, json};
use trygkort_core::domain::AreaId;

/// The first tables to be filled, because others refer to them, and the column that says whose a row is.
const FIRST: [(&str, &str); 5] =
    [("areas", "id"), ("members", AREA_ID), ("walks", AREA_ID), ("invitations", AREA_ID), ("devices", AREA_ID)];
const AREA_ID: &str = "area_id";
/// Not the area's own: what was done with it, what its log has been shown, and who is told that it was deleted.
const LEFT_OUT: [&str; 3] = ["audit", "mirrors", "deleted_tokens"];

impl Reader<'_> {
    /// All rows of an area, table by table.
    pub(crate) fn whole_area(&self, area: AreaId) -> Result<Json, ControlError> {
        let mut tables = Map::new();
        for (table, column) in self.tables()? {
            let rows = self.rows(&table, column, &area.to_string())?;
            tables.insert(table, rows.into());
        }
        Ok(tables.into())
    }

    /// The tables with rows of areas, in an order in which they can be filled.
    fn tables(&self) -> Result<Vec<(String, &'static str)>, ControlError> {
        let sql = "SELECT s.name FROM sqlite_schema s JOIN pragma_table_info(s.name) columns
                   WHERE s.type = 'table' AND columns.name = ?1 ORDER BY s.name";
        let mut statement = self.conn.prepare(sql)?;
        let names = statement.query_map([AREA_ID], |row| row.get::<_, String>(0))?;
        let mut tables: Vec<_> = FIRST.map(|(table, column)| (table.to_owned(), column)).into();
        for name in names {
            let name = name?;
            if !LEFT_OUT.contains(&name.as_str()) && !tables.iter().any(|(table, _)| *table == name) {
                tables.push((name, AREA_ID));
            }
        }
        Ok(tables)
    }

    /// The rows of a table in which this column is this id.
    pub(crate) fn rows(&self, table: &str, column: &str, id: &str) -> Result<Vec<Json>, ControlError> {
        let mut statement = self.conn.prepare(&format!("SELECT * FROM {table} WHERE {column} = ?1 ORDER BY rowid"))?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut found = statement.query([id])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let mut columns = Map::new();
            for (index, name) in names.iter().enumerate() {
                columns.insert(name.clone(), to_json(row.get_ref(index)?)?);
            }
            rows.push(columns.into());
        }
        Ok(rows)
    }

    fn columns(&self, table: &str) -> Result<Vec<String>, ControlError> {
        let mut statement = self.conn.prepare("SELECT name FROM pragma_table_info(?1)")?;
        let names = statement.query_map([table], |row| row.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// Whether there is an area with this id.
    pub(crate) fn has_area(&self, area: AreaId) -> Result<bool, ControlError> {
        let sql = "SELECT 1 FROM areas WHERE id = ?1";
        Ok(self.conn.prepare_cached(sql)?.query_row([area.to_string()], |_| Ok(())).optional()?.is_some())
    }
}

impl Writer<'_> {
    /// Puts the rows of [`Reader::whole_area`] in. The area must not be there.
    pub(crate) fn put_whole_area(&self, area: AreaId, tables: &Json) -> Result<(), ControlError> {
        self.forget_deletion(&area.to_string())?;
        let known_tables = self.reader().tables()?;
        let given = tables.as_object().ok_or(ControlError::BadValue("export"))?;
        if given.keys().any(|table| !known_tables.iter().any(|(known, _)| known == table)) {
            return Err(ControlError::BadValue("export: a table of a newer version"));
        }
        for (table, column) in known_tables {
            // An older version had fewer tables.
            let Some(rows) = given.get(&table) else { continue };
            let rows = rows.as_array().ok_or(ControlError::BadValue("export"))?;
            let known = self.reader().columns(&table)?;
            for row in rows {
                let row = row.as_object().ok_or(ControlError::BadValue("export"))?;
                let whose = row.get(column).and_then(Json::as_str);
                if whose != Some(area.to_string().as_str()) || !row.keys().all(|name| known.contains(name)) {
                    return Err(ControlError::BadValue("export: a row of another area or of a newer version"));
                }
                self.insert(&table, row)?;
            }
        }
        if self.reader().has_area(area)? { Ok(()) } else { Err(ControlError::BadValue("export: no area")) }
    }

    /// The columns are known to be the table's own.
    fn insert(&self, table: &str, row: &Map<String, Json>) -> Result<(), ControlError> {
        let names: Vec<&str> = row.keys().map(String::as_str).collect();
        let places: Vec<String> = (1..=names.len()).map(|number| format!("?{number}")).collect();
        let values = row.values().map(from_json).collect::<Result<Vec<_>, _>>()?;
        let sql = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), places.join(", "));
        self.conn.prepare(&sql)?.execute(params_from_iter(values.iter().map(|value| value as &dyn ToSql)))?;
        Ok(())
    }

    /// Deletes everything of an area. Its devices are told so from then on.
    pub(crate) fn delete_area(&self, area: AreaId, now_ms: i64) -> Result<(), ControlError> {
        self.note_devices_of_deleted(area, now_ms)?;
        let area = area.to_string();
        for (table, column) in self.reader().tables()?.into_iter().rev() {
            if table == "areas" {
                self.conn.execute("DELETE FROM mirrors WHERE area_id = ?1", [&area])?;
            }
            self.conn.execute(&format!("DELETE FROM {table} WHERE {column} = ?1"), [&area])?;
        }
        Ok(())
    }
}

fn to_json(value: ValueRef<'_>) -> Result<Json, ControlError> {
    Ok(match value {
        ValueRef::Null => Json::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => std::str::from_utf8(text).map_err(|_| ControlError::BadValue("text"))?.into(),
        ValueRef::Blob(bytes) => json!({ "hex": hex(bytes) }),
    })
}

fn from_json(value: &Json) -> Result<Value, ControlError> {
    let bad = || ControlError::BadValue("export");
    Ok(match value {
        Json::Null => Value::Null,
        Json::Number(number) => Value::Integer(number.as_i64().ok_or_else(bad)?),
        Json::String(text) => Value::Text(text.clone()),
        Json::Object(blob) => Value::Blob(blob.get("hex").and_then(Json::as_str).and_then(unhex).ok_or_else(bad)?),
        Json::Bool(_) | Json::Array(_) => return Err(bad()),
    })
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pairs = digits.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        pair.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u8::from_str_radix(pair, 16).ok())?
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_round_trip_as_hexadecimal() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        for text in ["a", "+1", "zz", "å1"] {
            assert_eq!(unhex(text), None, "{text}");
        }
    }
}
