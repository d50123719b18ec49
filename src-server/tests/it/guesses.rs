//! Whoever guesses secrets is slowed down, and the log says so: that it was done, how often and where, and not by whom
//! or with what.

use crate::command_line::{Serving, succeeds};
use crate::harness::{Reply, client};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

/// What an invitation or a token is written with; shorter ones guess at both.
const GUESS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const NAMES: [&str; 2] = ["Hemmelig Person", "Hemmelig Telefon"];

/// How often each secret is guessed at; more than are let pass in a minute.
const GUESSES: usize = 12;

fn guess(number: usize, length: usize) -> String {
    format!("{number:02}{}", &GUESS[..length - 2])
}

async fn post(url: &str, path: &str, token: Option<&str>, body: Value) -> Reply {
    let post = client().post(format!("{url}{path}")).header("content-type", "application/json");
    let post = match token {
        Some(token) => post.bearer_auth(token),
        None => post,
    };
    Reply::of(post.body(body.to_string())).await
}

async fn redeem(url: &str, secret: &str) -> Reply {
    let body = json!({"secret": secret, "member_name": NAMES[0], "device_name": NAMES[1]});
    post(url, "/api/v1/redeem", None, body).await
}

fn invite(dir: &Path) -> String {
    let printed = succeeds(dir, &["invite", "--data", "data", "--area", "Ådalen", "--role", "coordinator"]);
    printed.lines().next().unwrap().split_once("/i#").unwrap().1.trim().to_owned()
}

/// Guesses at everything there is to guess at. Says which secrets it knows, to look for them.
async fn guess_at_everything(url: &str, dir: &Path) -> Vec<String> {
    let (secret, late) = (invite(dir), invite(dir));
    let token = redeem(url, &secret).await.expect(200)["token"].as_str().unwrap().to_owned();
    redeem(url, &secret).await.expect_error(410, "invitation_spent");
    redeem(url, "ikke en hemmelighed").await.expect_error(404, "invitation_unknown");
    for number in 0..GUESSES {
        let path = ["/api/v1/devices", "/api/v1/poke", "/api/v1/invitations"][number % 3];
        let get = client().get(format!("{url}{path}")).bearer_auth(guess(number, 32));
        Reply::of(get).await.expect_error(401, "unauthorized");
    }
    for number in 0..4 {
        let body = json!({"secret": guess(number, 26)});
        post(url, "/api/v1/walks/join", Some(&token), body).await.expect_error(404, "invitation_unknown");
    }
    let replies = futures::future::join_all((0..GUESSES).map(async |number| redeem(url, &guess(number, 26)).await));
    let statuses: BTreeSet<u16> = replies.await.iter().map(|reply| reply.status.as_u16()).collect();
    assert_eq!(statuses, BTreeSet::from([404, 429]), "some pass, then there are too many");

    let start = Instant::now();
    redeem(url, &late).await.expect(200);
    assert!(start.elapsed() >= Duration::from_secs(1), "the right one is slowed down too, and works");
    vec![secret, late, token]
}

/// A walk is joined with a secret too, by whoever has a token: guessing there counts as well.
#[test]
fn guessing_at_walks_alone_is_slowed_down() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let serving = Serving::start(dir, &[]);
    succeeds(dir, &["area", "create", "--data", "data", "--name", "Ådalen", "--bbox", "9.50,47.12,9.54,47.16"]);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let token = redeem(&serving.url, &invite(dir)).await.expect(200)["token"].as_str().unwrap().to_owned();
        let join = async |number: usize| {
            let body = json!({"secret": guess(number, 26)});
            post(&serving.url, "/api/v1/walks/join", Some(&token), body).await.status.as_u16()
        };
        let statuses = futures::future::join_all((0..GUESSES).map(join)).await;
        assert_eq!(
            statuses.into_iter().collect::<BTreeSet<u16>>(),
            BTreeSet::from([404, 429]),
            "some pass, then there are too many"
        );
    });
}

#[test]
fn guesses_are_slowed_down_and_logged_without_what_was_guessed() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let serving = Serving::start(dir, &[]);
    succeeds(dir, &["area", "create", "--data", "data", "--name", "Ådalen", "--bbox", "9.50,47.12,9.54,47.16"]);
    let url = serving.url.clone();
    let mut private = tokio::runtime::Runtime::new().unwrap().block_on(guess_at_everything(&url, dir));
    let log = serving.stop("-TERM");

    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let warnings: Vec<&Value> = lines.iter().filter(|line| line["level"] == "WARN").collect();
    let [warning] = warnings.as_slice() else { panic!("one warning is enough: {log}") };
    assert!(warning["message"].as_str().unwrap().contains("too many wrong invitation secrets"), "{warning}");

    let mut refused: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in lines.iter().filter(|line| line["status"].as_u64().is_some_and(|status| status >= 400)) {
        let route = line["route"].as_str().unwrap();
        *refused.entry((route, line["code"].as_str().unwrap())).or_default() += 1;
    }
    let too_many = refused.remove(&("/api/v1/redeem", "too_many_attempts")).unwrap_or(0);
    *refused.entry(("/api/v1/redeem", "invitation_unknown")).or_default() += too_many;
    let expected = BTreeMap::from([
        (("/api/v1/devices", "unauthorized"), GUESSES / 3),
        (("/api/v1/invitations", "unauthorized"), GUESSES / 3),
        (("/api/v1/poke", "unauthorized"), GUESSES / 3),
        (("/api/v1/redeem", "invitation_spent"), 1),
        (("/api/v1/redeem", "invitation_unknown"), GUESSES + 1),
        (("/api/v1/walks/join", "invitation_unknown"), 4),
    ]);
    assert_eq!(refused, expected, "a line for every guess");
    assert!(too_many > 0);

    // A field that is not one of these may be about a person.
    let known = ["timestamp", "level", "message", "request", "method", "route", "status", "duration_ms", "code"];
    let known = known.into_iter().chain(["addresses", "version"]).collect::<BTreeSet<_>>();
    for line in &lines {
        let fields: Vec<&String> = line.as_object().unwrap().keys().collect();
        assert!(fields.iter().all(|field| known.contains(field.as_str())), "{line}");
    }
    private.extend(NAMES.iter().flat_map(|name| name.split(' ')).map(str::to_owned));
    private.extend((0..GUESSES).flat_map(|number| [guess(number, 26), guess(number, 32)]));
    private.extend([&GUESS[..12], "ikke en hemmelighed", "127.0.0.1", "Ådalen"].map(str::to_owned));
    let log = log.to_lowercase();
    for private in private {
        assert!(!log.contains(&private.to_lowercase()), "the log names {private}: {log}");
    }
}
