//! Rules about the source that no lint can see. They run with the other tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::layout::{self, Layout};
use crate::web;

/// A file longer than this wants to be two.
const LINES_MAX: usize = 500;
const LANGUAGES: [&str; 2] = ["da", "en"];

/// One word per idea; `docs/glossary.md` says which.
const GLOSSARY_WORDS: [&str; 16] = [
    "action card",
    "area",
    "area map",
    "card cell",
    "challenge",
    "channel",
    "contact",
    "coordinator",
    "device",
    "invitation",
    "map pin",
    "member",
    "organisation",
    "problem type",
    "resource",
    "scope",
];

fn layout() -> Layout {
    Layout::find().unwrap()
}

/// The files below `folder` of the clone with this extension, with their contents.
fn sources(layout: &Layout, folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let files = layout::files_below(&layout.root.join(folder)).unwrap();
    let wanted = files.into_iter().filter(|file| layout::has_extension(file, extension));
    wanted
        .map(|file| (file.strip_prefix(&layout.root).unwrap().to_owned(), layout::read_text(&file).unwrap()))
        .collect()
}

#[test]
fn no_source_file_is_too_long() {
    let layout = layout();
    let mut too_long = Vec::new();
    for folder in ["src-basemap", "src-core", "src-server", "src-tauri", "src-ui", "src-web", "xtask"] {
        for extension in ["rs", "js", "css"] {
            for (file, text) in sources(&layout, folder, extension) {
                let lines = text.lines().count();
                if lines > LINES_MAX {
                    too_long.push(format!("{} has {lines} lines", file.display()));
                }
            }
        }
    }
    assert!(too_long.is_empty(), "split these (at most {LINES_MAX} lines): {too_long:#?}");
}

#[test]
fn every_css_file_is_gathered() {
    let layout = layout();
    let gathered: BTreeSet<PathBuf> = web::css_files(&layout).unwrap().into_iter().map(|(_, file)| file).collect();
    let outside: Vec<PathBuf> = ["src-tauri", "src-web", "assets"]
        .iter()
        .flat_map(|folder| sources(&layout, folder, "css"))
        .map(|(file, _)| file)
        .collect();
    assert!(outside.is_empty(), "CSS belongs under src-ui, where the build gathers it: {outside:?}");
    for (file, _) in sources(&layout, "src-ui", "css") {
        assert!(gathered.contains(&layout.root.join(&file)), "{} is not gathered", file.display());
    }
}

#[test]
fn css_is_ready_for_scripts_from_right_to_left() {
    let physical = [
        "margin-left",
        "margin-right",
        "padding-left",
        "padding-right",
        "border-left",
        "border-right",
        "text-align: left",
        "text-align: right",
    ];
    let mut found = Vec::new();
    for (file, text) in sources(&layout(), "src-ui", "css") {
        let lines = text.lines().enumerate().filter(|(_, line)| physical.iter().any(|word| line.contains(word)));
        found.extend(lines.map(|(index, line)| format!("{}:{}: {}", file.display(), index + 1, line.trim())));
    }
    assert!(found.is_empty(), "use logical properties (margin-inline-start, text-align: start): {found:#?}");
}

#[test]
fn every_sentence_is_there_in_every_language() {
    let layout = layout();
    let by_language = LANGUAGES.map(|language| keys_of_language(&layout, language));
    for (language, keys) in LANGUAGES.iter().zip(&by_language) {
        assert!(!keys.is_empty(), "no sentences in {language}");
        for (other, others) in LANGUAGES.iter().zip(&by_language) {
            let missing: Vec<&String> = others.keys().filter(|key| !keys.contains_key(*key)).collect();
            assert!(missing.is_empty(), "{other} has these sentences and {language} has not: {missing:#?}");
        }
        let empty: Vec<&String> =
            keys.iter().filter(|(_, words)| words.trim().is_empty()).map(|(key, _)| key).collect();
        assert!(empty.is_empty(), "nothing is said in {language} for {empty:#?}");
    }
}

/// `NAMESPACE.key.inner` with the sentence.
fn keys_of_language(layout: &Layout, language: &str) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    for (file, text) in sources(layout, &format!("src-ui/locales/{language}"), "json") {
        let namespace = file.file_stem().unwrap().to_string_lossy().into_owned();
        let json: serde_json::Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        flatten(&namespace, &json, &mut keys);
    }
    keys
}

fn flatten(prefix: &str, json: &serde_json::Value, keys: &mut BTreeMap<String, String>) {
    match json.as_object() {
        Some(object) => object.iter().for_each(|(key, value)| flatten(&format!("{prefix}.{key}"), value, keys)),
        None => drop(keys.insert(prefix.to_owned(), json.as_str().map_or_else(|| json.to_string(), str::to_owned))),
    }
}

