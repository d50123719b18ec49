//! 112 and 114: on top of the card always, and in front of a problem's contacts when the problem may be theirs.

use crate::components::PhoneLink;
use crate::i18n::*;
use crate::state::{derived, use_session};
use leptos::prelude::*;

/// The two numbers that everyone can call about anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acute {
    /// 112: someone is in danger, or a crime is going on.
    Alarm,
    /// 114: the police, when it is not urgent.
    Police,
}

impl Acute {
    fn number(self) -> &'static str {
        match self {
            Acute::Alarm => "112",
            Acute::Police => "114",
        }
    }

    /// As the printed card writes it.
    fn spaced(self) -> &'static str {
        match self {
            Acute::Alarm => "1-1-2",
            Acute::Police => "1-1-4",
        }
    }

    fn modifier(self) -> &'static str {
        match self {
            Acute::Alarm => "alarm",
            Acute::Police => "police",
        }
    }
}

/// Both numbers side by side.
#[component]
pub(crate) fn AcuteCalls() -> impl IntoView {
    let session = use_session();
    let demo = Memo::new(move |_| session.demo());
    move || view! { <AcuteNumbers demo=demo.get() /> }
}

/// [`AcuteCalls`] where no area is open.
#[component]
pub(crate) fn AcuteNumbers(
    /// Shown and not dialled.
    demo: bool,
) -> impl IntoView {
    view! {
        <div class="acute">
            <AcuteCall acute=Acute::Alarm demo />
            <AcuteCall acute=Acute::Police demo />
        </div>
    }
}

/// The name is made of what stands in the link, but *1-1-2* is said as *Ring 112*.
#[component]
fn AcuteCall(acute: Acute, demo: bool) -> impl IntoView {
    let i18n = use_i18n();
    let say = derived(move || match acute {
        Acute::Alarm => t_string!(i18n, card.call_112),
        Acute::Police => t_string!(i18n, card.call_114),
    });
    let words = derived(move || match acute {
        Acute::Alarm => t_string!(i18n, common.alarm),
        Acute::Police => t_string!(i18n, common.police),
    });
    view! {
        <PhoneLink
            number=acute.number()
            display=acute.number()
            demo
            class=format!("acute__call acute__call--{}", acute.modifier())
        >
            <b class="acute__number" aria-hidden="true">{acute.spaced()}</b>
            <span class="visually-hidden">{say} " "</span>
            <span class="acute__words">{words}</span>
        </PhoneLink>
    }
}

/// *Ring 112, hvis …* with the area's own words; the whole row calls.
#[component]
pub(crate) fn AcuteIf(acute: Acute, #[prop(into)] condition: Signal<String>) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let demo = Memo::new(move |_| session.demo());
    let lead = derived(move || match acute {
        Acute::Alarm => t_string!(i18n, card.call_112_if),
        Acute::Police => t_string!(i18n, card.call_114_if),
    });
    move || {
        view! {
            <PhoneLink
                number=acute.number()
                display=acute.number()
                demo=demo.get()
                class=format!("when when--{}", acute.modifier())
            >
                <b class="when__number" aria-hidden="true">{acute.spaced()}</b>
                <span class="when__words">
                    <span class="when__lead">{lead}</span>
                    " "
                    {condition}
                </span>
            </PhoneLink>
        }
    }
}
