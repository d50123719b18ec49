//! The running server: what it holds, how it starts and how it stops.

use crate::area_files::{self, AddBasemapError, AreaSpec};
use crate::area_names::AreaNames;
use crate::area_pool::AreaPool;
use crate::blobs::Uploads;
use crate::clock::now_ms;
use crate::config::Config;
use crate::control::{Control, ControlDb, ControlError, Issuer, NewInvitation};
use crate::data_dir::{DataDir, DataDirError, DataLock};
use crate::demo::{self, DemoError};
use crate::group_commit::Failure;
use crate::hub::{self, AreaError, AreaLog};
use crate::invitation::{Invitation, InvitationSpec};
use crate::long_requests::LongRequests;
use crate::mirror::{self, Mirrors};
use crate::poke::Pokes;
use crate::rate_limit::RateLimits;
use crate::router::router;
use crate::secrets::Secret;
use crate::snapshots::{self, Snapshots};
use crate::tidy;
use crate::tls::{Tls, TlsError};
use crate::web_files::{self, WebDirError};
use axum_server::Handle;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use trygkort_core::domain::{AreaId, Role};

/// What handlers share.
pub(crate) type App = Arc<AppState>;

pub(crate) struct AppState {
    pub(crate) dir: DataDir,
    pub(crate) control: Control,
    pub(crate) areas: AreaPool<AreaLog>,
    pub(crate) pokes: Pokes,
    pub(crate) mirrors: Mirrors,
    pub(crate) snapshots: Snapshots,
    pub(crate) uploads: Uploads,
    pub(crate) limits: RateLimits,
    pub(crate) long_requests: LongRequests,
    pub(crate) area_names: AreaNames,
    pub(crate) public_url: String,
    pub(crate) web_dir: Option<PathBuf>,
    pub(crate) tls: bool,
    pub(crate) trust_proxy: bool,
}

impl AppState {
    /// The link of an invitation. The secret stands behind `#`, which browsers send to nobody.
    pub(crate) fn link(&self, secret: &Secret) -> String {
        crate::invitation::link(&self.public_url, secret)
    }
}

