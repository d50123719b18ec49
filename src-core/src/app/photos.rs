//! Photos: what screens ask of their files, and the way of the files to the server and back.

use super::App;
use crate::error::Error;
use crate::ipc::Bytes;
use crate::ops::photos;

impl App {
    /// A file that a photo names; what is not here is fetched.
    pub(super) fn blob(&mut self, hash: &str) -> Result<Option<Bytes>, Error> {
        Ok(self.read(|file, ctx| photos::blob(file, ctx, hash))?.map(Bytes))
    }
}
