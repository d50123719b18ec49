//! TLS that the server speaks itself.

use crate::harness::{TestServer, client};
use trygkort_server::{Config, ServeError, Server, TlsFiles};

fn certificate(dir: &std::path::Path) -> (TlsFiles, rcgen::Certificate) {
    let pair = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let files = TlsFiles { cert: dir.join("cert.pem"), key: dir.join("key.pem") };
    std::fs::write(&files.cert, pair.cert.pem()).unwrap();
    std::fs::write(&files.key, pair.signing_key.serialize_pem()).unwrap();
    (files, pair.cert)
}

#[tokio::test]
async fn https_works_and_asks_to_be_remembered() {
    drop(client());
    let dir = tempfile::tempdir().unwrap();
    let (files, certificate) = certificate(dir.path());
    let server = TestServer::start_with(|config| config.tls = Some(files)).await;
    assert!(server.url.starts_with("https://127.0.0.1:"));
    let root = reqwest::Certificate::from_pem(certificate.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([root]).build().unwrap();
    let response = client.get(format!("{}/healthz", server.url)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["strict-transport-security"], "max-age=31536000");
    let plain = client.get(format!("{}/healthz", server.url.replace("https", "http"))).send().await;
    assert!(plain.is_err());
}

#[test]
fn files_that_are_no_certificate_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let (files, _) = certificate(dir.path());
    let open = |files: TlsFiles| {
        let mut config = Config::new(dir.path().join("data"));
        config.tls = Some(files);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        match Server::open(&config, listener) {
            Err(error @ ServeError::Tls(_)) => error.to_string(),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it opened"),
        }
    };
    let missing = open(TlsFiles { cert: dir.path().join("none.pem"), ..files.clone() });
    assert!(missing.contains("certificate") && missing.contains("none.pem"), "{missing}");
    let swapped = open(TlsFiles { cert: files.cert.clone(), key: files.cert.clone() });
    assert!(swapped.contains("key"), "{swapped}");
    let other_dir = tempfile::tempdir().unwrap();
    let (other, _) = certificate(other_dir.path());
    let mismatch = open(TlsFiles { cert: files.cert, key: other.key });
    assert!(mismatch.contains("together"), "{mismatch}");
}
