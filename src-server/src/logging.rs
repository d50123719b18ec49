//! The log: one JSON object per line on standard error, where systemd picks it up. `TRYGKORT_LOG` chooses how much
//! (`info` unless it says otherwise; `trygkort_server=debug` for more of our own).

use crate::request_log;
use std::io;
use tracing_subscriber::EnvFilter;

/// Begins to log. What other libraries log below a warning stays out: it may name addresses.
pub(crate) fn start() {
    let filter =
        EnvFilter::try_from_env("TRYGKORT_LOG").unwrap_or_else(|_| EnvFilter::new("warn,trygkort_server=info"));
    let log = tracing_subscriber::fmt().json().flatten_event(true).with_target(false).with_env_filter(filter);
    // Fails only when somebody logs already.
    drop(log.with_writer(io::stderr).try_init());
    request_log::log_panics();
}
