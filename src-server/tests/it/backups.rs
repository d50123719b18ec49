//! Backups that are none: cut, changed anywhere, or made to harm. Nothing of them is put back, and what was there stays.

use std::collections::BTreeMap;
use std::path::Path;
use tar::{EntryType, Header};
use tempfile::TempDir;
use trygkort_server::{AreaSpec, Config, Server, back_up, restore};

/// How many places of a good backup are changed, one at a time.
const CHANGES: usize = 40;

/// A data folder with one area, and its backup as bytes.
async fn backed_up() -> (TempDir, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let server = Server::open(&Config::new(&data), "127.0.0.1:0".parse::<std::net::SocketAddr>().map(bound).unwrap());
    let bbox = "9.50,47.12,9.54,47.16".parse().unwrap();
    let server = server.unwrap();
    server.create_area(AreaSpec { name: "Prøveparken".to_owned(), bbox }).await.unwrap();
    drop(server);
    let to = dir.path().join("backup.tar");
    back_up(&data, &to).unwrap();
    let bytes = std::fs::read(&to).unwrap();
    (dir, bytes)
}

fn bound(address: std::net::SocketAddr) -> std::net::TcpListener {
    std::net::TcpListener::bind(address).unwrap()
}

/// Every file of a folder with its length and hash.
fn files(folder: &Path) -> BTreeMap<String, (usize, blake3::Hash)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.insert(path.display().to_string(), (bytes.len(), blake3::hash(&bytes)));
        }
    }
    found
}

/// Tries to put `bytes` back; it must fail and leave everything as it was, inside the data folder and beside it.
fn expect_refused(dir: &TempDir, bytes: &[u8], what: &str) {
    let from = dir.path().join("bad.tar");
    std::fs::write(&from, bytes).unwrap();
    let before = files(dir.path());
    assert!(restore(&dir.path().join("data"), &from).is_err(), "{what} was taken for a backup");
    assert!(files(dir.path()) == before, "{what} left something behind");
}

#[tokio::test]
async fn a_backup_that_was_cut_or_changed_anywhere_is_refused() {
    let (dir, whole) = backed_up().await;
    // What lies behind the end of the archive is nobody's.
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
    for number in 0..CHANGES {
        let at = (number * used / CHANGES + number * 7919) % used;
        let cut = whole[..at].to_vec();
        expect_refused(&dir, &cut, &format!("a backup of {at} bytes"));
        if is_covered(&whole, at) {
            let mut changed = whole.clone();
            changed[at] ^= 1 << (number % 8);
            expect_refused(&dir, &changed, &format!("a backup with another byte at {at}"));
        }
    }
}

/// Whether a byte is covered: names and contents are. Owners, times and padding of a header are not, nor when and by what
/// program the backup was made, which its list says before it names the files.
fn is_covered(tar: &[u8], at: usize) -> bool {
    let mut archive = tar::Archive::new(tar);
    let list = b"\"files\":";
    archive.entries().unwrap().map(Result::unwrap).any(|entry| {
        let (name, size) = (entry.path_bytes().into_owned(), usize::try_from(entry.size()).unwrap());
        let (header, content) = (entry.raw_header_position(), entry.raw_file_position());
        let [header, content] = [header, content].map(|position| usize::try_from(position).unwrap());
        let told = match name.as_slice() {
            b"manifest.json" => tar[content..].windows(list.len()).position(|window| window == list).unwrap(),
            _ => 0,
        };
        (header..header + name.len()).contains(&at) || (content + told..content + size).contains(&at)
    })
}

#[tokio::test]
async fn a_backup_that_was_made_to_harm_is_refused() {
    let (dir, whole) = backed_up().await;
    let plain = |path: &str, bytes: &[u8]| with_entry(&whole, path, EntryType::Regular, bytes);
    expect_refused(&dir, &plain("../escaped.db", b"x"), "a way out");
    expect_refused(&dir, &plain("areas/../../escaped.db", b"x"), "a longer way out");
    expect_refused(&dir, &plain("/tmp/trygkort-escaped.db", b"x"), "a way to the root");
    expect_refused(&dir, &plain("areas/more.db", b"x"), "a file that nobody named");
    expect_refused(&dir, &plain("areas/deep/er.db", b"x"), "a folder that is none");
    expect_refused(&dir, &plain("manifest.json", b"{}"), "a manifest that says nothing");
    expect_refused(&dir, &plain("manifest.json", br#"{"format":99,"files":[]}"#), "a manifest of another time");
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Directory, EntryType::Fifo, EntryType::GNUSparse] {
        expect_refused(&dir, &with_entry(&whole, "areas/link.db", kind, b""), "what is no file");
        expect_refused(&dir, &with_entry(&whole, "manifest.json", kind, b""), "a manifest that is no file");
    }
    expect_refused(&dir, &sparse_manifest(&whole), "a manifest of a terabyte that takes no room");
    expect_refused(&dir, b"", "nothing");
    expect_refused(&dir, &[0; 1024], "an empty archive");
}

/// The archive with one more entry at its end.
fn with_entry(tar: &[u8], path: &str, kind: EntryType, bytes: &[u8]) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o600);
    header.set_size(bytes.len() as u64);
    append(tar, header, bytes)
}

/// A header can claim zeros without end.
fn sparse_manifest(tar: &[u8]) -> Vec<u8> {
    const TERABYTE: u64 = 1 << 40;
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::GNUSparse);
    header.set_size(0);
    header.set_mode(0o600);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.name[..13].copy_from_slice(b"manifest.json");
    gnu.sparse[0].offset.copy_from_slice(&octal(TERABYTE));
    gnu.sparse[0].numbytes.copy_from_slice(&octal(0));
    gnu.realsize.copy_from_slice(&octal(TERABYTE));
    append(tar, header, b"")
}

/// A number as eleven or more octal digits do not hold it: GNU's binary form.
fn octal(number: u64) -> [u8; 12] {
    let mut field = [0; 12];
    field[4..].copy_from_slice(&number.to_be_bytes());
    field[0] = 0x80;
    field
}

fn append(tar: &[u8], mut header: Header, bytes: &[u8]) -> Vec<u8> {
    header.set_cksum();
    let mut archive = tar::Archive::new(tar);
    let last = archive.entries().unwrap().map(|entry| entry.unwrap());
    let end = last.map(|entry| entry.raw_file_position() + entry.size()).max().unwrap().next_multiple_of(512);
    let mut longer = tar[..usize::try_from(end).unwrap()].to_vec();
    longer.extend_from_slice(header.as_bytes());
    longer.extend_from_slice(bytes);
    longer.resize(longer.len().next_multiple_of(512) + 1024, 0);
    longer
}
