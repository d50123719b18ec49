//! The description of the API, and that it describes this API.

use crate::harness::TestServer;
use reqwest::Method;
use serde_json::Value;

#[tokio::test]
async fn the_description_is_as_agreed() {
    let server = TestServer::start().await;
    let mut description = server.send(Method::GET, "/api/openapi.json", None, None).await.expect(200);
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    description["info"]["version"] = Value::from("[version]");
    insta::assert_json_snapshot!(description);
}

#[tokio::test]
async fn every_address_it_names_exists() {
    let server = TestServer::start().await;
    let description = server.send(Method::GET, "/api/openapi.json", None, None).await.expect(200);
    let mut addresses = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        let nobody = "00000000-0000-0000-0000-000000000000";
        let path = path.replace("{id}", nobody).replace("{row}", nobody).replace("{hash}", "00");
        for (method, operation) in methods.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let reply = server.send(method.clone(), &path, None, None).await;
            let open = operation["security"] == serde_json::json!([{}]);
            let expected = match (open, path.as_str()) {
                (false, _) => 401,
                (true, "/healthz") => 200,
                (true, _) => 415,
            };
            assert_eq!(reply.status, expected, "{method} {path}");
            addresses += 1;
        }
    }
    assert_eq!(addresses, 29);
}
