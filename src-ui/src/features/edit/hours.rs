//! Opening hours as the week's form shows them, read from and written to OpenStreetMap `opening_hours` syntax.
//!
//! The form knows what a person fills in: day and night, or times per weekday, and whether public holidays are closed.
//! Anything else that the syntax can say ("every second Thursday") stays as text behind *Avanceret* and is never
//! rewritten: [`Hours::parse`] answers [`Hours::Advanced`] unless writing the week again would say the same.

/// The syntax's names of the weekdays, Monday first.
const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// A span of a day, minutes after midnight; one that ends before it begins runs past midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: u16,
    pub(crate) to: u16,
}

/// Times per weekday, Monday first. A day without spans is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Week {
    pub(crate) days: [Vec<Span>; 7],
    pub(crate) closed_on_holidays: bool,
}

/// What an hours text says, as the form shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hours {
    /// No hours are known.
    Unknown,
    /// *Døgnåbent*.
    Always,
    /// Times per weekday.
    Week(Week),
    /// More than the week's form can show.
    Advanced(String),
}

impl Hours {
    /// Reads an hours text.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.trim();
        match text {
            "" => Self::Unknown,
            "24/7" => Self::Always,
            _ => parse_week(text).map_or_else(|| Self::Advanced(text.to_owned()), Self::Week),
        }
    }

    /// Writes the hours as a text of the same meaning.
    pub(crate) fn print(&self) -> String {
        match self {
            Self::Unknown => String::new(),
            Self::Always => "24/7".to_owned(),
            Self::Week(week) => print_week(week),
            Self::Advanced(text) => text.trim().to_owned(),
        }
    }
}

impl Week {
    /// What the form starts with when hours are added: office hours on weekdays.
    pub(crate) fn office() -> Self {
        let mut week = Self { closed_on_holidays: true, ..Self::default() };
        for day in &mut week.days[..5] {
            day.push(Span { from: 8 * 60, to: 15 * 60 });
        }
        week
    }
}

/// `None` when the text says anything that a [`Week`] cannot.
fn parse_week(text: &str) -> Option<Week> {
    let mut week = Week::default();
    for rule in text.split(';').map(str::trim).filter(|rule| !rule.is_empty()) {
        parse_rule(rule, &mut week)?;
    }
    Some(week)
}

/// One rule: `Mo-Fr 08:00-15:00`, `Sa,Su off`, `PH off`, or times alone for every day. A later rule replaces an earlier
/// one on the days it names.
fn parse_rule(rule: &str, week: &mut Week) -> Option<()> {
    let (selector, times) = match rule.split_once(' ') {
        _ if rule.starts_with(|c: char| c.is_ascii_digit()) => ("", rule),
        Some((selector, times)) => (selector, times.trim()),
        None => return None,
    };
    let closed = matches!(times, "off" | "closed");
    let (days, holidays) = parse_selector(selector)?;
    let spans = if closed { Vec::new() } else { parse_spans(times)? };
    if holidays {
        if !closed {
            return None;
        }
        week.closed_on_holidays = true;
    }
    for (day, named) in week.days.iter_mut().zip(days) {
        if named {
            day.clone_from(&spans);
        }
    }
    Some(())
}

/// Which weekdays a selector names, and whether it names public holidays.
fn parse_selector(selector: &str) -> Option<([bool; 7], bool)> {
    if selector.is_empty() {
        return Some(([true; 7], false));
    }
    let (mut days, mut holidays) = ([false; 7], false);
    for part in selector.split(',') {
        match part.split_once('-') {
            _ if part == "PH" => holidays = true,
            None => days[day_number(part)?] = true,
            Some((from, to)) => {
                let (from, to) = (day_number(from)?, day_number(to)?);
                let length = (to + 7 - from) % 7 + 1;
                (0..length).for_each(|step| days[(from + step) % 7] = true);
            }
        }
    }
    Some((days, holidays))
}

fn day_number(name: &str) -> Option<usize> {
    DAYS.iter().position(|day| *day == name)
}

fn parse_spans(times: &str) -> Option<Vec<Span>> {
    times
        .split(',')
        .map(|span| {
            let (from, to) = span.trim().split_once('-')?;
            let (from, to) = (parse_clock(from)?, parse_clock(to)?);
            // "22:00-26:00" is the syntax's other way to write "22:00-02:00".
            let to = if to > DAY_MINUTES { to - DAY_MINUTES } else { to };
            (from < DAY_MINUTES && from != to).then_some(Span { from, to })
        })
        .collect()
}

