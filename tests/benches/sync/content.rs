//! Much of everything, pushed as devices push: one action for each pin or contact, in requests below 1 MiB.

use trygkort_core::domain::schema::{channel, contact, map_pin};
use trygkort_core::domain::{Entity, Scope, Value};
use trygkort_core::wire::to_bytes;
use trygkort_core::wire::v1::{Action, Cursor, Outcome};
use trygkort_tests::raw::{RawDevice, change, new_row, somewhere};

/// Well below the server's limit of 1 MiB.
const REQUEST_BYTES: usize = 900_000;
/// Seven changes for each contact with its number, below the limit of 500 for an action.
const ROWS_PER_ACTION: usize = 140;

const FIRST: [&str; 16] = [
    "Søren", "Åse", "Fatma", "Jørgen", "Khadija", "Piotr", "Mette", "Henrik", "Leyla", "Samir", "Bodil", "Yusuf",
    "Ingrid", "Zofia", "Lars", "Amina",
];
const LAST: [&str; 16] = [
    "Ødegaard",
    "Lindholm",
    "Yildiz",
    "Aagaard",
    "Hassan",
    "Kowalczyk",
    "Æbelø",
    "Dalgård",
    "Özdemir",
    "El-Khatib",
    "Ravnkilde",
    "Demir",
    "Thøgersen",
    "Nowak",
    "Brandt",
    "Haddad",
];
const ROLES: [&str; 5] = ["Ejendomsfunktionær", "Drift og vedligehold", "Vagt", "Gademedarbejder", "Hjemmepleje"];
const WORDS: [&str; 32] = [
    "mørkt",
    "stien",
    "lygten",
    "bænken",
    "efter",
    "skolen",
    "mange",
    "eftermiddag",
    "vinduerne",
    "trappen",
    "mangler",
    "blinker",
    "legepladsen",
    "torvet",
    "børn",
    "ældre",
    "møder",
    "hinanden",
    "aften",
    "hæk",
    "overblik",
    "skjult",
    "vaskeriet",
    "parkering",
    "knallerter",
    "glas",
    "fodbold",
    "vagt",
    "hver",
    "fredag",
    "klokken",
    "træer",
];

/// A sentence of eight words that is another for nearly every number, as people's are.
fn sentence(number: u32) -> String {
    let mut state = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let words = (0..8).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        WORDS[usize::try_from(state >> 59).expect("five bits")]
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Pins with a title, a note and a place of their own.
pub(crate) async fn push_pins(device: &mut RawDevice, count: u32) {
    let mut actions = Vec::new();
    for number in 0..count {
        let category = if number % 3 == 0 { "location" } else { "place" };
        let fields = vec![
            (map_pin::category, Value::from(category)),
            (map_pin::title, Value::from(format!("Markering {number}"))),
            (map_pin::note, Value::from(sentence(number))),
            (map_pin::position, somewhere(number)),
        ];
        actions.push(device.action(Entity::MapPin, new_row(), Scope::Network, fields));
    }
    push(device, actions).await;
}

/// Contacts with a name, a role, hours and a telephone number each, in actions as an import makes them.
pub(crate) async fn push_contacts(device: &mut RawDevice, count: u32) {
    let (mut actions, mut rows) = (Vec::new(), Vec::new());
    for number in 0..count {
        let n = number as usize;
        let row = new_row();
        let person = vec![
            (contact::name, Value::from(format!("{} {}", FIRST[n % 16], LAST[n / 16 % 16]))),
            (contact::role, Value::from(format!("{}, Blok {}", ROLES[n % 5], n / 256))),
            (contact::hours, Value::from("Mo-Fr 07:00-15:00; PH off")),
        ];
        let telephone = vec![
            (channel::contact, Value::Row(row)),
            (channel::kind, Value::from("phone")),
            (channel::label, Value::from("Kontor")),
            (channel::value, Value::from(format!("+45{}", 30_000_000 + number))),
        ];
        rows.push(change(Entity::Contact, row, Scope::Network, person));
        rows.push(change(Entity::Channel, new_row(), Scope::Network, telephone));
        if rows.len() >= ROWS_PER_ACTION || number + 1 == count {
            actions.push(device.action_on(std::mem::take(&mut rows)));
        }
    }
    push(device, actions).await;
}

async fn push(device: &RawDevice, actions: Vec<Action>) {
    let mut cursor = Cursor::default();
    let (mut batch, mut bytes) = (Vec::new(), 0);
    let mut actions = actions.into_iter().peekable();
    while let Some(action) = actions.next() {
        bytes += to_bytes(&action).len();
        batch.push(action);
        if bytes > REQUEST_BYTES || actions.peek().is_none() {
            let answer = device.exchange(cursor, std::mem::take(&mut batch)).await;
            assert!(answer.verdicts.iter().all(|verdict| verdict.outcome == Outcome::Applied));
            cursor = Cursor { position: answer.page.to, scopes: answer.page.heads, ..Default::default() };
            bytes = 0;
        }
    }
}
