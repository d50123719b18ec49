//! A file of what a device could not send itself.

use super::judging::{made, set};
use super::{check, hex};
use crate::devices::{Hub, area, row};
use crate::photos::jpeg;
use serde_json::json;
use trygkort_core::domain::Role;
use trygkort_core::domain::schema::contact;
use trygkort_core::hub::{Delivered, Peer};
use trygkort_core::seal;
use trygkort_core::wire::to_bytes;
use trygkort_core::wire::unsent::UnsentFile;
use trygkort_core::wire::v1::{Push, SyncRequest, WireId};

#[test]
fn a_file_of_unsent_changes() {
    let (seed, salt) = ([3; 32], [4; 16]);
    let actions = vec![made(), set(2, 1_000, contact::note, "Ring på")];
    let hashes: Vec<seal::Hash> = actions.iter().map(seal::action_hash).collect();
    let digest = seal::push_digest(area(), 3, None, &salt, &hashes);
    let push = Push { after: None, salt: salt.into(), signature: Some(seal::sign(&seed, &digest).into()) };
    let request =
        SyncRequest { version: 1, origin: 3, actions, speaks: Some(4), push: Some(push), ..SyncRequest::default() };
    let photos = [jpeg(320, 240, 1, 8), jpeg(1600, 1200, 1, 16)];
    let file = UnsentFile {
        version: 1,
        area: WireId(area().0),
        request: request.into(),
        photos: Some(photos.iter().cloned().map(Into::into).collect()),
    };
    let without = UnsentFile { photos: None, ..file.clone() };
    for file in [&file, &without] {
        assert!(UnsentFile::read(&to_bytes(file)).unwrap() == *file);
    }
    let author = Peer { key: Some(seal::public_key(&seed)), ..Peer::new(3, row(33), Role::Coordinator) };
    let taken = Hub::empty().log.deliver(Some(&author), &file.request, 1_795_162_440_000).unwrap();
    assert_eq!(taken, Delivered { taken: 2, refused: 0, aside: 0 });
    check(
        "unsent",
        &json!({
            "about": "two actions of origin 3, signed by its device, with a thumbnail and a photo as far as JPEG's markers go",
            "area": area().to_string(), "public_key": hex(seal::public_key(&seed)),
            "action_hashes": hashes.iter().map(hex).collect::<Vec<_>>(), "digest": hex(digest),
            "file": hex(to_bytes(&file)), "file_without_photos": hex(to_bytes(&without)),
            "photo_names": photos.map(|photo| blake3::hash(&photo).to_hex().to_string()),
        }),
    );
}
