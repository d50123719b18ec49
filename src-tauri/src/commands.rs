//! What the window can call.

use crate::state::Host;
use crate::{downloads, paths};
use tauri::{AppHandle, State, Url};
use tauri_plugin_opener::OpenerExt;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{Bytes, IpcError};

/// Schemes that are handed to the system. Nothing here can name a file or a program.
const SCHEMES: [&str; 4] = ["tel", "sms", "mailto", "https"];
/// A prefilled SMS or mail is far shorter.
const LINK_MAX: usize = 4_096;

/// Carries a request (JSON) to the core and answers with the JSON of its reply, or of an `IpcError`.
#[tauri::command]
pub(crate) async fn ask(host: State<'_, Host>, request: String) -> Result<String, String> {
    host.ask(request).await.map_err(|error| to_json(&error))
}

/// The open area's base map as bytes; none at all when there is no map.
#[tauri::command]
pub(crate) async fn basemap(host: State<'_, Host>) -> Result<tauri::ipc::Response, String> {
    let bytes = host.basemap().await.map_err(|error| to_json(&error))?;
    Ok(tauri::ipc::Response::new(bytes.unwrap_or_default()))
}

/// Opens a telephone, SMS, mail or web link with the system.
#[tauri::command]
pub(crate) async fn open_link(app: AppHandle, url: String) -> Result<(), String> {
    if !is_allowed(&url) {
        tracing::warn!("a link with another scheme was not opened");
        return Err(to_json(&invalid("the scheme of the link is not allowed")));
    }
    app.opener().open_url(url, None::<&str>).map_err(|error| {
        // The error's text could quote the link.
        drop(error);
        tracing::warn!("the system has no program for a link");
        to_json(&invalid("the system has no program for this link"))
    })
}

/// Saves a file where the person looks for downloads, and answers with where it lies.
#[tauri::command]
pub(crate) async fn save_file(app: AppHandle, name: String, content: Bytes) -> Result<String, String> {
    let saved = match paths::downloads(&app) {
        Ok(folder) => downloads::save(&folder, &name, &content.0).map_err(|error| error.kind().to_string()),
        Err(error) => Err(error.to_string()),
    };
    // The name can be somebody's: it stays out of the log.
    saved.map(|path| path.display().to_string()).map_err(|detail| {
        tracing::warn!(%detail, "a file could not be saved");
        to_json(&IpcError { code: ErrorCode::StorageRefused, detail, field: None })
    })
}

fn is_allowed(link: &str) -> bool {
    link.len() <= LINK_MAX && Url::parse(link).is_ok_and(|url| SCHEMES.contains(&url.scheme()))
}

fn invalid(detail: &str) -> IpcError {
    IpcError { code: ErrorCode::Invalid, detail: detail.to_owned(), field: Some("url".to_owned()) }
}

fn to_json(error: &IpcError) -> String {
    serde_json::to_string(error).expect("errors are plain data")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_that_call_write_or_read_are_opened() {
        for link in ["tel:+4532571000", "tel:112", "sms:+4520000000?body=Hej", "MAILTO:a@b.dk", "https://bog.example/"]
        {
            assert!(is_allowed(link), "{link}");
        }
        for link in
            ["http://a.dk", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,a", "-h", "/bin/sh", ""]
        {
            assert!(!is_allowed(link), "{link}");
        }
        assert!(!is_allowed(&format!("tel:{}", "1".repeat(LINK_MAX))));
    }
}
