//! Which topics changed, and how often: what loads listen to.

use leptos::prelude::*;
use trygkort_core::ipc::Topic;

/// One counter per topic. A load that shows a topic reads its counter, and so runs again when it goes up.
#[derive(Clone, Copy)]
pub(crate) struct Changes {
    counters: [RwSignal<u32>; TOPICS.len()],
}

const TOPICS: [Topic; 10] = [
    Topic::Area,
    Topic::Card,
    Topic::Contacts,
    Topic::Pins,
    Topic::Basemap,
    Topic::Reminders,
    Topic::Refusals,
    Topic::Updates,
    Topic::Members,
    Topic::Photos,
];

impl Changes {
    pub(crate) fn provide() -> Self {
        let changes = Self { counters: std::array::from_fn(|_| RwSignal::new(0)) };
        provide_context(changes);
        changes
    }

    /// Makes the running effect or memo depend on `topics`.
    pub(crate) fn track(self, topics: &[Topic]) {
        for topic in topics {
            self.counter(*topic).track();
        }
    }

    /// Tells everything that shows `topics`.
    pub(crate) fn announce(self, topics: &[Topic]) {
        for topic in topics {
            self.counter(*topic).update(|count| *count = count.wrapping_add(1));
        }
    }

    /// Another area, or the database is back: everything is to be read again.
    pub(crate) fn announce_all(self) {
        self.announce(&TOPICS);
    }

    fn counter(self, topic: Topic) -> RwSignal<u32> {
        let index = TOPICS.iter().position(|known| *known == topic).expect("TOPICS lists every topic");
        self.counters[index]
    }
}
