//! The screens, a folder each.

pub(crate) mod card;
pub(crate) mod contacts;
pub(crate) mod edit;
pub(crate) mod lock;
pub(crate) mod map;
pub(crate) mod more;
pub(crate) mod shell;
pub(crate) mod updates;
pub(crate) mod welcome;
