//! Words in the screen's language, from plain data.

use crate::i18n::{Locale, td_string};
use crate::state::derived;
use leptos::prelude::Signal;
use trygkort_core::domain::{Role, Scope};
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{IpcError, Opening, Sector};

pub(crate) use crate::i18n::I18n;

const MS_PER_MINUTE: i64 = 60_000;
const MS_PER_DAY: i64 = 86_400_000;

/// A sentence that follows the language; `tr!(i18n, common.save)` writes the function.
///
/// One type for all sentences: Leptos compiles what draws a text anew for every closure type, and there are hundreds.
pub(crate) fn sentence(i18n: I18n, words: fn(Locale) -> &'static str) -> Signal<String> {
    derived(move || words(i18n.get_locale()).to_owned())
}

/// *Åbent til kl. 15*, *Lukket, åbner mandag kl. 8*, *Døgnåbent*.
pub(crate) fn opening_words(i18n: I18n, opening: &Opening) -> String {
    opening_in(i18n.get_locale(), opening)
}

/// The short form of tiles: *til kl. 15*, *åbner kl. 16*, *døgnåbent*; empty when nothing is known.
pub(crate) fn opening_short(i18n: I18n, opening: &Opening) -> String {
    opening_short_in(i18n.get_locale(), opening)
}

/// Whether someone can be reached now, as far as is known.
pub(crate) fn is_open(opening: &Opening) -> bool {
    matches!(opening, Opening::Always | Opening::OpenUntil { .. })
}

/// *mandag*; 0 is Monday.
pub(crate) fn weekday_words(i18n: I18n, weekday: u8) -> String {
    weekday_in(i18n.get_locale(), weekday).to_owned()
}

/// *07.00–15.00*, *20.00–02.00*, *15.00 – lørdag 12.00*, *Hele døgnet*: when somebody is there on a day, as minutes from
/// its midnight.
pub(crate) fn day_hours_words(i18n: I18n, weekday: u8, spans: &[(u16, u16)]) -> String {
    day_hours_in(i18n.get_locale(), weekday, spans)
}

/// *22. november 2026*.
pub(crate) fn date_words(i18n: I18n, ms: i64) -> String {
    date_in(i18n.get_locale(), local(ms))
}

/// Whole hours until five in the morning, when also the longest evening is over.
pub(crate) fn hours_until_morning(now_ms: i64) -> u32 {
    hours_until_five(local(now_ms).minute)
}

fn hours_until_five(minute: u16) -> u32 {
    const DAY: u32 = 24 * 60;
    let wait = (DAY + 5 * 60 - u32::from(minute)) % DAY;
    if wait == 0 { 24 } else { wait.div_ceil(60) }
}

/// *22.11.2026*.
pub(crate) fn date_short(ms: i64) -> String {
    let at = local(ms);
    format!("{}.{}.{}", at.day, at.month, at.year)
}

/// *kl. 9.14* today, *i går kl. 9.14*, otherwise *22. november kl. 9.14*, with the year when it is another.
pub(crate) fn moment_words(i18n: I18n, ms: i64, now_ms: i64) -> String {
    moment_in_words(i18n.get_locale(), ms, now_ms)
}

/// *kl. 9.14*.
pub(crate) fn clock_words(i18n: I18n, ms: i64) -> String {
    clock_in(i18n.get_locale(), local(ms).minute)
}

/// Which day of the calendar here a moment is in.
pub(crate) fn day_of(ms: i64) -> i64 {
    local(ms).days
}

/// *i dag*, *i går*, otherwise *22. november*, with the year when it is another.
pub(crate) fn day_words(i18n: I18n, ms: i64, now_ms: i64) -> String {
    let (locale, at, now) = (i18n.get_locale(), local(ms), local(now_ms));
    match now.days - at.days {
        0 => td_string!(locale, updates.today).to_owned(),
        1 => td_string!(locale, updates.yesterday).to_owned(),
        _ if at.year == now.year => {
            td_string!(locale, common.date_no_year, day = at.day, month = month_in(locale, at.month)).to_string()
        }
        _ => date_in(locale, at),
    }
}

/// [`moment_words`] for view models, which know a language and no screen.
pub(crate) fn moment_in_words(locale: Locale, ms: i64, now_ms: i64) -> String {
    moment_in(locale, local(ms), local(now_ms))
}

