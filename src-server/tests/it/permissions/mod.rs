//! `docs/permissions.md`, tried cell by cell against a real server with real tokens: what is allowed stands in the log,
//! what is not is refused for the reason that the page says and leaves nothing, and what arrives on a device is what its
//! role reads. Each attempt is made with an expired, a locked-out and another area's token as well.

mod calls;
mod conflicts;
pub(crate) mod rows;
mod table;
mod tokens;

use crate::command_line::succeeds;
use crate::harness::{Reply, TestDevice, TestServer};
use crate::sync::{after, read_all, request, sync};
use reqwest::Method;
use rows::{Ends, action, change, deletion, edit, new_row, report, settlement, whole};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use table::{ANOTHER_WALK, ROLES, RowTable, SCOPES, WALK, What};
use trygkort_core::domain::schema::map_pin;
use trygkort_core::domain::{AreaId, Entity, Reader, Role, RowId, Scope};
use trygkort_core::wire::v1::{Action, Cursor, Entry, Page, Reason, RowChange};
use trygkort_core::wire::{CONTENT_TYPE, from_bytes, to_bytes};
use trygkort_server::{AreaSpec, InvitationSpec};

/// A device that counts what it writes and remembers how far it has read.
struct Writer<'a> {
    device: TestDevice<'a>,
    counter: u64,
    cursor: Cursor,
}

impl<'a> Writer<'a> {
    async fn join(server: &'a TestServer, area: AreaId, role: Role) -> Self {
        let invitation = server.server.invite(area, InvitationSpec::new(role)).await.unwrap();
        let device = server.join_by(invitation.secret.expose()).await;
        Self { device, counter: 1, cursor: Cursor::default() }
    }

    fn origin(&self) -> u32 {
        u32::try_from(self.device.redeemed["origin"].as_u64().unwrap()).unwrap()
    }

    fn member(&self) -> RowId {
        RowId(self.device.redeemed["member_id"].as_str().unwrap().parse().unwrap())
    }

    fn device_row(&self) -> RowId {
        RowId(self.device.id().parse().unwrap())
    }

    /// Pushes one action on one row; nothing when it was admitted, otherwise the reason.
    async fn write(&mut self, row: RowChange) -> Option<Reason> {
        let action = action(&mut self.counter, vec![row]);
        let response = sync(&self.device, self.cursor.clone(), vec![action]).await;
        self.cursor = after(&response.page);
        let verdict = response.verdicts[0];
        assert_eq!(verdict.position.is_some(), verdict.reason.is_none(), "admitted or refused: {verdict:?}");
        verdict.reason
    }
}

/// One thing that a role tries.
struct Attempt {
    entity: Entity,
    scope: Scope,
    what: What,
    row: RowChange,
    /// Whether it is tried on a row that there is, or that it makes.
    there: bool,
}

/// Everybody of one role.
struct Cast<'a> {
    role: Role,
    own: Writer<'a>,
    /// The member's access is over.
    expired: TestDevice<'a>,
    /// Locked out.
    revoked: TestDevice<'a>,
    /// The same role in another area.
    elsewhere: Writer<'a>,
    attempts: Vec<Attempt>,
    /// The numbers of the actions that must stand in the log.
    admitted: BTreeSet<(u32, u64)>,
}

impl<'a> Cast<'a> {
    /// All of them are on the walk of this invitation, as far as that is theirs.
    async fn assemble(server: &'a TestServer, other: AreaId, role: Role, walk: &str) -> Self {
        let expired = server.join(role).await;
        join_walk(&expired, walk).await;
        let control = rusqlite::Connection::open(server.data_dir().join("control.db")).unwrap();
        let member = expired.redeemed["member_id"].as_str().unwrap();
        control.execute("UPDATE members SET access_until_ms = 1 WHERE id = ?1", [member]).unwrap();
        let revoked = server.join(role).await;
        join_walk(&revoked, walk).await;
        revoked.delete(&format!("/api/v1/devices/{}", revoked.id())).await.expect(204);
        let own = Writer::join(server, server.area, role).await;
        join_walk(&own.device, walk).await;
        Self {
            role,
            own,
            expired,
            revoked,
            elsewhere: Writer::join(server, other, role).await,
            attempts: Vec::new(),
            admitted: BTreeSet::new(),
        }
    }

