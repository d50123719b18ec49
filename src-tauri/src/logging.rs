//! The log: a file in the platform's log folder, and standard output.
//!
//! What never goes in: contacts, notes, telephone numbers, tokens, invitation links, addresses of requests. What does:
//! starts, error codes, counts. Libraries get a say only from warnings up, because their chatter quotes what they carry.

use tauri::plugin::TauriPlugin;
use tauri_plugin_log::{Builder, RotationStrategy, Target, TargetKind};

const FILE_SIZE_MAX: u128 = 512 * 1024;

pub(crate) fn plugin() -> TauriPlugin<tauri::Wry> {
    let file = match crate::paths::data_override() {
        Some(folder) => TargetKind::Folder { path: folder, file_name: Some("trygkort".to_owned()) },
        None => TargetKind::LogDir { file_name: Some("trygkort".to_owned()) },
    };
    Builder::new()
        .clear_targets()
        .targets([Target::new(TargetKind::Stdout), Target::new(file)])
        .level(tauri_plugin_log::log::LevelFilter::Warn)
        .level_for("trygkort_app", tauri_plugin_log::log::LevelFilter::Info)
        .level_for("trygkort_core", tauri_plugin_log::log::LevelFilter::Info)
        // The network libraries put addresses into their warnings.
        .level_for("hyper_util", tauri_plugin_log::log::LevelFilter::Off)
        .level_for("reqwest", tauri_plugin_log::log::LevelFilter::Off)
        .max_file_size(FILE_SIZE_MAX)
        .rotation_strategy(RotationStrategy::KeepSome(2))
        .build()
}
