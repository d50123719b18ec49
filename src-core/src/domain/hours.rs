//! Opening hours: OpenStreetMap's `opening_hours` syntax, evaluated with the Danish public holidays.

use super::holidays;
use crate::ipc::Opening;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use opening_hours::localization::NoLocation;
use opening_hours::{Context, OpeningHours};

/// A text that is not in the syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not opening hours in OpenStreetMap's syntax, e.g. Mo-Fr 07:00-15:00; PH off")]
pub struct NotHours;

/// Openings further away than this are not announced: "opens in 40 weeks" helps nobody.
const HORIZON: TimeDelta = TimeDelta::days(60);

/// Checks the syntax; an empty text is "hours not known" and fine.
///
/// # Errors
/// When the text is not in the syntax.
pub fn check(text: &str) -> Result<(), NotHours> {
    if text.trim().is_empty() { Ok(()) } else { parse(text).map(drop) }
}

/// Whether someone with these hours can be reached at `now_ms` (UTC), on a clock `utc_offset_minutes` ahead of UTC.
#[must_use]
pub fn opening(text: &str, now_ms: i64, utc_offset_minutes: i32) -> Opening {
    if text.trim().is_empty() {
        return Opening::Unknown;
    }
    let (Ok(hours), Some(now)) = (parse(text), local(now_ms, utc_offset_minutes)) else { return Opening::Unknown };
    let hours = hours.with_context(Context::default().with_holidays(holidays::around(now.date())));
    let next = hours.next_change(now).filter(|change| *change - now < HORIZON);
    if hours.is_open(now) {
        return next.map_or(Opening::Always, |end| open_until(now, end));
    }
    if hours.is_unknown(now) {
        return Opening::Unknown;
    }
    match next {
        Some(start) if hours.is_open(start) => {
            let day = days_between(now, start);
            Opening::ClosedUntil { day, weekday: weekday(start.date()), minute: minute(start.time()) }
        }
        _ => Opening::Closed,
    }
}

/// The hours of an ordinary week as rows for reading: weekday (0 Monday) and its opening times, empty when closed.
/// Empty when the hours are not known.
#[must_use]
pub fn week(text: &str) -> Vec<(u8, String)> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let Ok(hours) = parse(text) else { return Vec::new() };
    // A week without holidays; without any in the context, `PH` never matches anyway.
    let Some(monday) = NaiveDate::from_ymd_opt(2026, 6, 15) else { return Vec::new() };
    (0..7_u8).map(|day| (day, day_words(&hours, monday + Days::new(u64::from(day))))).collect()
}

fn day_words(hours: &OpeningHours, day: NaiveDate) -> String {
    let start = day.and_time(NaiveTime::MIN);
    let end = start + TimeDelta::days(1);
    // What began yesterday evening belongs to yesterday's row; so look a day further and take what starts today.
    hours
        .iter_range(start, end + TimeDelta::days(1))
        .filter(|span| span.kind == opening_hours::RuleKind::Open && (start..end).contains(&span.range.start))
        .filter(|span| {
            span.range.start > start || !hours.is_open(start - TimeDelta::minutes(1)) || span.range.end >= end
        })
        .map(|span| {
            format!("{}–{}", clock(span.range.start), clock_end(span.range.end.min(end + TimeDelta::hours(12))))
        })
        .collect::<Vec<_>>()
        .join(", ")
}

fn clock(at: NaiveDateTime) -> String {
    format!("{:02}.{:02}", at.hour(), at.minute())
}

fn clock_end(at: NaiveDateTime) -> String {
    if at.time() == NaiveTime::MIN { "24.00".to_owned() } else { clock(at) }
}

fn parse(text: &str) -> Result<OpeningHours<NoLocation>, NotHours> {
    text.parse().map_err(|_| NotHours)
}

fn local(now_ms: i64, utc_offset_minutes: i32) -> Option<NaiveDateTime> {
    let utc = DateTime::from_timestamp_millis(now_ms)?.naive_utc();
    utc.checked_add_signed(TimeDelta::minutes(i64::from(utc_offset_minutes)))
}

