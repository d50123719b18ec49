//! One server and its lives.

use super::Random;
use super::devices::{Joined, Kept, Net, Number, Uploader, Writer};
use crate::command_line::{succeeds, trygkort};
use crate::harness::{client, web_app};
use crate::photos::files;
use rusqlite::Connection;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use trygkort_core::domain::{AreaId, Role};
use trygkort_server::{AreaSpec, Config, InvitationSpec, Server};

const WRITERS: usize = 3;
const SIGKILL: i32 = 9;
/// The longest life in which devices work.
const LIFE_MS: u64 = 150;
/// Within this time of its start a server is killed that is to be killed early.
const START_MS: u64 = 60;
/// Within this time of the server's death a backup is killed that is to be.
const BACKUP_MS: u64 = 40;

pub(super) struct Lane {
    folder: TempDir,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    random: Random,
    area: AreaId,
    secret: String,
    writers: Vec<Writer>,
    uploader: Uploader,
    joiner: Joiner,
    pub(super) kills: u64,
    /// Kills that cut a request off.
    pub(super) cut: u64,
    /// Kills that cut a piece of a photo off.
    pub(super) cut_uploads: u64,
    /// Kills before the server listened.
    pub(super) early: u64,
    /// Backups that ended while the server lived and died, and those that were killed too.
    pub(super) backups: u64,
    pub(super) killed_backups: u64,
    /// What the last backup holds at least.
    backed_up: Option<BTreeMap<Number, Kept>>,
}

/// Joins once in each life.
struct Joiner {
    random: Random,
    attempt: String,
    attempts: u64,
    tokens: Vec<String>,
}

impl Joiner {
    fn new(mut random: Random) -> Self {
        let attempt = attempt(&mut random);
        Self { random, attempt, attempts: 1, tokens: Vec::new() }
    }

    /// Whoever joined last is still known; and one more joins.
    async fn work(&mut self, net: Net<'_>, secret: &str) -> Option<()> {
        if let Some(token) = self.tokens.last() {
            assert!(net.knows(token).await?, "a device was let in and is not known");
        }
        let joined = net.join(secret, &self.attempt).await?;
        self.tokens.push(joined.token);
        self.attempt = attempt(&mut self.random);
        self.attempts += 1;
        Some(())
    }
}

fn attempt(random: &mut Random) -> String {
    format!("{:016x}{:016x}", random.next(), random.next())
}

