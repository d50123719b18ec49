//! Members, devices and invitations as the area's log shows them, over HTTP.

use crate::harness::{TestDevice, TestServer};
use crate::sync::{read_all, request, sync};
use reqwest::Method;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Duration;
use tokio::time::timeout;
use trygkort_core::domain::schema::{DELETED_AT, device, invitation, member};
use trygkort_core::domain::{Entity, FieldId, Role, RowId, Scope, Value};
use trygkort_core::wire::v1::{Action, Cursor, FieldChange, Outcome, Reason, RowChange, WireId};
use trygkort_core::wire::{CONTENT_TYPE, to_bytes};
use trygkort_server::{Config, InvitationSpec, Server};
use uuid::Uuid;

/// A mirror as a device would hold it.
#[derive(Clone)]
struct Mirror {
    entity: Entity,
    scope: u32,
    fields: BTreeMap<FieldId, Value>,
}

impl Mirror {
    fn text(&self, field: FieldId) -> &str {
        self.fields[&field].text()
    }

    fn int(&self, field: FieldId) -> Option<i64> {
        self.fields.get(&field).and_then(Value::int)
    }
}

/// Every mirror that a device may read.
async fn mirrors(reader: &TestDevice<'_>) -> BTreeMap<RowId, Mirror> {
    reader.server.server.mirrored().await.unwrap();
    let mut mirrors: BTreeMap<RowId, Mirror> = BTreeMap::new();
    let (pages, _) = read_all(reader).await;
    for part in pages.iter().flat_map(|page| &page.entries).flat_map(|entry| &entry.scopes) {
        for row in &part.rows {
            let Some(entity) = Entity::from_number(row.entity).filter(|entity| entity.is_mirror()) else { continue };
            let new = || Mirror { entity, scope: part.scope, fields: BTreeMap::new() };
            let mirror = mirrors.entry(row.row.0).or_insert_with(new);
            mirror.fields.extend(row.fields.iter().map(|field| (field.field, field.value.clone())));
        }
    }
    mirrors
}

fn of<'a>(mirrors: &'a BTreeMap<RowId, Mirror>, id: &Json) -> &'a Mirror {
    &mirrors[&row_id(id)]
}

fn row_id(id: &Json) -> RowId {
    id.as_str().unwrap().parse().unwrap()
}

fn count(mirrors: &BTreeMap<RowId, Mirror>, entity: Entity) -> usize {
    mirrors.values().filter(|mirror| mirror.entity == entity).count()
}

#[tokio::test]
async fn coordinators_see_who_is_here_with_what_and_who_was_invited() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let resident = server.join(Role::Resident).await;
    let issued = desk.post("/api/v1/invitations", json!({"role": "staff", "uses": 3, "expires_hours": 48})).await;
    let issued = issued.expect(200);
    let janitor = server.join_by(issued["link"].as_str().unwrap().split_once('#').unwrap().1).await;

    let seen = mirrors(&desk).await;
    for (joined, role, scope) in [(&desk, "coordinator", 1), (&resident, "resident", 2), (&janitor, "staff", 1)] {
        let member = of(&seen, &joined.redeemed["member_id"]);
        assert_eq!((member.text(member::name), member.text(member::role)), ("Prøve Person", role));
        assert!(member.int(member::joined_at).unwrap() > 1_700_000_000_000);
        let device = of(&seen, &joined.redeemed["device_id"]);
        assert_eq!(device.text(device::name), "Telefon");
        assert_eq!(device.fields[&device::member].row(), Some(row_id(&joined.redeemed["member_id"])));
        assert_eq!(device.int(device::origin), joined.redeemed["origin"].as_i64());
        assert_eq!((member.scope, device.scope), (scope, scope), "{role}");
    }
    let invitation = of(&seen, &issued["id"]);
    assert_eq!((invitation.text(invitation::role), invitation.scope), ("staff", 2));
    assert_eq!((invitation.int(invitation::uses), invitation.int(invitation::uses_left)), (Some(3), Some(2)));
    assert_eq!(invitation.int(invitation::expires_at), issued["expires_at_ms"].as_i64());
    assert_eq!(count(&seen, Entity::Invitation), 3, "and the two that were redeemed first");

    let network = mirrors(&janitor).await;
    assert_eq!((count(&network, Entity::Member), count(&network, Entity::Device)), (2, 2), "colleagues");
    assert_eq!(count(&network, Entity::Invitation), 0);
}

