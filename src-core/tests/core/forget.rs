//! *Glem denne enhed*.

use crate::devices::{Device, Hub};
use trygkort_core::app::{HttpResponse, NetworkError, Step};
use trygkort_core::domain::Role;
use trygkort_core::ipc::*;

fn files_of(device: &Device) -> Vec<String> {
    let entries = std::fs::read_dir(device.folder.path()).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.ends_with("-wal") && !name.ends_with("-shm"));
    names.sort();
    names
}

/// Says farewell; returns what was sent and what came of it.
fn farewell(device: &mut Device, answer: &Result<HttpResponse, NetworkError>) -> (Vec<String>, Farewell) {
    let mut sent = Vec::new();
    let mut step = device.app.handle(SayFarewell {}.into_request());
    loop {
        match step {
            Step::Reply(reply) => return (sent, serde_json::from_str(&reply.unwrap()).unwrap()),
            Step::Fetch { request, then } => {
                let token = request.headers.iter().find(|(name, _)| *name == "authorization").unwrap().1.clone();
                sent.push(format!("{} {} {token}", request.method, request.url));
                step = device.app.resume(then, answer.clone());
            }
        }
    }
}

fn full_device() -> Device {
    let mut hub = Hub::demo();
    let mut device = Device::joined(Role::Coordinator);
    device.sync(&mut hub);
    device.ask(OpenDemo {}).unwrap();
    device.ask(SaveDraft { key: "k".to_owned(), json: "{\"name\":\"Halvfærdig\"}".to_owned() }).unwrap();
    let settings = Settings { text_percent: 200, ..Settings::default() };
    device.ask(SetSettings { settings }).unwrap();
    device.ask(SetPin { current: None, pin: "2468".to_owned() }).unwrap();
    std::fs::write(device.folder.path().join("area-x.db.damaged"), "old").unwrap();
    device
}

#[test]
fn forgetting_leaves_nothing_and_the_app_begins_anew() {
    let mut device = full_device();
    assert_eq!(device.ask(ForgetDevice {}).unwrap(), 1, "one area has a server");
    assert_eq!(files_of(&device), ["device.db"]);
    let boot = device.ask(Boot {}).unwrap();
    assert_eq!((boot.areas.len(), boot.current, boot.settings), (0, None, Settings::default()));
    let lock = device.ask(GetLock {}).unwrap();
    assert_eq!((lock.has_pin, lock.unsent), (false, 0));
    assert!(device.app.next_sync().is_none() && device.app.poke_request().is_none());
    let ok = Ok(HttpResponse { status: 204, body: Vec::new() });
    let (sent, said) = farewell(&mut device, &ok);
    assert_eq!(sent, ["DELETE https://trygkort.example/api/v1/devices/d1 Bearer secret"]);
    assert_eq!(said, Farewell { told: 1, of: 1 });
    assert_eq!(farewell(&mut device, &ok), (Vec::new(), Farewell { told: 0, of: 0 }), "said once");
    device.ask(OpenDemo {}).unwrap();
    assert_eq!(device.ask(GetDraft { key: "k".to_owned() }).unwrap(), None);
}

#[test]
fn it_works_offline_and_says_that_nobody_was_told() {
    let mut device = full_device();
    device.ask(ForgetDevice {}).unwrap();
    let (sent, said) = farewell(&mut device, &Err(NetworkError));
    assert_eq!((sent.len(), said), (1, Farewell { told: 0, of: 1 }));
    assert_eq!(files_of(&device), ["device.db"]);
}

#[test]
fn who_forgot_the_pin_can_begin_anew() {
    let mut device = full_device();
    device.ask(LockNow {}).unwrap();
    let mut device = device.kill_and_restart();
    assert_eq!(device.ask(ForgetDevice {}).unwrap(), 1, "tokens that can be read are handed back");
    assert_eq!(device.ask(Boot {}).unwrap().current, None);
    let revoked = Ok(HttpResponse { status: 401, body: Vec::new() });
    assert_eq!(farewell(&mut device, &revoked).1, Farewell { told: 1, of: 1 }, "locked out already");
    assert!(!device.restart().app.is_locked());
}

#[test]
fn an_answer_that_comes_too_late_brings_nothing_back() {
    let mut hub = Hub::demo();
    let mut device = Device::joined(Role::Coordinator);
    device.app.request_sync();
    let (call, request) = device.app.next_sync().unwrap();
    let body = hub.exchange(device.origin, device.role, &request.body).unwrap();
    device.ask(ForgetDevice {}).unwrap();
    device.app.finish_sync(call, Ok(HttpResponse { status: 200, body }));
    assert_eq!((device.ask(Boot {}).unwrap().areas, files_of(&device)), (Vec::new(), vec!["device.db".to_owned()]));
}
