//! Examples that another client can be tried on: `docs/vectors/*.json`. Each is made anew and compared with the file;
//! with `TRYGKORT_WRITE_VECTORS=1` the files are written instead.

use crate::devices::{area, row};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use trygkort_core::domain::{ChangeId, Position, Scope, Value};
use trygkort_core::merge::{Register, RowState, Stamp};
use trygkort_core::seal;
use trygkort_core::snapshot::Snapshot;
use trygkort_core::wire::v1::{
    Action, Cursor, Entry, FieldChange, Judged, LogField, LogRow, Page, Push, RowChange, ScopeRows, ScopeSeq,
    SyncRequest, WireId,
};
use trygkort_core::wire::{from_bytes, to_bytes};

mod carrying;
mod copying;
mod judging;
mod merging;
mod restoring;
mod setting_aside;

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares with the file, or writes it.
fn check(name: &str, vectors: &Json) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/vectors").join(format!("{name}.json"));
    let text = format!("{vectors:#}\n");
    if std::env::var_os("TRYGKORT_WRITE_VECTORS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    } else {
        assert_eq!(std::fs::read_to_string(path).unwrap(), text, "{name}: what was agreed once does not change");
    }
}

/// A row as the log has made it. A value is its CBOR item.
fn told(row: &RowState) -> Json {
    let field = |(field, held): (&u16, &Register)| {
        let Stamp { effective, id } = held.stamp;
        json!({
            "field": field, "value": hex(to_bytes(&held.value)), "effective": effective, "origin": id.origin,
            "counter": id.counter,
        })
    };
    let fields: Vec<Json> = row.fields.iter().map(field).collect();
    json!({
        "entity": row.entity, "row": row.row.to_string(), "scope": row.scope.number(), "created_by": row.created_by,
        "fields": fields,
    })
}

fn log_row(n: u128, title: &str) -> LogRow {
    let fields = vec![LogField { field: 3, value: title.into(), index: 0, stamp: None }];
    LogRow { entity: 7, row: WireId(row(n)), withdrawn: false, fields, created_by: None, erased: None }
}

fn entry() -> Entry {
    let rows = vec![log_row(1, "Mørk sti").into(), log_row(2, "Bænk").into()];
    let part = ScopeRows { scope: 1, first_seq: 1, rows, salt: Some([0x5a; 16].into()), seals: None, salt_seed: None };
    Entry {
        position: 1,
        origin: 3,
        counter: 1,
        effective: 1_795_162_440_000,
        hlc: 1_795_162_440_500,
        scopes: vec![part],
    }
}

#[test]
fn the_chain_of_a_scope() {
    let entry = entry();
    let part = &entry.scopes[0];
    let salt = [0x5a; 16];
    let genesis = seal::genesis(area(), 1);
    let rows = (0..).zip(&part.rows).map(|(index, row)| {
        let key = seal::row_key(&salt, index);
        json!({ "row": hex(row.bytes()), "key": hex(key), "leaf": hex(seal::leaf(&key, row.bytes())) })
    });
    let rows: Vec<Json> = rows.collect();
    let hash = seal::link_part(&genesis, &entry, part).unwrap();
    let mut erased = part.clone();
    assert!(seal::erase(entry.position, &mut erased, row(1)));
    assert_eq!(seal::link_part(&genesis, &entry, &erased), Some(hash), "erasing changes no hash");
    check(
        "chain",
        &json!({
            "about": "one entry with two rows in scope 1, as the first of its chain",
            "area": area().to_string(), "scope": 1, "genesis": hex(genesis), "salt": hex(salt), "rows": rows,
            "entry": hex(to_bytes(&entry)), "hash": hex(hash),
            "part_after_erasing_the_first_row": hex(to_bytes(&erased)), "hash_after_erasing": hex(hash),
        }),
    );
}

