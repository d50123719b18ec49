//! Who wrote what.

use crate::error::Error;
use crate::store::area::AreaFile;
use crate::store::authors::{Authors, member_name};

/// The name of the member who wrote with `origin`, when this device may know it.
pub(crate) fn author(file: &AreaFile, known: &Authors, origin: u32) -> Result<Option<String>, Error> {
    match known.member(origin) {
        Some(member) => Ok(member_name(&file.conn, member)?),
        None => Ok(None),
    }
}
