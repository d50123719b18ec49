//! Files that a person asks for, put where they look for what was downloaded. A web view saves none by itself.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// So many files of one name and no more.
const SAME_NAME_MAX: u32 = 1_000;
/// Longer names are cut; what they end with stays.
const NAME_CHARS_MAX: usize = 100;

/// Writes a new file for this user only, and answers with where it lies: under `name`, or under *name (2)* where that
/// is taken. On the disk when this returns; nothing is left when it fails.
pub(crate) fn save(folder: &Path, name: &str, content: &[u8]) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let (stem, extension) = parts(name);
    for number in 1..=SAME_NAME_MAX {
        let count = if number == 1 { String::new() } else { format!(" ({number})") };
        let path = folder.join(format!("{stem}{count}{extension}"));
        match create(&path) {
            Ok(file) => {
                return fill(file, content).map(|()| path.clone()).inspect_err(|_| drop(fs::remove_file(&path)));
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn fill(mut file: File, content: &[u8]) -> io::Result<()> {
    file.write_all(content)?;
    file.sync_all()
}

/// A name that is one in every file system, and what it ends with from its last point on.
fn parts(name: &str) -> (String, String) {
    let plain = |c: char| if c.is_alphanumeric() || " .-_()".contains(c) { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    let name = name.trim_matches([' ', '.']);
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) => (stem, format!(".{extension}")),
        None => (name, String::new()),
    };
    let stem: String = stem.chars().take(NAME_CHARS_MAX).collect();
    (if stem.is_empty() { "trygkort".to_owned() } else { stem }, extension.chars().take(NAME_CHARS_MAX).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_no_other_files_place() {
        let folder = tempfile::tempdir().unwrap();
        let downloads = folder.path().join("Hentet");
        let saved = |content: &str| save(&downloads, "Åse Ødegård.vcf", content.as_bytes()).unwrap();
        let paths = [saved("en"), saved("to"), saved("tre")];
        let names = paths.each_ref().map(|path| path.file_name().unwrap().to_str().unwrap());
        assert_eq!(names, ["Åse Ødegård.vcf", "Åse Ødegård (2).vcf", "Åse Ødegård (3).vcf"]);
        assert_eq!(paths.each_ref().map(|path| fs::read_to_string(path).unwrap()), ["en", "to", "tre"]);
    }

    #[test]
    fn a_name_stays_in_its_folder() {
        let named = |name: &str| {
            let (stem, extension) = parts(name);
            format!("{stem}{extension}")
        };
        assert_eq!(named("../../.bashrc"), "-..-.bashrc");
        assert_eq!(named("/etc/passwd"), "-etc-passwd");
        assert_eq!(named("c:\\a\0b.txt"), "c--a-b.txt");
        assert_eq!(named(".."), "trygkort");
        assert_eq!(named(""), "trygkort");
        assert!(named(&"å".repeat(500)).chars().count() <= NAME_CHARS_MAX);
    }

    #[cfg(unix)]
    #[test]
    fn others_cannot_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = save(folder.path(), "usendt.trygkort", b"hemmeligt").unwrap();
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_cannot_be_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("fil");
        fs::write(&taken, "").unwrap();
        assert!(save(&taken, "usendt.trygkort", b"x").is_err());
    }
}