#[test]
fn salts_from_a_seed() {
    let seed = [0x5a; 16];
    let mut entry = Entry { position: 70, ..entry() };
    entry.scopes[0].salt_seed = entry.scopes[0].salt.take();
    let genesis = seal::genesis(area(), 1);
    let hash = seal::link_part(&genesis, &entry, &entry.scopes[0]).unwrap();
    let mut salted = entry.scopes[0].clone();
    assert!(seal::spell_out(70, &mut salted));
    assert_eq!(seal::link_part(&genesis, &entry, &salted), Some(hash), "a seed and its salt say the same");
    let reach = seal::seed_reach(70);
    check(
        "seed",
        &json!({
            "about": "the entry of chain.json at position 70, with a seed in the place of its salt",
            "area": area().to_string(), "scope": 1, "genesis": hex(genesis), "salt_seed": hex(seed),
            "salt": hex(seal::salt_at(&seed, 70)), "entry": hex(to_bytes(&entry)), "hash": hex(hash),
            "part_with_its_salt": hex(to_bytes(&salted)), "positions_that_may_share_the_seed": [reach.start(), reach.end()],
        }),
    );
}

#[test]
fn a_folded_page() {
    let seed = Some([0x5a; 16].into());
    let part = |scope, first_seq, salt_seed| ScopeRows {
        scope,
        first_seq,
        rows: vec![log_row(u128::from(first_seq), "Bænk").into()],
        salt: None,
        seals: None,
        salt_seed,
    };
    let salted = ScopeRows { salt: Some([0x11; 16].into()), ..part(1, 6, None) };
    let at = |position, origin, counter, effective: u64, hlc: u64, scopes| Entry {
        position,
        origin,
        counter,
        effective: 1_795_162_440_000 + effective,
        hlc: 1_795_162_440_000 + hlc,
        scopes,
    };
    let entries = vec![
        at(41, 3, 12, 5, 5, vec![part(0, 9, seed), part(1, 4, seed)]),
        at(42, 3, 13, 9, 9, vec![part(1, 5, seed)]),
        at(45, 8, 1, 7, 2, vec![salted]),
        at(46, 3, 15, 10, 12, vec![part(0, 10, Some([0x22; 16].into())), part(1, 7, seed)]),
    ];
    let page = Page { from: 40, to: 46, entries, ..Page::default() };
    let mut folded = page.clone();
    folded.fold();
    check(
        "folded",
        &json!({
            "about": "one page as it is sent to who speaks 4, and to who speaks 5",
            "page": hex(to_bytes(&page)), "folded": hex(to_bytes(&folded)),
        }),
    );
    folded.unfold();
    assert_eq!(folded, page);
}

#[test]
fn the_chain_of_a_walks_scope() {
    let mac = |scope: u32, hash: [u8; 32]| {
        let head = |scope, hash: [u8; 32]| ScopeSeq { scope, seq: 2, hash: Some(hash.into()) };
        let scopes = vec![head(0, [0x11; 32]), head(scope, hash)];
        seal::cursor_mac(&[7; 32], area(), &Cursor { position: 1, scopes, epoch: Some(1), mac: None }).unwrap()
    };
    let chain = |scope: u32| {
        let mut entry = entry();
        entry.scopes[0].scope = scope;
        let genesis = seal::genesis(area(), scope);
        let hash = seal::link_part(&genesis, &entry, &entry.scopes[0]).unwrap();
        let walk = Scope::from_number(scope).and_then(Scope::walk);
        json!({
            "walk": walk, "scope": scope, "genesis": hex(genesis), "entry": hex(to_bytes(&entry)), "hash": hex(hash),
            "mac": hex(mac(scope, hash)),
        })
    };
    let about = "the entry of chain.json in the scopes of two walks, each as the first of its chain, and the seal on the \
                 cursor at position 1 of epoch 1 that has number 2 of scope 0, under public_hash, and of the walk";
    check(
        "walk",
        &json!({
            "about": about, "area": area().to_string(), "key": hex([7; 32]), "public_hash": hex([0x11; 32]),
            "chains": [chain(19), chain(316)],
        }),
    );
}

