//! The web app's files, and the headers around everything.

use crate::harness::{TestServer, web_app};
use reqwest::Method;
use trygkort_core::domain::Role;

async fn with_web_app() -> (TestServer, tempfile::TempDir) {
    let web = tempfile::tempdir().unwrap();
    web_app(web.path());
    let dir = web.path().to_owned();
    (TestServer::start_with(|config| config.web_dir = Some(dir)).await, web)
}

#[tokio::test]
async fn every_file_has_its_type_and_time_to_keep() {
    let (server, _web) = with_web_app().await;
    let immutable = "public, max-age=31536000, immutable";
    for (path, kind, keeps) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/service-worker.js", "text/javascript", "no-cache"),
        ("/app-0123456789abcdef.js", "text/javascript", immutable),
        ("/app-0123456789abcdef_bg.wasm", "application/wasm", immutable),
        ("/vendor/maplibre-gl.mjs", "application/javascript", "no-cache"),
        ("/manifest.webmanifest", "application/manifest+json", "no-cache"),
        ("/demo.pmtiles", "application/vnd.pmtiles", "no-cache"),
    ] {
        let response = server.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], kind, "{path}");
        assert_eq!(response.headers()["cache-control"], keeps, "{path}");
    }
}

#[tokio::test]
async fn a_page_of_the_app_is_answered_with_the_app() {
    let (server, _web) = with_web_app().await;
    for path in ["/i", "/card/00000000-0000-0000-0000-000000000000", "/contacts?search=å", "/icons", "/apiary"] {
        let response = server.get(path).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"].to_str().unwrap()[..9]),
            (200, "text/html"),
            "{path}"
        );
        assert!(response.text().await.unwrap().contains("<title>Trygkort"), "{path}");
    }
}

#[tokio::test]
async fn a_missing_file_is_missing_and_never_a_page() {
    let (server, _web) = with_web_app().await;
    for path in ["/app-ffffffffffffffff.js", "/old.css", "/vendor/none.mjs"] {
        let response = server.get(path).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_ne!(response.headers()["content-type"], "text/html", "{path}");
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let (server, web) = with_web_app().await;
    std::fs::write(web.path().parent().unwrap().join("outside.txt"), "secret").unwrap();
    for path in ["/../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt", "/vendor/%2e%2e/%2e%2e/outside.txt"] {
        let body = server.get(path).await.text().await.unwrap();
        assert!(!body.contains("secret"), "{path}");
    }
    std::fs::remove_file(web.path().parent().unwrap().join("outside.txt")).unwrap();
}

#[tokio::test]
async fn a_compressed_twin_is_sent_to_those_who_take_it() {
    let (server, _web) = with_web_app().await;
    // A client that leaves the content as it came.
    let client = reqwest::Client::builder().no_brotli().build().unwrap();
    let request = client.get(format!("{}/app-0123456789abcdef.js", server.url));
    let response = request.header("accept-encoding", "br").send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "br");
    assert_eq!(response.headers()["content-type"], "text/javascript");
    let plain = client.get(format!("{}/app-0123456789abcdef.js", server.url));
    let plain = plain.header("accept-encoding", "identity").send().await.unwrap();
    assert!(!plain.headers().contains_key("content-encoding"));
    assert_eq!(plain.text().await.unwrap(), "export {};");
}

#[tokio::test]
async fn pages_tell_the_browser_what_they_never_do() {
    let (server, _web) = with_web_app().await;
    for path in ["/", "/i", "/app-0123456789abcdef.js", "/missing.js"] {
        let response = server.get(path).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap();
        let csp = header("content-security-policy");
        assert!(csp.contains("script-src 'self' 'wasm-unsafe-eval';"), "{csp}");
        assert!(!csp.contains("unsafe-inline") && !csp.contains("'unsafe-eval'") && !csp.contains('*'), "{csp}");
        for never in ["object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'none'"] {
            assert!(csp.contains(never), "{never}");
        }
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("permissions-policy").contains("geolocation=(self)"));
        assert!(!response.headers().contains_key("strict-transport-security"), "only with TLS");
    }
}

#[tokio::test]
async fn answers_of_the_api_are_not_kept() {
    let server = TestServer::start().await;
    let device = server.join(Role::Staff).await;
    for path in ["/api/v1/devices", "/api/v1/nothing"] {
        let reply = device.get(path).await;
        assert_eq!(reply.headers["cache-control"], "no-store", "{path}");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff", "{path}");
    }
}

#[tokio::test]
async fn without_a_web_app_the_api_still_works() {
    let server = TestServer::start().await;
    server.send(Method::GET, "/", None, None).await.expect_error(404, "not_found");
    let health = server.send(Method::GET, "/healthz", None, None).await.expect(200);
    assert_eq!(health["status"], "ok");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
}
