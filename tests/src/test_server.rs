//! The real server on a free port, with data in a folder that goes when the test ends.

use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use trygkort_core::domain::{AreaId, Role};
use trygkort_server::{AreaSpec, Config, InvitationSpec, Server};

/// A server that a test stops and starts.
pub struct TestServer {
    config: Config,
    address: SocketAddr,
    /// The area that [`TestServer::invite`] invites to.
    pub area: AreaId,
    running: Option<Running>,
    data: TempDir,
}

struct Running {
    server: Server,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl TestServer {
    /// With the demo area.
    pub async fn demo() -> Self {
        Self::start(|config| config.demo = true).await
    }

    /// With an area in which there is nothing but the area.
    pub async fn empty() -> Self {
        Self::start(|_| {}).await
    }

    async fn start(adjust: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::new(data.path().join("data"));
        config.rates.device_burst = NonZeroU32::new(100_000).unwrap();
        adjust(&mut config);
        let running = Running::start(&config, "127.0.0.1:0".parse().unwrap());
        let address = running.server.local_addr();
        let area = match running.server.demo_invitations().await.unwrap().first() {
            Some(invitation) => invitation.area,
            None => {
                let bbox = "9.50,47.12,9.54,47.16".parse().unwrap();
                running.server.create_area(AreaSpec { name: "Prøveparken".to_owned(), bbox }).await.unwrap()
            }
        };
        Self { config, address, area, running: Some(running), data }
    }

    /// Where it listens; the same after [`TestServer::start_again`].
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address behind [`TestServer::url`].
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    fn server(&self) -> &Server {
        &self.running.as_ref().expect("the server runs").server
    }

    /// The link of an invitation for one device.
    pub async fn invite(&self, role: Role) -> String {
        self.server().invite(self.area, InvitationSpec::new(role)).await.unwrap().link
    }

    /// The link of an invitation for this many devices.
    pub async fn invite_many(&self, role: Role, uses: u32) -> String {
        let spec = InvitationSpec { uses, ..InvitationSpec::new(role) };
        self.server().invite(self.area, spec).await.unwrap().link
    }

    /// Waits until the area's log shows who has joined, so that nothing is written in between by itself.
    pub async fn mirrored(&self) {
        self.server().mirrored().await.unwrap();
    }

    /// Gives the area another base map.
    pub async fn set_basemap(&self, pmtiles: Vec<u8>) {
        self.server().set_basemap(self.area, pmtiles).await.unwrap();
    }

    /// Stops it as SIGTERM does; the port is free then.
    pub async fn stop(&mut self) {
        let Running { server, stop, task } = self.running.take().expect("the server runs");
        drop(server);
        stop.send(()).unwrap();
        task.await.unwrap();
    }

    /// Deletes the area, beside the running server.
    pub fn delete_area(&self) {
        trygkort_server::delete_area(&self.config.data_dir, self.area).unwrap();
    }

    /// Writes a backup, beside the data; the server may run.
    #[must_use]
    pub fn back_up(&self) -> PathBuf {
        let to = self.data.path().join("backup.tar");
        trygkort_server::back_up(&self.config.data_dir, &to).unwrap();
        to
    }

    /// Puts a backup back; the server must be stopped.
    pub fn restore(&self, from: &Path) {
        trygkort_server::restore(&self.config.data_dir, from).unwrap();
    }

    /// The area's file with its write-ahead log, for looking for what must or must not be there.
    #[must_use]
    pub fn area_bytes(&self) -> Vec<u8> {
        let file = |suffix: &str| self.config.data_dir.join(format!("areas/{}.db{suffix}", self.area));
        ["", "-wal"].into_iter().flat_map(|suffix| std::fs::read(file(suffix)).unwrap_or_default()).collect()
    }

    /// Starts it on the data and the port it had.
    pub fn start_again(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        self.running = Some(Running::start(&self.config, self.address));
    }
}

impl Running {
    fn start(config: &Config, address: SocketAddr) -> Self {
        let server = Server::open(config, TcpListener::bind(address).unwrap()).unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = server.clone().serve(async { drop(stopped.await) });
        let task = tokio::spawn(async { serving.await.unwrap() });
        Self { server, stop, task }
    }
}