/// Why the server does not start or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("port {} is in use ({address}): stop what runs there or choose another with --listen", address.port())]
    PortInUse { address: SocketAddr },
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error(transparent)]
    Area(#[from] AreaError),
    #[error(transparent)]
    Basemap(#[from] AddBasemapError),
    #[error("the demo area: {0}")]
    Demo(#[from] DemoError),
    #[error(transparent)]
    Web(#[from] WebDirError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("the server stopped: {0}")]
    Io(#[from] io::Error),
}

/// How long requests that have begun may take after the server was told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long a client may take to send a request's head, and to think before its next request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
const H2_PING: Duration = Duration::from_secs(30);

/// A server that listens already and answers once [`Server::serve`] runs.
#[derive(Clone)]
pub struct Server {
    app: App,
    address: SocketAddr,
    /// Taken by [`Server::serve`], so that the port is free again as soon as it stops.
    listener: Arc<Mutex<Option<TcpListener>>>,
    tls: Option<Tls>,
    _lock: Arc<DataLock>,
}

/// Takes the port; an address in use has an error of its own.
pub fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortInUse { address },
        _ => ServeError::Listen { address, source },
    })
}

/// Runs a server until `shutdown` is ready; what had begun then is finished first.
pub async fn serve_on(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    Server::open(&config, listener)?.serve(shutdown).await
}

impl Server {
    /// Opens the data and keeps other servers out of it. Blocks for as long as that takes: with a demo area to make,
    /// some seconds.
    pub fn open(config: &Config, listener: TcpListener) -> Result<Self, ServeError> {
        if let Some(web) = &config.web_dir {
            web_files::check(web)?;
        }
        let tls = config.tls.clone().map(Tls::load).transpose()?;
        let dir = DataDir::create(&config.data_dir)?;
        let lock = dir.lock()?;
        let address = listener.local_addr()?;
        let public_url = match &config.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => url_of(address, tls.is_some()),
        };
        let mut control = ControlDb::open(&dir.control())?;
        control.write(|writer| writer.set_setting(crate::invitation::PUBLIC_URL, &public_url))?;
        if config.demo {
            demo::prepare(&dir, &mut control, now_ms())?;
        }
        let app = AppState {
            control: Control::start(control)?,
            areas: start_pool(&dir)?,
            pokes: Pokes::default(),
            long_requests: LongRequests::default(),
            mirrors: Mirrors::default(),
            snapshots: Snapshots::default(),
            uploads: Uploads::default(),
            limits: RateLimits::new(&config.rates),
            area_names: AreaNames::default(),
            public_url,
            web_dir: config.web_dir.clone(),
            tls: tls.is_some(),
            trust_proxy: config.trust_proxy,
            dir,
        };
        let listener = Arc::new(Mutex::new(Some(listener)));
        Ok(Self { app: Arc::new(app), address, listener, tls, _lock: Arc::new(lock) })
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as a browser on this machine writes it.
    #[must_use]
    pub fn local_url(&self) -> String {
        url_of(self.address, self.tls.is_some())
    }

    /// What links point to, without a slash at the end.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.app.public_url
    }

    /// Makes an empty area.
    pub async fn create_area(&self, spec: AreaSpec) -> Result<AreaId, ServeError> {
        let dir = self.app.dir.clone();
        blocking(move || {
            let mut control = ControlDb::open(&dir.control())?;
            area_files::create(&dir, &mut control, &spec, now_ms())
        })
        .await
    }

    /// Gives an area a base map.
    pub async fn set_basemap(&self, area: AreaId, pmtiles: Vec<u8>) -> Result<(), ServeError> {
        let dir = self.app.dir.clone();
        blocking(move || Ok(area_files::set_basemap(&dir, area, &pmtiles)?)).await
    }

    /// Issues an invitation.
    pub async fn invite(&self, area: AreaId, spec: InvitationSpec) -> Result<Invitation, ServeError> {
        let new = spec.issued(area, Issuer::CommandLine, now_ms());
        self.issue(new).await
    }

    /// Fresh invitations to the demo area, one for each role; the last ones stop working. Empty without a demo area.
    pub async fn demo_invitations(&self) -> Result<Vec<Invitation>, ServeError> {
        let areas = self.app.control.read(|control| control.areas()).await?;
        let Some(demo) = areas.into_iter().find(|area| area.demo) else { return Ok(Vec::new()) };
        self.app.control.write(move |control| control.revoke_demo_invitations(demo.id, now_ms())).await?;
        let mut invitations = Vec::new();
        for role in Role::ALL {
            let new = InvitationSpec::demo(role).issued(demo.id, Issuer::Demo, now_ms());
            invitations.push(self.issue(new).await?);
        }
        Ok(invitations)
    }

    async fn issue(&self, new: NewInvitation) -> Result<Invitation, ServeError> {
        let (_, secret) = self.app.control.write(move |control| control.invite(&new, now_ms())).await?;
        self.app.mirrors.wake();
        Ok(Invitation::new(&new, &secret, &self.app.public_url))
    }

    /// Waits until the areas' logs show what `control.db` holds of members, devices and invitations; a server that
    /// serves gets there by itself. For tests, in which nothing may happen in between.
    pub async fn mirrored(&self) -> Result<(), ServeError> {
        const LOOK_EVERY: Duration = Duration::from_millis(2);
        while !self.app.control.read(|control| control.mirrors_due()).await?.is_empty() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Waits until every snapshot that fell due is made. For tests.
    pub async fn snapshots_made(&self) {
        const LOOK_EVERY: Duration = Duration::from_millis(2);
        while !self.app.snapshots.settled() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Answers requests until `shutdown` is ready. Then no new connection is taken, poke streams end, requests that
    /// have begun are answered, and the files are closed.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        let served = self.answer_until(shutdown).await;
        let app = self.app;
        blocking(move || {
            app.areas.close();
            app.control.close();
            Ok(())
        })
        .await?;
        served
    }

    async fn answer_until(&self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        let handle = Handle::new();
        let service = router(&self.app).into_make_service_with_connect_info::<SocketAddr>();
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        let listener = listener.ok_or_else(|| io::Error::other("it serves already"))?;
        let mut server = axum_server::from_tcp(listener)?.handle(handle.clone());
        server.http_builder().http1().header_read_timeout(HEAD_TIMEOUT);
        server.http_builder().http2().keep_alive_interval(H2_PING);
        let serving = async {
            match &self.tls {
                None => server.serve(service).await,
                Some(tls) => tokio::select! {
                    served = server.acceptor(tls.acceptor()).serve(service) => served,
                    never = tls.reload_on_hangup() => match never {},
                },
            }
        };
        let stopping = async {
            shutdown.await;
            tracing::info!("stopping");
            self.app.pokes.close();
            handle.graceful_shutdown(Some(GRACE));
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            served = serving => Ok(served?),
            never = stopping => match never {},
            never = mirror::keep_in_step(&self.app) => match never {},
            never = snapshots::make_when_due(&self.app) => match never {},
            never = tidy::every_day(&self.app) => match never {},
        }
    }
}

fn start_pool(dir: &DataDir) -> io::Result<AreaPool<AreaLog>> {
    let (dir, same) = (dir.clone(), dir.clone());
    let open = move |area: AreaId| -> Result<AreaLog, Failure> { hub::open(&dir, area) };
    let identity = move |area: AreaId| same.area_identity(area);
    AreaPool::start(&(Arc::new(open) as _), &(Arc::new(identity) as _))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ServeError> + Send + 'static,
) -> Result<T, ServeError> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// The address as a browser on this machine writes it.
fn url_of(address: SocketAddr, tls: bool) -> String {
    let scheme = if tls { "https" } else { "http" };
    let host = match address.ip() {
        ip if ip.is_unspecified() => "localhost".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    format!("{scheme}://{host}:{}", address.port())
}