#[test]
fn every_icon_in_use_is_listed() {
    let layout = layout();
    let listed: BTreeSet<String> = web::listed_icons(&layout).unwrap().into_iter().collect();
    let mut missing = BTreeSet::new();
    for (file, text) in sources(&layout, "src-ui/src", "rs") {
        let used = icons_in(&text).into_iter().filter(|icon| !listed.contains(*icon));
        missing.extend(used.map(|icon| format!("{icon} ({})", file.display())));
    }
    for (file, text) in sources(&layout, "assets", "json").into_iter().chain(sources(&layout, "src-server", "json")) {
        let used = words_after(&text, "\"icon\": \"").into_iter().filter(|icon| !listed.contains(*icon));
        missing.extend(used.map(|icon| format!("{icon} ({})", file.display())));
    }
    assert!(missing.is_empty(), "add these to assets/icons/icons.txt: {missing:#?}");
}

/// The names given to `<Icon name="…"`, `icon="…"` and `icon: "…"` in a source file.
fn icons_in(source: &str) -> BTreeSet<&str> {
    let icons = source.split("<Icon").skip(1).filter_map(|after| after.split('>').next());
    let mut names: BTreeSet<&str> = icons.flat_map(|attributes| words_after(attributes, "name=\"")).collect();
    for mark in [" icon=\"", "icon: \"", "icon: Some(\"", "use href=\"#i-"] {
        names.extend(words_after(source, mark));
    }
    names
}

/// What stands between each `mark` and the next quotation mark, where it can be the name of an icon.
fn words_after<'a>(text: &'a str, mark: &str) -> BTreeSet<&'a str> {
    let starts = text.match_indices(mark).map(|(at, _)| &text[at + mark.len()..]);
    let is_name = |word: &&str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    starts.filter_map(|rest| rest.split('"').next()).filter(is_name).collect()
}

#[test]
fn the_glossary_has_every_word_of_the_domain() {
    let Ok(glossary) = layout::read_text(&layout().root.join("docs/glossary.md")) else {
        eprintln!("skipped: docs/glossary.md is not there yet");
        return;
    };
    let glossary = glossary.to_lowercase();
    let missing: Vec<&&str> = GLOSSARY_WORDS.iter().filter(|word| !glossary.contains(**word)).collect();
    assert!(missing.is_empty(), "docs/glossary.md does not say {missing:?}");
}

#[test]
fn npm_packages_are_pinned_exactly() {
    let package = layout::read_text(&layout().root.join("package.json")).unwrap();
    let package: serde_json::Value = serde_json::from_str(&package).unwrap();
    for group in ["dependencies", "devDependencies"] {
        for (name, version) in package[group].as_object().unwrap() {
            let version = version.as_str().unwrap();
            let exact = version.split('.').count() == 3 && version.chars().all(|c| c.is_ascii_digit() || c == '.');
            assert!(exact, "{name} {version:?} is not one exact version");
        }
    }
}

#[test]
fn handlers_write_for_the_device_that_asks() {
    // Whoever redeems has no device yet, and whoever hands in is locked out already.
    let nobody_asks = ["redeem.rs", "hand_in.rs"];
    let mut found = Vec::new();
    for (file, text) in sources(&layout(), "src-server/src/handlers", "rs") {
        if text.contains("control.write(") && !nobody_asks.iter().any(|name| file.ends_with(name)) {
            found.push(file);
        }
    }
    assert!(found.is_empty(), "`Device::write` asks once more whether the device is let in: {found:#?}");
}

#[test]
fn nothing_is_left_for_later_without_an_issue() {
    let marks = ["TO".to_owned() + "DO", "FIX".to_owned() + "ME", "XX".to_owned() + "X"];
    let mut found = Vec::new();
    for folder in ["src-basemap", "src-core", "src-server", "src-tauri", "src-ui", "src-web", "tests", "xtask"] {
        for extension in ["rs", "js", "mjs", "ts", "css"] {
            for (file, text) in sources(&layout(), folder, extension) {
                let lines =
                    text.lines().enumerate().filter(|(_, line)| marks.iter().any(|mark| line.contains(mark.as_str())));
                found.extend(lines.map(|(index, _)| format!("{}:{}", file.display(), index + 1)));
            }
        }
    }
    assert!(found.is_empty(), "do it or write an issue: {found:#?}");
}

#[test]
fn the_rules_see_what_they_look_for() {
    let source = r##"<Icon name="phone"/> <Button icon="map-pin"> Tab { icon: "house" } <Icon name=icon/> name="no-icon" use href="#i-heart""##;
    assert_eq!(icons_in(source).into_iter().collect::<Vec<_>>(), ["heart", "house", "map-pin", "phone"]);
    let mut keys = BTreeMap::new();
    flatten("card", &serde_json::json!({ "a": "A", "b": { "c": "C" } }), &mut keys);
    assert_eq!(keys.into_keys().collect::<Vec<_>>(), ["card.a", "card.b.c"]);
}
