//! `cargo xtask screenshots`: a photograph of every screen, phone and desktop, light and dark, Danish and English.

use crate::failure::{Failure, Result};
use crate::layout::Layout;
use crate::process::Program;
use crate::report::step;
use crate::setup::{self, Need};
use crate::web::{self, Mode};

const SCRIPT: &str = "tests/screenshots/screenshots.mjs";

/// Runs the Playwright script on the real server and web app; `arguments` are its own.
pub(crate) fn screenshots(layout: &Layout, arguments: &[String]) -> Result<()> {
    setup::setup(layout, Need::Everything)?;
    web::build(layout, Mode::Release)?;
    let script = layout.root.join(SCRIPT);
    if !script.is_file() {
        return Err(Failure::new(format!("{SCRIPT} is not there")));
    }
    step("Compiling the server", || web::build_server(layout))?;
    step("Photographing the screens", || {
        with_places(layout, Program::new("node")).arg(&script).args(arguments).folder(&layout.root).run()
    })
}

/// Tells a script where the things are that it starts.
pub(crate) fn with_places(layout: &Layout, program: Program) -> Program {
    program
        .env("TRYGKORT_ROOT", &layout.root)
        .env("TRYGKORT_SERVER", layout.server())
        .env("TRYGKORT_WEB", layout.dist())
        .env("TRYGKORT_WINDOW", layout.window())
        .env("TRYGKORT_TAURI_DRIVER", layout.tool("tauri-driver"))
}
