//! One of several: beside each other, or in a list.

use super::{Press, unique_id};
use crate::state::{Var, derived};
use leptos::prelude::*;

/// With more options than this they do not stand in one row of a phone.
const ROW_MAX: usize = 4;

/// A row of choices, one of which holds: a radio group.
#[component]
pub(crate) fn Segmented<T>(
    /// The name of the group.
    #[prop(into)]
    label: Signal<String>,
    /// Whether the name is for screen readers only.
    #[prop(optional)]
    hide_label: bool,
    options: Vec<(T, Signal<String>)>,
    value: Var<T>,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let segments = options.into_iter().map(|(option, words)| {
        let this = option.clone();
        let chosen = derived(move || value.with(|value| *value == this));
        Segment { words, chosen, choose: Press::from(move || value.set(option.clone())) }
    });
    view! { <Segments label hide_label segments=segments.collect() /> }
}

/// A choice that does not know what is chosen: this part is the same for all groups.
struct Segment {
    words: Signal<String>,
    chosen: Signal<bool>,
    choose: Press,
}

#[component]
fn Segments(label: Signal<String>, hide_label: bool, segments: Vec<Segment>) -> impl IntoView {
    let name = unique_id("choice");
    let many = segments.len() > ROW_MAX;
    let choices = segments.into_iter().map(|Segment { words, chosen, choose }| {
        view! {
            <label class="segmented__option">
                <input type="radio" name=name.clone() prop:checked=chosen on:change=move |_| choose.press() />
                <span class="segmented__words">{words}</span>
            </label>
        }
    });
    view! {
        <fieldset class="segmented" class:segmented--many=many>
            <legend class=if hide_label { "visually-hidden" } else { "field__label" }>{label}</legend>
            <div class="segmented__row">{choices.collect_view()}</div>
        </fieldset>
    }
}

/// A list to choose one from: (value, words).
#[component]
pub(crate) fn Select(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] options: Signal<Vec<(String, String)>>,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: Option<Signal<String>>,
) -> impl IntoView {
    let id = unique_id("select");
    let hint_id = hint.is_some().then(|| format!("{id}-hint"));
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>{label}</label>
            {hint.map(|hint| view! { <p class="field__hint" id=hint_id.clone()>{hint}</p> })}
            <select
                class="field__input field__input--select"
                id=id
                aria-describedby=hint_id
                on:change=move |event| value.set(event_target_value(&event))
            >
                {move || {
                    options
                        .get()
                        .into_iter()
                        .map(|(option, words)| {
                            let this = option.clone();
                            view! {
                                <option value=option prop:selected=move || value.with(|value| *value == this)>
                                    {words}
                                </option>
                            }
                        })
                        .collect_view()
                }}
            </select>
        </div>
    }
}
