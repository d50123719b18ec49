//! The desktop program. Phones call [`trygkort_app::run`] from their own entry point.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    trygkort_app::run();
}
