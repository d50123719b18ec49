//! What the documents say about the core is what the core does.

use std::path::Path;
use trygkort_core::domain::Entity;

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every entity has a heading and every field a table row with its number and name.
#[test]
fn the_data_model_names_every_field_with_its_number() {
    let text = document("data-model.md");
    for entity in Entity::ALL {
        let section = text
            .split("\n## ")
            .find(|section| {
                section.lines().next().is_some_and(|heading| heading.contains(&format!("`{}`", entity.name())))
            })
            .unwrap_or_else(|| panic!("docs/data-model.md has no section for `{}`", entity.name()));
        for field in entity.fields() {
            let found = section.lines().any(|line| {
                let cells: Vec<_> = line.split('|').map(str::trim).collect();
                cells.get(1) == Some(&field.id.to_string().as_str())
                    && cells.get(2) == Some(&format!("`{}`", field.name).as_str())
            });
            assert!(found, "docs/data-model.md: no row `| {} | `{}` |` for {}", field.id, field.name, entity.name());
        }
    }
}
