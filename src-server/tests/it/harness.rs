//! A server with fresh data, and devices that talk to it.

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::num::NonZeroU32;
use std::path::Path;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use trygkort_core::domain::{AreaId, Role};
use trygkort_server::{AreaSpec, Config, InvitationSpec, Server};

/// A running server. Dropping it leaves it to the test's runtime; [`TestServer::stop`] ends it in order.
pub(crate) struct TestServer {
    pub(crate) server: Server,
    pub(crate) area: AreaId,
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
    data: TempDir,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With room for many devices, unless `adjust` says otherwise.
    pub(crate) async fn start_with(adjust: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::new(data.path().join("data"));
        config.rates.device_burst = NonZeroU32::new(100_000).unwrap();
        adjust(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server::open(&config, listener).unwrap();
        let bbox = "9.50,47.12,9.54,47.16".parse().unwrap();
        let area = server.create_area(AreaSpec { name: "Prøveparken".to_owned(), bbox }).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = server.clone().serve(async { drop(stopped.await) });
        let running = tokio::spawn(async { serving.await.unwrap() });
        let url = server.local_url();
        Self { server, area, url, client: client(), data, stop, running }
    }

    pub(crate) fn data_dir(&self) -> std::path::PathBuf {
        self.data.path().join("data")
    }

    /// Stops the server and keeps its data.
    pub(crate) async fn stop(self) -> TempDir {
        self.stop.send(()).unwrap();
        self.running.await.unwrap();
        self.data
    }

    pub(crate) async fn invite(&self, role: Role) -> String {
        self.invite_as(InvitationSpec::new(role)).await
    }

    pub(crate) async fn invite_as(&self, spec: InvitationSpec) -> String {
        self.server.invite(self.area, spec).await.unwrap().secret.expose().to_owned()
    }

    pub(crate) async fn redeem(&self, secret: &str) -> Reply {
        self.redeem_with(secret, json!({})).await
    }

    /// Redeems with these fields besides, or instead.
    pub(crate) async fn redeem_with(&self, secret: &str, more: Value) -> Reply {
        let mut body = json!({"secret": secret, "member_name": "Prøve Person", "device_name": "Telefon"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.send(Method::POST, "/api/v1/redeem", None, Some(body)).await
    }

    /// A new member with one device.
    pub(crate) async fn join(&self, role: Role) -> TestDevice<'_> {
        let secret = self.invite(role).await;
        self.join_by(&secret).await
    }

    pub(crate) async fn join_by(&self, secret: &str) -> TestDevice<'_> {
        let redeemed = self.redeem(secret).await.expect(200);
        self.server.mirrored().await.unwrap();
        TestDevice { server: self, token: redeemed["token"].as_str().unwrap().to_owned(), redeemed }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    pub(crate) async fn send(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Reply {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        Reply::of(request).await
    }
}

/// A device that was let in.
pub(crate) struct TestDevice<'a> {
    pub(crate) server: &'a TestServer,
    pub(crate) token: String,
    pub(crate) redeemed: Value,
}

impl TestDevice<'_> {
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.server.send(Method::GET, path, Some(&self.token), None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.server.send(Method::POST, path, Some(&self.token), Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.server.send(Method::PATCH, path, Some(&self.token), Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.server.send(Method::DELETE, path, Some(&self.token), None).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.server.client.request(method, format!("{}{path}", self.server.url)).bearer_auth(&self.token)
    }

    pub(crate) fn id(&self) -> &str {
        self.redeemed["device_id"].as_str().unwrap()
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
        Self { status, headers, body }
    }

    /// The JSON of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        let body: String = self.body.chars().take(300).collect();
        assert_eq!(self.status.as_u16(), status, "{body}");
        if self.body.is_empty() { Value::Null } else { serde_json::from_str(&self.body).unwrap() }
    }

    #[track_caller]
    pub(crate) fn expect_status(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status);
    }

    /// Checks an error: its status, its code, and that it has just the two agreed fields.
    #[track_caller]
    pub(crate) fn expect_error(&self, status: u16, code: &str) {
        let body = self.expect(status);
        let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["code", "detail"]);
        assert_eq!(body["code"], code);
        assert_eq!(self.headers["content-type"], "application/json");
    }
}

pub(crate) fn client() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::new()
}

/// A small web app like the one the build makes.
pub(crate) fn web_app(dir: &Path) {
    let write = |name: &str, content: &str| {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    write("index.html", "<!doctype html><title>Trygkort</title>");
    write("app-0123456789abcdef.js", "export {};");
    write("app-0123456789abcdef.js.br", "not really brotli");
    write("app-0123456789abcdef_bg.wasm", "\0asm");
    write("service-worker.js", "// service worker");
    write("vendor/maplibre-gl.mjs", "export {};");
    write("manifest.webmanifest", "{}");
    write("demo.pmtiles", "PMTiles");
}
