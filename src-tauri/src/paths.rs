//! Where files lie.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use tauri::{AppHandle, Manager};

/// Another folder for everything this program writes: tests, and a second device on one machine.
const OVERRIDE: &str = "TRYGKORT_DATA";
/// `none`: a new key is kept in a file.
const KEY_STORE: &str = "TRYGKORT_KEY_STORE";

/// The folder that the environment names instead of the platform's own.
pub(crate) fn data_override() -> Option<PathBuf> {
    folder_from(std::env::var_os(OVERRIDE))
}

/// Whether the environment says to leave the system's key store alone: tests, and key stores that do not work.
pub(crate) fn without_key_store() -> bool {
    std::env::var_os(KEY_STORE).is_some_and(|value| value == "none")
}

/// The folder of the databases, made if need be and readable by this user only.
pub(crate) fn data_folder(app: &AppHandle) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let folder = match data_override() {
        Some(folder) => folder,
        None => app.path().app_data_dir()?,
    };
    make_private(&folder).map_err(|error| format!("the folder {} cannot be made: {error}", folder.display()))?;
    Ok(folder)
}

/// Where this person looks for what was downloaded; their own folder where there is no place for that.
pub(crate) fn downloads(app: &AppHandle) -> tauri::Result<PathBuf> {
    match data_override() {
        Some(folder) => Ok(folder.join("downloads")),
        None => app.path().download_dir().or_else(|_| app.path().home_dir()),
    }
}

fn folder_from(value: Option<OsString>) -> Option<PathBuf> {
    value.filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(unix)]
fn make_private(folder: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &std::path::Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_override_is_none() {
        assert_eq!(folder_from(None), None);
        assert_eq!(folder_from(Some(OsString::new())), None);
        assert_eq!(folder_from(Some("/tmp/a".into())), Some(PathBuf::from("/tmp/a")));
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_for_this_user_only() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/b");
        make_private(&folder).unwrap();
        make_private(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o077, 0);
    }
}