    /// Tries everything, one after the other.
    async fn try_all(&mut self, table: &RowTable) {
        for attempt in std::mem::take(&mut self.attempts) {
            self.try_with_bad_tokens(&attempt).await;
            let Attempt { entity, scope, what, row, there } = attempt;
            let number = (self.own.origin(), self.own.counter);
            let reason = self.own.write(row).await;
            let expected = match there {
                true => table.refusal(self.role, entity, scope, what),
                false => Some(table.refusal_of_absent(self.role, entity, scope, what)),
            };
            assert_eq!(reason, expected, "{}: {what:?} {} in {scope:?}, {there}", self.role, entity.name());
            if reason.is_none() {
                self.admitted.insert(number);
            }
        }
    }

    async fn try_with_bad_tokens(&mut self, attempt: &Attempt) {
        for (device, code) in [(&self.expired, "expired"), (&self.revoked, "revoked")] {
            let body = to_bytes(&request(device, Cursor::default(), vec![action(&mut 1, vec![attempt.row.clone()])]));
            let post = device.request(Method::POST, "/api/v1/sync").header("content-type", CONTENT_TYPE);
            Reply::of(post.body(body)).await.expect_error(401, code);
        }
        // A new row is then one of the other area; what exists here does not exist there.
        let reason = self.elsewhere.write(attempt.row.clone()).await;
        let is_new = attempt.what == What::Create;
        let what = attempt.what;
        assert!(is_new || reason.is_some(), "{}: {what:?} {} from elsewhere", self.role, attempt.entity.name());
    }
}

#[tokio::test]
async fn every_cell_is_as_the_page_says() {
    let table = RowTable::read();
    table.check_complete();
    let server = TestServer::start().await;
    let bbox = "9.50,47.12,9.54,47.16".parse().unwrap();
    let other = AreaSpec { name: "Naboparken".to_owned(), bbox };
    let other = server.server.create_area(other).await.unwrap();
    let mut desk = Writer::join(&server, server.area, Role::Coordinator).await;
    let walks = make_walks(&server, &desk.device).await;
    let mut casts = Vec::new();
    for role in ROLES {
        casts.push(Cast::assemble(&server, other, role, &walks.invitation).await);
    }
    let mut created = BTreeSet::new();
    let prepared_by = prepare(&server, &mut desk, &mut casts, walks.rows).await;
    for attempt in casts.iter().flat_map(|cast| &cast.attempts).filter(|attempt| attempt.what == What::Create) {
        created.insert(attempt.row.row.0);
    }
    assert!(casts.iter().map(|cast| cast.attempts.len()).sum::<usize>() > 400);

    futures::future::join_all(casts.iter_mut().map(|cast| cast.try_all(&table))).await;

    let log = read_all(&desk.device).await.0;
    check_log(&log, &casts, &prepared_by);
    for cast in &casts {
        let seen = kinds(&read_all(&cast.own.device).await.0);
        for (entity, scope) in Entity::ALL.iter().flat_map(|entity| SCOPES.map(|scope| (*entity, scope))) {
            let there = seen.contains(&(entity.number(), scope.number()));
            assert_eq!(there, table.reads(cast.role, entity, scope), "{}: {} in {scope:?}", cast.role, entity.name());
        }
        check_history(cast, &log).await;
        hand_in(cast).await;
        let elsewhere = read_all(&cast.elsewhere.device).await.0;
        let strays: Vec<RowId> = row_ids(&elsewhere).intersection(&row_ids(&log)).copied().collect();
        assert!(strays.iter().all(|row| created.contains(row)), "{}: rows of this area in another", cast.role);
    }
    assert_eq!(row_ids(&read_all(&desk.device).await.0), row_ids(&log), "what was handed in is in no log");
    succeeds(&server.data_dir(), &["check", "--data", "."]);
}

