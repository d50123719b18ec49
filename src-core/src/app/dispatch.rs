//! Which request is answered by which operation.

use super::{App, Step};
use crate::domain::{Entity, personal_number};
use crate::error::{Error, ErrorCode};
use crate::ipc::{IpcError, Request, Settings, TextCheck, Topic};
use crate::ops::{
    action, area, card, channels, conflicts, contacts, members, organisations, photos, pins, problems, refusals,
    reminders, updates,
};
use serde::Serialize;

/// The text sizes that can be chosen, in per cent.
const TEXT_PERCENTS: [u16; 5] = [100, 115, 130, 150, 200];

/// A search never answers with more than this.
const CONTACTS_MAX: u32 = 1_000;

impl App {
    pub(super) fn dispatch(&mut self, request: Request) -> Step {
        self.try_dispatch(request).unwrap_or_else(|error| Step::Reply(Err(IpcError::from(error))))
    }

    fn try_dispatch(&mut self, request: Request) -> Result<Step, Error> {
        match request {
            Request::Boot(_) => reply(&self.boot()?),
            Request::SetSettings(ask) => reply(&self.set_settings(&ask.settings)?),
            Request::SwitchArea(ask) => reply(&self.switch(ask.area)?),
            Request::OpenDemo(_) => reply(&self.open_demo()?),
            Request::ForgetArea(ask) => reply(&self.forget(ask.area)?),
            Request::GetSyncStatus(_) => reply(&self.status()?),
            Request::SyncNow(_) => {
                self.request_sync();
                reply(&())
            }
            Request::Redeem(ask) => self.redeem(ask),
            Request::SaveUnsent(_) => reply(&self.save_unsent()?),
            Request::DeliverFile(ask) => self.deliver_file(&ask.bytes.0),
            Request::GetOlderHistory(ask) => self.older_history(ask.row),
            Request::GetAside(_) => self.ask_for_aside(),
            Request::CreateInvitation(ask) => self.create_invitation(&ask),
            Request::CreateWalk(ask) => self.create_walk(&ask),
            Request::HandOver(_) => self.hand_over(),
            Request::ListInvitations(_) => self.list_invitations(),
            Request::RevokeInvitation(ask) => self.revoke_invitation(&ask.id),
            Request::ListDevices(_) => self.list_devices(),
            Request::RenameDevice(ask) => self.rename_device(&ask),
            Request::RevokeDevice(ask) => self.revoke_device(&ask.id),
            Request::LockOutMember(ask) => self.lock_out_member(ask.id),
            Request::ChangeRole(ask) => self.change_role(&ask),
            other => self.try_lock(other),
        }
    }

    /// The lock, and forgetting this device.
    fn try_lock(&mut self, request: Request) -> Result<Step, Error> {
        match request {
            Request::GetLock(_) => reply(&self.lock_view()?),
            Request::Unlock(ask) => reply(&self.unlock(&ask.pin)?),
            Request::LockNow(_) => reply(&self.lock_now()?),
            Request::InUse(_) => reply(&self.in_use()?),
            Request::SetPin(ask) => reply(&self.set_pin(&ask)?),
            Request::RemovePin(ask) => reply(&self.remove_pin(&ask.pin)?),
            Request::SetLockAfter(ask) => reply(&self.set_lock_after(ask.minutes)?),
            Request::ForgetDevice(_) => reply(&self.forget_device()?),
            Request::SayFarewell(_) => Ok(self.say_farewell()),
            other => self.try_read(other),
        }
    }

