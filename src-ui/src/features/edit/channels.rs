//! The numbers and mail addresses in a contact's form: each with a kind, a label and who may see it.

use super::contact::ContactFields;
use super::form::{FormState, Nature};
use super::scope::{ScopeSelect, scope_key, scope_of};
use super::view_model::move_item;
use crate::components::{Button, FieldKind, IconButton, Segmented, TextField};
use crate::i18n::*;
use crate::state::{Var, derived};
use leptos::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};
use trygkort_core::domain::{ChannelId, Scope};
use trygkort_core::ipc::{ChannelForm, ChannelKind};

/// One channel's fields.
#[derive(Clone, Copy)]
pub(crate) struct ChannelFields {
    /// Tells the channels of a form apart, new ones too.
    key: u32,
    id: Option<ChannelId>,
    label: RwSignal<String>,
    kind: Var<ChannelKind>,
    value: RwSignal<String>,
    /// The word of its scope.
    scope: RwSignal<String>,
}

impl ChannelFields {
    pub(crate) fn new(form: &ChannelForm) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self {
            key: NEXT.fetch_add(1, Ordering::Relaxed),
            id: form.id,
            label: RwSignal::new(form.label.clone()),
            kind: Var::new(form.kind),
            value: RwSignal::new(form.value.clone()),
            scope: RwSignal::new(scope_key(form.scope).to_owned()),
        }
    }

    pub(crate) fn form(self) -> ChannelForm {
        ChannelForm {
            id: self.id,
            label: self.label.get(),
            kind: self.kind.get(),
            value: self.value.get(),
            scope: self.scope.with(|key| scope_of(key)),
        }
    }

    fn nature(self) -> Nature {
        if self.kind.get() == ChannelKind::Mail { Nature::Mail } else { Nature::Number }
    }
}

/// The channels in order, and a button for one more.
#[component]
pub(crate) fn Channels(state: FormState<ContactFields>, channels: Var<Vec<ChannelFields>>) -> impl IntoView {
    let i18n = use_i18n();
    // The fields of a channel live as long as the form, not as long as the tap that made them.
    let owner = Owner::current();
    let add = move || {
        let blank = ChannelForm {
            id: None,
            label: String::new(),
            kind: ChannelKind::Phone,
            value: String::new(),
            scope: Scope::Network,
        };
        let fields = match &owner {
            Some(owner) => owner.with(|| ChannelFields::new(&blank)),
            None => ChannelFields::new(&blank),
        };
        channels.update(|channels| channels.push(fields));
    };
    view! {
        <fieldset class="edit-group">
            <legend class="field__label">{tr!(i18n, edit.channels)}</legend>
            <p class="field__hint">{tr!(i18n, edit.channels_hint)}</p>
            <ol class="edit-channels">
                <For each=move || channels.get() key=|channel| channel.key let:channel>
                    <Channel state channels channel />
                </For>
            </ol>
            <Button icon="plus" on_click=add>
                {tr!(i18n, edit.channel_add)}
            </Button>
        </fieldset>
    }
}

#[component]
fn Channel(
    state: FormState<ContactFields>,
    channels: Var<Vec<ChannelFields>>,
    channel: ChannelFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let index = derived(move || channels.with(|all| all.iter().position(|one| one.key == channel.key)));
    let kinds = [ChannelKind::Phone, ChannelKind::Mobile, ChannelKind::Mail]
        .map(|kind| (kind, derived(move || kind_name(i18n.get_locale(), kind).to_owned())))
        .to_vec();
    let is_mail = Memo::new(move |_| channel.kind.get() == ChannelKind::Mail);
    let value_error = state.item_error(index, "value", derived(move || channel.nature()), channel.value);
    let label_error = state.item_error(index, "label", Signal::stored(Nature::Text), channel.label);
    view! {
        <li class="edit-channel">
            <ChannelHead channels channel index />
            <Segmented
                label=tr!(i18n, edit.channel_kind)
                hide_label=true
                options=kinds
                value=channel.kind
            />
            {move || {
                let mail = is_mail.get();
                let label = move || match mail {
                    true => t_string!(i18n, edit.channel_mail).to_owned(),
                    false => t_string!(i18n, edit.channel_number).to_owned(),
                };
                view! {
                    <TextField
                        label=derived(label)
                        value=channel.value
                        error=value_error
                        kind=if mail { FieldKind::Email } else { FieldKind::Tel }
                        max=120
                        required=true
                    />
                }
            }}
            <TextField
                label=tr!(i18n, edit.channel_label)
                hint=tr!(i18n, edit.channel_label_hint)
                value=channel.label
                error=label_error
                max=60
                guard=true
            />
            <ScopeSelect
                label=tr!(i18n, edit.channel_scope)
                value=channel.scope
            />
        </li>
    }
}

/// Which channel it is, and moving or removing it.
#[component]
fn ChannelHead(
    channels: Var<Vec<ChannelFields>>,
    channel: ChannelFields,
    index: Signal<Option<usize>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let number = move || index.get().unwrap_or_default() + 1;
    let shift = move |up: bool| {
        channels.update(|all| {
            if let Some(index) = all.iter().position(|one| one.key == channel.key) {
                move_item(all, index, up);
            }
        });
    };
    let is_first = derived(move || index.get() == Some(0));
    let is_last = derived(move || channels.with(Vec::len) == number());
    view! {
        <div class="edit-channel__head">
            <strong class="edit-channel__number">
                {derived(move || t_string!(i18n, edit.channel, number = number()).to_string())}
            </strong>
            <IconButton
                icon="chevron-up"
                label=derived(move || t_string!(i18n, edit.channel_up_named, number = number()).to_string())
                on_click=move || shift(true)
                disabled=is_first
            />
            <IconButton
                icon="chevron-down"
                label=derived(move || t_string!(i18n, edit.channel_down_named, number = number()).to_string())
                on_click=move || shift(false)
                disabled=is_last
            />
            <IconButton
                icon="trash-2"
                label=derived(move || t_string!(i18n, edit.channel_remove_named, number = number()).to_string())
                on_click=move || channels.update(|all| all.retain(|one| one.key != channel.key))
            />
        </div>
    }
}

fn kind_name(locale: Locale, kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Phone => td_string!(locale, edit.kind_phone),
        ChannelKind::Mobile => td_string!(locale, edit.kind_mobile),
        ChannelKind::Mail => td_string!(locale, edit.kind_mail),
    }
}
