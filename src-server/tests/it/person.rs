//! What an area holds of one person: found wherever it stands, and handed out.

use crate::command_line::{fails, succeeds};
use crate::harness::{TestDevice, TestServer};
use crate::photos::{files, hash, jpeg, show, upload};
use crate::sync::{PIN_CHANGES, action, pin, sync};
use reqwest::Method;
use serde_json::{Value as Json, json};
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;
use trygkort_core::domain::schema::{contact, map_pin, organisation};
use trygkort_core::domain::{Entity, Role, Scope, Value};
use trygkort_core::wire::v1::{Action, Cursor, FieldChange};

/// Changes a field of the row that an action made.
fn edit(counter: u64, of: &Action, field: u16, value: Value) -> Action {
    let mut edit = Action { counter, ..of.clone() };
    edit.rows[0].fields = vec![FieldChange { field, value, base: None }];
    edit
}

/// Søren Holm is named in a note that was changed since, in one that was refused, and as a member with a telephone.
async fn known(server: &TestServer) -> TestDevice<'_> {
    let desk = server.join(Role::Coordinator).await;
    let secret = server.invite(Role::Staff).await;
    let names = json!({"member_name": "Søren Holm", "device_name": "Telefon"});
    let redeemed = server.redeem_with(&secret, names).await.expect(200);
    let soren = TestDevice { server, token: redeemed["token"].as_str().unwrap().to_owned(), redeemed };
    server.server.mirrored().await.unwrap();

    let named = action(1, Entity::Contact, Scope::Network, vec![(contact::name, "Vagten".into())]);
    let note = |counter, text: &str| edit(counter, &named, contact::note, text.into());
    let notes = vec![named.clone(), note(2, "Spørg efter soeren holm"), note(3, "Ring på 20 24 57 11")];
    sync(&desk, Cursor::default(), notes).await;
    let wrote = pin(1, "Mørk sti");
    let not_his = action(
        1 + PIN_CHANGES,
        Entity::Organisation,
        Scope::Network,
        vec![(organisation::name, "Søren Holms venner".into())],
    );
    let changed = edit(2 + PIN_CHANGES, &wrote, map_pin::title, "Meget mørk sti".into());
    let verdicts = sync(&soren, Cursor::default(), vec![wrote, not_his, changed]).await.verdicts;
    assert!(verdicts[1].reason.is_some());
    soren
}

fn found(dir: &Path, text: &str) -> Vec<(String, String, String)> {
    let said = succeeds(dir, &["person", "find", "--data", ".", "Prøveparken", text]);
    let lines = said.lines().filter(|line| line.contains('\t'));
    lines
        .map(|line| {
            let mut parts = line.split('\t').map(str::to_owned);
            let mut next = || parts.next().unwrap();
            (next(), next(), next())
        })
        .collect()
}

#[tokio::test]
async fn a_person_is_found_wherever_they_stand() {
    let server = TestServer::start().await;
    let soren = known(&server).await;
    let dir = server.data_dir();
    let places = found(&dir, "Soren Holm");
    let is = |part: &str, why: &str, place: &str| {
        assert!(places.iter().any(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str()) == (part, why, place)), "{place}");
    };
    is("member", "own", "member");
    is("device", "own", "device");
    is("row", "own", "member.name");
    is("history", "mentions", "contact.note");
    is("refused", "mentions", "organisation.name");
    assert!(!places.iter().any(|(part, _, place)| part == "row" && place == "contact.note"), "it was changed since");

    let by_number = found(&dir, "+45 20245711");
    assert_eq!(by_number, [("row".to_owned(), "mentions".to_owned(), "contact.note".to_owned())]);
    let by_id = found(&dir, soren.redeemed["member_id"].as_str().unwrap());
    assert!(by_id.iter().any(|(part, _, _)| part == "member") && !by_id.iter().any(|(_, _, p)| p == "contact.note"));
    assert_eq!(found(&dir, "Findes Ikke"), []);
    assert!(fails(&dir, &["person", "find", "--data", ".", "Prøveparken", "a"]).contains("everybody"));
}

#[tokio::test]
async fn what_is_handed_out_has_what_they_wrote_and_no_secrets() {
    let server = TestServer::start().await;
    let soren = known(&server).await;
    let dir = server.data_dir();
    let said = succeeds(&dir, &["person", "export", "--data", ".", "Prøveparken", "søren holm", "../soren.json"]);
    assert!(said.contains("read it before"), "{said}");
    let text = std::fs::read_to_string(dir.join("../soren.json")).unwrap();
    let export: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(export["members"], json!([soren.redeemed["member_id"]]));
    let wrote = |part: &str, value: &str| {
        let findings = export["findings"].as_array().unwrap().iter();
        let mut of_them = findings.filter(|finding| finding["part"] == part && finding["why"] == "wrote");
        of_them.any(|finding| finding["value"] == value && finding["place"] == "map_pin.title")
    };
    assert!(wrote("row", "Meget mørk sti") && wrote("history", "Mørk sti"));
    assert!(!text.contains("_hash") && !text.contains("20 24 57 11"), "nobody's secrets, nobody else's number");

    let audit = succeeds(&dir, &["audit", "--data", "."]);
    let line = audit.lines().last().unwrap();
    assert!(line.contains("person_export") && line.contains(soren.redeemed["member_id"].as_str().unwrap()), "{line}");
    assert!(!audit.to_lowercase().contains("holm"), "{audit}");
}

