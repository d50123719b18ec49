//! What happens in the reference runs.

use super::Story;
use super::run::Run;
use crate::people;
use crate::rng::Rng;
use crate::server::Server;
use trygkort_core::app::App;
use trygkort_core::domain::{Entity, PinId, RowId, Scope};
use trygkort_core::hub::HubError;
use trygkort_core::hub::erase::TRASH_MS;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Run {
    /// Lives through the story. When nothing fails, it must have come to what it is about.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(super) fn tell(&mut self) -> Result<(), String> {
        match self.story {
            Story::Days => (0..5).try_for_each(|deed| self.day(deed)),
            Story::Start => self.start_between(),
            Story::Newcomer => self.newcomer(),
            Story::Erasing => self.erasing(),
            Story::Trash => self.trash(),
            Story::Restore => self.restore(),
            Story::Update => self.update(),
        }
    }

    /// What people do by the number that chance draws from.
    fn day(&mut self, number: u64) -> Result<(), String> {
        self.write(0, number);
        self.bring_back()?;
        if number % 3 == 1 {
            self.write(1, 1_000 + number);
            self.exchange(1)?;
        }
        if number % 2 == 1 { self.exchange(0) } else { Ok(()) }
    }

    fn start_between(&mut self) -> Result<(), String> {
        self.day(5)?;
        self.start_anew()?;
        (6..10).try_for_each(|deed| self.day(deed))
    }

    /// Ends the application in order and starts it again.
    fn start_anew(&mut self) -> Result<(), String> {
        // A failure to write what is left shows in nothing but the file, which is looked at in the end.
        drop(self.devices[0].app.take().map(App::close));
        self.bring_back()
    }

    fn newcomer(&mut self) -> Result<(), String> {
        self.write(1, 1_000);
        self.exchange(1)?;
        self.insist("make a snapshot", Server::make_snapshot)?;
        self.exchange(0)?;
        self.write(0, 1);
        self.bring_back()?;
        self.exchange(0)?;
        self.came_to(self.fetched > 0, "the newcomer fetches no snapshot")
    }

    fn erasing(&mut self) -> Result<(), String> {
        let contact = people::new_contact(&mut self.devices[0], "ord-1.", &Rng::new(1));
        let contact = self.note(0, contact);
        self.bring_back()?;
        self.exchange(0)?;
        self.exchange(1)?;
        // Comes right after: when there is no room, its commit fails while the server still has to write its file anew.
        self.write(1, 1_000);
        self.server.erasures.extend(contact);
        let now_ms = self.now_ms.get();
        self.insist("erase", |server| server.erase_again(now_ms))?;
        self.exchange(1)?;
        self.exchange(0)?;
        let gone = self.is_gone(contact);
        self.came_to(gone, "what was to be erased is there")
    }

    /// The month begins when the server looks into the trash, which it does once a day when somebody asks it for
    /// something.
    fn trash(&mut self) -> Result<(), String> {
        let pin = people::add_pin(&mut self.devices[0], "ord-1.".to_owned(), Scope::Network);
        let pin = self.note(0, pin);
        self.bring_back()?;
        if let Some(row) = pin {
            let deed = people::delete_this_pin(&mut self.devices[0], PinId(row));
            self.note(0, deed);
            self.bring_back()?;
        }
        self.exchange(0)?;
        for wait_ms in [DAY_MS, TRASH_MS] {
            self.now_ms.set(self.now_ms.get() + wait_ms);
            self.exchange(1)?;
        }
        self.exchange(0)?;
        let gone = self.is_gone(pin);
        self.came_to(gone, "what was in the trash is there")
    }

    fn is_gone(&mut self, row: Option<RowId>) -> bool {
        let there = self.server.disk.clone().exempt(|| self.server.rows_of(Entity::ALL));
        row.is_some_and(|row| !there.contains(&row))
    }

    fn restore(&mut self) -> Result<(), String> {
        self.write(0, 1);
        self.bring_back()?;
        self.exchange(0)?;
        self.insist("back up", Server::back_up)?;
        // Nobody but the first device has what comes now, once the server has lost it.
        for deed in 2..5 {
            self.write(0, deed);
            self.bring_back()?;
        }
        self.exchange(0)?;
        self.write(1, 1_000);
        let now_ms = self.now_ms.get() + 1_000;
        self.insist("restore", |server| server.restore(false, now_ms))?;
        self.insist::<_, HubError>("show its members", |server| server.mirror(now_ms))?;
        let before = self.end_of_log();
        self.exchange(0)?;
        self.came_to(self.end_of_log() > before, "nothing comes back")?;
        self.exchange(1)
    }

    fn end_of_log(&self) -> Option<u64> {
        self.server.disk.exempt(|| self.server.log.as_ref()?.head_position().ok())
    }

    fn update(&mut self) -> Result<(), String> {
        self.bring_back()?;
        self.exchange(0)?;
        self.write(0, 1);
        self.bring_back()?;
        self.exchange(0)
    }

    /// Whether the story came to what it is about. Where something failed, it may take another course.
    fn came_to(&self, it_did: bool, what: &str) -> Result<(), String> {
        if it_did || self.failed() { Ok(()) } else { Err(what.to_owned()) }
    }
}