impl Lane {
    pub(super) fn new(mut random: Random) -> Self {
        let folder = tempfile::tempdir().unwrap();
        web_app(&folder.path().join("web"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (area, secret) = runtime.block_on(prepare(&folder.path().join("data")));
        let client = client();
        let mut serving = start(folder.path());
        let url = listening(&mut serving).expect("it starts");
        let net = Net { client: &client, url: &url, cut: &Cell::new(0) };
        let mut join =
            || -> Joined { runtime.block_on(net.join(&secret, &attempt(&mut random))).expect("nobody kills it yet") };
        let uploader = Uploader::new(join());
        let joined: Vec<Joined> = (0..WRITERS).map(|_| join()).collect();
        let writers = joined.into_iter().map(|joined| Writer::new(joined, Random::new(random.next()))).collect();
        kill(&mut serving);
        let joiner = Joiner::new(Random::new(random.next()));
        let (kills, cut, cut_uploads, early, backups, killed_backups, backed_up) = (0, 0, 0, 0, 0, 0, None);
        Self {
            folder,
            runtime,
            client,
            random,
            area,
            secret,
            writers,
            uploader,
            joiner,
            kills,
            cut,
            cut_uploads,
            early,
            backups,
            killed_backups,
            backed_up,
        }
    }

    pub(super) fn live(mut self, kills: u64) -> Self {
        for _ in 0..kills {
            if self.random.below(8) == 0 {
                self.be_killed_at_the_start();
            } else {
                self.live_once();
            }
            self.kills += 1;
            self.look();
        }
        self.settle();
        self
    }

    pub(super) fn kept(&self) -> u64 {
        self.acknowledged().len() as u64
    }

    /// What it has been through, in one line.
    pub(super) fn told(&self) -> String {
        let Self { kills, cut, cut_uploads, early, backups, killed_backups, .. } = self;
        let (actions, photos, joined) = (self.kept(), self.uploader.complete.len(), self.joiner.tokens.len());
        format!(
            "{kills} kills: {early} before it listened, {cut} in a request, {cut_uploads} in a photo; {backups} backups, \
             {killed_backups} killed; {actions} actions, {photos} photos and {joined} devices were answered for"
        )
    }

    fn be_killed_at_the_start(&mut self) {
        let mut serving = start(self.folder.path());
        std::thread::sleep(Duration::from_millis(self.random.below(START_MS)));
        kill(&mut serving);
        self.early += u64::from(listening(&mut serving).is_none());
    }

    fn live_once(&mut self) {
        let mut serving = start(self.folder.path());
        let url = listening(&mut serving)
            .unwrap_or_else(|| panic!("it does not start on what the kill left: {}", self.log()));
        let moment = self.random.below(LIFE_MS);
        let backup_at = (self.random.below(4) == 0).then(|| self.random.below(moment + 1));
        let folder = self.folder.path().to_owned();
        let acknowledged = self.acknowledged();
        let (cut, cut_before) = (Cell::new(0), self.uploader.cut.get());
        let Self { runtime, client, writers, uploader, joiner, secret, .. } = self;
        let net = Net { client, url: &url, cut: &cut };
        let mut backup = None;
        runtime.block_on(async {
            let death = async {
                if let Some(at) = backup_at {
                    tokio::time::sleep(Duration::from_millis(at)).await;
                    backup =
                        Some(command(&folder, &["backup", "--data", "data", "--to", "backup.tar"]).spawn().unwrap());
                }
                tokio::time::sleep(Duration::from_millis(moment - backup_at.unwrap_or(0))).await;
                kill(&mut serving);
            };
            let work = futures::future::join_all(writers.iter_mut().map(|writer| writer.work(net)));
            tokio::join!(death, work, uploader.work(net), joiner.work(net, secret));
        });
        let cut_uploads = self.uploader.cut.get() - cut_before;
        self.cut += u64::from(cut.get() + cut_uploads > 0);
        self.cut_uploads += cut_uploads;
        if let Some(backup) = backup {
            self.end_backup(backup, acknowledged);
        }
    }

    /// A backup that goes on, or is killed as well, leaves a whole file: the one before, or a new one.
    fn end_backup(&mut self, mut backup: Child, acknowledged: BTreeMap<Number, Kept>) {
        let killed = self.random.below(2) == 0;
        if killed {
            std::thread::sleep(Duration::from_millis(self.random.below(BACKUP_MS)));
            drop(backup.kill());
        }
        let status = backup.wait().unwrap();
        if status.success() {
            self.backups += 1;
            self.backed_up = Some(acknowledged);
        } else {
            assert!(killed, "the backup failed: {}", self.log());
            self.killed_backups += 1;
        }
        let Some(backed_up) = &self.backed_up else { return };
        let folder = tempfile::tempdir_in(self.folder.path()).unwrap();
        succeeds(folder.path(), &["restore", "--data", "data", "--from", "../backup.tar"]);
        self.expect_whole(folder.path(), backed_up);
    }

    /// Looks at a copy: the server itself shall start on what the kill left.
    fn look(&self) {
        let copy = tempfile::tempdir_in(self.folder.path()).unwrap();
        copy_all(&self.folder.path().join("data"), &copy.path().join("data"));
        self.expect_whole(copy.path(), &self.acknowledged());
        let blobs: BTreeSet<String> = names(&copy.path().join("data/blobs"));
        let lost: Vec<&String> = self.uploader.complete.difference(&blobs).collect();
        assert!(lost.is_empty(), "after kill {}: photos that were answered for are gone: {lost:?}", self.kills);
    }

    /// Every file is whole, and the area's has all this, each where its answer said.
    fn expect_whole(&self, folder: &Path, expected: &BTreeMap<Number, Kept>) {
        let checked = trygkort(folder, &["check", "--data", "data"]);
        let said = String::from_utf8_lossy(&checked.stdout);
        assert!(checked.status.success() && !said.contains("damage"), "after kill {}: {said}", self.kills);
        let log = Connection::open(folder.join(format!("data/areas/{}.db", self.area))).unwrap();
        let sql = "SELECT entry.origin, entry.counter, entry.position FROM entry JOIN action USING (origin, counter)
                   JOIN log ON log.position = entry.position";
        let mut read = log.prepare(sql).unwrap();
        let rows = read.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap();
        let there: BTreeMap<Number, u64> = rows.map(Result::unwrap).collect();
        for (number, kept) in expected {
            let position = there.get(number);
            assert_eq!(position, Some(&kept.position), "after kill {}: {number:?} was answered for", self.kills);
        }
    }

    /// Everything that any device had an answer for, and what any was sent.
    fn acknowledged(&self) -> BTreeMap<Number, Kept> {
        let all = self.writers.iter().flat_map(|writer| writer.kept.iter().chain(&writer.read));
        all.map(|(number, kept)| (*number, kept.clone())).collect()
    }

    /// Nobody kills it any more: what was cut off goes on, and everybody reads everything.
    fn settle(&mut self) {
        let folder = self.folder.path().to_owned();
        let mut serving = start(&folder);
        let url = listening(&mut serving).expect("it starts");
        let Self { runtime, client, writers, uploader, joiner, secret, .. } = self;
        let net = Net { client, url: &url, cut: &Cell::new(0) };
        runtime.block_on(async {
            for _ in 0..2 {
                for writer in writers.iter_mut() {
                    while writer.exchange(net).await.expect("an answer") {}
                }
            }
            uploader.send_one(net).await.expect("an answer");
            joiner.work(net, secret).await.expect("an answer");
            for token in &joiner.tokens {
                assert!(net.knows(token).await.expect("an answer"), "a device was let in and is not known");
            }
        });
        terminate(serving);
        self.check_content();
        self.check_files();
        self.look();
        assert!(!self.log().contains("\"level\":\"ERROR\""), "{}", self.log());
    }

    /// All devices have read the same, and in it everything that any of them wrote, word for word and once.
    fn check_content(&self) {
        let first = &self.writers[0].read;
        let own: BTreeMap<Number, Kept> = self.writers.iter().flat_map(|writer| writer.kept.clone()).collect();
        for writer in &self.writers {
            assert_eq!(&writer.read, first);
        }
        for (number, kept) in &own {
            assert_eq!(first.get(number), Some(kept), "{number:?} was answered for");
        }
        let writers: BTreeSet<u32> = self.writers.iter().map(|writer| writer.joined.origin).collect();
        let strange: Vec<_> = first.keys().filter(|key| writers.contains(&key.0) && !own.contains_key(key)).collect();
        assert!(strange.is_empty(), "in the log, and not written by anybody: {strange:?}");
    }

    /// No file is left over from what was cut off, and whoever joined, joined once.
    fn check_files(&self) {
        let data = self.folder.path().join("data");
        assert_eq!(names(&data.join("blobs")), self.uploader.complete);
        let uploads = data.join("uploads").join(self.area.to_string()).join(self.uploader.device());
        for path in files(&data.join("uploads")) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let (hash, rest) = name.split_once('.').unwrap();
            assert!(path.starts_with(&uploads) && self.uploader.complete.contains(hash), "{}", path.display());
            assert!(rest.ends_with(".done"), "nothing is half there: {name}");
        }
        let known = ["control.db", "server.key", "server.lock"];
        let folders = ["areas", "basemaps", "blobs", "snapshots", "uploads"];
        for path in files(&data) {
            let inside = path.strip_prefix(&data).unwrap();
            let first = inside.iter().next().unwrap().to_str().unwrap();
            assert!(known.contains(&first) || folders.contains(&first), "{} is left over", inside.display());
        }
        let control = Connection::open(data.join("control.db")).unwrap();
        let devices: u64 = control.query_row("SELECT COUNT(*) FROM devices", [], |row| row.get(0)).unwrap();
        // The last one has drawn its next attempt and not made it.
        assert_eq!(devices, WRITERS as u64 + 1 + self.joiner.attempts - 1, "whoever joined, joined once");
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

/// An area, and an invitation for everybody.
async fn prepare(data: &Path) -> (AreaId, String) {
    let server = Server::open(&Config::new(data.to_owned()), TcpListener::bind("127.0.0.1:0").unwrap()).unwrap();
    let bbox = "9.50,47.12,9.54,47.16".parse().unwrap();
    let area = server.create_area(AreaSpec { name: "Prøveparken".to_owned(), bbox }).await.unwrap();
    let spec = InvitationSpec { uses: 1000, ..InvitationSpec::new(Role::Coordinator) };
    (area, server.invite(area, spec).await.unwrap().secret.expose().to_owned())
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_trygkort"));
    command.args(args).current_dir(folder).stdout(Stdio::piped()).stderr(log);
    command
}

fn start(folder: &Path) -> Child {
    command(folder, &["serve", "--data", "data", "--web", "web", "--listen", "127.0.0.1:0"]).spawn().unwrap()
}

/// Waits until it says where it listens; nothing when it ended before.
fn listening(serving: &mut Child) -> Option<String> {
    let mut lines = BufReader::new(serving.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
}

/// `kill -9`.
fn kill(child: &mut Child) {
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(SIGKILL), "it lived until it was killed");
}

fn terminate(mut serving: Child) {
    assert!(Command::new("kill").args(["-TERM", &serving.id().to_string()]).status().unwrap().success());
    assert!(serving.wait().unwrap().success());
}

fn names(folder: &Path) -> BTreeSet<String> {
    files(folder).iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

fn copy_all(from: &Path, to: &Path) {
    for path in files(from) {
        let copy: PathBuf = to.join(path.strip_prefix(from).unwrap());
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(path, copy).unwrap();
    }
    // A folder may be empty.
    for folder in ["areas", "basemaps"] {
        std::fs::create_dir_all(to.join(folder)).unwrap();
    }
}
