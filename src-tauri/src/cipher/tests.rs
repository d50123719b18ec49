use super::*;

const SECRET: &str = "Gårdmand Sørensen 32571000";

fn key(byte: u8) -> Key {
    Zeroizing::new([byte; 32])
}

/// A plain file as an earlier version left it: with a number of its own, full-text search, and a write-ahead log.
fn write_plain(path: &Path) -> Connection {
    let conn = Connection::open(path).unwrap();
    conn.pragma_update(None, "journal_mode", "WAL").unwrap();
    conn.execute_batch(
        "CREATE TABLE contact (id INTEGER PRIMARY KEY, name TEXT) STRICT;
         CREATE INDEX contact_name ON contact (name);
         CREATE VIRTUAL TABLE search USING fts5 (folded, tokenize = 'trigram');
         PRAGMA user_version = 7;",
    )
    .unwrap();
    conn.execute_batch("BEGIN").unwrap();
    for id in 0..500 {
        conn.execute("INSERT INTO contact VALUES (?1, ?2)", (id, format!("{SECRET} {id}"))).unwrap();
        conn.execute("INSERT INTO search (rowid, folded) VALUES (?1, ?2)", (id, SECRET)).unwrap();
    }
    conn.execute_batch("COMMIT").unwrap();
    conn
}

fn assert_whole(conn: &Connection) {
    let count: i64 = conn.query_row("SELECT COUNT(*) FROM contact", [], |row| row.get(0)).unwrap();
    let found = "SELECT COUNT(*) FROM search WHERE folded MATCH 'rensen'";
    let matches: i64 = conn.query_row(found, [], |row| row.get(0)).unwrap();
    assert_eq!((count, matches, user_version(conn).unwrap()), (500, 500, 7));
    let check: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

/// Every byte of everything in the folder.
fn bytes_in(folder: &Path) -> Vec<u8> {
    let entries = fs::read_dir(folder).unwrap();
    entries.flat_map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn nothing_that_was_written_can_be_read_from_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("area.db");
    let conn = open(&path, &key(1)).unwrap();
    conn.pragma_update(None, "journal_mode", "WAL").unwrap();
    conn.execute_batch("CREATE TABLE t (x TEXT)").unwrap();
    conn.execute("INSERT INTO t VALUES (?1)", [SECRET]).unwrap();
    let bytes = bytes_in(folder.path());
    assert!(bytes.len() > 4_096 && !holds(&bytes, SECRET) && !holds(&bytes, "CREATE TABLE") && is_encrypted(&path));
    drop(conn);
    assert!(Connection::open(&path).unwrap().execute_batch("SELECT * FROM t").is_err(), "not without the key");
}

#[test]
fn a_plain_file_becomes_an_encrypted_one_with_all_that_was_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("area.db");
    drop(write_plain(&path));
    assert!(holds(&bytes_in(folder.path()), SECRET));
    assert_whole(&open(&path, &key(1)).unwrap());
    assert!(!holds(&bytes_in(folder.path()), SECRET) && is_encrypted(&path));
    assert_whole(&open(&path, &key(1)).unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn what_was_only_in_the_log_of_a_killed_program_comes_along() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("a.db"), folder.path().join("b.db"));
    let _running = write_plain(&here);
    for companion in ["", "-wal"] {
        fs::copy(format!("{}{companion}", here.display()), format!("{}{companion}", there.display())).unwrap();
    }
    assert!(fs::metadata(format!("{}-wal", there.display())).unwrap().len() > 0);
    assert_whole(&open(&there, &key(1)).unwrap());
}

#[test]
fn a_crash_at_any_step_leaves_a_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("area.db");
    let copy = unfinished(&path);
    let steps: [(&str, &dyn Fn()); 4] = [
        ("the copy was begun", &|| fs::write(&copy, [9; 5_000]).unwrap()),
        ("the log was put into the file", &|| {
            Connection::open(&path).unwrap().pragma_update(None, "journal_mode", "DELETE").unwrap();
        }),
        ("the copy was made", &|| copy_encrypted(&Connection::open(&path).unwrap(), &copy, &key(1)).unwrap()),
        ("the copy was made with a key that is gone", &|| {
            copy_encrypted(&Connection::open(&path).unwrap(), &copy, &key(2)).unwrap();
        }),
    ];
    for (crashed_when, step) in steps {
        for left in fs::read_dir(folder.path()).unwrap() {
            fs::remove_file(left.unwrap().path()).unwrap();
        }
        drop(write_plain(&path));
        step();
        assert!(!is_encrypted(&path), "{crashed_when}: the plain file still has the name");
        assert_whole(&open(&path, &key(1)).unwrap());
        assert!(!copy.exists() && !holds(&bytes_in(folder.path()), SECRET), "{crashed_when}");
    }
}

#[test]
fn after_the_swap_the_file_is_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("area.db");
    write_plain(&path).pragma_update(None, "journal_mode", "DELETE").unwrap();
    copy_encrypted(&Connection::open(&path).unwrap(), &unfinished(&path), &key(1)).unwrap();
    // All that a crash leaves out after this is overwriting the old one.
    fs::rename(unfinished(&path), &path).unwrap();
    assert_whole(&open(&path, &key(1)).unwrap());
}

#[test]
fn a_copy_that_lacks_something_does_not_take_the_place_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("area.db");
    let plain = write_plain(&path);
    let copy = unfinished(&path);
    let damage = ["DELETE FROM contact WHERE id = 3", "DROP INDEX contact_name", "PRAGMA user_version = 6"];
    for damage in damage {
        remove(&copy).unwrap();
        copy_encrypted(&plain, &copy, &key(1)).unwrap();
        compare(&plain, &copy, &key(1)).unwrap();
        open_with_key(&copy, &key(1)).unwrap().execute_batch(damage).unwrap();
        assert!(compare(&plain, &copy, &key(1)).is_err(), "{damage}");
    }
}

#[test]
fn a_wrong_key_is_an_error_and_changes_nothing() {
    use trygkort_core::error::ErrorCode;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("area.db");
    drop(write_plain(&path));
    drop(open(&path, &key(1)).unwrap());
    let before = fs::read(&path).unwrap();
    assert_eq!(open(&path, &key(2)).unwrap_err().code(), ErrorCode::StorageDamaged);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_whole(&open(&path, &key(1)).unwrap());
}
