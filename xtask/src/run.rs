//! `cargo xtask run`: the server with a demo area, or the desktop window.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::ExitCode;

use crate::clones;
use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};
use crate::process::Program;
use crate::report::{say, step};
use crate::setup::{self, Need};
use crate::web::{self, Mode};

/// Where the server listens unless told otherwise.
pub(crate) const LISTEN: &str = "127.0.0.1:8787";

/// Starts the server on the data in `./data`. It prints the invitation links and ends on Ctrl-C.
pub(crate) fn serve(layout: &Layout, mode: Mode, listen: &str) -> Result<ExitCode> {
    require_free(listen)?;
    setup::setup(layout, Need::Web)?;
    web::build(layout, mode)?;
    // The web build has compiled it already, unless there was nothing to build.
    step("Compiling the server (dev build, which starts soonest)", || web::build_server(layout))?;
    say(format!("starting the server on http://{listen}; its data is kept in ./data, Ctrl-C ends it"));
    Program::new(layout.server())
        .args(["serve", "--data", "data", "--listen", listen, "--demo", "--web"])
        .arg(layout.dist())
        .folder(&layout.root)
        .become_it()
}

/// Said before minutes of compiling rather than after them; the server says the same of its own accord.
fn require_free(listen: &str) -> Result<()> {
    match TcpListener::bind(listen) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(Failure::new(format!(
            "{listen} is in use by another program, perhaps an earlier `cargo xtask run`; end it, or choose another \
             address with --listen 127.0.0.1:PORT"
        ))),
        Err(error) => Err(Failure::new(format!("cannot listen on {listen}: {error}"))),
        Ok(_) => Ok(()),
    }
}

/// Opens the desktop window with the device's own database in the platform's data folder.
pub(crate) fn open_window(layout: &Layout, mode: Mode) -> Result<ExitCode> {
    setup::setup(layout, Need::Desktop)?;
    web::build(layout, mode)?;
    build_window(layout)?;
    say("opening the window");
    Program::new(layout.window()).folder(&layout.root).become_it()
}

/// The window has a cargo call of its own, so that its features do not leak into the server.
pub(crate) fn build_window(layout: &Layout) -> Result<()> {
    step("Compiling the desktop window (dev build)", || {
        clones::cargo(layout, &layout.desktop)?.args(["build", "--package", "trygkort-app"]).run()?;
        clones::keep_program(&layout.desktop.join("debug").join(layout::program_name("trygkort-app")), &layout.window())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_said_in_one_line() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let failure = require_free(&address).unwrap_err().to_string();
        assert!(failure.starts_with(&format!("{address} is in use")) && !failure.contains('\n'), "{failure}");
        drop(taken);
        assert!(require_free(&address).is_ok());
        assert!(require_free("nowhere").is_err());
    }
}
