//! A backup that is put back, as `trygkort restore` does it.

use arbitrary::{Arbitrary, Unstructured};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;
use trygkort_server::{AreaSpec, Config, RestoreError, Server, back_up, restore};

/// What is done to a good backup before it is put back. Changed files get the hash that they then have, or nothing
/// would ever be read behind the comparison; what is changed in the archive afterwards does not.
#[derive(Arbitrary, Debug)]
enum Change {
    Write { file: u8, at: u32, bytes: Vec<u8> },
    Cut { file: u8, at: u32 },
    Name { file: u8, name: String },
    Add { name: String, bytes: Vec<u8> },
    Forget { file: u8 },
    Manifest { text: String },
    WriteArchive { at: u32, bytes: Vec<u8> },
    CutArchive { at: u32 },
}

const MANIFEST: &str = "manifest.json";

/// Puts it into an empty folder. What is refused leaves nothing there; what is taken can be backed up in its turn.
pub fn backup(input: &[u8]) {
    let mut input = Unstructured::new(input);
    let Ok(changes) = Vec::<Change>::arbitrary(&mut input) else { return };
    let folder = folder();
    let archive = folder.path().join("backup.tar");
    fs::write(&archive, changed(&changes)).expect("room");
    let data = folder.path().join("data");
    match restore(&data, &archive) {
        Ok(()) => match back_up(&data, &folder.path().join("again.tar")) {
            // An area may have a file that cannot be read; what cannot be read is said, and nothing else happens.
            Ok(()) | Err(_) => {}
        },
        Err(RestoreError::Read { .. } | RestoreError::Damaged { .. }) => {
            assert_eq!(files_below(&data), Vec::<PathBuf>::new(), "a refused backup left something behind");
        }
        Err(_) => {}
    }
    assert_eq!(
        files_below(folder.path()).iter().filter(|path| !path.starts_with(&data)).count(),
        outside(folder.path())
    );
}

/// The archive, and perhaps another one: nothing else is written beside the data.
fn outside(folder: &Path) -> usize {
    ["backup.tar", "again.tar"].iter().filter(|name| folder.join(name).exists()).count()
}

fn changed(changes: &[Change]) -> Vec<u8> {
    let mut files = good().clone();
    let mut manifest = None;
    for change in changes {
        let nth = |file: &u8| files.keys().nth(usize::from(*file) % files.len().max(1)).cloned();
        match change {
            Change::Write { file, at, bytes } => {
                if let Some(content) = nth(file).and_then(|name| files.get_mut(&name)) {
                    write(content, *at, bytes);
                }
            }
            Change::Cut { file, at } => {
                if let Some(content) = nth(file).and_then(|name| files.get_mut(&name)) {
                    cut(content, *at);
                }
            }
            Change::Name { file, name } => {
                if let Some(content) = nth(file).and_then(|old| files.remove(&old)) {
                    files.insert(name.clone(), content);
                }
            }
            Change::Add { name, bytes } => {
                files.insert(name.clone(), bytes.clone());
            }
            Change::Forget { file } => {
                nth(file).and_then(|name| files.remove(&name));
            }
            Change::Manifest { text } => manifest = Some(text.clone()),
            Change::WriteArchive { .. } | Change::CutArchive { .. } => {}
        }
    }
    let mut archive = pack(&files, &manifest.unwrap_or_else(|| manifest_of(&files)));
    for change in changes {
        match change {
            Change::WriteArchive { at, bytes } => write(&mut archive, *at, bytes),
            Change::CutArchive { at } => cut(&mut archive, *at),
            _ => {}
        }
    }
    archive
}

fn write(content: &mut [u8], at: u32, bytes: &[u8]) {
    let at = usize::try_from(at).unwrap_or(0) % content.len().max(1);
    content.iter_mut().skip(at).zip(bytes).for_each(|(old, new)| *old = *new);
}

fn cut(content: &mut Vec<u8>, at: u32) {
    content.truncate(usize::try_from(at).unwrap_or(0) % content.len().max(1));
}

fn manifest_of(files: &BTreeMap<String, Vec<u8>>) -> String {
    let entry = |(path, content): (&String, &Vec<u8>)| {
        let hash = blake3::hash(content).to_hex().to_string();
        serde_json::json!({ "path": path, "bytes": content.len(), "blake3": hash })
    };
    serde_json::json!({ "format": 1, "files": files.iter().map(entry).collect::<Vec<_>>() }).to_string()
}

fn pack(files: &BTreeMap<String, Vec<u8>>, manifest: &str) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let all = files.iter().map(|(name, content)| (name.as_str(), content.as_slice()));
    for (name, content) in all.chain([(MANIFEST, manifest.as_bytes())]) {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        // A name as it is: the archive's own functions refuse some of those that are to be tried.
        let kept = name.as_bytes().iter().take(100);
        header.as_old_mut().name.iter_mut().zip(kept).for_each(|(to, from)| *to = *from);
        header.set_cksum();
        archive.append(&header, content).expect("memory holds");
    }
    archive.into_inner().expect("memory holds")
}

/// The files of a server's backup with one area.
fn good() -> &'static BTreeMap<String, Vec<u8>> {
    static GOOD: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
    GOOD.get_or_init(|| {
        let folder = folder();
        let (data, archive) = (folder.path().join("data"), folder.path().join("backup.tar"));
        make(&data);
        back_up(&data, &archive).expect("room");
        let mut archive = tar::Archive::new(fs::File::open(archive).expect("just written"));
        let entries = archive.entries().expect("an archive").map(|entry| entry.expect("an entry"));
        let files = entries.map(|mut entry| {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("just written");
            (entry.path().expect("a name").to_string_lossy().into_owned(), content)
        });
        files.filter(|(name, _)| name != MANIFEST).collect()
    })
}

fn make(data: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a thread");
    runtime.block_on(async {
        let listener = trygkort_server::bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let server = Server::open(&Config::new(data.to_owned()), listener).expect("an empty folder");
        let bbox = "9.50,47.12,9.54,47.16".parse().expect("a box");
        server.create_area(AreaSpec { name: "Prøveparken".to_owned(), bbox }).await.expect("room");
        server.mirrored().await.expect("room");
    });
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files_below(&entry.path())),
            // The lock of the folder says nothing and stays.
            _ if entry.file_name() == "server.lock" => {}
            _ => found.push(entry.path()),
        }
    }
    found
}

/// In memory where there is such a folder: every input writes and syncs several files.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    made.expect("a folder for what is temporary")
}
