//! Erasing, as the server's command line does.

use super::Server;
use crate::check;
use trygkort_core::domain::{Entity, RowId};
use trygkort_core::hub::HubError;
use trygkort_core::wire::v1::Action;
use uuid::Uuid;

impl Server {
    /// Erases what is to be erased and is still there, or there again. Returns how many rows that were.
    pub(crate) fn erase_again(&mut self, now_ms: i64) -> Result<usize, HubError> {
        let rows = self.erasures.clone();
        let log = self.log();
        log.begin()?;
        let erased = log.erase(&rows, now_ms);
        if erased.is_err() {
            log.rollback();
        } else {
            log.commit()?;
            self.sweep_photos()?;
        }
        erased
    }

    /// Whether an action names a row that is erased, also as a value.
    pub(super) fn speaks_of_erased(&mut self, action: &Action) -> bool {
        let named: Vec<RowId> = check::named_by(action).collect();
        self.disk.clone().exempt(|| {
            let mut statement = self.log().connection().prepare("SELECT 1 FROM erased WHERE row = ?1").unwrap();
            named.iter().any(|row| statement.exists([row.0.as_bytes()]).unwrap())
        })
    }

    /// How many rows lie in the trash for too long.
    pub(crate) fn overdue(&mut self, now_ms: i64) -> Result<usize, HubError> {
        let log = self.log();
        log.begin()?;
        let overdue = log.empty_trash(now_ms);
        log.rollback();
        overdue
    }

    /// The rows of some kinds, in an order that is always the same.
    pub(crate) fn rows_of(&mut self, kinds: &[Entity]) -> Vec<RowId> {
        let numbers: Vec<u16> = kinds.iter().map(|kind| kind.number()).collect();
        let mut statement = self.log().connection().prepare("SELECT row, entity FROM row_state ORDER BY row").unwrap();
        let found = statement.query_map([], |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get(1)?))).unwrap();
        let wanted = found.map(Result::unwrap).filter(|(_, entity)| numbers.contains(entity));
        wanted.map(|(id, _)| RowId(Uuid::from_bytes(id))).collect()
    }
}
