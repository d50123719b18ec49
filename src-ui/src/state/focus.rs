//! The focus, where the app itself moves it. Nobody has to be there for that, so it is no use of the app.

use std::cell::Cell;
use web_sys::{HtmlDialogElement, HtmlElement};

thread_local! {
    static MOVING: Cell<bool> = const { Cell::new(false) };
}

/// Moves the focus. An element that has left the page needs none.
#[expect(clippy::disallowed_methods, reason = "the one place that may")]
pub(crate) fn move_focus(to: &HtmlElement) {
    by_the_app(|| drop(to.focus()));
}

/// Opens a dialog, which takes the focus.
#[expect(clippy::disallowed_methods, reason = "the one place that may")]
pub(crate) fn open_dialog(dialog: &HtmlDialogElement) {
    // Fails only when the node has left the page; then there is nobody to show it to.
    by_the_app(|| drop(dialog.show_modal()));
}

/// Closes a dialog, which gives the focus back.
#[expect(clippy::disallowed_methods, reason = "the one place that may")]
pub(crate) fn close_dialog(dialog: &HtmlDialogElement) {
    by_the_app(|| dialog.close());
}

/// Whether it is the app that moves the focus just now: browsers tell of the move before the call that made it returns.
pub(super) fn is_moved_by_the_app() -> bool {
    MOVING.get()
}

fn by_the_app(run: impl FnOnce()) {
    let before = MOVING.replace(true);
    run();
    MOVING.set(before);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_by_the_app_is_over_when_its_call_is() {
        assert!(!is_moved_by_the_app());
        by_the_app(|| {
            assert!(is_moved_by_the_app());
            // A dialog that closes another one while it opens.
            by_the_app(|| assert!(is_moved_by_the_app()));
            assert!(is_moved_by_the_app(), "the outer one goes on");
        });
        assert!(!is_moved_by_the_app());
    }
}
