//! *Opdatering*: what is sent, what came, what needs a look; and *Historik* of one thing.

mod aside_page;
mod attention;
mod change;
mod file;
mod history_page;
mod page;
mod place;
mod state;
mod words;

pub(crate) use aside_page::AsidePage;
pub(crate) use file::SaveUnsent;
pub(crate) use history_page::{CardHistoryPage, ContactHistoryPage, PinHistoryPage};
pub(crate) use page::UpdatesPage;