#[tokio::test]
async fn the_photos_that_they_added_are_handed_out_as_files() {
    let server = TestServer::start().await;
    let soren = known(&server).await;
    let colleague = server.join(Role::Staff).await;
    let theirs = upload(&soren, &jpeg(1, 3_000)).await;
    show(&soren, 1, Scope::Network, &theirs).await;
    show(&soren, 2, Scope::Network, &hash(&jpeg(2, 10))).await;
    let others = upload(&colleague, &jpeg(3, 3_000)).await;
    show(&colleague, 3, Scope::Network, &others).await;

    let dir = server.data_dir();
    let export = ["person", "export", "--data", ".", "Prøveparken", "Søren Holm", "../soren.json"];
    let said = succeeds(&dir, &export);
    assert!(said.contains("soren-photos: 1 photos") && said.contains("1 photos that they added are not"), "{said}");
    let folder = dir.join("../soren-photos");
    assert_eq!(files(&folder), [folder.join(format!("{theirs}.jpg"))]);
    assert_eq!(std::fs::read(&files(&folder)[0]).unwrap(), jpeg(1, 3_000));
    assert!(std::fs::read_to_string(dir.join("../soren.json")).unwrap().contains(&theirs), "it says which it is");

    assert!(fails(&dir, &export).contains("soren-photos"), "into a folder that is there goes nothing");
    let said = succeeds(&dir, &["person", "export", "--data", ".", "Prøveparken", "20245711", "../number.json"]);
    assert!(!said.contains("photos") && !dir.join("../number-photos").exists(), "{said}");
}

/// Whether any file of the server holds the text.
fn anywhere(dir: &Path, text: &str) -> Vec<String> {
    let mut holding = Vec::new();
    for folder in [dir.to_owned(), dir.join("areas")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                holding.push(path.display().to_string());
            }
        }
    }
    holding
}

#[tokio::test]
async fn a_person_is_erased_everywhere_and_does_not_come_back_with_a_backup() {
    let server = TestServer::start().await;
    let soren = known(&server).await;
    let desk = server.join(Role::Coordinator).await;
    let dir = server.data_dir();
    succeeds(&dir, &["backup", "--data", ".", "--to", "../all.tar"]);
    succeeds(&dir, &["area", "export", "--data", ".", "Prøveparken", "../area.tar"]);
    let contact = succeeds(&dir, &["person", "find", "--data", ".", "Prøveparken", "20245711"]);
    let contact = contact.split('\t').nth(3).unwrap().to_owned();
    let mut stream = desk.request(Method::GET, "/api/v1/poke").send().await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "alive\n");

    let erase = |more: &[&str]| {
        let args = ["person", "erase", "--data", ".", "Prøveparken", "Søren Holm", "--yes"];
        succeeds(&dir, &[&args[..], more].concat())
    };
    let said = erase(&[]);
    assert!(said.starts_with("2 rows are erased; 1 places still name them"), "{said}");
    let poke = timeout(Duration::from_secs(20), stream.chunk()).await.expect("the devices hear of it");
    assert_eq!(poke.unwrap().unwrap(), "changed\n");
    soren.get("/api/v1/devices").await.expect_error(401, "revoked");
    let said = erase(&["--row", &contact]);
    assert!(said.starts_with("1 rows are erased; 0 places"), "{said}");
    let other =
        fails(&dir, &["person", "erase", "--data", ".", "Prøveparken", "Prøve Person", "--yes", "--row", &contact]);
    assert!(other.contains("none of the rows"), "{other}");
    assert_eq!(found(&dir, "Søren Holm"), []);
    succeeds(&dir, &["check", "--data", "."]);
    let data = server.stop().await;
    let dir = data.path().join("data");
    for text in ["Holm", "soeren holm", "20 24 57 11"] {
        assert_eq!(anywhere(&dir, text), Vec::<String>::new(), "{text}");
    }

    succeeds(&dir, &["restore", "--data", ".", "--from", "../all.tar"]);
    assert_eq!(found(&dir, "Søren Holm"), []);
    for text in ["Holm", "soeren holm", "20 24 57 11"] {
        assert_eq!(anywhere(&dir, text), Vec::<String>::new(), "{text} came back");
    }
    succeeds(&dir, &["check", "--data", "."]);

    succeeds(&dir, &["area", "delete", "--data", ".", "Prøveparken", "--yes"]);
    succeeds(&dir, &["area", "import", "--data", ".", "../area.tar"]);
    assert_eq!(found(&dir, "Søren Holm"), []);
    for text in ["Holm", "soeren holm", "20 24 57 11"] {
        assert_eq!(anywhere(&dir, text), Vec::<String>::new(), "{text} came back with the area");
    }
    succeeds(&dir, &["check", "--data", "."]);
}
