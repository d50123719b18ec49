//! TLS spoken by the server itself, with certificate files that can be renewed while it runs.

use crate::config::TlsFiles;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the {what} {} cannot be used: {problem}", path.display())]
    File { what: &'static str, path: PathBuf, problem: String },
    #[error("the certificate {} and the key {} cannot be used together: {problem}", files.cert.display(), files.key.display())]
    Pair { files: TlsFiles, problem: String },
}

/// A loaded certificate and where it came from.
#[derive(Clone)]
pub(crate) struct Tls {
    files: TlsFiles,
    config: RustlsConfig,
}

impl Tls {
    pub(crate) fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let config = RustlsConfig::from_config(Arc::new(read(&files)?));
        Ok(Self { files, config })
    }

    pub(crate) fn acceptor(&self) -> RustlsAcceptor {
        RustlsAcceptor::new(self.config.clone())
    }

    /// `systemctl reload` after the certificate was renewed. Connections that are open stay.
    #[cfg(unix)]
    pub(crate) async fn reload_on_hangup(&self) -> Infallible {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangups = signal(SignalKind::hangup()).ok();
        while let Some(signal) = &mut hangups
            && signal.recv().await.is_some()
        {
            match read(&self.files) {
                Ok(config) => {
                    self.config.reload_from_config(Arc::new(config));
                    tracing::info!("the certificate was read anew");
                }
                Err(error) => tracing::error!(%error, "the old certificate stays in use"),
            }
        }
        std::future::pending().await
    }

    #[cfg(not(unix))]
    pub(crate) async fn reload_on_hangup(&self) -> Infallible {
        std::future::pending().await
    }
}

fn read(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.cert)
        .and_then(Iterator::collect)
        .map_err(|error| unusable("certificate", &files.cert, &error))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unusable("key", &files.key, &error))?;
    let pair = |error: rustls::Error| TlsError::Pair { files: files.clone(), problem: error.to_string() };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn unusable(what: &'static str, path: &Path, error: &rustls::pki_types::pem::Error) -> TlsError {
    TlsError::File { what, path: path.to_owned(), problem: error.to_string() }
}
