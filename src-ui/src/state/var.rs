//! Signals that are compiled once.

use leptos::prelude::*;
use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

/// A signal of one of our own types, its value behind a pointer. Every type that [`RwSignal`] is used with adds three
/// kilobytes to the download; this adds next to nothing.
///
/// Text and yes or no stay with [`RwSignal`], which Leptos can draw.
pub(crate) struct Var<T> {
    held: RwSignal<Held>,
    value: PhantomData<fn() -> T>,
}

type Held = Arc<dyn Any + Send + Sync>;

impl<T> Clone for Var<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Var<T> {}

impl<T: Send + Sync + 'static> Var<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { held: RwSignal::new(Arc::new(value)), value: PhantomData }
    }

    /// Reads the value; what runs depends on it.
    pub(crate) fn with<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(own(&self.held.get()))
    }

    pub(crate) fn with_untracked<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(own(&self.held.get_untracked()))
    }

    pub(crate) fn set(self, value: T) {
        self.held.set(Arc::new(value));
    }

    /// [`Var::set`], unless the screen is gone.
    pub(crate) fn try_set(self, value: T) {
        self.held.try_set(Arc::new(value));
    }
}

impl<T: Clone + Send + Sync + 'static> Var<T> {
    pub(crate) fn get(self) -> T {
        self.with(T::clone)
    }

    pub(crate) fn get_untracked(self) -> T {
        self.with_untracked(T::clone)
    }

    pub(crate) fn update(self, change: impl FnOnce(&mut T)) {
        let mut value = self.get_untracked();
        change(&mut value);
        self.set(value);
    }
}

fn own<T: 'static>(held: &Held) -> &T {
    held.downcast_ref().expect("a variable holds its own type")
}
