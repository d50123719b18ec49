//! The things the product is about and the rules they follow: pure, without store, network, clock or randomness.

pub mod access;
#[cfg(feature = "sqlite")]
mod holidays;
#[cfg(feature = "sqlite")]
pub mod hours;
mod ids;
pub mod jpeg;
pub mod order;
pub mod personal_number;
pub mod phone;
mod role;
pub mod schema;
pub mod text;
pub mod validate;
mod value;
pub mod vcard;

pub use ids::*;
pub use role::*;
pub use schema::{Entity, FieldId};
pub use value::*;
