use super::*;

#[track_caller]
fn check_opening(opening: Opening, danish: &str, english: &str, short: &str) {
    assert_eq!(opening_in(Locale::da, &opening), danish);
    assert_eq!(opening_in(Locale::en, &opening), english);
    assert_eq!(opening_short_in(Locale::da, &opening), short);
}

#[test]
fn opening_hours_in_words() {
    check_opening(Opening::Always, "Døgnåbent", "Open day and night", "døgnåbent");
    check_opening(Opening::OpenUntil { day: 0, minute: 900 }, "Åbent til kl. 15", "Open until 15:00", "til kl. 15");
    check_opening(
        Opening::OpenUntil { day: 1, minute: 90 },
        "Åbent til i morgen kl. 1.30",
        "Open until tomorrow 1:30",
        "til kl. 1.30",
    );
    check_opening(
        Opening::ClosedUntil { day: 0, weekday: 2, minute: 960 },
        "Lukket, åbner kl. 16",
        "Closed, opens 16:00",
        "åbner kl. 16",
    );
    check_opening(
        Opening::ClosedUntil { day: 1, weekday: 3, minute: 480 },
        "Lukket, åbner i morgen kl. 8",
        "Closed, opens tomorrow 8:00",
        "åbner i morgen kl. 8",
    );
    check_opening(
        Opening::ClosedUntil { day: 3, weekday: 0, minute: 480 },
        "Lukket, åbner mandag kl. 8",
        "Closed, opens Monday 8:00",
        "åbner mandag kl. 8",
    );
    check_opening(Opening::Closed, "Lukket", "Closed", "lukket");
    check_opening(Opening::Unknown, "Åbningstid ikke oplyst", "Opening hours not known", "");
}

#[test]
fn hours_of_a_day_in_words() {
    const DAY: u16 = 24 * 60;
    let check = |weekday, spans: &[(u16, u16)], danish: &str, english: &str| {
        assert_eq!(day_hours_in(Locale::da, weekday, spans), danish);
        assert_eq!(day_hours_in(Locale::en, weekday, spans), english);
    };
    check(0, &[(420, 900)], "07.00–15.00", "07:00–15:00");
    check(0, &[(480, 600), (720, 840)], "08.00–10.00, 12.00–14.00", "08:00–10:00, 12:00–14:00");
    check(5, &[(960, DAY)], "16.00–24.00", "16:00–24:00");
    check(5, &[(0, DAY)], "Hele døgnet", "Day and night");
    check(5, &[(1200, DAY + 120)], "20.00–02.00", "20:00–02:00");
    check(4, &[(900, DAY + 720)], "15.00 – lørdag 12.00", "15:00 – Saturday 12:00");
    check(4, &[(900, 3 * DAY + 420)], "15.00 – mandag 07.00", "15:00 – Monday 07:00");
    check(4, &[(900, 3 * DAY)], "15.00 – søndag 24.00", "15:00 – Sunday 24:00");
}

#[test]
fn clock_is_written_the_danish_way() {
    assert_eq!(clock_in(Locale::da, 9 * 60 + 14), "kl. 9.14");
    assert_eq!(clock_in(Locale::da, 15 * 60), "kl. 15");
    assert_eq!(clock_in(Locale::da, 5), "kl. 0.05");
    assert_eq!(clock_in(Locale::en, 9 * 60 + 14), "9:14");
}

#[test]
fn an_evening_ends_at_five_in_the_morning() {
    for (hour, minute, hours) in
        [(18, 0, 11), (18, 1, 11), (17, 59, 12), (4, 59, 1), (5, 0, 24), (0, 0, 5), (23, 30, 6)]
    {
        assert_eq!(hours_until_five(hour * 60 + minute), hours, "{hour}.{minute}");
    }
}

#[test]
fn dates_around_leap_days_and_the_epoch() {
    let date = |ms| {
        let at = wall_clock(ms);
        (at.year, at.month, at.day, at.minute)
    };
    assert_eq!(date(0), (1970, 1, 1, 0));
    assert_eq!(date(-1), (1969, 12, 31, 23 * 60 + 59));
    assert_eq!(date(951_782_400_000), (2000, 2, 29, 0));
    assert_eq!(date(1_709_251_199_000), (2024, 2, 29, 23 * 60 + 59));
    assert_eq!(date(1_795_341_240_000), (2026, 11, 22, 9 * 60 + 54));
    assert_eq!(date_in(Locale::da, wall_clock(1_795_341_240_000)), "22. november 2026");
    assert_eq!(date_in(Locale::en, wall_clock(1_795_341_240_000)), "22 November 2026");
    assert_eq!(date_short(1_795_341_240_000), "22.11.2026");
}

#[test]
fn moments_lose_detail_with_age() {
    let now = wall_clock(1_795_341_240_000);
    let said = |ms_ago: i64| moment_in(Locale::da, wall_clock(1_795_341_240_000 - ms_ago), now);
    assert_eq!(said(40 * MS_PER_MINUTE), "kl. 9.14");
    assert_eq!(said(MS_PER_DAY), "i går kl. 9.54");
    assert_eq!(said(20 * MS_PER_DAY), "2. november kl. 9.54");
    assert_eq!(said(400 * MS_PER_DAY), "18. oktober 2025");
}

#[test]
fn a_device_that_the_server_does_not_know_is_told_so_and_not_that_it_is_locked_out() {
    let error = IpcError { code: ErrorCode::DeviceUnknown, detail: String::new(), field: None };
    assert_eq!(error_words(Locale::da, &error), td_string!(Locale::da, more.state_unknown));
    assert_eq!(error_words(Locale::en, &error), td_string!(Locale::en, more.state_unknown));
}