#[tokio::test]
async fn what_changes_is_mirrored_and_the_others_hear_of_it() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let mut stream = desk.request(Method::GET, "/api/v1/poke").send().await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "alive\n");
    let janitor = server.join(Role::Staff).await;
    let poke = timeout(Duration::from_secs(5), stream.chunk()).await.expect("a poke in time");
    assert_eq!(poke.unwrap().unwrap(), "changed\n");

    let path = format!("/api/v1/devices/{}", janitor.id());
    janitor.patch(&path, json!({"name": "Vagttelefon"})).await.expect(204);
    assert_eq!(of(&mirrors(&desk).await, &janitor.redeemed["device_id"]).text(device::name), "Vagttelefon");
    janitor.delete(&path).await.expect(204);
    let locked_out = mirrors(&desk).await;
    assert!(of(&locked_out, &janitor.redeemed["device_id"]).int(device::revoked_at).is_some());

    let issued = desk.post("/api/v1/invitations", json!({"role": "staff", "uses": 1, "expires_hours": 1})).await;
    let id = issued.expect(200)["id"].clone();
    assert_eq!(of(&mirrors(&desk).await, &id).int(invitation::revoked_at), None);
    desk.delete(&format!("/api/v1/invitations/{}", id.as_str().unwrap())).await.expect(204);
    assert!(of(&mirrors(&desk).await, &id).int(invitation::revoked_at).is_some());
}

#[tokio::test]
async fn hand_overs_and_the_demos_own_invitations_are_not_mirrored_and_being_seen_is_no_change() {
    let server = TestServer::start_with(|config| config.demo = true).await;
    let invitations = server.server.demo_invitations().await.unwrap();
    let demo = invitations.iter().find(|invitation| invitation.role == Role::Coordinator).unwrap();
    let phone = server.join_by(demo.secret.expose()).await;
    let link = phone.post("/api/v1/hand-over", json!({})).await.expect(200);
    let tablet = server.join_by(link["link"].as_str().unwrap().split_once('#').unwrap().1).await;

    let seen = mirrors(&tablet).await;
    let counts = [Entity::Member, Entity::Device, Entity::Invitation].map(|entity| count(&seen, entity));
    assert_eq!(counts, [1, 2, 0]);
    let (_, cursor) = read_all(&tablet).await;
    server.server.demo_invitations().await.unwrap();
    server.server.mirrored().await.unwrap();
    assert_eq!(sync(&phone, cursor.clone(), Vec::new()).await.page.to, cursor.position);
}

#[tokio::test]
async fn residents_and_participants_are_never_sent_one() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    for role in [Role::Resident, Role::Participant] {
        let guest = server.join(role).await;
        assert!(mirrors(&guest).await.is_empty(), "{role}");
        let body = to_bytes(&request(&guest, Cursor::default(), Vec::new()));
        let post = guest.request(Method::POST, "/api/v1/sync").header("content-type", CONTENT_TYPE).body(body);
        let bytes = post.send().await.unwrap().bytes().await.unwrap();
        let sent = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(sent("Prøveparken".as_bytes()) && !sent("Prøve Person".as_bytes()), "{role}");
        for id in ["member_id", "device_id"].map(|field| row_id(&desk.redeemed[field])) {
            assert!(!sent(id.0.as_bytes()), "{role}");
        }
    }
}

#[tokio::test]
async fn not_even_a_coordinators_token_writes_one() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let before = mirrors(&desk).await;
    let [own_member, own_device] = ["member_id", "device_id"].map(|field| row_id(&desk.redeemed[field]));
    let invitation_id = *before.iter().find(|(_, mirror)| mirror.entity == Entity::Invitation).unwrap().0;
    let forged = |entity: Entity, row, fields: Vec<(FieldId, Value)>| RowChange {
        entity: entity.number(),
        row: WireId(row),
        scope: Scope::Network.number(),
        move_to: None,
        fields: fields.into_iter().map(|(field, value)| FieldChange { field, value, base: None }).collect(),
    };
    let promoted =
        vec![(member::name, "Narret".into()), (member::role, "coordinator".into()), (member::joined_at, Value::Int(1))];
    let rows = [
        forged(Entity::Member, own_member, vec![(member::name, "Narret".into())]),
        forged(Entity::Member, RowId(Uuid::now_v7()), promoted),
        forged(Entity::Device, own_device, vec![(device::origin, Value::Int(99))]),
        forged(Entity::Device, own_device, vec![(DELETED_AT, Value::Int(1))]),
        forged(Entity::Invitation, invitation_id, vec![(invitation::uses_left, Value::Int(500))]),
        RowChange { move_to: Some(Scope::Public.number()), ..forged(Entity::Member, own_member, Vec::new()) },
    ];
    let actions = (0..).zip(rows).map(|(number, row)| Action {
        counter: 1 + number * 5,
        hlc: 1,
        seen: 0,
        all_or_nothing: None,
        rows: vec![row],
    });
    let verdicts = sync(&desk, Cursor::default(), actions.collect()).await.verdicts;
    assert_eq!(verdicts.len(), 6);
    for verdict in verdicts {
        assert_eq!((verdict.outcome, verdict.reason), (Outcome::Rejected, Some(Reason::Permission)));
    }
    let after = mirrors(&desk).await;
    assert_eq!(of(&after, &desk.redeemed["member_id"]).text(member::name), "Prøve Person");
    assert_eq!(after.len(), before.len());
}

