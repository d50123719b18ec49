//! The Danish public holidays: fixed days, and days counted from Easter Sunday.
//!
//! *Store bededag* was given up from 2024 (act no. 214 of 6 March 2023). The crate `opening-hours` can tell them too,
//! out of a list of every country's that phones would have to download (docs/adr/0006-dependencies.md).

use chrono::{Datelike, NaiveDate, TimeDelta};
use compact_calendar::CompactCalendar;
use opening_hours::ContextHolidays;
use std::sync::Arc;

/// Month and day: New Year's Day, Christmas Day, the day after.
const FIXED: [(u32, u32); 3] = [(1, 1), (12, 25), (12, 26)];

/// Days after Easter Sunday: Maundy Thursday, Good Friday, Easter Sunday and Monday, Ascension, Whit Sunday and Monday.
const FROM_EASTER: [i64; 7] = [-3, -2, 0, 1, 39, 49, 50];

/// The public holidays of the year before `day`, of its own and of the year after.
pub(super) fn around(day: NaiveDate) -> ContextHolidays {
    let mut calendar = CompactCalendar::default();
    for year in day.year() - 1..=day.year() + 1 {
        for holiday in of(year) {
            calendar.insert(holiday);
        }
    }
    ContextHolidays::new(Arc::new(calendar), Arc::default())
}

fn of(year: i32) -> impl Iterator<Item = NaiveDate> {
    let date = move |(month, day)| NaiveDate::from_ymd_opt(year, month, day);
    let easter = computus::gregorian(year).ok().and_then(|easter| date((easter.month, easter.day)));
    let movable = easter.into_iter().flat_map(|easter| FROM_EASTER.map(|days| easter + TimeDelta::days(days)));
    FIXED.into_iter().filter_map(date).chain(movable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use opening_hours::localization::Country;

    #[test]
    fn they_are_those_of_the_list() {
        let list = Country::DK.holidays();
        for year in 2024..=2060 {
            let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
            let ours = around(first);
            for day in first.iter_days().take_while(|day| day.year() == year) {
                assert_eq!(ours.get_public().contains(day), list.get_public().contains(day), "{day}");
            }
        }
    }
}
