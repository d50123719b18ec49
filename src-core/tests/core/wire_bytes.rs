//! Version 1 on the wire, byte by byte. These bytes never change; `docs/sync.md` explains them.

use trygkort_core::domain::{ChangeId, Position, RowId, Value};
use trygkort_core::wire::unsent::UnsentFile;
use trygkort_core::wire::v1::*;
use trygkort_core::wire::{from_bytes, to_bytes};
use uuid::Uuid;

/// What a newer program writes is carried by an older one as it stands: the author's signature may be over it.
#[test]
fn a_file_of_unsent_changes_keeps_what_is_not_understood() {
    let mut newer = to_bytes(&request());
    let known = newer[0] & 0x1f;
    assert!(newer[0] & 0xe0 == 0x80 && known < 22, "an array with room for fields of later versions");
    newer[0] = 0x80 | 23;
    newer.extend((known..22).map(|_| 0xf6).chain([42]));
    let request: Raw<SyncRequest> = from_bytes(&newer).unwrap();
    let file = UnsentFile { version: 1, area: id(1), request, photos: None };
    let carried = UnsentFile::read(&to_bytes(&file)).unwrap();
    assert_eq!(hex(carried.request.bytes()), hex(&newer));
    assert!(to_bytes(&carried).windows(newer.len()).any(|window| window == newer));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn id(n: u128) -> WireId {
    WireId(RowId(Uuid::from_u128(n)))
}

fn request() -> SyncRequest {
    SyncRequest {
        version: 1,
        origin: 3,
        cursor: Cursor { position: 7, scopes: vec![seq(0, 5), seq(1, 2)], ..Cursor::default() },
        actions: vec![Action {
            counter: 9,
            hlc: 1_795_162_440_000,
            seen: 7,
            all_or_nothing: None,
            rows: vec![RowChange {
                entity: 7,
                row: id(0x0102),
                scope: 1,
                move_to: Some(2),
                fields: vec![
                    FieldChange { field: 3, value: "Sø".into(), base: None },
                    FieldChange {
                        field: 5,
                        value: Value::Position(Position { lat_e7: 556_400_000, lon_e7: -5, accuracy_m: Some(12) }),
                        base: Some(WireChangeId(ChangeId { origin: 2, counter: 300 })),
                    },
                    FieldChange { field: 6, value: Value::Int(-1), base: None },
                    FieldChange { field: 1, value: Value::Null, base: None },
                    FieldChange { field: 99, value: Value::Bool(true), base: None },
                    FieldChange { field: 2, value: Value::Row(id(1).0), base: None },
                ],
            }],
        }],
        ..SyncRequest::default()
    }
}

fn seq(scope: u32, seq: u64) -> ScopeSeq {
    ScopeSeq { scope, seq, hash: None }
}

fn response() -> SyncResponse {
    SyncResponse {
        version: 1,
        now_ms: 1_795_162_440_001,
        role: 3,
        basemap: Some([0xab; 32].into()),
        verdicts: vec![
            Verdict { counter: 9, outcome: Outcome::Superseded, reason: None, position: Some(8), conflicts: None },
            Verdict {
                counter: 15,
                outcome: Outcome::Rejected,
                reason: Some(Reason::DependsOn),
                position: None,
                conflicts: None,
            },
        ],
        page: Page {
            from: 7,
            to: 8,
            more: false,
            heads: vec![seq(0, 6)],
            entries: vec![Entry {
                position: 8,
                origin: 3,
                counter: 9,
                effective: 1_795_162_440_000,
                hlc: 1_795_162_440_000,
                scopes: vec![ScopeRows {
                    scope: 0,
                    first_seq: 6,
                    rows: vec![
                        LogRow {
                            entity: 7,
                            row: id(0x0102),
                            withdrawn: false,
                            fields: vec![LogField {
                                field: 3,
                                value: "Sø".into(),
                                index: 0,
                                stamp: Some(Stamp { origin: 2, counter: 300, effective: 17 }),
                            }],
                            created_by: Some(2),
                            erased: None,
                        }
                        .into(),
                    ],
                    salt: None,
                    seals: None,
                    salt_seed: None,
                }],
            }],
            epoch: None,
            mac: None,
            folded: None,
        },
        restart: None,
        incarnation: None,
        backed_up: None,
        snapshot: None,
        walks: None,
        unpacks: None,
    }
}

const REQUEST: &str = "\
    8401038207828200058201028184091b000001a1f80501400781850750000000000000000000000000000001020102868203\
    6353c3b88305831a2129fd80240c820219012c8206208201f6821863f582025000000000000000000000000000000001\
    ";

const RESPONSE: &str = "\
    86011b000001a1f8050141035820abababababababababababababababababababababababababababababababab82840901\
    f608830f0304850708f48182000681860803091b000001a1f80501401b000001a1f805014081830006818507500000000000\
    0000000000000000000102f48184036353c3b800830219012c1102\
    ";

#[test]
fn a_request_is_these_bytes() {
    assert_eq!(hex(&to_bytes(&request())), REQUEST);
    assert!(from_bytes::<SyncRequest>(&to_bytes(&request())).unwrap() == request());
}

#[test]
fn a_response_is_these_bytes() {
    assert_eq!(hex(&to_bytes(&response())), RESPONSE);
    assert!(from_bytes::<SyncResponse>(&to_bytes(&response())).unwrap() == response());
}

#[test]
fn fields_added_at_the_end_by_a_newer_version_are_skipped() {
    let mut bytes = to_bytes(&seq(1, 2));
    assert_eq!(bytes, [0x82, 1, 2]);
    bytes[0] = 0x84;
    bytes.extend([0xf6, 0x61, b'x']);
    assert_eq!(from_bytes::<ScopeSeq>(&bytes).unwrap(), seq(1, 2));
}

#[test]
fn a_cut_off_response_is_an_error_at_every_length() {
    let whole = to_bytes(&response());
    for length in 0..whole.len() {
        assert!(from_bytes::<SyncResponse>(&whole[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn one_edit_of_a_short_text_is_about_a_hundred_bytes() {
    let mut edit = request();
    edit.cursor.scopes.clear();
    edit.actions[0].rows[0].fields.truncate(1);
    edit.actions[0].rows[0].fields[0].value = "Mørkt efter kl. 17, ingen kan se dig".into();
    assert!(to_bytes(&edit.actions[0]).len() < 110, "{} bytes", to_bytes(&edit.actions[0]).len());
}
