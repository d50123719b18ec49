//! What a device is called in *Mine enheder* until someone renames it.

use crate::i18n::{Locale, td_string};
use crate::ipc::{InstallState, install_state};
use leptos::prelude::window;

/// A name from what the browser says about itself.
pub(crate) fn device_name(locale: Locale) -> String {
    let agent = window().navigator().user_agent().unwrap_or_default();
    device_in(locale, &agent, install_state() == InstallState::Apple).to_owned()
}

fn device_in(locale: Locale, agent: &str, apple_touch: bool) -> &'static str {
    if agent.contains("iPhone") {
        td_string!(locale, welcome.device_iphone)
    } else if agent.contains("iPad") || apple_touch && agent.contains("Macintosh") {
        td_string!(locale, welcome.device_ipad)
    } else if agent.contains("Android") {
        td_string!(locale, welcome.device_android)
    } else if agent.contains("Macintosh") {
        td_string!(locale, welcome.device_mac)
    } else if agent.contains("Windows") {
        td_string!(locale, welcome.device_windows)
    } else if agent.contains("Linux") {
        td_string!(locale, welcome.device_linux)
    } else {
        td_string!(locale, welcome.device_other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipad_that_calls_itself_a_mac_is_an_ipad() {
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15";
        assert_eq!(device_in(Locale::da, mac, true), "iPad");
        assert_eq!(device_in(Locale::da, mac, false), "Mac");
        assert_eq!(device_in(Locale::da, "Mozilla/5.0 (Linux; Android 14; Pixel 7)", false), "Android");
        assert_eq!(device_in(Locale::en, "", false), "Unknown device");
    }
}