/// Closing at midnight belongs to the day before: "open until 24", not "until tomorrow at 0".
fn open_until(now: NaiveDateTime, end: NaiveDateTime) -> Opening {
    let midnight = end.time() == NaiveTime::MIN;
    let day = days_between(now, end) - u16::from(midnight);
    Opening::OpenUntil { day, minute: if midnight { 24 * 60 } else { minute(end.time()) } }
}

fn days_between(from: NaiveDateTime, to: NaiveDateTime) -> u16 {
    u16::try_from((to.date() - from.date()).num_days()).unwrap_or(0)
}

fn weekday(date: NaiveDate) -> u8 {
    u8::try_from(date.weekday().num_days_from_monday()).unwrap_or(0)
}

fn minute(time: NaiveTime) -> u16 {
    u16::try_from(time.hour() * 60 + time.minute()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICE: &str = "Mo-Fr 07:00-15:00; PH off";

    /// Local time in Denmark in winter (UTC+1).
    fn at(text: &str, local_time: &str) -> Opening {
        let local = NaiveDateTime::parse_from_str(local_time, "%Y-%m-%d %H:%M").unwrap();
        opening(text, (local - TimeDelta::hours(1)).and_utc().timestamp_millis(), 60)
    }

    #[test]
    fn open_closed_and_around_the_clock() {
        // 20 November 2026 is a Friday.
        assert_eq!(at(OFFICE, "2026-11-20 09:14"), Opening::OpenUntil { day: 0, minute: 15 * 60 });
        assert_eq!(at(OFFICE, "2026-11-20 15:00"), Opening::ClosedUntil { day: 3, weekday: 0, minute: 7 * 60 });
        assert_eq!(at(OFFICE, "2026-11-20 06:00"), Opening::ClosedUntil { day: 0, weekday: 4, minute: 7 * 60 });
        assert_eq!(at("24/7", "2026-11-20 03:00"), Opening::Always);
        assert_eq!(at("off", "2026-11-20 03:00"), Opening::Closed);
    }

    #[test]
    fn evenings_past_midnight() {
        assert_eq!(at("Mo-Su 16:00-24:00", "2026-11-20 20:00"), Opening::OpenUntil { day: 0, minute: 24 * 60 });
        assert_eq!(at("Mo-Su 20:00-02:00", "2026-11-20 23:00"), Opening::OpenUntil { day: 1, minute: 120 });
    }

    #[test]
    fn danish_holidays_close() {
        // 25 December 2026 is a Friday; the office opens on Monday the 28th.
        assert_eq!(at(OFFICE, "2026-12-25 10:00"), Opening::ClosedUntil { day: 3, weekday: 0, minute: 7 * 60 });
    }

    #[test]
    fn no_hours_and_wrong_hours_are_unknown() {
        assert_eq!(at("", "2026-11-20 10:00"), Opening::Unknown);
        assert_eq!(at("når jeg kan", "2026-11-20 10:00"), Opening::Unknown);
        assert_eq!(check("når jeg kan"), Err(NotHours));
        assert_eq!(check(OFFICE), Ok(()));
    }

    #[test]
    fn a_week_reads_as_rows() {
        let rows = week("Mo-Th 16:00-22:00; Fr-Sa 16:00-24:00");
        assert_eq!(rows[0], (0, "16.00–22.00".to_owned()));
        assert_eq!(rows[5], (5, "16.00–24.00".to_owned()));
        assert_eq!(rows[6], (6, String::new()));
        assert_eq!(week("Mo 08:00-10:00,12:00-14:00")[0].1, "08.00–10.00, 12.00–14.00");
        assert_eq!(week("Sa 20:00-02:00")[5].1, "20.00–02.00");
        assert_eq!(week("Sa 20:00-02:00")[6].1, "");
        assert!(week("").is_empty());
    }
}
