//! Telephone, text and mail links. They are real links everywhere; in a demo area a tap stops at a sentence.

use super::{Button, ButtonKind, Dialog, Icon};
use crate::i18n::*;
use crate::ipc;
use crate::state::{Var, derived};
use leptos::prelude::*;
use web_sys::MouseEvent;

/// What a tap in a demo area would have done.
#[derive(Clone, Debug, PartialEq)]
enum Stopped {
    Call(String),
    Text { number: String, body: String },
    Mail(String),
}

/// The dialog that says that the numbers of a demo are invented; one for the whole app.
#[derive(Clone, Copy)]
pub(crate) struct DemoStop {
    open: RwSignal<bool>,
    stopped: Var<Option<Stopped>>,
}

impl DemoStop {
    pub(crate) fn provide() -> Self {
        let stop = Self { open: RwSignal::new(false), stopped: Var::new(None) };
        provide_context(stop);
        stop
    }

    fn show(self, stopped: Stopped) {
        self.stopped.set(Some(stopped));
        self.open.set(true);
    }
}

/// A `tel:` link. Its name is the words given, or *Ring 32 57 10 00*.
#[component]
pub(crate) fn PhoneLink(
    /// E.164 or a short number such as `112`.
    #[prop(into)]
    number: String,
    /// The number as people write it.
    #[prop(into)]
    display: String,
    /// The number is invented and never dialled.
    demo: bool,
    #[prop(optional)] kind: ButtonKind,
    /// Replaces the look of a button.
    #[prop(optional, into)]
    class: Option<String>,
    /// An accessible name that says more, e.g. who is called.
    #[prop(optional, into)]
    label: Option<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let i18n = use_i18n();
    let stop = expect_context::<DemoStop>();
    let mut href = number;
    href.insert_str(0, "tel:");
    let target = href.clone();
    let shown = display.clone();
    let words = match children {
        Some(children) => children(),
        None => view! {
            <Icon name="phone" />
            <span class="button__words">
                {derived(move || t_string!(i18n, common.call_number, number = shown.clone()).to_string())}
            </span>
        }
        .into_any(),
    };
    view! {
        <a
            class=class.unwrap_or_else(|| kind.class().to_owned())
            href=href
            aria-label=label
            on:click=move |event| {
                follow(&event, &target, demo.then(|| Stopped::Call(display.clone())), stop);
            }
        >
            {words}
        </a>
    }
}

/// An `sms:` link with the text filled in. Only for numbers that can be texted.
#[component]
pub(crate) fn TextLink(
    #[prop(into)] number: String,
    #[prop(into)] display: String,
    #[prop(into)] body: String,
    demo: bool,
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional, into)] class: Option<String>,
    #[prop(optional, into)] label: Option<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let i18n = use_i18n();
    let stop = expect_context::<DemoStop>();
    let href = text_href(number, &body);
    let target = href.clone();
    let words = match children {
        Some(children) => children(),
        None => view! { <Icon name="message-square" /><span class="button__words">{tr!(i18n, common.text)}</span> }
            .into_any(),
    };
    let stopped = Stopped::Text { number: display, body };
    view! {
        <a
            class=class.unwrap_or_else(|| kind.class().to_owned())
            href=href
            aria-label=label
            on:click=move |event| follow(&event, &target, demo.then(|| stopped.clone()), stop)
        >
            {words}
        </a>
    }
}

/// A `mailto:` link.
#[component]
pub(crate) fn MailLink(
    #[prop(into)] address: String,
    #[prop(optional, into)] subject: String,
    #[prop(optional, into)] body: String,
    demo: bool,
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional, into)] class: Option<String>,
    #[prop(optional, into)] label: Option<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let i18n = use_i18n();
    let stop = expect_context::<DemoStop>();
    let href = mail_href(&address, subject, body);
    let target = href.clone();
    let words = match children {
        Some(children) => children(),
        None => view! { <Icon name="mail" /><span class="button__words">{tr!(i18n, common.mail)}</span> }.into_any(),
    };
    view! {
        <a
            class=class.unwrap_or_else(|| kind.class().to_owned())
            href=href
            aria-label=label
            on:click=move |event| follow(&event, &target, demo.then(|| Stopped::Mail(address.clone())), stop)
        >
            {words}
        </a>
    }
}

/// Says what did not happen. Stands once, at the end of the page.
#[component]
pub(crate) fn DemoStopDialog() -> impl IntoView {
    let i18n = use_i18n();
    let DemoStop { open, stopped } = expect_context();
    let sentence = derived(move || match stopped.get() {
        Some(Stopped::Call(number)) => t_string!(i18n, common.demo_stop.call, number = number).to_string(),
        Some(Stopped::Text { number, .. }) => t_string!(i18n, common.demo_stop.text, number = number).to_string(),
        Some(Stopped::Mail(address)) => t_string!(i18n, common.demo_stop.mail, number = address).to_string(),
        None => String::new(),
    });
    let body = move || match stopped.get() {
        Some(Stopped::Text { body, .. }) if !body.is_empty() => Some(body),
        _ => None,
    };
    view! {
        <Dialog open title=tr!(i18n, common.demo_stop.title)>
            <p>{sentence}</p>
            {move || {
                body()
                    .map(|body| view! { <p>{tr!(i18n, common.demo_stop.text_body)}</p><blockquote>{body}</blockquote> })
            }}
            <p class="muted">{tr!(i18n, common.demo_stop.emergency)}</p>
            <Button kind=ButtonKind::Primary on_click=move || open.set(false)>
                {tr!(i18n, common.close)}
            </Button>
        </Dialog>
    }
}

fn follow(event: &MouseEvent, href: &str, stopped: Option<Stopped>, stop: DemoStop) {
    if let Some(stopped) = stopped {
        event.prevent_default();
        stop.show(stopped);
    } else if ipc::is_tauri() {
        // A webview cannot open these addresses, the system can.
        event.prevent_default();
        ipc::open_external(href);
    }
}

fn text_href(number: String, body: &str) -> String {
    let mut href = number;
    href.insert_str(0, "sms:");
    if !body.is_empty() {
        // `?&`: older iPhones read the part after `&` only, all others both.
        href.push_str("?&body=");
        href.push_str(&percent_encoded(body));
    }
    href
}

fn mail_href(address: &str, subject: String, body: String) -> String {
    let fields: Vec<String> = [("subject", subject), ("body", body)]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| format!("{name}={}", percent_encoded(&text)))
        .collect();
    if fields.is_empty() { format!("mailto:{address}") } else { format!("mailto:{address}?{}", fields.join("&")) }
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn percent_encoded(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a String cannot fail");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{mail_href, text_href};

    #[test]
    fn a_text_keeps_letters_spaces_and_separators() {
        assert_eq!(text_href("+4520304050".to_owned(), ""), "sms:+4520304050");
        assert_eq!(
            text_href("+4520304050".to_owned(), "Hærværk, blok 4 & 5?"),
            "sms:+4520304050?&body=H%C3%A6rv%C3%A6rk%2C%20blok%204%20%26%205%3F"
        );
    }

    #[test]
    fn a_mail_has_only_the_fields_it_needs() {
        assert_eq!(mail_href("a@example.dk", String::new(), String::new()), "mailto:a@example.dk");
        assert_eq!(
            mail_href("a@example.dk", "Lys".to_owned(), "Blok 4".to_owned()),
            "mailto:a@example.dk?subject=Lys&body=Blok%204"
        );
    }
}