    /// What screens show.
    fn try_read(&mut self, request: Request) -> Result<Step, Error> {
        match request {
            Request::GetCard(_) => reply(&self.read(card::get)?),
            Request::GetProblem(ask) => reply(&self.read(|file, ctx| card::problem(file, ctx, ask.id))?),
            Request::SearchContacts(ask) => {
                let limit = ask.limit.min(CONTACTS_MAX);
                reply(&self.read(|file, ctx| contacts::search(file, ctx, &ask.query, limit))?)
            }
            Request::GetContact(ask) => reply(&self.read(|file, ctx| contacts::get(file, ctx, ask.id))?),
            Request::GetVcard(ask) => reply(&self.read(|file, _| contacts::vcard(file, ask.id))?),
            Request::GetOrganisations(_) => reply(&self.read(|file, _| organisations::all(file))?),
            Request::GetCardTable(_) => reply(&self.read(|file, _| card::table(file))?),
            Request::GetPins(_) => reply(&self.read(pins::all)?),
            Request::GetMembers(_) => reply(&self.read(|file, _| members::all(file))?),
            Request::GetPhotos(ask) => reply(&self.read(|file, _| photos::of(file, ask.pin))?),
            Request::GetBlob(ask) => reply(&self.blob(&ask.hash)?),
            Request::GetMapFrame(_) => reply(&self.read(pins::frame)?),
            Request::EditContact(ask) => reply(&self.read(|file, ctx| contacts::edit(file, ctx, ask.id))?),
            Request::EditProblem(ask) => reply(&self.read(|file, ctx| problems::edit(file, ctx, ask.id))?),
            Request::EditPin(ask) => reply(&self.read(|file, ctx| pins::edit(file, ctx, ask.id))?),
            Request::EditArea(_) => reply(&self.read(|file, _| area::edit(file))?),
            Request::EditOrganisation(ask) => reply(&self.read(|file, ctx| organisations::edit(file, ctx, ask.id))?),
            Request::GetReminders(_) => reply(&self.read(|file, _| reminders::all(file))?),
            Request::GetUpdates(ask) => reply(&self.read(|file, _| updates::get(file, ask.limit))?),
            Request::GetHistory(ask) => reply(&self.history(ask.row)?),
            Request::GetRefusals(_) => reply(&self.read(|file, _| refusals::all(file))?),
            other => self.try_act(other),
        }
    }

    /// What people do.
    fn try_act(&mut self, request: Request) -> Result<Step, Error> {
        match request {
            Request::SaveContact(ask) => reply(&self.act(|f, ctx| contacts::save(f, ctx, &ask.opened, &ask.form))?),
            Request::SaveProblem(ask) => reply(&self.act(|f, ctx| problems::save(f, ctx, &ask.opened, &ask.form))?),
            Request::SavePin(ask) => reply(&self.act(|f, ctx| pins::save(f, ctx, &ask.opened, &ask.form))?),
            Request::SaveArea(ask) => reply(&self.act(|f, ctx| area::save(f, ctx, &ask.opened, &ask.form))?),
            Request::SaveOrganisation(ask) => {
                reply(&self.act(|f, ctx| organisations::save(f, ctx, &ask.opened, &ask.form))?)
            }
            Request::DeleteContact(ask) => {
                reply(&self.act(|f, ctx| action::delete(f, ctx, Entity::Contact, ask.id.0))?)
            }
            Request::DeleteProblem(ask) => {
                reply(&self.act(|f, ctx| action::delete(f, ctx, Entity::Problem, ask.id.0))?)
            }
            Request::DeletePin(ask) => reply(&self.act(|f, ctx| pins::delete(f, ctx, ask.id))?),
            Request::AddPhoto(ask) => reply(&self.act(|f, ctx| photos::add(f, ctx, &ask))?),
            Request::SetCaption(ask) => reply(&self.act(|f, ctx| photos::set_caption(f, ctx, ask.id, &ask.caption))?),
            Request::DeletePhoto(ask) => reply(&self.act(|f, ctx| photos::delete(f, ctx, ask.id))?),
            Request::SetCell(ask) => {
                reply(&self.act(|f, ctx| card::set_cell(f, ctx, ask.problem, ask.contact, ask.on))?)
            }
            Request::MoveCell(ask) => {
                reply(&self.act(|f, ctx| card::move_cell(f, ctx, ask.problem, ask.contact, ask.up))?)
            }
            Request::SetCellHours(ask) => {
                reply(&self.act(|f, ctx| card::set_cell_hours(f, ctx, ask.problem, ask.contact, &ask.hours))?)
            }
            Request::MoveProblem(ask) => reply(&self.act(|f, ctx| problems::shift(f, ctx, ask.id, ask.up))?),
            Request::ReportChannel(ask) => {
                reply(&self.act(|f, ctx| channels::report(f, ctx, ask.id, Some(ctx.now_ms)))?)
            }
            Request::ClearReport(ask) => reply(&self.act(|f, ctx| channels::report(f, ctx, ask.id, None))?),
            Request::RetryRefusal(ask) => reply(&self.act(|f, ctx| refusals::retry(f, ctx, ask.id))?),
            Request::TakeAside(ask) => reply(&self.act(|f, ctx| refusals::take(f, ctx, &ask.body.0))?),
            Request::RestoreConflict(ask) => reply(&self.act(|f, ctx| conflicts::restore(f, ctx, ask.id))?),
            Request::KeepConflict(ask) => reply(&self.act(|f, ctx| conflicts::keep(f, ctx, ask.id))?),
            Request::RestoreChange(ask) => reply(&self.restore_change(&ask)?),
            Request::VerifyContact(ask) => reply(&self.act(|f, ctx| contacts::verify(f, ctx, ask.id))?),
            Request::Undo(ask) => {
                reply(&self.act(|f, ctx| action::undo(f, ctx, ask.undo).map(|changed| ((), changed)))?)
            }
            other => self.try_keep(other),
        }
    }