/// *Koordinator*, *Fagperson*, *Deltager*, *Beboer*.
pub(crate) fn role_words(i18n: I18n, role: Role) -> &'static str {
    let locale = i18n.get_locale();
    match role {
        Role::Coordinator => td_string!(locale, common.role.coordinator),
        Role::Staff => td_string!(locale, common.role.staff),
        Role::Participant => td_string!(locale, common.role.participant),
        Role::Resident => td_string!(locale, common.role.resident),
    }
}

/// Who may see something: *Alle, også beboere*, *Netværket*, *Kun koordinatorer*.
pub(crate) fn scope_words(i18n: I18n, scope: Scope) -> &'static str {
    let locale = i18n.get_locale();
    match scope {
        Scope::Public => td_string!(locale, common.scope.public),
        Scope::Network => td_string!(locale, common.scope.network),
        Scope::Coordination => td_string!(locale, common.scope.coordination),
        Scope::Walk(_) => td_string!(locale, common.scope.walk),
    }
}

/// *Kommunen*, *Boligområde* …
pub(crate) fn sector_words(i18n: I18n, sector: Sector) -> &'static str {
    let locale = i18n.get_locale();
    match sector {
        Sector::Municipality => td_string!(locale, common.sector.municipality),
        Sector::Housing => td_string!(locale, common.sector.housing),
        Sector::Police => td_string!(locale, common.sector.police),
        Sector::Health => td_string!(locale, common.sector.health),
        Sector::Education => td_string!(locale, common.sector.education),
        Sector::Association => td_string!(locale, common.sector.association),
        Sector::Business => td_string!(locale, common.sector.business),
    }
}

/// What happened, that what was written is safe, and what to do.
pub(crate) fn error_words(locale: Locale, error: &IpcError) -> &'static str {
    match error.code {
        ErrorCode::NotFound => td_string!(locale, common.error.not_found),
        ErrorCode::Forbidden => td_string!(locale, common.error.forbidden),
        ErrorCode::Invalid => td_string!(locale, common.error.invalid),
        ErrorCode::PersonalNumber => td_string!(locale, common.error.personal_number),
        ErrorCode::NoArea => td_string!(locale, common.error.no_area),
        ErrorCode::Offline => td_string!(locale, common.error.offline),
        ErrorCode::Server => td_string!(locale, common.error.server),
        ErrorCode::BadLink => td_string!(locale, common.error.bad_link),
        ErrorCode::InvitationSpent => td_string!(locale, common.error.invitation_spent),
        ErrorCode::TooManyAttempts => td_string!(locale, common.error.too_many_attempts),
        ErrorCode::OtherServer => td_string!(locale, common.error.other_server),
        ErrorCode::Revoked => td_string!(locale, common.error.revoked),
        // In the words of the status, which stands beside it.
        ErrorCode::DeviceUnknown => td_string!(locale, more.state_unknown),
        ErrorCode::Expired => td_string!(locale, common.error.expired),
        ErrorCode::AreaDeleted => td_string!(locale, common.error.area_deleted),
        ErrorCode::StorageFull => td_string!(locale, common.error.storage_full),
        ErrorCode::StorageRefused => td_string!(locale, common.error.storage_refused),
        ErrorCode::StorageDamaged => td_string!(locale, common.error.storage_damaged),
        ErrorCode::Locked => td_string!(locale, common.error.locked),
        ErrorCode::KeyLost => td_string!(locale, common.error.key_lost),
        ErrorCode::KeyStore => td_string!(locale, common.error.key_store),
        ErrorCode::Outdated => td_string!(locale, common.error.outdated),
        ErrorCode::ChangedSince => td_string!(locale, common.error.changed_since),
        ErrorCode::Parked => td_string!(locale, common.error.parked),
        ErrorCode::Internal => td_string!(locale, common.error.internal),
    }
}

fn opening_in(locale: Locale, opening: &Opening) -> String {
    match *opening {
        Opening::Always => td_string!(locale, common.opening.always).to_owned(),
        // Past midnight is still "until 2 o'clock"; only a longer stretch needs the day.
        Opening::OpenUntil { day: 0, minute } => {
            td_string!(locale, common.opening.open_until, time = clock_in(locale, minute)).to_string()
        }
        Opening::OpenUntil { minute, .. } => {
            let (day, time) = (td_string!(locale, common.opening.tomorrow), clock_in(locale, minute));
            td_string!(locale, common.opening.open_until_day, day = day, time = time).to_string()
        }
        Opening::ClosedUntil { day: 0, minute, .. } => {
            td_string!(locale, common.opening.closed_until_today, time = clock_in(locale, minute)).to_string()
        }
        Opening::ClosedUntil { day, weekday, minute } => {
            let (day, time) = (day_in(locale, day, weekday), clock_in(locale, minute));
            td_string!(locale, common.opening.closed_until, day = day, time = time).to_string()
        }
        Opening::Closed => td_string!(locale, common.opening.closed).to_owned(),
        Opening::Unknown => td_string!(locale, common.opening.unknown).to_owned(),
    }
}

