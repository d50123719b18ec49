//! Photos: people add them to pins, look at them and throw them away.

use super::*;

/// Most photos are small, so that schedules are fast; some go in more than one piece (256 KiB).
const LARGE_BYTES: usize = 257 * 1024;

/// Somebody does something with photos. `number` makes their words their own; they stand in the files as well.
pub(crate) fn photograph(device: &mut Device, number: u64, rng: &Rng) -> Deed {
    let Some(pin) = pin(device, rng) else { return nothing("photograph") };
    let Ok(PhotosView { photos, may_add }) = device.ask(GetPhotos { pin }) else { return nothing("photograph") };
    match rng.pick(&photos) {
        Some(photo) if rng.percent(30) => look_at(device, photo),
        Some(photo) if photo.may_delete && rng.percent(20) => {
            done(format!("deletes photo {}", short(photo.id.0)), None, device.ask(DeletePhoto { id: photo.id }))
        }
        _ if may_add => add(device, pin, &format!("{WORD}{number}."), rng),
        _ => nothing("photograph"),
    }
}

fn look_at(device: &mut Device, photo: &PhotoView) -> Deed {
    let seen = device.ask(GetBlob { hash: photo.hash.clone() }).map(|_| None);
    Deed { what: format!("looks at photo {}", short(photo.id.0)), words: None, row: None, saved: seen }
}

fn add(device: &mut Device, pin: PinId, words: &str, rng: &Rng) -> Deed {
    let large = rng.percent(10);
    let bytes = if large { LARGE_BYTES } else { 200 + rng.index(800) };
    let ask = AddPhoto {
        pin,
        photo: Bytes(jpeg(1600, words, bytes)),
        thumbnail: Bytes(jpeg(320, words, 100)),
        caption: words.to_owned(),
        taken_at_ms: None,
    };
    let saved = device.ask(ask);
    let row = saved.as_ref().map_or(pin.0, |saved| saved.row);
    let what = format!("adds a photo of {bytes} bytes to pin {}: {words:?}", short(pin.0));
    done(what, Some((row, words.to_owned())), saved)
}

/// A JPEG file as far as its markers tell, with these words where the picture would be.
fn jpeg(width: u16, words: &str, bytes: usize) -> Vec<u8> {
    let [w1, w0] = width.to_be_bytes();
    let mut file = vec![0xff, 0xd8, 0xff, 0xc0, 0x00, 0x0b, 0x08, 0x00, 0x64, w1, w0, 0x01, 0x01, 0x11, 0x00];
    file.extend([0xff, 0xda, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x3f, 0x00]);
    file.extend(words.bytes());
    file.resize(file.len() + bytes, b' ');
    file.extend([0xff, 0xd9]);
    file
}
