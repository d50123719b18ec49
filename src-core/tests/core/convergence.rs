//! Whatever people do on three devices, in whatever order their messages arrive and however many answers are lost: in the
//! end all devices with the same role hold the same, and the server's file follows from its log.

use crate::devices::{Device, Hub};
use proptest::prelude::*;
use trygkort_core::domain::{PinId, Role, Scope};
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::*;

#[derive(Clone, Debug)]
enum Deed {
    Note { contact: usize, text: String },
    Number { contact: usize, digits: u32 },
    Tick { problem: usize, contact: usize, on: bool },
    AddPin { title: String, scope: Scope },
    MovePin { pin: usize, scope: Scope },
    DeletePin { pin: usize },
    MoveProblem { problem: usize, up: bool },
    Undo,
    Sync,
    LoseAnswer,
    Wait { ms: i64 },
    Restart,
}

fn deed() -> impl Strategy<Value = Deed> {
    let scope = || prop_oneof![Just(Scope::Public), Just(Scope::Network), Just(Scope::Coordination)];
    prop_oneof![
        3 => (0_usize..25, "[a-zæøå ]{1,12}").prop_map(|(contact, text)| Deed::Note { contact, text }),
        2 => (0_usize..25, 20_000_000_u32..99_999_999).prop_map(|(contact, digits)| Deed::Number { contact, digits }),
        3 => (0_usize..6, 0_usize..25, any::<bool>()).prop_map(|(problem, contact, on)| Deed::Tick { problem, contact, on }),
        2 => ("[a-zæøå]{1,12}", scope()).prop_map(|(title, scope)| Deed::AddPin { title, scope }),
        2 => (0_usize..40, scope()).prop_map(|(pin, scope)| Deed::MovePin { pin, scope }),
        1 => (0_usize..40).prop_map(|pin| Deed::DeletePin { pin }),
        1 => (0_usize..6, any::<bool>()).prop_map(|(problem, up)| Deed::MoveProblem { problem, up }),
        2 => Just(Deed::Undo),
        5 => Just(Deed::Sync),
        2 => Just(Deed::LoseAnswer),
        1 => (-600_000_i64..600_000).prop_map(|ms| Deed::Wait { ms }),
        1 => Just(Deed::Restart),
    ]
}

/// A device and the last action it can take back.
struct Person {
    device: Option<Device>,
    undo: Option<UndoId>,
}

impl Person {
    fn new() -> Self {
        Self { device: Some(Device::joined(Role::Coordinator)), undo: None }
    }

    fn device(&mut self) -> &mut Device {
        self.device.as_mut().expect("the device is only away while it restarts")
    }

    fn does(&mut self, deed: Deed, hub: &mut Hub) {
        match deed {
            Deed::Sync => drop(self.device().sync(hub)),
            Deed::LoseAnswer => {
                self.device().app.request_sync();
                self.device().sync_losing_the_answer(hub);
            }
            Deed::Wait { ms } => {
                let now_ms = self.device().now_ms.get();
                self.device().now_ms.set(now_ms + ms);
            }
            Deed::Restart => self.device = self.device.take().map(Device::restart),
            Deed::Undo => {
                if let Some(undo) = self.undo.take() {
                    let undone = self.device().ask(Undo { undo });
                    let late = undone.as_ref().is_err_and(|error| error.code == ErrorCode::ChangedSince);
                    assert!(undone.is_ok() || late, "{undone:?}");
                }
            }
            other => self.undo = self.writes(other).or(self.undo),
        }
    }