/// Minutes after midnight of `8:00`, `08:00` or, past midnight, `26:00`.
pub(crate) fn parse_clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let digits = |part: &str, length| (1..=length).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(hours, 2) || minutes.len() != 2 || !digits(minutes, 2) {
        return None;
    }
    let (hours, minutes) = (hours.parse::<u16>().ok()?, minutes.parse::<u16>().ok()?);
    (hours <= 47 && minutes < 60).then_some(hours * 60 + minutes)
}

/// `08:00`, as the syntax and the browser's time fields want it.
pub(crate) fn print_clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

impl Week {
    /// Open days by their times, in the order in which these first come.
    pub(crate) fn groups(&self) -> Vec<(Vec<usize>, &[Span])> {
        let mut groups = Vec::new();
        for (first, spans) in self.days.iter().enumerate() {
            let seen_before = self.days[..first].contains(spans);
            if !spans.is_empty() && !seen_before {
                groups.push(((0..7).filter(|day| self.days[*day] == *spans).collect(), spans.as_slice()));
            }
        }
        groups
    }
}

/// The week for reading, e.g. *mandag-fredag 8.00-15.00, lørdag hele døgnet*, with the weekdays' names from `day_name`.
pub(crate) fn week_words(week: &Week, all_day: &str, day_name: impl Fn(usize) -> String) -> String {
    let group = |(days, spans): (Vec<usize>, &[Span])| {
        format!("{} {}", join_days(&days, "–", &day_name).join(", "), span_words(spans, all_day))
    };
    week.groups().into_iter().map(group).collect::<Vec<_>>().join("; ")
}

