//! Opening hours as a person fills them in: day and night, times per weekday, or the syntax itself.

use super::hours::{Hours, Span, Week, parse_clock, print_clock};
use crate::components::{Button, Icon, TextField, When, unique_id};
use crate::format::{capitalise, weekday_words};
use crate::i18n::*;
use crate::state::{Kept, Var};
use leptos::prelude::*;

/// Longest hours text that is kept.
const HOURS_MAX: usize = 200;
/// Weekdays, Monday to Friday, and all.
const WORKDAYS: usize = 5;
const DAYS: usize = 7;
/// What a new span of an empty day starts as.
const NEW_SPAN: Span = Span { from: 8 * 60, to: 15 * 60 };

/// Which way of filling in hours is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Unknown,
    Always,
    Week,
    Advanced,
}

const MODES: [Mode; 4] = [Mode::Week, Mode::Always, Mode::Unknown, Mode::Advanced];

/// The state of the editor. The week and the syntax are both kept while one changes between the ways.
#[derive(Clone, Copy)]
pub(crate) struct HoursFields {
    mode: Var<Mode>,
    week: Var<Week>,
    raw: RwSignal<String>,
}

impl HoursFields {
    pub(crate) fn new(text: &str) -> Self {
        let fields =
            Self { mode: Var::new(Mode::Unknown), week: Var::new(Week::office()), raw: RwSignal::new(String::new()) };
        fields.set(text);
        fields
    }

    /// Fills the editor from an hours text.
    pub(crate) fn set(self, text: &str) {
        let hours = Hours::parse(text);
        self.mode.set(match hours {
            Hours::Unknown => Mode::Unknown,
            Hours::Always => Mode::Always,
            Hours::Week(_) => Mode::Week,
            Hours::Advanced(_) => Mode::Advanced,
        });
        self.raw.set(text.trim().to_owned());
        if let Hours::Week(week) = hours {
            self.week.set(week);
        }
    }

    /// The hours text that the editor shows now.
    pub(crate) fn text(self) -> String {
        match self.mode.get() {
            Mode::Unknown => String::new(),
            Mode::Always => Hours::Always.print(),
            Mode::Week => Hours::Week(self.week.get()).print(),
            Mode::Advanced => Hours::Advanced(self.raw.get()).print(),
        }
    }

    /// Another way was chosen: what was filled in goes along as far as the new way can show it.
    fn choose(self, mode: Mode) {
        let text = untrack(|| self.text());
        match mode {
            Mode::Advanced if !text.is_empty() => self.raw.set(text),
            Mode::Week => {
                if let Hours::Week(week) = Hours::parse(&text) {
                    self.week.set(week);
                }
            }
            _ => {}
        }
        self.mode.set(mode);
    }

    fn set_span(self, day: usize, index: usize, change: impl FnOnce(&mut Span)) {
        self.week.update(|week| {
            if let Some(span) = week.days[day].get_mut(index) {
                change(span);
            }
        });
    }
}

