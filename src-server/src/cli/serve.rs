//! `trygkort serve`

use super::{CliError, values};
use crate::config::{Config, TlsFiles};
use crate::invitation::Invitation;
use crate::logging;
use crate::rate_limit::RateConfig;
use crate::server::{Server, bind};
use crate::web_files::WebDirError;
use clap::Args;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Names the folder of the web app where `--web` does not.
const WEB_DIR_VARIABLE: &str = "TRYGKORT_WEB";

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Folder with all data; made if it is not there
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Where people reach the server: what links and codes point to [default: the address listened on]
    #[arg(long, value_name = "URL", value_parser = values::public_url)]
    public_url: Option<String>,
    /// Folder of the web app [default: the variable `TRYGKORT_WEB`, or `dist` beside the data folder]
    #[arg(long, value_name = "DIR")]
    web: Option<PathBuf>,
    /// Have a demo area, and print fresh invitations to it
    #[arg(long)]
    demo: bool,
    /// Certificate chain, PEM; read again on SIGHUP
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A proxy stands in front: its X-Forwarded-For names the client
    #[arg(long)]
    trust_proxy: bool,
}

pub(super) fn run(args: ServeArgs) -> Result<(), CliError> {
    logging::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(args))
}

async fn serve(args: ServeArgs) -> Result<(), CliError> {
    let stop = stop_signal()?;
    let listener = bind(args.listen)?;
    let server = Server::open(&config(args)?, listener)?;
    let invitations = server.demo_invitations().await?;
    announce(&server, &invitations)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "serving");
    Ok(server.serve(stop).await?)
}

fn config(args: ServeArgs) -> Result<Config, CliError> {
    let web_dir = web_dir(args.web, &args.data).map_err(crate::server::ServeError::from)?;
    let tls = args.tls_cert.zip(args.tls_key).map(|(cert, key)| TlsFiles { cert, key });
    Ok(Config {
        data_dir: args.data,
        public_url: args.public_url,
        web_dir: Some(web_dir),
        demo: args.demo,
        tls,
        trust_proxy: args.trust_proxy,
        rates: RateConfig::default(),
    })
}

fn web_dir(named: Option<PathBuf>, data: &Path) -> Result<PathBuf, WebDirError> {
    if let Some(dir) = named.or_else(|| std::env::var_os(WEB_DIR_VARIABLE).map(PathBuf::from)) {
        return Ok(dir);
    }
    let beside = data.parent().unwrap_or(Path::new("")).join("dist");
    if beside.join("index.html").is_file() {
        return Ok(beside);
    }
    Err(WebDirError::NotFound { looked: vec![format!("${WEB_DIR_VARIABLE}"), beside.display().to_string()] })
}

/// Links go to standard output only: the log must not hold a secret.
fn announce(server: &Server, invitations: &[Invitation]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for invitation in invitations {
        writeln!(out, "{:<12} {}", invitation.role.as_str(), invitation.link)?;
        if let Some(code) = invitation.qr() {
            writeln!(out, "\n{code}\n")?;
        }
    }
    writeln!(out, "listening on {}", server.local_url())?;
    out.flush()
}

/// Ready when the server is told to stop. Listens from now on, so that no signal is missed while it starts.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