/// Everything that was admitted is there, and nothing else that a device of a role wrote.
fn check_log(log: &[Page], casts: &[Cast<'_>], prepared_by: &[u32]) {
    let entries = log.iter().flat_map(|page| &page.entries);
    let devices = entries.filter(|entry| entry.origin != 0);
    let there: BTreeSet<(u32, u64)> = devices.map(|entry| (entry.origin, entry.counter)).collect();
    let by_roles: BTreeSet<_> = there.iter().copied().filter(|(origin, _)| !prepared_by.contains(origin)).collect();
    let expected: BTreeSet<_> = casts.iter().flat_map(|cast| cast.admitted.iter().copied()).collect();
    assert_eq!(by_roles, expected, "what the roles wrote");
    assert!(prepared_by.iter().all(|desk| there.iter().any(|(origin, _)| origin == desk)), "what was prepared");
}

/// Whoever is locked out hands in once, and it comes into no log; nobody else hands in.
async fn hand_in(cast: &Cast<'_>) {
    for (device, status) in [(&cast.own.device, 401), (&cast.expired, 200), (&cast.revoked, 200), (&cast.revoked, 409)]
    {
        let ends = Ends { contact: new_row(), problem: new_row(), member: new_row(), pin: new_row() };
        let row = change(Entity::MapPin, new_row(), Scope::Public, whole(Entity::MapPin, ends).1);
        let body = to_bytes(&request(device, Cursor::default(), vec![action(&mut 1, vec![row])]));
        let post = device.request(Method::POST, "/api/v1/hand-in").header("content-type", CONTENT_TYPE);
        Reply::of(post.body(body)).await.expect(status);
    }
}

/// The history of a row tells a role no more than the log does, and another area nothing.
async fn check_history(cast: &Cast<'_>, log: &[Page]) {
    let scopes = log.iter().flat_map(|page| &page.entries).flat_map(|entry| &entry.scopes);
    let one_of_each: BTreeMap<(u16, u32), RowId> =
        scopes.flat_map(|scope| scope.rows.iter().map(|row| ((row.entity, scope.scope), row.row.0))).collect();
    for ((entity, scope), row) in one_of_each {
        let seen = history(&cast.own.device, row).await;
        let reader = Reader { role: cast.role, walks: WALK.walk().into_iter().collect() };
        let reads = reader.reads(Scope::from_number(scope).unwrap());
        assert_eq!(seen.contains(&scope), reads, "{}: history of entity {entity} in scope {scope}", cast.role);
        assert!(seen.iter().all(|scope| reader.reads(Scope::from_number(*scope).unwrap())), "{}", cast.role);
        assert!(history(&cast.elsewhere.device, row).await.is_empty(), "{} of another area", cast.role);
    }
}

/// The scopes from which the history of a row tells.
async fn history(device: &TestDevice<'_>, row: RowId) -> BTreeSet<u32> {
    let reply = device.request(Method::GET, &format!("/api/v1/history/{row}?speaks=3")).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    let entries: Vec<Entry> = from_bytes(&reply.bytes().await.unwrap()).unwrap();
    let parts = entries.iter().flat_map(|entry| &entry.scopes);
    parts.filter(|part| !part.rows.is_empty()).map(|part| part.scope).collect()
}

fn kinds(pages: &[Page]) -> BTreeSet<(u16, u32)> {
    let scopes = pages.iter().flat_map(|page| &page.entries).flat_map(|entry| &entry.scopes);
    scopes.flat_map(|scope| scope.rows.iter().map(|row| (row.entity, scope.scope))).collect()
}

fn row_ids(pages: &[Page]) -> BTreeSet<RowId> {
    let scopes = pages.iter().flat_map(|page| &page.entries).flat_map(|entry| &entry.scopes);
    scopes.flat_map(|scope| &scope.rows).map(|row| row.row.0).collect()
}

/// Makes a row for every attempt on one, and thinks up the attempts.
/// Says which devices wrote that.
async fn prepare(
    server: &TestServer,
    desk: &mut Writer<'_>,
    casts: &mut [Cast<'_>],
    walks: BTreeMap<(Entity, Scope), RowId>,
) -> [u32; 2] {
    let mut plan = Plan { desk_member: desk.member(), counter: desk.counter, actions: Vec::new() };
    let mut servers_rows = mirrors(server, desk, casts).await;
    servers_rows.extend(walks);
    let (opponent, conflicts) = conflicts::make(server, desk).await;
    plan.counter = desk.counter;
    servers_rows.extend(conflicts.iter().map(|((scope, _), row)| ((Entity::Conflict, *scope), *row)));
    for cast in casts.iter_mut() {
        for (entity, scope) in Entity::ALL.iter().flat_map(|entity| SCOPES.map(|scope| (*entity, scope))) {
            let (row, fields) = plan.whole(entity, scope);
            let row = change(entity, row, scope, fields);
            cast.attempts.push(Attempt { entity, scope, what: What::Create, row, there: true });
            for (what, ask) in attempts_on(entity, scope) {
                let target = match entity {
                    Entity::Area => (scope == Scope::Public).then_some(server.area.0),
                    entity if is_servers(entity) => servers_rows.get(&(entity, scope)).copied(),
                    // In a walk there are pins with their photos and nothing else.
                    entity if !matches!(entity, Entity::MapPin | Entity::Photo) && scope.walk().is_some() => None,
                    entity => Some(plan.target(entity, scope)),
                };
                let mut attempt = |row: RowId, there: bool| {
                    let mut row = change(entity, row, scope, ask.clone().into_iter().collect());
                    row.move_to = if let What::Move(to) = what { Some(to.number()) } else { None };
                    cast.attempts.push(Attempt { entity, scope, what, row, there });
                };
                match target {
                    Some(row) => attempt(row, true),
                    None => {
                        // There is none: `every_cell_is_as_the_page_says` looks for it, and nobody gets one there.
                        attempt(new_row(), false);
                        let rows = servers_rows.iter().filter(|((kind, _), _)| *kind == entity && is_servers(entity));
                        rows.for_each(|(_, row)| attempt(*row, true));
                    }
                }
            }
        }
        for ((scope, about), row) in &conflicts {
            let what = if *about == Entity::MapPin { What::SettlePin } else { What::Settle };
            let row = change(Entity::Conflict, *row, *scope, vec![settlement()]);
            cast.attempts.push(Attempt { entity: Entity::Conflict, scope: *scope, what, row, there: true });
        }
    }
    let verdicts = sync(&desk.device, Cursor::default(), plan.actions).await.verdicts;
    assert!(verdicts.iter().all(|verdict| verdict.reason.is_none()), "the desk may make them all");
    desk.counter = plan.counter;
    for cast in casts.iter_mut().filter(|cast| cast.role != Role::Coordinator) {
        own_pins(desk, cast).await;
    }
    [desk.origin(), opponent]
}

/// Whether the server alone makes rows of this kind.
fn is_servers(entity: Entity) -> bool {
    entity.is_mirror() || entity == Entity::Conflict
}

/// What to try on a row: what, and with which field.
fn attempts_on(entity: Entity, scope: Scope) -> Vec<(What, Option<(u16, trygkort_core::domain::Value)>)> {
    let mut attempts = vec![(What::Edit, Some(edit(entity))), (What::Delete, Some(deletion()))];
    if entity == Entity::Channel {
        attempts.push((What::Report, Some(report())));
    }
    attempts.extend(SCOPES.into_iter().filter(|to| *to != scope).map(|to| (What::Move(to), None)));
    attempts
}

/// Everybody owns pins that they made on the walk, and their photos, wherever a coordinator moved them.
async fn own_pins(desk: &mut Writer<'_>, cast: &mut Cast<'_>) {
    for scope in SCOPES {
        let row = new_row();
        let ends = Ends { contact: row, problem: row, member: row, pin: row };
        let photo = new_row();
        for (entity, row) in [(Entity::MapPin, row), (Entity::Photo, photo)] {
            let made = change(entity, row, WALK, whole(entity, ends).1);
            cast.admitted.insert((cast.own.origin(), cast.own.counter));
            assert_eq!(cast.own.write(made).await, None);
        }
        if scope != WALK {
            let mut moved = change(Entity::MapPin, row, WALK, vec![]);
            moved.move_to = Some(scope.number());
            assert_eq!(desk.write(moved).await, None);
        }
        for (entity, row) in [(Entity::MapPin, row), (Entity::Photo, photo)] {
            for (what, field) in [(What::EditOwn, edit(entity)), (What::DeleteOwn, deletion())] {
                let row = change(entity, row, scope, vec![field]);
                cast.attempts.push(Attempt { entity, scope, what, row, there: true });
            }
        }
    }
}

/// Two walks, and an invitation to the first.
struct Walks {
    rows: BTreeMap<(Entity, Scope), RowId>,
    invitation: String,
}

async fn make_walks(server: &TestServer, desk: &TestDevice<'_>) -> Walks {
    let mut rows = BTreeMap::new();
    for scope in [WALK, ANOTHER_WALK] {
        let walk =
            json!({"name": "Aftentur", "starts_at_ms": 1_800_000_000_000_i64, "ends_at_ms": 1_801_000_000_000_i64});
        let made = desk.post("/api/v1/walks", walk).await.expect(200);
        assert_eq!(made["number"].as_u64(), scope.walk().map(u64::from));
        rows.insert((Entity::Walk, scope), RowId(made["id"].as_str().unwrap().parse().unwrap()));
    }
    let walk = rows[&(Entity::Walk, WALK)].to_string();
    let ask = json!({"role": "staff", "uses": 100, "expires_hours": 1, "walk": walk});
    let link = desk.post("/api/v1/invitations", ask).await.expect(200)["link"].as_str().unwrap().to_owned();
    server.server.mirrored().await.unwrap();
    Walks { rows, invitation: link.split_once('#').unwrap().1.to_owned() }
}

async fn join_walk(device: &TestDevice<'_>, secret: &str) {
    device.post("/api/v1/walks/join", json!({ "secret": secret })).await.expect(204);
}

/// A mirror of each kind, in each scope that has any.
async fn mirrors(server: &TestServer, desk: &Writer<'_>, casts: &[Cast<'_>]) -> BTreeMap<(Entity, Scope), RowId> {
    let resident = &casts.iter().find(|cast| cast.role == Role::Resident).unwrap().own;
    server.invite(Role::Staff).await;
    server.server.mirrored().await.unwrap();
    let invitations = desk.device.get("/api/v1/invitations").await.expect(200);
    let invitation = RowId(invitations[0]["id"].as_str().unwrap().parse().unwrap());
    BTreeMap::from([
        ((Entity::Member, Scope::Network), desk.member()),
        ((Entity::Member, Scope::Coordination), resident.member()),
        ((Entity::Device, Scope::Network), desk.device_row()),
        ((Entity::Device, Scope::Coordination), resident.device_row()),
        ((Entity::Invitation, Scope::Coordination), invitation),
    ])
}

/// What the desk makes before the others begin.
struct Plan {
    desk_member: RowId,
    counter: u64,
    actions: Vec<Action>,
}

impl Plan {
    fn make(&mut self, entity: Entity, scope: Scope, row: RowId, fields: Vec<(u16, trygkort_core::domain::Value)>) {
        self.actions.push(action(&mut self.counter, vec![change(entity, row, scope, fields)]));
    }

    /// A row to create, with what it refers to made before it: every cell of the card has ends of its own, every photo a
    /// pin in its scope.
    fn whole(&mut self, entity: Entity, scope: Scope) -> (RowId, Vec<(u16, trygkort_core::domain::Value)>) {
        let mut ends = Ends { contact: new_row(), problem: new_row(), member: self.desk_member, pin: new_row() };
        if matches!(entity, Entity::Channel | Entity::CardCell) {
            for (entity, end) in [(Entity::Contact, &mut ends.contact), (Entity::Problem, &mut ends.problem)] {
                let (row, fields) = whole(entity, Ends { contact: *end, problem: *end, member: *end, pin: *end });
                *end = row;
                self.make(entity, Scope::Public, row, fields);
            }
        }
        if entity == Entity::Photo {
            let (row, fields) = whole(Entity::MapPin, ends);
            ends.pin = row;
            self.make(Entity::MapPin, scope, row, fields);
        }
        whole(entity, ends)
    }

    /// A row that somebody else made.
    fn target(&mut self, entity: Entity, scope: Scope) -> RowId {
        let (row, fields) = self.whole(entity, scope);
        self.make(entity, scope, row, fields);
        row
    }
}

#[tokio::test]
async fn a_group_is_for_coordination_only() {
    let server = TestServer::start().await;
    let mut desk = Writer::join(&server, server.area, Role::Coordinator).await;
    for (scope, reason) in [
        (Scope::Public, Some(Reason::Validation)),
        (Scope::Network, Some(Reason::Validation)),
        (Scope::Coordination, None),
    ] {
        let row = new_row();
        let (_, mut fields) = whole(Entity::MapPin, Ends { contact: row, problem: row, member: row, pin: row });
        fields.retain(|(field, _)| *field != map_pin::category);
        fields.push((map_pin::category, "group".into()));
        assert_eq!(desk.write(change(Entity::MapPin, row, scope, fields)).await, reason, "{scope:?}");
    }
}
