//! Where everything lies: the clone, and what is kept outside it so that a second clone need not compile again.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};

/// The folders of the project and of its caches.
pub(crate) struct Layout {
    /// The clone.
    pub(crate) root: PathBuf,
    /// Programs built for the project: wasm-bindgen, tauri-driver.
    pub(crate) tools: PathBuf,
    /// Results that depend on nothing but their input: optimised modules, compressed files.
    pub(crate) artefacts: PathBuf,
    /// Cargo's target folders. There are three, because the parts are built with different features: in one
    /// folder they would wait for each other's lock and compile each other's dependencies anew.
    pub(crate) native: PathBuf,
    pub(crate) wasm: PathBuf,
    pub(crate) desktop: PathBuf,
    /// For fuzzing, where every jump is counted; not needed otherwise.
    pub(crate) fuzz: PathBuf,
}

impl Layout {
    pub(crate) fn find() -> Result<Layout> {
        let root =
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().filter(|root| root.join("src-ui").is_dir()).ok_or_else(
                || Failure::new("the clone this program was built in has moved; run it through `cargo xtask`"),
            )?;
        let cache = cache_folder()?;
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| cache.join("target"), PathBuf::from);
        Ok(Layout {
            root: root.to_path_buf(),
            tools: cache.join("tools"),
            artefacts: cache.join("artefacts"),
            native: target.join("native"),
            wasm: target.join("wasm"),
            desktop: target.join("desktop"),
            fuzz: target.join("fuzz"),
        })
    }

    /// The web app as it is served and as the desktop window shows it.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Scratch space of this clone, removed by nothing but a person.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.root.join("target").join("xtask")
    }

    /// The server and command line of this clone.
    pub(crate) fn server(&self) -> PathBuf {
        self.scratch().join("bin").join(program_name("trygkort"))
    }

    /// The desktop window of this clone.
    pub(crate) fn window(&self) -> PathBuf {
        self.scratch().join("bin").join(program_name("trygkort-app"))
    }

    /// A program of ours under [`Layout::tools`].
    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        self.tools.join("bin").join(program_name(name))
    }

    /// A file of an npm package that `package-lock.json` pins.
    pub(crate) fn npm(&self, path: &str) -> PathBuf {
        self.root.join("node_modules").join(path)
    }
}

/// The file name of a program on this system.
pub(crate) fn program_name(name: &str) -> String {
    format!("{name}{}", env::consts::EXE_SUFFIX)
}

/// Makes a folder with everything above it.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| Failure::io("create the folder", path, &error))
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| Failure::io("read", path, &error))
}

pub(crate) fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| Failure::io("read", path, &error))
}

/// Writes a file, making the folder it belongs in.
pub(crate) fn write(path: &Path, contents: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    fs::write(path, contents).map_err(|error| Failure::io("write", path, &error))
}

/// Copies a file, making the folder it goes to.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    write(to, read(from)?)
}

/// Every file below `folder` in a stable order; none if the folder is not there.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Failure::io("list", &folder, &error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| Failure::io("list", &folder, &error))?.path();
            let skipped = path.file_name().is_some_and(|name| name == "node_modules" || name == "target");
            match path.is_dir() {
                true if !skipped => folders.push(path),
                true => {}
                false => found.push(path),
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether the file name ends in `.extension`.
pub(crate) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

fn cache_folder() -> Result<PathBuf> {
    if let Some(cache) = env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()) {
        return Ok(PathBuf::from(cache).join("trygkort"));
    }
    env::home_dir()
        .map(|home| home.join(".cache").join("trygkort"))
        .ok_or_else(|| Failure::new("no home folder to keep compiled code in; set HOME"))
}
