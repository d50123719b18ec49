//! What more than one screen needs to know, as a few small contexts.

mod changes;
mod draft;
mod effect;
mod focus;
mod host;
mod idle;
mod install;
mod load;
mod now;
mod session;
mod share;
mod sync_status;
mod toasts;
mod var;

pub(crate) use changes::Changes;
pub(crate) use draft::{Draft, use_draft};
pub(crate) use effect::{derived, effect};
pub(crate) use focus::{close_dialog, move_focus, open_dialog};
pub(crate) use host::{Host, use_host};
pub(crate) use idle::watch_use;
pub(crate) use install::{copy_text, is_secure, paste_text, use_install_state};
pub(crate) use load::{Load, use_load};
pub(crate) use now::{Now, use_now};
pub(crate) use session::{Session, use_session};
pub(crate) use share::share_file;
pub(crate) use sync_status::{SyncBadge, use_locked_out, use_sync_status};
pub(crate) use toasts::{Toast, Toasts, use_toasts};
pub(crate) use var::{Kept, Var};
