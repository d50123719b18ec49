//! What came and is not in the log: a person can read all of it, and why.

use crate::command_line::{fails, succeeds, trygkort};
use crate::harness::{Reply, TestDevice, TestServer};
use crate::sync::{PIN_CHANGES, action, pin, request, sync};
use reqwest::Method;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use trygkort_core::domain::schema::{DELETED_AT, contact, map_pin, organisation};
use trygkort_core::domain::{ChangeId, Entity, Role, RowId, Scope, Value};
use trygkort_core::seal;
use trygkort_core::wire::unsent::{self, UnsentFile};
use trygkort_core::wire::v1::{
    Action, Cursor, Entry, FieldChange, LogField, LogRow, Offer, ScopeRows, SyncRequest, WireChangeId, WireId,
};
use trygkort_core::wire::{CONTENT_TYPE, VERSION, to_bytes};
use uuid::Uuid;

fn listed(server: &TestServer) -> String {
    succeeds(&server.data_dir(), &["aside", "--data", ".", "Prøveparken"])
}

fn as_json(server: &TestServer) -> Vec<Json> {
    let said = succeeds(&server.data_dir(), &["aside", "--data", ".", "--json", "Prøveparken"]);
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Changes fields of the row that an action made, as a device does that has seen it.
fn edit(counter: u64, of: &Action, by: u64, fields: Vec<(u16, Value)>) -> Action {
    let mut edit = Action { counter, ..of.clone() };
    let base = Some(WireChangeId(ChangeId { origin: u32::try_from(by).unwrap(), counter: of.counter }));
    edit.rows[0].fields = fields.into_iter().map(|(field, value)| FieldChange { field, value, base }).collect();
    edit
}

fn origin(device: &TestDevice<'_>) -> u64 {
    device.redeemed["origin"].as_u64().unwrap()
}

async fn hand_in(device: &TestDevice<'_>, actions: Vec<Action>) {
    let body = to_bytes(&request(device, Cursor::default(), actions));
    let post = device.request(Method::POST, "/api/v1/hand-in").header("content-type", CONTENT_TYPE);
    Reply::of(post.body(body)).await.expect(200);
}

async fn lock_out(device: &TestDevice<'_>) {
    device.delete(&format!("/api/v1/devices/{}", device.id())).await.expect(204);
}

/// The files of the areas' logs, byte for byte. SQLite's index of them is rebuilt at will and not looked at.
fn logs(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(dir.join("areas")).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.is_file() && !path.to_string_lossy().ends_with("-shm"));
    files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

#[tokio::test]
async fn what_a_locked_out_device_handed_in_is_read_word_for_word() {
    let server = TestServer::start().await;
    let soren = server.join(Role::Staff).await;
    let bench = pin(1, "Ødelagt bænk");
    sync(&soren, Cursor::default(), vec![bench.clone()]).await;
    lock_out(&soren).await;
    let number = 1 + PIN_CHANGES;
    let mut dark = pin(number, "Mørk sti");
    let note = "Lygten er slukket\n2026-01-01T00:00:00Z\tNogen\tandet\u{1b}[2J";
    dark.rows[0].fields.push(FieldChange { field: map_pin::note, value: note.into(), base: None });
    let renamed = edit(number + 4, &bench, origin(&soren), vec![(map_pin::title, "Hel bænk".into())]);
    let mut moved = edit(number + 5, &dark, origin(&soren), Vec::new());
    moved.rows[0].move_to = Some(Scope::Coordination.number());
    let deleted = edit(number + 6, &bench, origin(&soren), vec![(DELETED_AT, Value::Int(1_800_000_000_000))]);
    hand_in(&soren, vec![dark, renamed, moved, deleted]).await;

    let said = listed(&server);
    let from = format!("Prøve Person, Telefon, number {}\tit came when the device was locked out", origin(&soren));
    assert_eq!(said.matches(&from).count(), 4, "{said}");
    for line in [
        "  written 2027-01-15T08:00:00Z by the device's clock",
        "  makes map_pin \"Mørk sti\", network\t",
        "    category: place",
        "    position: 55.7000000, 12.5000000",
        "    title: Mørk sti",
        "    note: Lygten er slukket\n      | 2026-01-01T00:00:00Z Nogen andet [2J",
        "  edits map_pin \"Hel bænk\", network\t",
        "  moves map_pin \"Mørk sti\", network to coordination\t",
        "  deletes map_pin \"Ødelagt bænk\", network\t",
        "    deleted_at: 2027-01-15T08:00:00Z",
    ] {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
    let order = ["  deletes ", "  moves ", "  edits ", "  makes "].map(|verb| said.find(verb).unwrap());
    assert!(order.is_sorted(), "newest first: {said}");
    assert!(said.ends_with("4 changes are kept aside in Prøveparken; of 0 more that were refused nothing is kept\n"));

    let items = as_json(&server);
    let made = items.last().unwrap();
    assert_eq!(made["from"]["member"]["id"], soren.redeemed["member_id"]);
    assert_eq!(
        (&made["reason"], &made["kept"], &made["in_log"]),
        (&json!("quarantined"), &json!("whole"), &json!(false))
    );
    let row = &made["rows"][0];
    assert_eq!(
        (&row["does"], &row["entity"], &row["scope"]),
        (&json!(["makes"]), &json!("map_pin"), &json!("network"))
    );
    assert_eq!(row["fields"][3], json!({"field": "note", "value": note}));
}

#[tokio::test]
async fn reading_is_noted_and_changes_nothing() {
    let server = TestServer::start().await;
    let soren = server.join(Role::Staff).await;
    lock_out(&soren).await;
    hand_in(&soren, vec![pin(1, "Mørk sti")]).await;
    server.server.mirrored().await.unwrap();
    let dir = server.data_dir();
    let before = logs(&dir);
    for area in ["Prøveparken", &server.area.to_string()] {
        let output = trygkort(&dir, &["aside", "--data", ".", area]);
        assert!(output.status.success() && String::from_utf8(output.stdout).unwrap().contains("Mørk sti"));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "what people wrote is in no log");
    }
    assert_eq!(logs(&dir), before);
    let audit = succeeds(&dir, &["audit", "--data", "."]);
    let lines: Vec<&str> = audit.lines().collect();
    let noted = format!("\tcommand line\taside_read\t{}\t-", server.area);
    assert!(lines.len() == 2 && lines.iter().all(|line| line.ends_with(&noted)), "{audit}");

    let unknown = fails(&dir, &["aside", "--data", ".", "Bakken"]);
    assert!(unknown.contains("no such area"), "{unknown}");
    assert_eq!(succeeds(&dir, &["audit", "--data", "."]), audit);
}

/// Hands over a file of what the device with this number is said to have written.
async fn deliver(by: &TestDevice<'_>, origin: u32, action: Action) -> Json {
    let request = SyncRequest { version: VERSION, origin, actions: vec![action], ..SyncRequest::default() };
    let file = UnsentFile { version: VERSION, area: WireId(by.server.area.0), request: request.into(), photos: None };
    let post = by.request(Method::POST, "/api/v1/deliver").header("content-type", unsent::CONTENT_TYPE);
    Reply::of(post.body(to_bytes(&file))).await.expect(200)
}

#[tokio::test]
async fn a_file_that_nobody_vouches_for_says_whom_it_names() {
    let server = TestServer::start().await;
    let public_key = blake3::Hash::from(seal::public_key(&[7; 32])).to_hex().to_string();
    let secret = server.invite(Role::Staff).await;
    let names = json!({"member_name": "Mona", "device_name": "Tablet", "public_key": public_key});
    let mona = server.redeem_with(&secret, names).await.expect(200)["origin"].as_u64().unwrap();
    server.server.mirrored().await.unwrap();
    let carrier = server.join(Role::Resident).await;
    for (origin, title) in [(4711, "Fra ingen"), (u32::try_from(mona).unwrap(), "Som Mona")] {
        let delivered = deliver(&carrier, origin, pin(1, title)).await;
        assert_eq!(delivered, json!({"taken": 0, "refused": 0, "aside": 1}));
    }
    let said = listed(&server);
    assert!(said.contains("\tunknown device, number 4711\tno device of the area has this number\n"), "{said}");
    assert!(said.contains(&format!("\tMona, Tablet, number {mona}\tnobody vouches that it is of this device\n")));
    assert!(said.contains("title: Fra ingen") && said.contains("title: Som Mona"), "{said}");
}

#[tokio::test]
async fn what_was_refused_says_why_and_what_is_not_kept_is_said_to_be_gone() {
    let server = TestServer::start().await;
    let janitor = server.join(Role::Staff).await;
    let venner = action(1, Entity::Organisation, Scope::Network, vec![(organisation::name, "Venner".into())]);
    let venner_row = venner.rows[0].row.0;
    let contact = vec![(contact::name, "Vagten".into()), (contact::organisation, Value::Row(venner_row))];
    let contact = action(2, Entity::Contact, Scope::Network, contact);
    let verdicts = sync(&janitor, Cursor::default(), vec![venner, contact, pin(4, "Ring til 010203-1234")]).await;
    assert!(verdicts.verdicts.iter().all(|verdict| verdict.reason.is_some()));
    let other = sync(&janitor, Cursor::default(), vec![pin(4, "Et andet kort")]).await;
    assert!(other.verdicts[0].reason.is_some(), "two under one number");

    let said = listed(&server);
    assert!(said.contains("\tits author may not do that\n"), "{said}");
    assert!(said.contains("  makes organisation \"Venner\", network\t"), "{said}");
    assert!(said.contains(&format!("    organisation: Venner ({venner_row})\n")), "by its name: {said}");
    assert!(said.contains("\tsomething else came under the same number: two devices go by it\n"), "{said}");
    assert!(said.contains("\tit held what looks like a personal number\n"), "{said}");
    assert!(said.contains("  its words are not kept\n") && !said.contains("1234"), "{said}");
    assert!(said.contains("3 changes are kept aside in Prøveparken; of 1 more"), "{said}");

    let dir = server.data_dir();
    succeeds(&dir, &["person", "erase", "--data", ".", "Prøveparken", "Vagten", "--yes"]);
    let said = listed(&server);
    assert!(!said.contains("Vagten") && said.contains("of 2 more that were refused nothing is kept"), "{said}");
}

/// An entry of the log, as a device might offer it.
fn entry(origin: u32, rows: Vec<(Scope, LogRow)>) -> Entry {
    let part = |(scope, row): (Scope, LogRow)| ScopeRows {
        scope: scope.number(),
        first_seq: 1,
        rows: vec![row.into()],
        salt: Some([3; 16].into()),
        seals: None,
        salt_seed: None,
    };
    let scopes = rows.into_iter().map(part).collect();
    Entry { position: 900, origin, counter: 70, effective: 1, hlc: 1_800_000_000_000, scopes }
}

fn log_row(row: RowId, fields: Vec<(u16, Value)>) -> LogRow {
    let fields = fields.into_iter().map(|(field, value)| LogField { field, value, index: 0, stamp: None }).collect();
    LogRow {
        entity: Entity::Contact.number(),
        row: WireId(row),
        withdrawn: false,
        fields,
        created_by: None,
        erased: None,
    }
}

#[tokio::test]
async fn what_was_offered_without_proof_is_read_like_the_rest() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let named = action(1, Entity::Contact, Scope::Network, vec![(contact::name, "Søren Holm".into())]);
    let erased = named.rows[0].row.0;
    sync(&desk, Cursor::default(), vec![named]).await;
    let dir = server.data_dir();
    let id = erased.to_string();
    succeeds(&dir, &["person", "erase", "--data", ".", "Prøveparken", "Søren Holm", "--yes", "--row", &id]);

    let moved = RowId(Uuid::now_v7());
    let whole = log_row(moved, vec![(contact::name, "Vagten".into()), (contact::note, "Spørg på kontoret".into())]);
    let away = LogRow { withdrawn: true, fields: Vec::new(), ..whole.clone() };
    let came = LogRow { created_by: Some(5), ..whole };
    let again = log_row(erased, vec![(contact::name, "Søren Holm".into())]);
    let secret = log_row(RowId(Uuid::now_v7()), vec![(contact::note, "Spørg 010203-1234".into())]);
    let rows = vec![(Scope::Network, away), (Scope::Coordination, came)];
    let to = Cursor { position: 900, mac: Some([1; 16].into()), ..Cursor::default() };
    // What was erased and what nobody may keep is not kept aside either.
    let nowhere = [again, secret].map(|row| entry(4711, vec![(Scope::Coordination, row)]));
    let entries = [entry(4711, rows)].into_iter().chain(nowhere).collect();
    let offer = Offer { from: Cursor::default(), to: to.clone(), entries };
    let body = to_bytes(&SyncRequest { offer: Some(offer), ..request(&desk, to, Vec::new()) });
    let post = desk.request(Method::POST, "/api/v1/sync").header("content-type", CONTENT_TYPE).body(body);
    Reply::of(post).await.expect_status(200);

    let said = listed(&server);
    assert!(said.contains("\toffered after a restore as having been in the log, which is not proven\n"), "{said}");
    assert!(said.contains("  said to be written by unknown device, number 4711\n"), "{said}");
    assert!(said.contains("  edits and moves contact \"Vagten\", network to coordination\t"), "{said}");
    assert!(said.contains("    note: Spørg på kontoret\n"), "{said}");
    assert_eq!(said.matches("which is not proven").count(), 1, "{said}");
    let json = as_json(&server);
    assert_eq!((&json[0]["kept"], &json[0]["author"]["origin"]), (&json!("offer"), &json!(4711)));
    for text in [said, json[0].to_string()] {
        assert!(!text.contains("1234") && !text.contains("Holm"), "{text}");
    }
}

#[tokio::test]
async fn what_came_into_the_log_after_all_says_so() {
    let server = TestServer::start().await;
    let soren = server.join(Role::Staff).await;
    let carrier = server.join(Role::Resident).await;
    let dark = pin(1, "Mørk sti");
    deliver(&carrier, u32::try_from(origin(&soren)).unwrap(), dark.clone()).await;
    assert!(!listed(&server).contains("the same is in the log"));
    sync(&soren, Cursor::default(), vec![dark]).await;
    assert!(listed(&server).contains("  the same is in the log: nothing of it is missing\n"));
    assert_eq!(as_json(&server)[0]["in_log"], json!(true));
}
