//! The lock screen, *Sikkerhed på enheden*, and forgetting this device.

mod forget;
mod keypad;
mod lock_screen;
mod pin_form;
mod security_page;
mod view_model;

pub(crate) use forget::ForgottenPage;
pub(crate) use lock_screen::LockScreen;
pub(crate) use security_page::{SecurityPage, lock_now};