#[test]
fn the_seal_on_a_cursor() {
    let head = |scope, seq, byte: u8| ScopeSeq { scope, seq, hash: Some([byte; 32].into()) };
    let mut cursor =
        Cursor { position: 8, scopes: vec![head(0, 6, 0x11), head(1, 2, 0x22)], epoch: Some(1), mac: None };
    let mac = seal::cursor_mac(&[7; 32], area(), &cursor).unwrap();
    cursor.mac = Some(mac.into());
    check(
        "cursor",
        &json!({
            "about": "what the server seals a cursor with; only the server has the key",
            "area": area().to_string(), "key": hex([7; 32]), "mac": hex(mac), "cursor": hex(to_bytes(&cursor)),
        }),
    );
}

#[test]
fn the_signature_on_a_push() {
    let fields = vec![FieldChange { field: 3, value: "Sø".into(), base: None }];
    let rows = vec![RowChange { entity: 7, row: WireId(row(1)), scope: 1, move_to: None, fields }];
    let action = Action { counter: 9, hlc: 1_795_162_440_000, seen: 7, all_or_nothing: None, rows };
    let (seed, salt, hash) = ([3; 32], [4; 16], seal::action_hash(&action));
    let after = Judged { end: 9, hash: [5; 32].into() };
    let digest = seal::push_digest(area(), 3, Some(&after), &salt, &[hash]);
    let first = seal::push_digest(area(), 3, None, &salt, &[hash]);
    let signature = seal::sign(&seed, &digest);
    assert!(seal::is_signed(&seal::public_key(&seed), &digest, &signature));
    let push = Push { after: Some(after), salt: salt.into(), signature: Some(signature.into()) };
    let request = SyncRequest {
        version: 1,
        origin: 3,
        cursor: Cursor { position: 7, ..Cursor::default() },
        actions: vec![action.clone()],
        speaks: Some(2),
        push: Some(push),
        offer: None,
        log_only: None,
    };
    assert!(from_bytes::<SyncRequest>(&to_bytes(&request)).unwrap() == request);
    check(
        "push",
        &json!({
            "about": "one action, pushed by origin 3 after another one that was judged",
            "area": area().to_string(), "seed": hex(seed), "public_key": hex(seal::public_key(&seed)),
            "action": hex(to_bytes(&action)), "action_hash": hex(hash), "salt": hex(salt), "after_end": 9,
            "after_hash": hex([5; 32]), "digest": hex(digest), "digest_with_nothing_before": hex(first),
            "signature": hex(signature), "request": hex(to_bytes(&request)),
        }),
    );
}

#[test]
fn a_snapshot() {
    let held = |value, counter| {
        let stamp = Stamp { effective: 1_795_162_440_000 + counter, id: ChangeId { origin: 3, counter } };
        Register { value, stamp }
    };
    let place = Value::Position(Position { lat_e7: 556_400_000, lon_e7: -5, accuracy_m: None });
    let first = BTreeMap::from([(3, held("Mørk sti".into(), 1)), (5, held(place, 2))]);
    let second = BTreeMap::from([(3, held("Bænk".into(), 3))]);
    let state = |n, fields| RowState { entity: 7, row: row(n), scope: Scope::Network, created_by: 3, fields };
    let rows = vec![state(1, first), state(2, second)];
    let snapshot =
        || Snapshot { area: area(), scope: Scope::Network, position: 8, rows: rows.clone(), erased: vec![row(9)] };
    let content = snapshot().to_bytes();
    assert!(Snapshot::from_bytes(&content).unwrap() == snapshot());
    check(
        "snapshot",
        &json!({
            "about": "two pins of scope 1 at position 8; the second has no place; a third was erased",
            "area": area().to_string(), "content": hex(&content), "file": blake3::hash(&content).to_hex().as_str(),
        }),
    );
}
