//! What the server's pushes left in its tables, read from its file, so that raw SQLite can write the very same.
//!
//! Of each edit there is a row in `entry`, `log`, `touched`, `action` and `row_state`, and the scope's in `head` is
//! replaced; of each push a row in `push`. They travel as CBOR: a list of rows, each the number of its
//! table and its values.

use axum::body::Bytes;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, params};
use std::collections::BTreeMap;
use std::path::Path;
use trygkort_core::hub::SERVER_ORIGIN;

/// A table that a push writes to.
struct Table {
    name: &'static str,
    /// As `trygkort_core::hub` writes it.
    insert: &'static str,
    /// What was written after a position, whose it is first.
    written: &'static str,
}

const TABLES: [Table; 7] = [
    Table {
        name: "entry",
        insert: "INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5)",
        written: "SELECT origin, * FROM entry WHERE position > ?1",
    },
    Table {
        name: HEAD,
        insert: "INSERT OR REPLACE INTO head VALUES (?1, ?2, ?3)",
        written: "SELECT origin, scope, first_seq + count - 1, hash FROM log JOIN entry USING (position)
                  WHERE position > ?1 ORDER BY position",
    },
    Table {
        name: "log",
        insert: "INSERT INTO log VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        written: "SELECT origin, log.* FROM log JOIN entry USING (position) WHERE position > ?1",
    },
    Table {
        name: "touched",
        insert: "INSERT OR IGNORE INTO touched VALUES (?1, ?2)",
        written: "SELECT origin, touched.* FROM touched JOIN entry USING (position) WHERE position > ?1",
    },
    Table {
        name: "row_state",
        insert: "INSERT OR REPLACE INTO row_state VALUES (?1, ?2, ?3, ?4, ?5)",
        written:
            "SELECT DISTINCT origin, row_state.* FROM row_state JOIN touched USING (row) JOIN entry USING (position)
                  WHERE position > ?1",
    },
    Table {
        name: "action",
        insert: "INSERT INTO action VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        written: "SELECT origin, * FROM action WHERE position > ?1",
    },
    Table {
        name: "push",
        insert: "INSERT OR REPLACE INTO push VALUES (?1, ?2, ?3, ?4, ?5)",
        written: "SELECT origin, * FROM push
                  WHERE (origin, counter) IN (SELECT origin, counter FROM action WHERE position > ?1)",
    },
];

const HEAD: &str = "head";

/// The server's file, looked into from outside.
pub(crate) struct Tables {
    conn: Connection,
    /// What stands behind it has not been taken.
    position: u64,
}

impl Tables {
    /// The file of the only area in a server's folder. A copy of it as it is now is put at `copy`.
    pub(crate) fn open(folder: &Path, copy: &Path) -> Self {
        let files = std::fs::read_dir(folder.join("areas")).unwrap().map(|entry| entry.unwrap().path());
        let mut files = files.filter(|path| path.extension().is_some_and(|end| end == "db"));
        let file = files.next().expect("the server has made the area's file");
        let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        conn.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
        let copied = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let position = copied.query_row("SELECT max(position) FROM entry", [], |row| row.get(0)).unwrap();
        Self { conn, position }
    }

    /// What was written since the last time: for each writer the rows of what it pushed. What the server wrote of its
    /// own accord is with the first.
    pub(crate) fn take(&mut self) -> Vec<Bytes> {
        let mut written: BTreeMap<u32, Rows> = BTreeMap::new();
        for (number, table) in (0..).zip(&TABLES) {
            let mut statement = self.conn.prepare_cached(table.written).unwrap();
            let columns = statement.column_count();
            let mut found = statement.query([self.position]).unwrap();
            while let Some(row) = found.next().unwrap() {
                let values = (1..columns).map(|column| row.get_ref_unwrap(column));
                written.entry(row.get_unwrap(0)).or_default().add(number, values);
            }
        }
        self.position = self.conn.query_row("SELECT max(position) FROM entry", [], |row| row.get(0)).unwrap();
        let own = written.remove(&SERVER_ORIGIN);
        let mut pushes = written.into_values();
        let first = pushes.next().map(|first| own.into_iter().fold(first, Rows::with));
        first.into_iter().chain(pushes).map(Rows::into_bytes).collect()
    }

    /// That another file holds the same in these tables. Which head was written last depends on who came first.
    pub(crate) fn expect_the_same_in(&self, file: &Path) {
        self.conn.execute("ATTACH ?1 AS other", [file.to_str().unwrap()]).unwrap();
        for name in TABLES.map(|table| table.name).into_iter().filter(|name| *name != HEAD) {
            for (one, another) in [("main", "other"), ("other", "main")] {
                let sql =
                    format!("SELECT count(*) FROM (SELECT * FROM {one}.{name} EXCEPT SELECT * FROM {another}.{name})");
                let missing: u64 = self.conn.query_row(&sql, [], |row| row.get(0)).unwrap();
                assert_eq!(missing, 0, "rows of {name} that are in {one} alone");
            }
        }
        self.conn.execute("DETACH other", params![]).unwrap();
    }
}

/// Rows on their way.
#[derive(Default)]
struct Rows {
    count: u64,
    encoded: Vec<u8>,
}

impl Rows {
    fn add<'a>(&mut self, table: u8, values: impl ExactSizeIterator<Item = ValueRef<'a>>) {
        self.count += 1;
        let mut row = Encoder::new(&mut self.encoded);
        row.array(1 + values.len() as u64).unwrap().u8(table).unwrap();
        for value in values {
            match value {
                ValueRef::Null => row.null(),
                ValueRef::Integer(number) => row.i64(number),
                ValueRef::Text(text) => row.str(std::str::from_utf8(text).unwrap()),
                ValueRef::Blob(bytes) => row.bytes(bytes),
                ValueRef::Real(_) => unreachable!("no table of the log holds fractions"),
            }
            .unwrap();
        }
    }

    fn with(mut self, others: Self) -> Self {
        self.count += others.count;
        self.encoded.extend(others.encoded);
        self
    }

    fn into_bytes(self) -> Bytes {
        let mut all = Encoder::new(Vec::new());
        all.array(self.count).unwrap();
        let mut all = all.into_writer();
        all.extend(self.encoded);
        all.into()
    }
}

/// Writes the rows of a push.
pub(crate) fn write(conn: &Connection, body: &[u8]) {
    let mut rows = Decoder::new(body);
    for _ in 0..rows.array().unwrap().unwrap() {
        let columns = usize::try_from(rows.array().unwrap().unwrap()).unwrap() - 1;
        let table = &TABLES[usize::from(rows.u8().unwrap())];
        let mut statement = conn.prepare_cached(table.insert).unwrap();
        for column in 1..=columns {
            statement.raw_bind_parameter(column, ToSqlOutput::Borrowed(value(&mut rows))).unwrap();
        }
        statement.raw_execute().unwrap();
    }
}

fn value<'a>(row: &mut Decoder<'a>) -> ValueRef<'a> {
    match row.datatype().unwrap() {
        Type::Null => {
            row.null().unwrap();
            ValueRef::Null
        }
        Type::Bytes => ValueRef::Blob(row.bytes().unwrap()),
        Type::String => ValueRef::Text(row.str().unwrap().as_bytes()),
        _ => ValueRef::Integer(row.i64().unwrap()),
    }
}
