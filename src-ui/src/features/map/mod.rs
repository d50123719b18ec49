//! *Områdekort*: the map, the same things as a list, and the form for one mark.
//!
//! Start at [`page`] (the map) and [`view_model`] (what is shown, as plain data). The map itself is drawn by
//! [`crate::map::MapRenderer`]; [`canvas`] is where it is put on the screen.

mod canvas;
mod edit;
mod edit_place;
mod filters;
mod in_view;
mod list;
mod page;
mod photo_add;
mod photo_view;
mod photos;
mod sheet;
mod view_model;
mod words;

pub(crate) use edit::PinEditPage;
pub(crate) use list::MapListPage;
pub(crate) use page::MapPage;
pub(crate) use view_model::{offset_m, parse_place};
