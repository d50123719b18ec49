//! Builds the window's configuration into the program, and a permission for each command, so that a window may call
//! only what `capabilities/main.json` grants it.

fn main() {
    let commands = tauri_build::AppManifest::new().commands(&["ask", "basemap", "open_link", "save_file"]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands))
        .expect("tauri.conf.json, the capabilities and dist/ (made by `cargo xtask web`) are there and valid");
}