fn opening_short_in(locale: Locale, opening: &Opening) -> String {
    match *opening {
        Opening::Always => td_string!(locale, common.opening.short_always).to_owned(),
        Opening::OpenUntil { minute, .. } => {
            td_string!(locale, common.opening.short_until, time = clock_in(locale, minute)).to_string()
        }
        Opening::ClosedUntil { day: 0, minute, .. } => {
            td_string!(locale, common.opening.short_opens, time = clock_in(locale, minute)).to_string()
        }
        Opening::ClosedUntil { day, weekday, minute } => {
            let (day, time) = (day_in(locale, day, weekday), clock_in(locale, minute));
            td_string!(locale, common.opening.short_opens_day, day = day, time = time).to_string()
        }
        Opening::Closed => td_string!(locale, common.opening.short_closed).to_owned(),
        Opening::Unknown => String::new(),
    }
}

fn day_hours_in(locale: Locale, weekday: u8, spans: &[(u16, u16)]) -> String {
    const DAY: u16 = 24 * 60;
    /// Until then people say the hour and mean the night.
    const NIGHT_ENDS: u16 = DAY + 6 * 60;
    let clock = |minute: u16| {
        let mark = if locale == Locale::da { '.' } else { ':' };
        format!("{:02}{mark}{:02}", minute / 60, minute % 60)
    };
    let words = |(from, to): &(u16, u16)| match *to {
        DAY if *from == 0 => capitalise(td_string!(locale, common.opening.all_day)),
        ..=DAY => format!("{}–{}", clock(*from), clock(*to)),
        to if to <= NIGHT_ENDS && to - from < DAY => format!("{}–{}", clock(*from), clock(to - DAY)),
        to => {
            // Midnight is the end of a day, not the beginning of the next.
            let days = (to - 1) / DAY;
            let day = u8::try_from((u16::from(weekday) + days) % 7).unwrap_or(0);
            format!("{} – {} {}", clock(*from), weekday_in(locale, day), clock(to - days * DAY))
        }
    };
    spans.iter().map(words).collect::<Vec<_>>().join(", ")
}

/// *i morgen*, otherwise the weekday.
fn day_in(locale: Locale, day: u16, weekday: u8) -> &'static str {
    if day == 1 { td_string!(locale, common.opening.tomorrow) } else { weekday_in(locale, weekday) }
}

fn weekday_in(locale: Locale, weekday: u8) -> &'static str {
    match weekday {
        0 => td_string!(locale, common.weekdays.d0),
        1 => td_string!(locale, common.weekdays.d1),
        2 => td_string!(locale, common.weekdays.d2),
        3 => td_string!(locale, common.weekdays.d3),
        4 => td_string!(locale, common.weekdays.d4),
        5 => td_string!(locale, common.weekdays.d5),
        _ => td_string!(locale, common.weekdays.d6),
    }
}

fn month_in(locale: Locale, month: u8) -> &'static str {
    match month {
        1 => td_string!(locale, common.months.m1),
        2 => td_string!(locale, common.months.m2),
        3 => td_string!(locale, common.months.m3),
        4 => td_string!(locale, common.months.m4),
        5 => td_string!(locale, common.months.m5),
        6 => td_string!(locale, common.months.m6),
        7 => td_string!(locale, common.months.m7),
        8 => td_string!(locale, common.months.m8),
        9 => td_string!(locale, common.months.m9),
        10 => td_string!(locale, common.months.m10),
        11 => td_string!(locale, common.months.m11),
        _ => td_string!(locale, common.months.m12),
    }
}

fn clock_in(locale: Locale, minute: u16) -> String {
    let (hour, minute) = (minute / 60, minute % 60);
    let time = match locale {
        Locale::da if minute == 0 => hour.to_string(),
        Locale::da => format!("{hour}.{minute:02}"),
        Locale::en => format!("{hour}:{minute:02}"),
    };
    td_string!(locale, common.clock, time = time).to_string()
}

fn date_in(locale: Locale, at: LocalTime) -> String {
    td_string!(locale, common.date, day = at.day, month = month_in(locale, at.month), year = at.year).to_string()
}

