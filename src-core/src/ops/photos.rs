//! Photos of map pins.

use super::Ctx;
use super::action::{self, Draft};
use super::authors::author;
use crate::domain::jpeg::{self, Jpeg, JpegError, PHOTO_SIDE_MAX, THUMBNAIL_SIDE_MAX};
use crate::domain::schema::photo as f;
use crate::domain::{Entity, PhotoId, PinId, RowId, Scope, Value};
use crate::error::Error;
use crate::ipc::{AddPhoto, PhotoView, PhotosView, Saved, Topic};
use crate::store::area::AreaFile;
use crate::store::authors::Authors;
use crate::store::table::photo::{self, PhotoRow};
use crate::store::{blobs, outbox, table};
use std::collections::BTreeSet;

const MINUTE_MS: i64 = 60_000;

/// The photos of a pin, oldest first.
pub(crate) fn of(file: &AreaFile, pin: PinId) -> Result<PhotosView, Error> {
    let authors = Authors::load(&file.conn)?;
    let rows = photo::of(&file.conn, pin.0)?.into_iter();
    let photos = rows.map(|row| view(file, &authors, row)).collect::<Result<_, Error>>()?;
    let scope = table::map_pin::get(&file.conn, pin.0)?.ok_or(Error::NotFound)?.scope;
    let mut draft = Draft::new();
    draft.row(Entity::Photo, RowId(uuid::Uuid::nil()), scope).set(f::of, pin.0);
    Ok(PhotosView { photos, may_add: draft.is_feasible(file)? })
}

fn view(file: &AreaFile, authors: &Authors, row: PhotoRow) -> Result<PhotoView, Error> {
    let (thumbnail, photo) = (blobs::kept(&file.conn, &row.thumbnail)?, blobs::kept(&file.conn, &row.hash)?);
    let mut caption = Draft::new();
    caption.row(Entity::Photo, row.id, row.scope).set(f::caption, format!("{}.", row.caption));
    Ok(PhotoView {
        id: PhotoId(row.id),
        width: row.width,
        height: row.height,
        taken_at_ms: row.taken_at,
        thumbnail_here: thumbnail.here,
        photo_here: photo.here,
        sent: !row.pending && !thumbnail.unsent && !photo.unsent,
        may_edit: caption.is_feasible(file)?,
        may_delete: deletion(row.id, row.scope, 0).is_feasible(file)?,
        added_by: author(file, authors, row.created_by)?,
        caption: row.caption,
        hash: row.hash,
        thumbnail: row.thumbnail,
    })
}

/// Adds a photo to a pin. Its files are kept before the action is: what a crash leaves in between, nobody sees.
pub(crate) fn add(file: &mut AreaFile, ctx: &Ctx<'_>, ask: &AddPhoto) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let scope = table::map_pin::get(&file.conn, ask.pin.0)?.ok_or(Error::NotFound)?.scope;
    let (photo, size) = picture("photo", &ask.photo.0, PHOTO_SIDE_MAX)?;
    let (thumbnail, _) = picture("thumbnail", &ask.thumbnail.0, THUMBNAIL_SIDE_MAX)?;
    let id = ctx.new_id();
    let count = |bytes: usize| Value::Int(i64::try_from(bytes).unwrap_or(i64::MAX));
    let hash = blake3::hash(&photo).to_hex().to_string();
    let small = blake3::hash(&thumbnail).to_hex().to_string();
    let mut draft = Draft::new();
    draft
        .row(Entity::Photo, id, scope)
        .set(f::of, ask.pin.0)
        .set(f::hash, hash)
        .set(f::thumbnail, small)
        .set(f::bytes, count(photo.len()))
        .set(f::width, Value::Int(size.width.into()))
        .set(f::height, Value::Int(size.height.into()))
        .set(f::caption, ask.caption.trim())
        .set(f::taken_at, ask.taken_at_ms.map(|at| at - at.rem_euclid(MINUTE_MS)));
    if !draft.is_feasible(file)? {
        return Err(Error::Forbidden);
    }
    blobs::add(&file.conn, &thumbnail, true, ctx.now_ms)?;
    blobs::add(&file.conn, &photo, false, ctx.now_ms)?;
    let local_only = file.session.local_only();
    let saved = draft.save(file, ctx, id);
    if saved.is_err() {
        blobs::sweep(&file.conn)?;
    } else if local_only {
        blobs::nowhere_to_send(&file.conn)?;
    }
    saved
}

/// A file as it is kept, and how large its picture is.
fn picture(field: &str, bytes: &[u8], side_max: u16) -> Result<(Vec<u8>, Jpeg), Error> {
    let invalid = |error: JpegError| Error::invalid(field, error.to_string());
    let plain = jpeg::without_metadata(bytes).map_err(invalid)?;
    let size = jpeg::check(&plain, side_max).map_err(invalid)?;
    Ok((plain, size))
}

/// Says something else about a photo.
pub(crate) fn set_caption(
    file: &mut AreaFile,
    ctx: &Ctx<'_>,
    id: PhotoId,
    caption: &str,
) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let state = outbox::overlay(&file.conn, file.session.origin, id.0)?.ok_or(Error::NotFound)?;
    let mut draft = Draft::new();
    draft.row(Entity::Photo, id.0, state.scope).set(f::caption, caption.trim());
    draft.save(file, ctx, id.0)
}

/// Moves a photo to the trash.
pub(crate) fn delete(file: &mut AreaFile, ctx: &Ctx<'_>, id: PhotoId) -> Result<(Saved, BTreeSet<Topic>), Error> {
    action::delete(file, ctx, Entity::Photo, id.0)
}

fn deletion(row: RowId, scope: Scope, now_ms: i64) -> Draft {
    let mut draft = Draft::new();
    draft.row(Entity::Photo, row, scope).set(crate::domain::schema::DELETED_AT, Value::Int(now_ms));
    draft
}

/// The photos of a pin that go to the trash with it: those that this device may delete.
pub(crate) fn deletable(file: &AreaFile, pin: RowId) -> Result<Vec<RowId>, Error> {
    let mut found = Vec::new();
    for row in photo::of(&file.conn, pin)? {
        if deletion(row.id, row.scope, 0).is_feasible(file)? {
            found.push(row.id);
        }
    }
    Ok(found)
}

/// A file that a photo names; `None`: it is not here yet, and is fetched.
pub(crate) fn blob(file: &AreaFile, ctx: &Ctx<'_>, hash: &str) -> Result<Option<Vec<u8>>, Error> {
    if let Some(content) = blobs::look_at(&file.conn, hash, ctx.now_ms)? {
        return Ok(Some(content));
    }
    if blobs::want(&file.conn, hash, ctx.now_ms)? { Ok(None) } else { Err(Error::NotFound) }
}
