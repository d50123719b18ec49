//! Where coordinators put things right: contacts, problems, the area, organisations, and the card as a table. Every
//! save offers *Fortryd*; every form survives a killed app as a draft.

mod area;
mod card_table;
mod channels;
mod contact;
mod form;
mod form_page;
mod hours;
mod hours_editor;
mod icons;
mod organisation;
mod problem;
mod scope;
mod table_by_problem;
mod table_hours;
mod table_model;
mod table_whole;
mod view_model;

pub(crate) use area::AreaEditPage;
pub(crate) use card_table::CardTablePage;
pub(crate) use contact::ContactEditPage;
pub(crate) use icons::icon_words;
pub(crate) use organisation::OrganisationEditPage;
pub(crate) use problem::ProblemEditPage;
pub(crate) use table_by_problem::hours_words;