fn moment_in(locale: Locale, at: LocalTime, now: LocalTime) -> String {
    let clock = clock_in(locale, at.minute);
    match now.days - at.days {
        0 => clock,
        1 => td_string!(locale, common.yesterday_at, time = clock).to_string(),
        _ if at.year == now.year => {
            let month = month_in(locale, at.month);
            format!("{} {clock}", td_string!(locale, common.date_no_year, day = at.day, month = month))
        }
        _ => date_in(locale, at),
    }
}

/// A moment on the wall clock of this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LocalTime {
    /// Days since 1970-01-01.
    days: i64,
    year: i64,
    month: u8,
    day: u8,
    /// Minutes after midnight.
    minute: u16,
}

fn local(ms: i64) -> LocalTime {
    wall_clock(ms + offset_minutes(ms) * MS_PER_MINUTE)
}

/// The proleptic Gregorian date of a moment that is already local; the days-to-date rule of H. Hinnant's
/// "chrono-compatible low-level date algorithms".
#[expect(clippy::cast_possible_truncation, reason = "day, month and minute are small by construction")]
#[expect(clippy::cast_sign_loss, reason = "remainders of rem_euclid are not negative")]
fn wall_clock(local_ms: i64) -> LocalTime {
    let days = local_ms.div_euclid(MS_PER_DAY);
    let minute = (local_ms.rem_euclid(MS_PER_DAY) / MS_PER_MINUTE) as u16;
    // Years are counted from March, so that the leap day is the last day of its year.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * march_month + 2) / 5 + 1) as u8;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 } as u8;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    LocalTime { days, year, month, day, minute }
}

/// Minutes east of UTC at that moment, summer time included.
#[cfg(target_family = "wasm")]
#[expect(clippy::cast_possible_truncation, reason = "an offset is a few hundred minutes")]
#[expect(clippy::cast_precision_loss, reason = "f64 holds whole milliseconds for 285,000 years")]
fn offset_minutes(ms: i64) -> i64 {
    -(js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(ms as f64)).get_timezone_offset() as i64)
}

/// Tests run in UTC.
#[cfg(not(target_family = "wasm"))]
fn offset_minutes(_ms: i64) -> i64 {
    0
}

/// *koordinator*, in the middle of a sentence. The browser knows all letters; Rust's table of them would be downloaded.
#[cfg(target_family = "wasm")]
pub(crate) fn lowercase(words: &str) -> String {
    js_sys::JsString::from(words).to_lower_case().into()
}

#[cfg(not(target_family = "wasm"))]
pub(crate) fn lowercase(words: &str) -> String {
    words.to_lowercase()
}

/// *mandag* → *Mandag*, at the start of a line.
pub(crate) fn capitalise(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| uppercase(first) + letters.as_str())
}

#[cfg(target_family = "wasm")]
fn uppercase(letter: char) -> String {
    js_sys::JsString::from(letter.to_string()).to_upper_case().into()
}

#[cfg(not(target_family = "wasm"))]
fn uppercase(letter: char) -> String {
    letter.to_uppercase().to_string()
}

/// A number with exactly `places` digits after the point. Rust's own way is right for all numbers there are, and weighs
/// more than a screen.
#[expect(clippy::cast_possible_truncation, reason = "coordinates and megabytes are far from the ends of i64")]
#[expect(clippy::cast_precision_loss, reason = "a power of ten, with less than sixteen digits")]
pub(crate) fn decimal(value: f64, places: u32) -> String {
    let unit = 10_u64.pow(places);
    let rounded = (value * unit as f64).round() as i64;
    let (sign, digits) = (if rounded < 0 { "-" } else { "" }, rounded.unsigned_abs());
    format!("{sign}{}.{:0width$}", digits / unit, digits % unit, width = places as usize)
}

/// Reads what [`decimal`] writes, and what people type for it: `-12.5`, `55`, `+7`. Digits beyond the fifteen that a
/// number holds are passed over.
#[expect(clippy::cast_precision_loss, reason = "fifteen digits are exact")]
pub(crate) fn parse_decimal(text: &str) -> Option<f64> {
    const DIGITS: usize = 15;
    let positive = text.strip_prefix('-');
    let (whole, part) = {
        let digits = positive.or(text.strip_prefix('+')).unwrap_or(text);
        digits.split_once('.').unwrap_or((digits, ""))
    };
    if !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = &part[..part.len().min(DIGITS.checked_sub(whole.len())?)];
    let digits: u64 = format!("{whole}{part}").parse().ok()?;
    let value = digits as f64 / 10_u64.pow(u32::try_from(part.len()).ok()?) as f64;
    Some(if positive.is_some() { -value } else { value })
}

#[cfg(test)]
mod tests;
