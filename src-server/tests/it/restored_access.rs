//! A backup that is put back does not let in again who was locked out, and not bring back what was deleted for good.

use crate::command_line::{fails, succeeds};
use crate::harness::{TestDevice, TestServer, client};
use reqwest::Method;
use serde_json::json;
use std::net::TcpListener;
use std::path::Path;
use trygkort_core::domain::Role;
use trygkort_server::{Config, Server};

const BOX: &str = "9.50,47.12,9.54,47.16";

/// What a token is answered.
async fn answer(url: &str, token: &str) -> (u16, String) {
    let reply = client().get(format!("{url}/api/v1/devices")).bearer_auth(token).send().await.unwrap();
    (reply.status().as_u16(), reply.text().await.unwrap())
}

/// Has two links to hand over, and a telephone that is about to be lost.
async fn staff(server: &TestServer) -> (TestDevice<'_>, TestDevice<'_>, Vec<String>) {
    let desk = server.join(Role::Coordinator).await;
    let mut links = Vec::new();
    for _ in 0..3 {
        let made = desk.post("/api/v1/invitations", json!({"role": "staff", "uses": 1, "expires_hours": 1})).await;
        let made = made.expect(200);
        links.push(made["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned());
    }
    let lost = server.join(Role::Staff).await;
    (desk, lost, links)
}

#[tokio::test]
async fn who_was_locked_out_stays_out_and_what_was_deleted_stays_deleted() {
    let server = TestServer::start().await;
    let (desk, lost, links) = staff(&server).await;
    let demoted = server.join(Role::Coordinator).await;
    let (desk_token, lost_token) = (desk.token.clone(), lost.token.clone());
    let demoted_token = demoted.token.clone();
    let dir = server.data_dir();
    succeeds(&dir, &["area", "create", "--data", ".", "--name", "Naboparken", "--bbox", BOX]);
    succeeds(&dir, &["backup", "--data", ".", "--to", "../all.tar"]);

    // What happens afterwards.
    lost.delete(&format!("/api/v1/devices/{}", lost.id())).await.expect(204);
    let member = format!("/api/v1/members/{}", demoted.redeemed["member_id"].as_str().unwrap());
    desk.patch(&member, json!({"role": "resident"})).await.expect(204);
    let open = desk.get("/api/v1/invitations").await.expect(200);
    desk.delete(&format!("/api/v1/invitations/{}", open[0]["id"].as_str().unwrap())).await.expect(204);
    server.redeem(&links[0]).await.expect(200);
    succeeds(&dir, &["area", "delete", "--data", ".", "Naboparken", "--yes"]);
    let data = server.stop().await;
    let dir = data.path().join("data");
    let said = succeeds(&dir, &["restore", "--data", ".", "--from", "../all.tar"]);
    assert!(said.contains("1 areas restored") && !said.contains("look through"), "{said}");
    assert_eq!(succeeds(&dir, &["area", "list", "--data", "."]).lines().count(), 1);
    succeeds(&dir, &["check", "--data", "."]);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server::open(&Config::new(&dir), listener).unwrap();
    let serving = tokio::spawn(server.clone().serve(std::future::pending()));
    let url = server.local_url();
    assert_eq!(answer(&url, &desk_token).await.0, 200);
    let (status, body) = answer(&url, &lost_token).await;
    assert!(status == 401 && body.contains("revoked"), "{body}");
    let desk_only = client().get(format!("{url}/api/v1/invitations")).bearer_auth(&demoted_token).send().await.unwrap();
    assert_eq!(desk_only.status().as_u16(), 403, "a coordinator no more");
    let mut statuses = Vec::new();
    for secret in &links {
        let body = json!({"secret": secret, "member_name": "", "device_name": ""}).to_string();
        let post = client().request(Method::POST, format!("{url}/api/v1/redeem"));
        let reply = post.header("content-type", "application/json").body(body).send().await.unwrap();
        statuses.push(reply.status().as_u16());
    }
    assert_eq!(statuses, [410, 200, 410], "used up, open, taken back");
    serving.abort();

    let audit = succeeds(&dir, &["audit", "--data", "."]);
    let deeds: Vec<&str> = audit.lines().map(|line| line.split('\t').nth(2).unwrap()).collect();
    assert_eq!(deeds, ["backup", "change_role", "area_delete", "restore", "area_delete"]);
}

/// What a server on this folder answers a token.
async fn told(dir: &Path, token: &str) -> String {
    let server = Server::open(&Config::new(dir), TcpListener::bind("127.0.0.1:0").unwrap()).unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(server.clone().serve(async { drop(stopped.await) }));
    let (_, body) = answer(&server.local_url(), token).await;
    drop(server);
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    body
}

#[tokio::test]
async fn devices_are_told_of_a_deleted_area_only_as_long_as_it_is_to_stay_deleted() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await.token;
    let dir = server.data_dir();
    succeeds(&dir, &["backup", "--data", ".", "--to", "../before.tar"]);
    let later = server.join(Role::Staff).await.token;
    succeeds(&dir, &["area", "export", "--data", ".", "Prøveparken", "../area.tar"]);
    succeeds(&dir, &["area", "delete", "--data", ".", "Prøveparken", "--yes"]);
    succeeds(&dir, &["backup", "--data", ".", "--to", "../deleted.tar"]);
    let data = server.stop().await;
    let dir = data.path().join("data");
    succeeds(&dir, &["restore", "--data", ".", "--from", "../before.tar"]);
    for token in [&desk, &later] {
        assert!(told(&dir, token).await.contains("area_deleted"), "also who joined after the backup");
    }

    succeeds(&dir, &["area", "import", "--data", ".", "../area.tar"]);
    assert!(!told(&dir, &desk).await.contains("area_deleted"));
    // This backup lacks the area and says that it was deleted. Its devices are all that has it now.
    succeeds(&dir, &["restore", "--data", ".", "--from", "../deleted.tar"]);
    assert!(told(&dir, &desk).await.contains("unauthorized"));
}

/// The folder as a restore leaves it that is killed: after setting aside a part, after all of it, or at the very end.
#[tokio::test]
async fn a_restore_that_is_killed_lets_no_server_start_and_forgets_nobody_who_was_locked_out() {
    let server = TestServer::start().await;
    let (_, lost, _) = staff(&server).await;
    let lost_id = lost.id().to_string();
    succeeds(&server.data_dir(), &["backup", "--data", ".", "--to", "../all.tar"]);
    lost.delete(&format!("/api/v1/devices/{lost_id}")).await.expect(204);
    let data = server.stop().await;
    let dir = data.path().join("data");
    let locked_out = |file: &Path| -> bool {
        let sql = "SELECT revoked_at_ms IS NOT NULL FROM devices WHERE id = ?1";
        rusqlite::Connection::open(file).unwrap().query_row(sql, [&lost_id], |row| row.get(0)).unwrap()
    };
    std::fs::create_dir(dir.join("../web")).unwrap();
    std::fs::write(dir.join("../web/index.html"), "<h1>Trygkort</h1>").unwrap();
    let restore = || succeeds(&dir, &["restore", "--data", ".", "--from", "../all.tar"]);
    let aside = dir.join("before-restore-1");
    let refused = || {
        for command in [
            &["serve", "--data", ".", "--listen", "127.0.0.1:0", "--web", "../web"][..],
            &["area", "list", "--data", "."],
        ] {
            let said = fails(&dir, command);
            assert!(said.contains("run `trygkort restore` again") && said.contains("before-restore-1"), "{said}");
        }
    };

    // The list of members was set aside, and the areas were not.
    std::fs::write(dir.join("restoring"), "before-restore-1").unwrap();
    std::fs::create_dir(&aside).unwrap();
    std::fs::rename(dir.join("control.db"), aside.join("control.db")).unwrap();
    refused();
    let said = restore();
    assert!(said.contains("before-restore-1") && !said.contains("look through"), "{said}");
    assert!(locked_out(&dir.join("control.db")) && locked_out(&aside.join("control.db")));
    assert_eq!(std::fs::read_dir(aside.join("areas")).unwrap().count(), 1, "the area as it was before");
    succeeds(&dir, &["check", "--data", "."]);

    // The backup's own list was in its place, and who is locked out was not in it yet.
    let conn = rusqlite::Connection::open(dir.join("control.db")).unwrap();
    conn.execute("UPDATE devices SET revoked_at_ms = NULL WHERE id = ?1", [&lost_id]).unwrap();
    drop(conn);
    std::fs::write(dir.join("restoring"), "before-restore-1: all of it").unwrap();
    refused();
    restore();
    assert!(locked_out(&dir.join("control.db")));
    assert!(!dir.join("restoring").exists());
    succeeds(&dir, &["check", "--data", "."]);
}
