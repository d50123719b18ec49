//! *Kontakter*: the shared telephone and mail list, the same on every device and without coverage.

mod contact_page;
mod contacts_page;
mod view_model;

pub(crate) use contact_page::ContactPage;
pub(crate) use contacts_page::ContactsPage;
