//! What the person at the terminal sees: steps, how long each took, and a sign of life in the long silent ones.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Result;

const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// Announces a step, does it, and says how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {what}");
    let start = Instant::now();
    let result = work();
    if result.is_ok() {
        println!("    done in {}", seconds(start.elapsed()));
    }
    result
}

/// The same for a step whose tools print nothing: says every now and then that it is still at it.
pub(crate) fn silent_step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    step(what, || {
        let start = Instant::now();
        let (done, is_done) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                while is_done.recv_timeout(SIGN_OF_LIFE) == Err(mpsc::RecvTimeoutError::Timeout) {
                    println!("    … still at it, {}", seconds(start.elapsed()));
                }
            });
            let result = work();
            drop(done);
            result
        })
    })
}

pub(crate) fn say(line: impl AsRef<str>) {
    println!("    {}", line.as_ref());
}

/// `8.4 s`, `3 min 20 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole < 60 { format!("{:.1} s", duration.as_secs_f64()) } else { format!("{} min {} s", whole / 60, whole % 60) }
}

/// `812 bytes`, `390.2 kB`, `4.1 MB`, in thousands as browsers and registries show them.
#[expect(clippy::cast_precision_loss, reason = "a size to be read, rounded to a decimal")]
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_read_well() {
        assert_eq!(seconds(Duration::from_millis(8_440)), "8.4 s");
        assert_eq!(seconds(Duration::from_secs(200)), "3 min 20 s");
        assert_eq!(size(812), "812 bytes");
        assert_eq!(size(390_240), "390.2 kB");
        assert_eq!(size(4_100_000), "4.1 MB");
    }
}
