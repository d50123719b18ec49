//! Who may see something, in plain words.

use crate::components::{Segmented, Select};
use crate::i18n::*;
use crate::state::{Var, derived};
use leptos::prelude::*;
use trygkort_core::domain::Scope;

/// *Offentlig*, *Netværket*, *Kun koordinatorer*, with a sentence about the chosen one.
#[component]
pub(crate) fn ScopeChoice(#[prop(into)] label: Signal<String>, value: Var<Scope>) -> impl IntoView {
    let i18n = use_i18n();
    let options = Scope::ALL.map(|scope| (scope, derived(move || name(i18n.get_locale(), scope).to_owned()))).to_vec();
    view! {
        <div class="edit-scope">
            <Segmented label options value />
            <p class="field__hint">{move || reach(i18n.get_locale(), value.get())}</p>
        </div>
    }
}

/// The same in little room: a list to open.
#[component]
pub(crate) fn ScopeSelect(
    #[prop(into)] label: Signal<String>,
    /// The word of a scope; see [`scope_key`].
    value: RwSignal<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = derived(move || {
        Scope::ALL.map(|scope| (scope_key(scope).to_owned(), name(i18n.get_locale(), scope).to_owned())).to_vec()
    });
    view! { <Select label options value /> }
}

/// The word that stands for a scope in a list. What is edited here is never in a walk: there are only marks.
pub(crate) fn scope_key(scope: Scope) -> &'static str {
    match scope {
        Scope::Public => "public",
        Scope::Network => "network",
        Scope::Coordination | Scope::Walk(_) => "coordination",
    }
}

/// The scope that a word stands for. The list only offers known ones; anything else would be seen by the fewest.
pub(crate) fn scope_of(key: &str) -> Scope {
    Scope::ALL.into_iter().find(|scope| scope_key(*scope) == key).unwrap_or(Scope::Coordination)
}

fn name(locale: Locale, scope: Scope) -> &'static str {
    match scope {
        Scope::Public => td_string!(locale, edit.scope_public),
        Scope::Network => td_string!(locale, edit.scope_network),
        Scope::Coordination | Scope::Walk(_) => td_string!(locale, edit.scope_coordination),
    }
}

fn reach(locale: Locale, scope: Scope) -> &'static str {
    match scope {
        Scope::Public => td_string!(locale, edit.scope_public_hint),
        Scope::Network => td_string!(locale, edit.scope_network_hint),
        Scope::Coordination | Scope::Walk(_) => td_string!(locale, edit.scope_coordination_hint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_found_by_its_word_and_nonsense_is_seen_by_the_fewest() {
        for scope in Scope::ALL {
            assert_eq!(scope_of(scope_key(scope)), scope);
        }
        assert_eq!(scope_of("everyone"), Scope::Coordination);
    }
}