/// *8.00–12.00, 13.00–15.30*, or what is said of day and night.
pub(crate) fn span_words(spans: &[Span], all_day: &str) -> String {
    let clock = |minute: u16| format!("{}.{:02}", minute / 60, minute % 60);
    let words = spans.iter().map(|span| match span {
        Span { from: 0, to: DAY_MINUTES } => all_day.to_owned(),
        Span { from, to } => format!("{}–{}", clock(*from), clock(*to)),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// For reading only: a week that ends with times of their own for public holidays, which the form cannot hold.
pub(crate) fn split_holidays(text: &str) -> Option<(Week, Vec<Span>)> {
    let (week, holidays) = text.rsplit_once(';')?;
    let spans = parse_spans(holidays.trim().strip_prefix("PH ")?)?;
    let week = parse_week(week)?;
    (week != Week::default()).then_some((week, spans))
}

/// Days with the same times share a rule.
fn print_week(week: &Week) -> String {
    let rule = |(days, spans): (Vec<usize>, &[Span])| format!("{} {}", print_days(&days), print_spans(spans));
    let mut rules = week.groups().into_iter().map(rule).collect::<Vec<_>>();
    if rules.is_empty() {
        return "Mo-Su off".to_owned();
    }
    if week.closed_on_holidays {
        rules.push("PH off".to_owned());
    }
    rules.join("; ")
}

fn print_days(days: &[usize]) -> String {
    join_days(days, "-", |day| DAYS[day].to_owned()).join(",")
}

/// Three or more days in a row become a range: `Mo-Fr`; `Mo-We`, `Fr`; `Sa`, `Su`.
fn join_days(days: &[usize], dash: &str, name: impl Fn(usize) -> String) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = days;
    while let Some(&first) = rest.first() {
        let run = rest.iter().enumerate().take_while(|(index, day)| **day == first + index).count();
        match run {
            1 | 2 => parts.extend(rest[..run].iter().map(|day| name(*day))),
            _ => parts.push(format!("{}{dash}{}", name(first), name(rest[run - 1]))),
        }
        rest = &rest[run..];
    }
    parts
}

fn print_spans(spans: &[Span]) -> String {
    let print = |span: &Span| {
        // Midnight at the end of a day is written 24:00; the time field of a browser can only hold 00:00.
        let to = if span.to == 0 { DAY_MINUTES } else { span.to };
        format!("{}-{}", print_clock(span.from), print_clock(to))
    };
    spans.iter().map(print).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: u16, to: u16) -> Span {
        Span { from: from * 60, to: to * 60 }
    }

    #[test]
    fn what_offices_write_becomes_a_week_and_the_same_text_again() {
        for text in [
            "Mo-Fr 08:00-15:00; PH off",
            "Mo-We,Fr 08:00-15:00; Th 08:00-18:00",
            "Mo,We 08:00-10:00,12:00-15:00",
            "Mo-Su 16:00-02:00",
            "Sa,Su 10:00-14:00",
            "Mo-Fr 00:00-24:00; PH off",
        ] {
            let hours = Hours::parse(text);
            assert!(matches!(hours, Hours::Week(_)), "{text} should be a week");
            assert_eq!(hours.print(), text);
        }
    }

    #[test]
    fn other_ways_to_write_it_are_understood() {
        let printed = |text: &str| Hours::parse(text).print();
        assert_eq!(printed("8:00-15:00"), "Mo-Su 08:00-15:00");
        assert_eq!(printed("Fr-Mo 20:00-26:00"), "Mo,Fr-Su 20:00-02:00");
        assert_eq!(printed("Mo-Fr 08:00-15:00; We off"), "Mo,Tu,Th,Fr 08:00-15:00");
        assert_eq!(printed("Mo-Fr 08:00-15:00; Sa,Su,PH off"), "Mo-Fr 08:00-15:00; PH off");
        assert_eq!(printed(" 24/7 "), "24/7");
        assert_eq!(printed(""), "");
    }

    #[test]
    fn what_the_form_cannot_show_stays_as_it_was_written() {
        for text in [
            "Mo[1] 18:00-20:00",
            "Jan-Jun Mo 08:00-12:00",
            "PH 10:00-12:00",
            "Mo-Fr 08:00-15:00 || \"efter aftale\"",
            "Mo-Fr 08:00-15:00, Sa 10:00-12:00",
            "sunrise-sunset",
            "24/7; PH off",
            "Mo 08:00-08:00",
            "Mo 8-15",
            "Mo 08:00-15:60",
            "mandag",
        ] {
            assert_eq!(Hours::parse(text), Hours::Advanced(text.to_owned()));
            assert_eq!(Hours::parse(text).print(), text);
        }
    }

    #[test]
    fn a_day_that_ends_at_midnight_says_24() {
        let mut week = Week::default();
        week.days[4] = vec![span(18, 0)];
        assert_eq!(Hours::Week(week).print(), "Fr 18:00-24:00");
    }

    #[test]
    fn a_week_without_times_is_closed_not_unknown() {
        assert_eq!(Hours::Week(Week::default()).print(), "Mo-Su off");
        assert_eq!(Hours::parse("Mo-Su off"), Hours::Week(Week::default()));
    }

    #[test]
    fn every_week_survives_being_written_and_read() {
        let choices = [vec![], vec![span(8, 15)], vec![span(8, 12), span(13, 16)], vec![span(22, 6)]];
        for seed in 0..4_usize.pow(7) {
            let mut week = Week { closed_on_holidays: seed % 3 == 0, ..Week::default() };
            let mut rest = seed;
            for day in &mut week.days {
                day.clone_from(&choices[rest % 4]);
                rest /= 4;
            }
            week.closed_on_holidays &= week.days.iter().any(|day| !day.is_empty());
            assert_eq!(Hours::parse(&Hours::Week(week.clone()).print()), Hours::Week(week));
        }
    }

    #[test]
    fn a_week_is_said_in_words() {
        let names = ["man", "tir", "ons", "tor", "fre", "lør", "søn"];
        let Hours::Week(week) = Hours::parse("Mo-Fr 08:00-12:00,13:00-15:30; Sa,Su 22:00-02:00; PH off") else {
            panic!("this is a week");
        };
        let words = week_words(&week, "døgn", |day| names[day].to_owned());
        assert_eq!(words, "man–fre 8.00–12.00, 13.00–15.30; lør, søn 22.00–2.00");
    }

    #[test]
    fn holidays_with_times_are_read_but_not_edited() {
        let text = "Mo-Fr 15:00-24:00,00:00-07:00; Sa-Su 00:00-24:00; PH 00:00-24:00";
        assert_eq!(Hours::parse(text), Hours::Advanced(text.to_owned()));
        let (week, holidays) = split_holidays(text).expect("a week and holidays");
        let words = week_words(&week, "døgn", |day| DAYS[day].to_owned());
        assert_eq!(words, "Mo–Fr 15.00–24.00, 0.00–7.00; Sa, Su døgn");
        assert_eq!(span_words(&holidays, "døgn"), "døgn");
        for other in ["PH 10:00-12:00", "Mo-Fr 08:00-15:00; PH off", "Mo[1] 18:00-20:00; PH 08:00-10:00"] {
            assert_eq!(split_holidays(other), None, "{other}");
        }
    }

    #[test]
    fn clocks_are_read_strictly() {
        assert_eq!(parse_clock("08:30"), Some(510));
        assert_eq!(print_clock(510), "08:30");
        for bad in ["", "8", "08.30", "8:3", "48:00", "+8:00", "08:000", "a:00"] {
            assert_eq!(parse_clock(bad), None, "{bad:?}");
        }
    }
}
