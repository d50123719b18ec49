//! What people do on their devices: through the forms, as the screens offer them.

mod photos;

use crate::device::Device;
use crate::prepared::prepared;
use crate::rng::Rng;
pub(crate) use photos::photograph;
use trygkort_core::domain::{ContactId, PinId, ProblemId, Role, RowId, Scope};
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::*;

/// A form that was opened and not yet saved: others write meanwhile.
pub(crate) enum Form {
    Contact(Editing<ContactForm>),
    Pin(Editing<PinForm>),
    Problem(Editing<ProblemForm>),
}

/// What somebody did.
pub(crate) struct Deed {
    /// In words, for the trace.
    pub(crate) what: String,
    /// The words that were written, if the deed writes any.
    pub(crate) words: Option<String>,
    /// The row they were written to.
    pub(crate) row: Option<RowId>,
    pub(crate) saved: Result<Option<UndoId>, IpcError>,
}

/// What all words begin with.
pub(crate) const WORD: &str = "ord-";

/// Words that stand nowhere else, and more of them where the field allows it.
fn words(number: u64, rng: &Rng) -> String {
    let more = if rng.percent(5) { " og så videre".repeat(rng.index(40)) } else { String::new() };
    format!("{WORD}{number}.{more}")
}

/// Somebody does something on a device. `number` makes their words their own.
pub(crate) fn act(device: &mut Device, forms: &mut Vec<Form>, number: u64, rng: &Rng) -> Deed {
    if !forms.is_empty() && rng.percent(40) {
        let form = forms.swap_remove(rng.index(forms.len()));
        return save(device, form, words(number, rng), rng, "saves the form opened before, ");
    }
    if let Some(walk) = walk_of(device, rng) {
        return walk_along(device, forms, words(number, rng), walk, rng);
    }
    match device.told {
        Role::Coordinator => coordinate(device, forms, number, rng),
        Role::Staff => match rng.below(8) {
            0..=1 => add_pin(device, words(number, rng), Scope::Network),
            2..=4 => edit_pin(device, forms, words(number, rng), rng),
            5 => delete_pin(device, rng),
            6 => undo(device),
            _ => report(device, rng),
        },
        Role::Participant | Role::Resident => match rng.below(4) {
            0 => undo(device),
            1 => add_pin(device, words(number, rng), Scope::Public),
            _ => report(device, rng),
        },
    }
}

/// The walk that somebody is just on; often none.
fn walk_of(device: &Device, rng: &Rng) -> Option<u32> {
    let walks: Vec<u32> = device.reader().walks.into_iter().collect();
    if walks.is_empty() || rng.percent(60) { None } else { rng.pick(&walks).copied() }
}

/// On a walk people mark what they see, and edit it again.
fn walk_along(device: &mut Device, forms: &mut Vec<Form>, words: String, walk: u32, rng: &Rng) -> Deed {
    match rng.below(6) {
        0..=2 => add_pin(device, words, Scope::Walk(walk)),
        3..=4 => edit_pin(device, forms, words, rng),
        _ => delete_pin(device, rng),
    }
}

fn coordinate(device: &mut Device, forms: &mut Vec<Form>, number: u64, rng: &Rng) -> Deed {
    let words = words(number, rng);
    match rng.below(25) {
        0..=5 => edit_contact(device, forms, words, rng),
        6..=8 => tick(device, rng),
        9..=10 => add_pin(device, words, Scope::ALL[rng.index(3)]),
        11..=15 => edit_pin(device, forms, words, rng),
        16 => delete_pin(device, rng),
        17 => delete_contact(device, rng),
        18 => move_problem(device, rng),
        19 => edit_problem(device, forms, words, rng),
        20 => report(device, rng),
        21 => personal_number(device, rng),
        22 => new_contact(device, &words, rng),
        _ => undo(device),
    }
}

fn done(what: String, written: Option<(RowId, String)>, saved: Result<Saved, IpcError>) -> Deed {
    let (row, words) = written.unzip();
    Deed { what, words, row, saved: saved.map(|saved| saved.undo) }
}

/// Nothing to do it with.
fn nothing(what: &str) -> Deed {
    Deed { what: format!("finds nothing to {what}"), words: None, row: None, saved: Ok(None) }
}

