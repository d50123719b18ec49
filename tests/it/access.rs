//! Who may read and change what is decided by the server, whatever a client says.

use std::collections::BTreeSet;
use trygkort_core::domain::schema::{card_cell, channel, contact, problem};
use trygkort_core::domain::{Entity, Role, RowId, Scope, Value};
use trygkort_core::ipc::{GetCard, PinForm};
use trygkort_core::wire::v1::{Cursor, Outcome, Page, Reason};
use trygkort_tests::raw::{RawDevice, change, new_row, somewhere};
use trygkort_tests::{Device, TestServer};

/// Texts and row ids that stand in some scope above `public` and nowhere in `public`.
fn secrets(pages: &[Page]) -> (BTreeSet<String>, BTreeSet<RowId>) {
    let (mut hidden, mut shown) = ((BTreeSet::new(), BTreeSet::new()), (BTreeSet::new(), BTreeSet::new()));
    for scope in pages.iter().flat_map(|page| &page.entries).flat_map(|entry| &entry.scopes) {
        let (texts, rows) = if scope.scope == Scope::Public.number() { &mut shown } else { &mut hidden };
        for row in &scope.rows {
            rows.insert(row.row.0);
            // A choice or a short word may well stand in a public row too, with another meaning.
            let values = row.fields.iter().map(|field| field.value.text()).filter(|text| text.chars().count() > 11);
            texts.extend(values.map(str::to_owned));
        }
    }
    let texts = hidden.0.difference(&shown.0).filter(|text| !shown.0.iter().any(|other| other.contains(*text)));
    (texts.cloned().collect(), hidden.1.difference(&shown.1).copied().collect())
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn residents_and_participants_are_never_sent_a_row_outside_their_scopes() {
    let server = TestServer::demo().await;
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    for role in [Role::Resident, Role::Participant] {
        let mut guest = Device::joined(&server.invite(role).await).await;
        assert_eq!(guest.ask(GetCard {}).await.unwrap().problems.len(), 6, "{role}: the card is for everyone");

        // Things happen while the guest is there: new rows, rows that leave and rows that come.
        for scope in [Scope::Network, Scope::Coordination] {
            let title = format!("Kun for {scope:?} ({role})");
            desk.save_pin(None, |pin| {
                *pin = PinForm { title, scope, position: Some((55.638, 12.165)), ..pin.clone() };
            })
            .await
            .unwrap();
        }
        let public = desk.pin("Bøgeskolen").await.expect("a public pin");
        desk.save_pin(Some(public.id), |pin| pin.scope = Scope::Network).await.unwrap();
        desk.save_pin(Some(public.id), |pin| pin.note = format!("skrevet, mens {role} ikke så det")).await.unwrap();
        desk.sync().await;
        guest.sync().await;
        assert!(guest.pin("Bøgeskolen").await.is_none(), "{role}: a row that left is forgotten");
        desk.save_pin(Some(public.id), |pin| {
            pin.scope = Scope::Public;
            pin.note = "Åben for alle igen".to_owned();
        })
        .await
        .unwrap();
        desk.sync().await;
        guest.sync().await;
        assert_eq!(guest.pin("Bøgeskolen").await.expect("it came back").note, "Åben for alle igen");

        let everything = RawDevice::join(&server.invite(Role::Coordinator).await).await.read_all().await;
        let (texts, rows) = secrets(&everything);
        assert!(texts.len() > 50 && rows.len() > 30, "there is much to hide: {} texts", texts.len());
        assert!(texts.iter().any(|text| text == "Camilla Østergaard Juhl"));
        let stranger = RawDevice::join(&server.invite(role).await).await;
        let mut answers = std::mem::take(&mut guest.traffic.answers);
        for path in ["/api/v1/devices", "/api/v1/basemap", "/api/openapi.json", "/healthz", "/api/v1/invitations"] {
            answers.push(stranger.get(path).await.1);
        }
        // A cursor that claims to have read other scopes gets nothing of them either.
        let page = &everything[everything.len() - 1];
        for position in [0, 1, page.to / 2] {
            let cursor = Cursor { position, scopes: page.heads.clone(), ..Default::default() };
            answers.push(stranger.exchange_bytes(cursor, Vec::new()).await);
        }
        answers.push(guest.into_bytes());
        for answer in &answers {
            for text in &texts {
                assert!(!contains(answer, text.as_bytes()), "{role} was sent a text of another scope");
            }
        }
        // A row that was public once is named again when it leaves; any other is not even named.
        for row in rows.iter().filter(|row| **row != public.id.0) {
            assert!(!answers.iter().any(|answer| contains(answer, row.0.as_bytes())), "{role} was told of {row:?}");
        }
    }
}

#[tokio::test]
async fn a_staff_token_that_pushes_a_change_of_the_card_is_rejected() {
    let server = TestServer::demo().await;
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    let card = desk.ask(GetCard {}).await.unwrap();
    let lighting = card.problems.iter().find(|tile| tile.name == "Dårlig belysning").unwrap();
    let housing_plan = desk.contact_id("Helhedsplanen").await;
    let number = desk.contact("Ejendomskontoret").await.channels[0].id;

    let mut staff = RawDevice::join(&server.invite(Role::Staff).await).await;
    let text = |text: &str| Value::from(text);
    let rename = staff.action(Entity::Problem, lighting.id.0, Scope::Public, vec![(problem::name, text("Narret"))]);
    let cell = vec![
        (card_cell::problem, Value::Row(lighting.id.0)),
        (card_cell::contact, Value::Row(housing_plan.0)),
        (card_cell::on, Value::Bool(true)),
    ];
    let tick = staff.action(Entity::CardCell, new_row(), Scope::Public, cell);
    let renumber = staff.action(Entity::Channel, number.0, Scope::Public, vec![(channel::value, text("+4532570000"))]);
    let rename_contact =
        staff.action(Entity::Contact, housing_plan.0, Scope::Public, vec![(contact::name, text("Narret"))]);
    // One allowed row does not carry a forbidden one in.
    let pin = vec![(2, text("location")), (3, text("Smuglerpakke")), (5, somewhere(1))];
    let smuggled = staff.action_on(vec![
        change(Entity::MapPin, new_row(), Scope::Network, pin),
        change(Entity::Problem, lighting.id.0, Scope::Public, vec![(problem::name, text("Narret"))]),
    ]);
    let upwards = vec![(2, text("location")), (3, text("Opad")), (5, somewhere(2))];
    let upwards = staff.action(Entity::MapPin, new_row(), Scope::Coordination, upwards);
    let honest = vec![(2, text("location")), (3, text("Ærlig markering")), (5, somewhere(3))];
    let honest = staff.action(Entity::MapPin, new_row(), Scope::Network, honest);

    let forbidden = vec![rename, tick, renumber, rename_contact, smuggled, upwards];
    let count = forbidden.len();
    let actions = forbidden.into_iter().chain([honest]).collect();
    let response = staff.exchange(Cursor::default(), actions).await;
    let outcomes: Vec<_> = response.verdicts.iter().map(|verdict| (verdict.outcome, verdict.reason)).collect();
    let mut expected = vec![(Outcome::Rejected, Some(Reason::Permission)); count];
    expected.push((Outcome::Applied, None));
    assert_eq!(outcomes, expected, "each is refused, and none blocks the honest one behind it");

    Device::expect_settled(&desk.sync().await);
    assert_eq!(desk.ask(GetCard {}).await.unwrap(), card, "the card is as it was");
    assert_eq!(desk.contact("Ejendomskontoret").await.channels[0].display, "32 57 10 00");
    assert!(desk.pin("Ærlig markering").await.is_some());
    assert!(desk.pin("Smuglerpakke").await.is_none() && desk.pin("Opad").await.is_none());
}

#[tokio::test]
async fn residents_and_participants_change_nothing_and_report_what_they_see() {
    let server = TestServer::demo().await;
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    let number = desk.contact("Ejendomskontoret").await.channels[0].id;
    for role in [Role::Resident, Role::Participant] {
        let mut guest = RawDevice::join(&server.invite(role).await).await;
        let pin = vec![(2, Value::from("location")), (3, Value::from("Gæst")), (5, somewhere(4))];
        let pins =
            [Scope::Public, Scope::Network].map(|scope| guest.action(Entity::MapPin, new_row(), scope, pin.clone()));
        let report = guest.action(
            Entity::Channel,
            number.0,
            Scope::Public,
            vec![(channel::reported_at, Value::Int(1_800_000_000_000))],
        );
        let response = guest.exchange(Cursor::default(), pins.into_iter().chain([report]).collect()).await;
        let outcomes: Vec<_> = response.verdicts.iter().map(|verdict| verdict.outcome).collect();
        assert_eq!(outcomes, [Outcome::Rejected, Outcome::Rejected, Outcome::Applied], "{role}");
    }
    desk.sync().await;
    assert!(desk.contact("Ejendomskontoret").await.channels[0].reported_at_ms.is_some());
    assert!(desk.pin("Gæst").await.is_none());
}
