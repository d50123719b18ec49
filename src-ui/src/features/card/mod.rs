//! *Actioncard*: who to call about what. Nothing here waits for the network; two taps lead from the card to the dialler.

mod actions;
mod acute;
mod card_page;
mod concern;
mod contact_card;
mod problem_page;
pub(crate) mod view_model;

pub(crate) use actions::ChannelActions;
pub(crate) use acute::{AcuteCalls, AcuteNumbers};
pub(crate) use card_page::CardPage;
pub(crate) use concern::ConcernPage;
pub(crate) use contact_card::{OpeningChip, ReportButton};
pub(crate) use problem_page::ProblemPage;
