//! The desktop window: the same screens as in the browser, over a SQLite file in the platform's data folder.
//!
//! **Invariants.** The core lives on a thread of its own (`state`); commands post a job and wait without holding the
//! window up. The window can call four commands and nothing else (`capabilities/main.json`), shows nothing but the app
//! that is built into the program, and hands links to the system only when their scheme is allowed (`commands`).
//! The databases are encrypted (`cipher`) with a key that the system keeps (`keys`). Nothing personal is logged
//! (`logging`).
//!
//! Start reading at `state`, then `sync_task` for the network.

mod cipher;
mod commands;
mod downloads;
mod files;
mod keys;
mod logging;
mod paths;
mod state;
mod sync_task;

use state::Host;
#[cfg(desktop)]
use tauri::AppHandle;
use tauri::{App, Builder, Manager, RunEvent, Url, WebviewWindowBuilder, WindowEvent, Wry};

type Setup = Result<(), Box<dyn std::error::Error>>;

/// Opens the window and runs until it is closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    // Only fails when a provider was chosen already, which is then as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    with_desktop_plugins(tauri::Builder::default())
        .plugin(logging::plugin())
        .plugin(tauri_plugin_opener::init())
        .invoke_handler(tauri::generate_handler![
            commands::ask,
            commands::basemap,
            commands::open_link,
            commands::save_file
        ])
        .setup(set_up)
        .on_window_event(|window, event| {
            if matches!(event, WindowEvent::Focused(true)) {
                window.state::<Host>().sync_soon();
            }
        })
        .build(tauri::generate_context!())
        .expect("the window system is there and the configuration is valid")
        .run(|app, event| {
            if matches!(event, RunEvent::Exit) {
                app.state::<Host>().close();
            }
        });
}

fn set_up(app: &mut App) -> Setup {
    let folder = paths::data_folder(app.handle())?;
    app.manage(Host::start(app.handle().clone(), folder.clone())?);
    let window = app.config().app.windows.first().ok_or("tauri.conf.json describes no window")?;
    WebviewWindowBuilder::from_config(app.handle(), window)?
        .data_directory(folder.join("webview"))
        .on_navigation(is_ours)
        .build()?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "started");
    Ok(())
}

/// Whether the window may show this address: the app itself, under the names that the platforms give it.
fn is_ours(url: &Url) -> bool {
    url.scheme() == "tauri" || (url.scheme().starts_with("http") && url.host_str() == Some("tauri.localhost"))
}

#[cfg(mobile)]
fn with_desktop_plugins(builder: Builder<Wry>) -> Builder<Wry> {
    builder
}

/// One window, where it was the last time.
#[cfg(desktop)]
fn with_desktop_plugins(builder: Builder<Wry>) -> Builder<Wry> {
    use tauri_plugin_window_state::{Builder as WindowState, StateFlags};
    // Whether the window was visible is none of its business: it always is.
    let window_state = WindowState::new().with_state_flags(StateFlags::all() - StateFlags::VISIBLE);
    match paths::data_override() {
        // A folder of its own is another device, and may run beside the first.
        Some(folder) => {
            builder.plugin(window_state.with_filename(folder.join("window.json").to_string_lossy()).build())
        }
        // First of all plugins: a second start ends here and brings the first window to the front.
        None => builder.plugin(tauri_plugin_single_instance::init(|app, _, _| show(app))).plugin(window_state.build()),
    }
}

#[cfg(desktop)]
fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        // A window that cannot be brought forward is still there.
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_shows_nothing_but_the_app() {
        let ours = |text: &str| is_ours(&text.parse().unwrap());
        assert!(ours("tauri://localhost/card"));
        assert!(ours("http://tauri.localhost/card"));
        assert!(ours("https://tauri.localhost/"));
        assert!(!ours("https://trygkort.example/"));
        assert!(!ours("https://tauri.localhost.example/"));
        assert!(!ours("file:///etc/passwd"));
        assert!(!ours("data:text/html,hej"));
    }
}