/// Fills in a form and saves it.
fn save(device: &mut Device, form: Form, words: String, rng: &Rng, how: &str) -> Deed {
    match form {
        Form::Contact(opened) => {
            let mut form = opened.form.clone();
            form.note.clone_from(&words);
            let also = change_contact(&mut form, rng);
            let what = format!("{how}contact {}: the note {words:?}{also}", short(opened.row));
            done(what, Some((opened.row, words)), device.ask(SaveContact { opened, form }))
        }
        Form::Pin(opened) => {
            let mut form = opened.form.clone();
            form.note.clone_from(&words);
            let also = if device.told == Role::Coordinator { change_pin(&mut form, rng) } else { String::new() };
            let what = format!("{how}pin {}: the note {words:?}{also}", short(opened.row));
            done(what, Some((opened.row, words)), device.ask(SavePin { opened, form }))
        }
        Form::Problem(opened) => {
            let form = ProblemForm { notice: words.clone(), ..opened.form.clone() };
            let what = format!("{how}problem {}: the notice {words:?}", short(opened.row));
            done(what, Some((opened.row, words)), device.ask(SaveProblem { opened, form }))
        }
    }
}

fn change_contact(form: &mut ContactForm, rng: &Rng) -> String {
    match rng.below(8) {
        0 => {
            form.scope = Scope::ALL[rng.index(3)];
            format!(", for {:?}", form.scope)
        }
        1 | 2 => match form.channels.first_mut() {
            Some(channel) if channel.kind != ChannelKind::Mail => {
                channel.value = format!("{}", 20_000_000 + rng.below(70_000_000));
                format!(", the number {}", channel.value)
            }
            _ => String::new(),
        },
        3 if !form.channels.is_empty() => {
            let at = rng.index(form.channels.len());
            form.channels[at].scope = Scope::ALL[rng.index(3)];
            format!(", channel {at} for {:?}", form.channels[at].scope)
        }
        4 => {
            form.channels.pop();
            ", without the last channel".to_owned()
        }
        _ => String::new(),
    }
}

fn change_pin(form: &mut PinForm, rng: &Rng) -> String {
    match rng.below(6) {
        0..=2 => {
            form.scope = Scope::ALL[rng.index(3)];
            format!(", for {:?}", form.scope)
        }
        3 => {
            form.category = [PinCategory::Group, PinCategory::Place, PinCategory::Social][rng.index(3)];
            format!(", as {:?}", form.category)
        }
        _ => String::new(),
    }
}

/// Saves a form that was just opened, or leaves it open for later.
fn save_or_wait(device: &mut Device, forms: &mut Vec<Form>, form: Form, words: String, rng: &Rng) -> Deed {
    if rng.percent(30) {
        forms.push(form);
        return Deed { what: "opens a form".to_owned(), words: None, row: None, saved: Ok(None) };
    }
    save(device, form, words, rng, "edits ")
}

fn edit_contact(device: &mut Device, forms: &mut Vec<Form>, words: String, rng: &Rng) -> Deed {
    let Some(id) = contact(rng) else { return nothing("edit") };
    match device.ask(EditContact { id: Some(id) }) {
        Ok(opened) => save_or_wait(device, forms, Form::Contact(opened), words, rng),
        Err(error) => {
            Deed { what: format!("opens contact {}", short(id.0)), words: None, row: None, saved: Err(error) }
        }
    }
}

/// Makes a contact that goes by the words.
pub(crate) fn new_contact(device: &mut Device, words: &str, rng: &Rng) -> Deed {
    let opened = match device.ask(EditContact { id: None }) {
        Ok(opened) => opened,
        Err(error) => {
            return Deed { what: "opens a new contact".to_owned(), words: None, row: None, saved: Err(error) };
        }
    };
    let mut form = opened.form.clone();
    form.name = words.split(' ').next().unwrap_or_default().to_owned();
    form.scope = Scope::ALL[rng.index(3)];
    let what = format!("makes contact {} for {:?}", form.name, form.scope);
    let words = form.name.clone();
    done(what, Some((opened.row, words)), device.ask(SaveContact { opened, form }))
}

fn edit_problem(device: &mut Device, forms: &mut Vec<Form>, words: String, rng: &Rng) -> Deed {
    let Some(id) = problem(rng) else { return nothing("edit") };
    match device.ask(EditProblem { id: Some(id) }) {
        Ok(opened) => save_or_wait(device, forms, Form::Problem(opened), words, rng),
        Err(error) => Deed { what: "opens a problem".to_owned(), words: None, row: None, saved: Err(error) },
    }
}

fn tick(device: &mut Device, rng: &Rng) -> Deed {
    let (Some(problem), Some(contact)) = (problem(rng), contact(rng)) else { return nothing("tick") };
    let on = rng.percent(60);
    let what = format!("sets cell {} × {} to {on}", short(problem.0), short(contact.0));
    done(what, None, device.ask(SetCell { problem, contact, on }))
}