    /// What stays on this device.
    fn try_keep(&mut self, request: Request) -> Result<Step, Error> {
        match request {
            Request::RememberCall(ask) => {
                self.act(|f, ctx| Ok((reminders::remember(f, ctx, ask.contact, ask.problem)?, [].into())))?;
                self.changed(Topic::Reminders)
            }
            Request::DismissReminder(ask) => {
                self.read(|file, _| reminders::dismiss(file, ask.id))?;
                self.changed(Topic::Reminders)
            }
            Request::DismissRefusal(ask) => {
                self.read(|file, _| refusals::dismiss(file, ask.id))?;
                self.push_status();
                self.changed(Topic::Refusals)
            }
            Request::SaveDraft(ask) => reply(&self.save_draft(&ask.key, &ask.json)?),
            Request::GetDraft(ask) => reply(&self.device.draft(self.current.ok_or(Error::NoArea)?, &ask.key)?),
            Request::DropDraft(ask) => reply(&self.device.drop_draft(self.current.ok_or(Error::NoArea)?, &ask.key)?),
            Request::CheckText(ask) => reply(&TextCheck { has_personal_number: personal_number::contains(&ask.text) }),
            other => unreachable!("every request is in one of the lists above: {}", name(&other)),
        }
    }

    fn changed(&mut self, topic: Topic) -> Result<Step, Error> {
        if let Some(area) = self.current {
            self.events.push(crate::ipc::Event::Changed { area, topics: vec![topic] });
        }
        reply(&())
    }

    fn set_settings(&mut self, settings: &Settings) -> Result<(), Error> {
        if !TEXT_PERCENTS.contains(&settings.text_percent) {
            return Err(Error::invalid("text_percent", format!("one of {TEXT_PERCENTS:?}")));
        }
        self.device.set_settings(settings)?;
        Ok(self.lock.note_settings(settings)?)
    }

    /// Keeps an unfinished form, unless a text in it holds a personal number: that is not kept even as a draft.
    fn save_draft(&self, key: &str, json: &str) -> Result<(), Error> {
        const DRAFT_BYTES_MAX: usize = 256 * 1024;
        let area = self.current.ok_or(Error::NoArea)?;
        if json.len() > DRAFT_BYTES_MAX {
            return Err(Error::invalid("draft", format!("at most {DRAFT_BYTES_MAX} bytes")));
        }
        let form: serde_json::Value = serde_json::from_str(json)
            .map_err(|error| Error::coded(ErrorCode::Internal, format!("a draft is JSON: {error}")))?;
        if holds_personal_number(&form) {
            return Err(Error::PersonalNumber { field: "draft".to_owned() });
        }
        Ok(self.device.save_draft(area, key, json)?)
    }
}

/// Searches the texts of a form; ids are texts too, and their digits mean nothing.
fn holds_personal_number(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => uuid::Uuid::try_parse(text).is_err() && personal_number::contains(text),
        serde_json::Value::Array(items) => items.iter().any(holds_personal_number),
        serde_json::Value::Object(fields) => fields.values().any(holds_personal_number),
        _ => false,
    }
}

pub(super) fn reply<T: Serialize>(value: &T) -> Result<Step, Error> {
    let json = serde_json::to_string(value).map_err(|error| Error::coded(ErrorCode::Internal, error.to_string()))?;
    Ok(Step::Reply(Ok(json)))
}

/// The request's name without what is in it.
fn name(request: &Request) -> String {
    let json = serde_json::to_value(request).unwrap_or_default();
    json.as_object().and_then(|request| request.keys().next()).map_or_else(|| "?".to_owned(), Clone::clone)
}
