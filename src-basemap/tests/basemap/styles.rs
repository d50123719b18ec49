//! The two styles of the app fit the tiles: same layers in both, only source layers that we fill, nothing from the net.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

fn style(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/map-style");
    serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

fn layers(style: &Value) -> &[Value] {
    style["layers"].as_array().unwrap()
}

#[test]
fn light_and_dark_differ_in_colours_only() {
    let shape = |style: &Value| {
        let mut layers = layers(style).to_vec();
        for layer in &mut layers {
            for (key, paint) in layer["paint"].as_object_mut().unwrap() {
                if key.ends_with("-color") {
                    assert!(paint.as_str().is_some_and(|color| color.starts_with('#')), "{key}: {paint}");
                    *paint = Value::Null;
                }
            }
        }
        layers
    };
    assert_eq!(shape(&style("light.json")), shape(&style("dark.json")));
}

#[test]
fn styles_use_our_layers_and_nothing_from_the_network() {
    let ours = ["boundaries", "buildings", "earth", "landuse", "places", "pois", "roads", "water"];
    for name in ["light.json", "dark.json"] {
        let style = style(name);
        assert_eq!(style["sources"], serde_json::json!({"area": {"type": "vector", "url": "pmtiles://area"}}));
        assert!(style.get("glyphs").is_none() && style.get("sprite").is_none());
        assert_eq!(layers(&style)[0]["type"], "background", "an empty map still looks right");
        let used: BTreeSet<_> = layers(&style).iter().filter_map(|layer| layer["source-layer"].as_str()).collect();
        assert_eq!(used.into_iter().collect::<Vec<_>>(), ours);
        let ids: BTreeSet<_> = layers(&style).iter().map(|layer| layer["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), layers(&style).len(), "ids are unique");
        for label in layers(&style).iter().filter(|layer| layer["type"] == "symbol") {
            assert_eq!(label["layout"]["text-font"], serde_json::json!(["sans-serif"]), "{}", label["id"]);
        }
    }
}
