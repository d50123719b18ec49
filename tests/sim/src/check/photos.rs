//! Whether the files of photos are where they must be.

use crate::device::{Device, member_of};
use crate::server::Server;

/// Every photo in the log has its files at the server, unless the device that added it could not send them: it was put
/// back, or its member was not allowed to for a while; or the server lost them, and the device was locked out by then.
pub(crate) fn photos(server: &mut Server, here: &[Device], away: &[Device], wrong: &mut Vec<String>) {
    let lost = server.lost_photos();
    let put_back = |token: u32| here.iter().any(|device| device.token == token && device.put_back);
    let restored = server.restored;
    let locked_out = |token: u32| restored && away.iter().any(|device| device.token == token);
    let sends = |token: u32| !server.demoted.contains(&member_of(token)) && !put_back(token) && !locked_out(token);
    for (row, author) in lost {
        if author.is_none_or(sends) {
            wrong.push(format!("photo {row} of {author:?} is in the log, and its files are not at the server"));
        }
    }
}
