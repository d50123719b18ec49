//! What the server is told when it starts.

use crate::rate_limit::RateConfig;
use std::path::PathBuf;

/// Built once, at start.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder with all data; made if it is not there.
    pub data_dir: PathBuf,
    /// What links and codes point to, without a slash at the end. Without it, the address listened on.
    pub public_url: Option<String>,
    /// The folder of the web app. Without it, only the API is served.
    pub web_dir: Option<PathBuf>,
    /// Whether to make a demo area if there is none.
    pub demo: bool,
    /// Certificate and key, both PEM; without them, plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Whether a proxy of ours stands in front, so that the last `X-Forwarded-For` is the client's address.
    pub trust_proxy: bool,
    /// How often devices and addresses may ask.
    pub rates: RateConfig,
}

impl Config {
    /// A plain server on this folder.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            public_url: None,
            web_dir: None,
            demo: false,
            tls: None,
            trust_proxy: false,
            rates: RateConfig::default(),
        }
    }
}

/// Where the certificate and its key lie.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate and those that vouch for it, PEM.
    pub cert: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}
