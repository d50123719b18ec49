//! Signals and memos that are compiled once.

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

    /// Makes what runs depend on the value.
    pub(crate) fn track(self) {
        self.held.track();
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

    /// Changes the value, unless the screen is gone.
    pub(crate) fn update(self, change: impl FnOnce(&mut T)) {
        if let Some(held) = self.held.try_get_untracked() {
            let mut value = own::<T>(&held).clone();
            change(&mut value);
            self.set(value);
        }
    }
}

/// A memo of one of our own types; what [`Var`] is to a signal.
pub(crate) struct Kept<T> {
    held: Memo<Comparable>,
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Kept<T> {}

impl<T: PartialEq + Send + Sync + 'static> Kept<T> {
    /// Works out a value again when what it reads changes, and tells of it when it is another.
    pub(crate) fn new(value: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let same = |one: &Held, other: &Held| own::<T>(one) == own::<T>(other);
        Self { held: keep(Box::new(move || Comparable { held: Arc::new(value()), same })), value: PhantomData }
    }

    /// Reads the value; what runs depends on it.
    pub(crate) fn with<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(own(&self.held.get().held))
    }

    pub(crate) fn with_untracked<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(own(&self.held.get_untracked().held))
    }

    pub(crate) fn get(self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    pub(crate) fn get_untracked(self) -> T
    where
        T: Clone,
    {
        self.with_untracked(T::clone)
    }
}

fn keep(value: Box<dyn Fn() -> Comparable + Send + Sync>) -> Memo<Comparable> {
    Memo::new(move |_| value())
}

#[derive(Clone)]
struct Comparable {
    held: Held,
    same: fn(&Held, &Held) -> bool,
}

impl PartialEq for Comparable {
    fn eq(&self, other: &Self) -> bool {
        (self.same)(&self.held, &other.held)
    }
}

fn own<T: 'static>(held: &Held) -> &T {
    held.downcast_ref().expect("what is held is of the type it was made with")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_a_value_hears_of_another_and_not_of_the_same() {
        let owner = Owner::new();
        owner.set();
        let word = Var::new(vec!["one"]);
        let length = Kept::new(move || word.with(|word| Some(word.len())));
        let rounds = StoredValue::new(0);
        let seen = Memo::new(move |_| {
            rounds.update_value(|rounds| *rounds += 1);
            length.get()
        });
        assert_eq!((seen.get_untracked(), rounds.get_value()), (Some(1), 1));
        word.set(vec!["two"]);
        assert_eq!((seen.get_untracked(), rounds.get_value()), (Some(1), 1));
        word.update(|word| word.push("three"));
        assert_eq!((seen.get_untracked(), rounds.get_value()), (Some(2), 2));
    }
}