    fn writes(&mut self, deed: Deed) -> Option<UndoId> {
        let device = self.device();
        let saved = match deed {
            Deed::Note { contact, text } => edit_contact(device, contact, |form| form.note = text),
            Deed::Number { contact, digits } => edit_contact(device, contact, |form| {
                if let Some(channel) = form.channels.iter_mut().find(|channel| channel.kind != ChannelKind::Mail) {
                    channel.value = digits.to_string();
                }
            }),
            Deed::Tick { problem, contact, on } => {
                let (problem, contact) = (problem_at(device, problem)?, contact_at(device, contact)?);
                device.ask(SetCell { problem, contact, on }).unwrap()
            }
            Deed::AddPin { title, scope } => {
                let opened = device.ask(EditPin { id: None }).unwrap();
                let form = PinForm { title, scope, position: Some((55.638, 12.165)), ..opened.form.clone() };
                device.ask(SavePin { opened, form }).unwrap()
            }
            Deed::MovePin { pin, scope } => {
                let id = Some(pin_at(device, pin)?);
                let opened = device.ask(EditPin { id }).unwrap();
                let form = PinForm { scope, ..opened.form.clone() };
                device.ask(SavePin { opened, form }).unwrap()
            }
            Deed::DeletePin { pin } => {
                let id = pin_at(device, pin)?;
                device.ask(DeletePin { id }).unwrap()
            }
            Deed::MoveProblem { problem, up } => {
                let id = problem_at(device, problem)?;
                device.ask(MoveProblem { id, up }).unwrap()
            }
            _ => return None,
        };
        saved.undo
    }
}

fn edit_contact(device: &mut Device, at: usize, change: impl FnOnce(&mut ContactForm)) -> Saved {
    let id = contact_at(device, at).expect("the demo has contacts");
    let opened = device.ask(EditContact { id: Some(id) }).unwrap();
    let mut form = opened.form.clone();
    change(&mut form);
    device.ask(SaveContact { opened, form }).unwrap()
}

fn contact_at(device: &mut Device, at: usize) -> Option<trygkort_core::domain::ContactId> {
    let list = device.ask(SearchContacts { query: String::new(), limit: 100 }).unwrap();
    let mut ids: Vec<_> = list.groups.into_iter().flat_map(|group| group.contacts).map(|row| row.id).collect();
    ids.sort();
    ids.get(at % ids.len().max(1)).copied()
}

fn problem_at(device: &mut Device, at: usize) -> Option<trygkort_core::domain::ProblemId> {
    device.ask(GetCard {}).unwrap().problems.get(at).map(|tile| tile.id)
}

fn pin_at(device: &mut Device, at: usize) -> Option<PinId> {
    let pins = device.ask(GetPins {}).unwrap();
    pins.get(at % pins.len().max(1)).map(|pin| pin.id)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn all_devices_come_to_hold_the_same(deeds in proptest::collection::vec((0_usize..3, deed()), 1..40)) {
        let mut hub = Hub::demo();
        let mut people = [Person::new(), Person::new(), Person::new()];
        for person in &mut people {
            person.device().sync(&mut hub);
        }
        for (who, deed) in deeds {
            hub.now_ms += 1_000;
            people[who].does(deed, &mut hub);
        }
        for _ in 0..2 {
            for person in &mut people {
                person.device().sync(&mut hub);
            }
        }
        let mut fresh = Device::joined(Role::Coordinator);
        fresh.sync(&mut hub);
        let expected = fresh.app.dump().unwrap();
        for person in &mut people {
            // Who is open now is a matter of the clock, and the clocks have been moved.
            person.device().now_ms.set(fresh.now_ms.get());
            let status = person.device().ask(GetSyncStatus {}).unwrap();
            prop_assert_eq!((status.pending, status.refused), (0, 0));
            prop_assert_eq!(&person.device().app.dump().unwrap(), &expected);
            prop_assert_eq!(person.device().ask(GetCard {}).unwrap(), fresh.ask(GetCard {}).unwrap());
            prop_assert_eq!(person.device().ask(GetPins {}).unwrap(), fresh.ask(GetPins {}).unwrap());
        }
        prop_assert_eq!(hub.log.check().unwrap(), Vec::<String>::new());
    }
}
