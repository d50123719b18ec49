//! First run, invitations and installing: how someone gets an area onto the device that they carry.
//!
//! An invitation's secret stands in the fragment of the address, where no server log sees it. It is taken out of the
//! address before anything else happens ([`take_invitation_from_address`]) and lives in memory only.

mod device_name;
mod install;
mod invitation;
mod invite_page;
mod join;
mod link_entry;
mod scanner;
mod welcome_page;

pub(crate) use install::InstallPage;
pub(crate) use invitation::{kept_invitation, take_invitation_from_address};
pub(crate) use invite_page::InvitePage;
pub(crate) use welcome_page::WelcomePage;
