//! *Mere*: the state of this device, settings, areas, people and devices, and what Trygkort is.

mod about;
mod areas;
mod devices;
mod invite;
mod link_panel;
mod members;
mod menu;
mod not_this;
mod settings;

pub(crate) use about::AboutPage;
pub(crate) use areas::AreasPage;
pub(crate) use devices::DevicesPage;
pub(crate) use invite::InvitePeoplePage;
pub(crate) use members::MembersPage;
pub(crate) use menu::MorePage;
pub(crate) use not_this::NotThisPage;
pub(crate) use settings::SettingsPage;