/// The editor: a way to fill in, and its fields.
#[component]
pub(crate) fn HoursEditor(
    fields: HoursFields,
    /// The group's label, e.g. *Åbningstider*.
    #[prop(into)]
    label: Signal<String>,
    /// What is wrong with the hours, if anything.
    #[prop(into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let mode_words = move |mode| match mode {
        Mode::Unknown => t_string!(i18n, edit.hours_unknown),
        Mode::Always => t_string!(i18n, edit.hours_always),
        Mode::Week => t_string!(i18n, edit.hours_week),
        Mode::Advanced => t_string!(i18n, edit.hours_advanced),
    };
    let error_id = unique_id("hours-error");
    let described_by = error_id.clone();
    let mode_name = unique_id("hours-mode");
    view! {
        <fieldset
            class="hours"
            class:hours--wrong=move || error.with(Option::is_some)
            tabindex="-1"
            aria-describedby=move || error.with(Option::is_some).then(|| described_by.clone())
        >
            <legend class="field__label">{label}</legend>
            <div class="choices">
                {MODES
                    .into_iter()
                    .map(|mode| {
                        view! {
                            <label class="choice">
                                <input
                                    class="choice__input"
                                    type="radio"
                                    name=mode_name.clone()
                                    prop:checked=move || fields.mode.get() == mode
                                    on:change=move |_| fields.choose(mode)
                                />
                                <span class="choice__text">{move || mode_words(mode)}</span>
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
            <When cond=move || fields.mode.get() == Mode::Week>
                <WeekRows fields />
            </When>
            <When cond=move || fields.mode.get() == Mode::Advanced>
                <TextField
                    label=tr!(i18n, edit.hours_advanced_label)
                    hint=tr!(i18n, edit.hours_advanced_hint)
                    value=fields.raw
                    max=HOURS_MAX
                />
            </When>
            <div class="field__error" id=error_id role="status">
                {move || error.get().map(|words| view! { <Icon name="circle-alert" /><span>{words}</span> })}
            </div>
        </fieldset>
    }
}

/// A row per weekday, and public holidays.
#[component]
fn WeekRows(fields: HoursFields) -> impl IntoView {
    let i18n = use_i18n();
    let copy = move || {
        fields.week.update(|week| {
            let monday = week.days[0].clone();
            week.days[1..WORKDAYS].fill(monday);
        });
    };
    view! {
        <ul class="week">
            {(0..DAYS).map(|day| view! { <DayRow fields day /> }).collect_view()}
        </ul>
        <Button icon="copy" on_click=copy>
            {tr!(i18n, edit.hours_copy)}
        </Button>
        <label class="tick">
            <input
                type="checkbox"
                class="tick__input"
                prop:checked=move || fields.week.with(|week| week.closed_on_holidays)
                on:change=move |event| {
                    let on = event_target_checked(&event);
                    fields.week.update(|week| week.closed_on_holidays = on);
                }
            />
            <span>{tr!(i18n, edit.hours_holidays)}</span>
        </label>
    }
}

/// One weekday: open or closed, and its spans.
#[component]
fn DayRow(fields: HoursFields, day: usize) -> impl IntoView {
    let i18n = use_i18n();
    let name = move || weekday_words(i18n, u8::try_from(day).unwrap_or_default());
    let capitalised = move || capitalise(&name());
    let spans = Kept::new(move || fields.week.with(|week| week.days[day].len()));
    let toggle = move |event| {
        let open = event_target_checked(&event);
        fields.week.update(|week| week.days[day] = if open { vec![NEW_SPAN] } else { Vec::new() });
    };
    let add = move |_| fields.week.update(|week| week.days[day].push(next_span(&week.days[day])));
    view! {
        <li class="week__day">
            <label class="tick week__name">
                <input
                    type="checkbox"
                    class="tick__input"
                    prop:checked=move || { spans.get() > 0 }
                    aria-label=move || t_string!(i18n, edit.hours_open, day = name()).to_string()
                    on:change=toggle
                />
                <span>{capitalised}</span>
            </label>
            <div class="week__spans">
                {move || {
                    (0..spans.get()).map(|index| view! { <SpanRow fields day index name=capitalised() /> }).collect_view()
                }}
                <When cond=move || spans.get() == 0>
                    <span class="week__closed">{tr!(i18n, edit.hours_closed)}</span>
                </When>
            </div>
            <When cond=move || { spans.get() > 0 }>
                <button
                    type="button"
                    class="button button--icon"
                    aria-label=move || t_string!(i18n, edit.hours_add, day = name()).to_string()
                    on:click=add
                >
                    <Icon name="plus" />
                </button>
            </When>
        </li>
    }
}

/// From and to of one span.
#[component]
fn SpanRow(fields: HoursFields, day: usize, index: usize, name: String) -> impl IntoView {
    let i18n = use_i18n();
    let name = StoredValue::new(name);
    let read = move |part: fn(&Span) -> u16| {
        let minute = fields.week.with(|week| week.days[day].get(index).map_or(0, part));
        // A browser's time field knows no 24:00.
        print_clock(minute % (24 * 60))
    };
    view! {
        <span class="week__span">
            <input
                type="time"
                class="week__time"
                required
                aria-label=move || t_string!(i18n, edit.hours_from, day = name.get_value()).to_string()
                prop:value=move || read(|span| span.from)
                on:change=move |event| {
                    if let Some(minute) = parse_clock(&event_target_value(&event)) {
                        fields.set_span(day, index, |span| span.from = minute);
                    }
                }
            />
            <span aria-hidden="true">"–"</span>
            <input
                type="time"
                class="week__time"
                required
                aria-label=move || t_string!(i18n, edit.hours_to, day = name.get_value()).to_string()
                prop:value=move || read(|span| span.to)
                on:change=move |event| {
                    if let Some(minute) = parse_clock(&event_target_value(&event)) {
                        fields.set_span(day, index, |span| span.to = minute);
                    }
                }
            />
            <When cond=move || { index > 0 }>
                <button
                    type="button"
                    class="button button--icon"
                    aria-label=move || t_string!(i18n, edit.hours_remove, day = name.get_value()).to_string()
                    on:click=move |_| {
                        fields.week.update(|week| {
                            if index < week.days[day].len() {
                                week.days[day].remove(index);
                            }
                        });
                    }
                >
                    <Icon name="x" />
                </button>
            </When>
        </span>
    }
}

/// The span a day most likely gets after its others: two hours, an hour after the last one ends.
fn next_span(spans: &[Span]) -> Span {
    let from = spans.last().map_or(NEW_SPAN.from, |span| (span.to + 60) % (24 * 60));
    Span { from, to: (from + 120) % (24 * 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_span_comes_after_the_first() {
        assert_eq!(next_span(&[]), Span { from: 480, to: 600 });
        assert_eq!(next_span(&[Span { from: 480, to: 720 }]), Span { from: 780, to: 900 });
        assert_eq!(next_span(&[Span { from: 480, to: 1430 }]), Span { from: 50, to: 170 });
    }

    #[test]
    fn weekdays_begin_rows_with_a_capital() {
        assert_eq!(capitalise("mandag"), "Mandag");
        assert_eq!(capitalise(""), "");
    }

    #[test]
    fn changing_the_way_keeps_what_was_filled_in() {
        let owner = Owner::new();
        owner.set();
        let fields = HoursFields::new("Mo-Fr 08:00-15:00; PH off");
        fields.choose(Mode::Advanced);
        assert_eq!(fields.text(), "Mo-Fr 08:00-15:00; PH off");
        fields.raw.set("Mo-Th 07:00-14:00".into());
        fields.choose(Mode::Week);
        assert_eq!(fields.text(), "Mo-Th 07:00-14:00");
        fields.choose(Mode::Always);
        assert_eq!(fields.text(), "24/7");
        fields.choose(Mode::Unknown);
        assert_eq!(fields.text(), "");
        fields.choose(Mode::Week);
        assert_eq!(fields.text(), "Mo-Th 07:00-14:00");
    }
}