#[tokio::test]
async fn an_area_whose_file_is_held_delays_nobody_and_is_mirrored_later() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let secret = server.invite(Role::Staff).await;
    server.server.mirrored().await.unwrap();
    let area = rusqlite::Connection::open(server.data_dir().join(format!("areas/{}.db", server.area))).unwrap();
    area.execute_batch("BEGIN IMMEDIATE").unwrap();
    let redeemed =
        timeout(Duration::from_secs(2), server.redeem(&secret)).await.expect("an answer in time").expect(200);
    area.execute_batch("COMMIT").unwrap();
    assert_eq!(of(&mirrors(&desk).await, &redeemed["member_id"]).text(member::role), "staff");
}

#[tokio::test]
async fn an_area_that_could_not_be_mirrored_is_tried_again() {
    let server = TestServer::start().await;
    let file = server.data_dir().join(format!("areas/{}.db", server.area));
    let aside = server.data_dir().join("aside.db");
    std::fs::rename(&file, &aside).unwrap();
    let redeemed = server.redeem(&server.invite(Role::Coordinator).await).await.expect(200);
    let missed = timeout(Duration::from_millis(300), server.server.mirrored()).await;
    assert!(missed.is_err(), "the mark stays");

    std::fs::rename(&aside, &file).unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    timeout(Duration::from_secs(10), server.server.mirrored()).await.expect("in time").unwrap();
    let desk = TestDevice { server: &server, token: redeemed["token"].as_str().unwrap().to_owned(), redeemed };
    assert_eq!(count(&mirrors(&desk).await, Entity::Member), 1);
}

#[tokio::test]
async fn what_was_left_undone_is_mirrored_at_the_next_start() {
    let server = TestServer::start().await;
    let token = server.join(Role::Coordinator).await.token;
    let area = server.area;
    let data = server.stop().await;
    let control = rusqlite::Connection::open(data.path().join("data/control.db")).unwrap();
    let due =
        || control.query_row("SELECT COUNT(*) FROM mirrors WHERE mirrored < changed", [], |row| row.get::<_, u32>(0));
    assert_eq!(due().unwrap(), 0);
    control.execute("UPDATE members SET name = 'Navneskift'", []).unwrap();
    assert_eq!(due().unwrap(), 1, "whoever makes the change");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server::open(&Config::new(data.path().join("data")), listener).unwrap();
    let serving = tokio::spawn(server.clone().serve(std::future::pending()));
    timeout(Duration::from_secs(10), server.mirrored()).await.expect("in time").unwrap();
    assert_eq!(due().unwrap(), 0);
    let post = crate::harness::client().post(format!("{}/api/v1/sync", server.local_url())).bearer_auth(token);
    let request = trygkort_core::wire::v1::SyncRequest {
        version: trygkort_core::wire::VERSION,
        origin: 1,
        cursor: Cursor::default(),
        actions: Vec::new(),
        ..Default::default()
    };
    let answer = post.header("content-type", CONTENT_TYPE).body(to_bytes(&request)).send().await.unwrap();
    let name = "Navneskift".as_bytes();
    assert!(answer.bytes().await.unwrap().windows(name.len()).any(|window| window == name), "area {area}");
    serving.abort();
}

#[tokio::test]
async fn a_crowd_is_mirrored_whole() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let spec = InvitationSpec { uses: 100, ..InvitationSpec::new(Role::Participant) };
    let secret = server.invite_as(spec).await;
    let crowd = futures::future::join_all((0..100).map(|_| server.redeem(&secret))).await;
    assert!(crowd.iter().all(|reply| reply.status == 200));
    let seen = mirrors(&desk).await;
    assert_eq!((count(&seen, Entity::Member), count(&seen, Entity::Device)), (101, 101));
}
