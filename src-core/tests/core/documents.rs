//! What the documents say about the core is what the core does.

use std::path::Path;
use trygkort_core::domain::Entity;
use trygkort_core::domain::schema::DELETED_AT;

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every entity has a heading with its number, and every field of its own a row with its number and name.
#[test]
fn the_data_model_names_every_field_with_its_number() {
    let text = document("data-model.md");
    for entity in Entity::ALL {
        let heading = format!("{} · {}", entity.number(), entity.name());
        let section = text
            .split("\n### ")
            .find(|section| section.lines().next() == Some(heading.as_str()))
            .unwrap_or_else(|| panic!("docs/data-model.md has no section `{heading}`"));
        for field in entity.fields().iter().filter(|field| field.id != DELETED_AT) {
            let row = format!("| {} | {} |", field.id, field.name);
            assert!(section.lines().any(|line| line.starts_with(&row)), "docs/data-model.md, {heading}: no row {row}");
        }
    }
}