fn move_problem(device: &mut Device, rng: &Rng) -> Deed {
    let Some(id) = problem(rng) else { return nothing("move") };
    done(format!("moves problem {}", short(id.0)), None, device.ask(MoveProblem { id, up: rng.percent(50) }))
}

pub(crate) fn add_pin(device: &mut Device, words: String, scope: Scope) -> Deed {
    let opened = match device.ask(EditPin { id: None }) {
        Ok(opened) => opened,
        Err(error) => return Deed { what: "opens a new pin".to_owned(), words: None, row: None, saved: Err(error) },
    };
    let position = Some((55.638, 12.165));
    let form = PinForm { title: "Nål".to_owned(), note: words.clone(), scope, position, ..opened.form.clone() };
    let what = format!("adds pin {} for {scope:?}: {words:?}", short(opened.row));
    done(what, Some((opened.row, words)), device.ask(SavePin { opened, form }))
}

fn edit_pin(device: &mut Device, forms: &mut Vec<Form>, words: String, rng: &Rng) -> Deed {
    let Some(id) = pin(device, rng) else { return nothing("edit") };
    match device.ask(EditPin { id: Some(id) }) {
        Ok(opened) => save_or_wait(device, forms, Form::Pin(opened), words, rng),
        Err(error) => Deed { what: "opens a pin".to_owned(), words: None, row: None, saved: Err(error) },
    }
}

fn delete_pin(device: &mut Device, rng: &Rng) -> Deed {
    pin(device, rng).map_or_else(|| nothing("delete"), |id| delete_this_pin(device, id))
}

pub(crate) fn delete_this_pin(device: &mut Device, id: PinId) -> Deed {
    done(format!("deletes pin {}", short(id.0)), None, device.ask(DeletePin { id }))
}

fn delete_contact(device: &mut Device, rng: &Rng) -> Deed {
    let Some(id) = contact(rng) else { return nothing("delete") };
    done(format!("deletes contact {}", short(id.0)), None, device.ask(DeleteContact { id }))
}

/// *Nummeret virker ikke*.
fn report(device: &mut Device, rng: &Rng) -> Deed {
    let view = contact(rng).and_then(|id| device.ask(GetContact { id }).ok());
    let Some(id) = view.and_then(|view| rng.pick(&view.channels).map(|channel| channel.id)) else {
        return nothing("report");
    };
    done(format!("reports channel {}", short(id.0)), None, device.ask(ReportChannel { id }))
}

/// Writes a personal number where none belongs. The form must not take it.
fn personal_number(device: &mut Device, rng: &Rng) -> Deed {
    let what = "writes a personal number into a contact".to_owned();
    let Some(opened) = contact(rng).and_then(|id| device.ask(EditContact { id: Some(id) }).ok()) else {
        return nothing("edit");
    };
    let mut form = opened.form.clone();
    form.note = "Hans, 010180-1234".to_owned();
    let saved = device.ask(SaveContact { opened, form });
    let refused = saved.map(|_| None);
    if refused.as_ref().is_err_and(|error| error.code == ErrorCode::Revoked) {
        return Deed { what, words: None, row: None, saved: refused };
    }
    assert!(refused.as_ref().is_err_and(|error| error.code == ErrorCode::PersonalNumber), "{refused:?}");
    Deed { what, words: None, row: None, saved: Ok(None) }
}

fn undo(device: &mut Device) -> Deed {
    let Some(undo) = device.undo.pop() else { return nothing("take back") };
    let saved = device.ask(Undo { undo }).map(|()| None);
    Deed { what: format!("takes action {} back", undo.0), words: None, row: None, saved }
}

fn contact(rng: &Rng) -> Option<ContactId> {
    rng.pick(&prepared().contacts).copied()
}

fn problem(rng: &Rng) -> Option<ProblemId> {
    rng.pick(&prepared().problems).copied()
}

fn pin(device: &mut Device, rng: &Rng) -> Option<PinId> {
    let mut pins: Vec<PinId> = device.ask(GetPins {}).ok()?.into_iter().map(|pin| pin.id).collect();
    pins.sort();
    rng.pick(&pins).copied()
}

/// Enough of an id to tell it from the others.
fn short(id: trygkort_core::domain::RowId) -> String {
    let id = id.to_string();
    id[id.len() - 4..].to_owned()
}
