//! Opening hours: OpenStreetMap's `opening_hours` syntax, evaluated with the Danish public holidays.

use super::holidays;
use crate::ipc::Opening;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use opening_hours::localization::NoLocation;
use opening_hours::{Context, OpeningHours};
use std::ops::Range;

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

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// The hours of an ordinary week, Monday first: of each day when it opens and when it closes, in minutes from that day's
/// midnight. What goes on past midnight is more than 1440 and belongs to the day that it began on; a day in the midst of
/// it is open from 0 to 1440. Empty when the hours are not known.
#[must_use]
pub fn week(text: &str) -> Vec<Vec<(u16, u16)>> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let Ok(hours) = parse(text) else { return Vec::new() };
    // A week without holidays; without any in the context, `PH` never matches anyway.
    let Some(monday) = NaiveDate::from_ymd_opt(2026, 6, 15) else { return Vec::new() };
    let monday = monday.and_time(NaiveTime::MIN);
    // A week around it, so that what is cut off at either end is longer than a week.
    let around = TimeDelta::days(7);
    let open = hours.iter_range(monday - around, monday + around + around);
    let open = open.filter(|span| span.kind == opening_hours::RuleKind::Open).map(|span| span.range);
    let open: Vec<Range<NaiveDateTime>> = open.collect();
    (0..7).map(|day| of_day(&open, monday + TimeDelta::days(day))).collect()
}

fn of_day(open: &[Range<NaiveDateTime>], start: NaiveDateTime) -> Vec<(u16, u16)> {
    let minutes = |at: NaiveDateTime| u16::try_from((at - start).num_minutes()).unwrap_or(0);
    let span = |span: &Range<NaiveDateTime>| {
        let (from, to) = (minutes(span.start), minutes(span.end));
        let begins = span.start >= start && from < DAY;
        // What began yesterday belongs to yesterday's row.
        if begins { Some((from, to)) } else { (span.start < start && to >= DAY).then_some((0, DAY)) }
    };
    open.iter().filter_map(span).collect()
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
        assert_eq!((&rows[0][..], &rows[5][..]), (&[(at_hour(16), at_hour(22))][..], &[(at_hour(16), DAY)][..]));
        assert!(rows[6].is_empty());
        assert_eq!(week("Mo 08:00-10:00,12:00-14:00")[0], [(at_hour(8), at_hour(10)), (at_hour(12), at_hour(14))]);
        assert!(week("").is_empty());
    }

    #[test]
    fn what_goes_on_past_midnight_belongs_to_the_day_it_began_on() {
        let rows = week("Sa 20:00-02:00");
        assert_eq!(rows[5], [(at_hour(20), DAY + at_hour(2))]);
        assert!(rows[6].is_empty());
        // The duty officer: every night, and from Friday to Monday without a break.
        let rows = week("Mo-Fr 15:00-24:00,00:00-07:00; Sa-Su 00:00-24:00; PH 00:00-24:00");
        assert_eq!(rows[0], [(at_hour(15), DAY + at_hour(7))], "Monday morning is Friday's");
        assert_eq!(rows[4], [(at_hour(15), 3 * DAY + at_hour(7))]);
        assert_eq!((&rows[5][..], &rows[6][..]), (&[(0, DAY)][..], &[(0, DAY)][..]));
        assert!(week("24/7").iter().all(|day| *day == [(0, DAY)]));
        assert_eq!(week("Mo 00:00-07:00")[0], [(0, at_hour(7))]);
        assert!(week("off").iter().all(Vec::is_empty));
    }

    fn at_hour(hour: u16) -> u16 {
        hour * 60
    }
}
