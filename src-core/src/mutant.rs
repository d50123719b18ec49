//! Bugs that are planted on purpose, to see whether the tests find them (docs/testing.md, *Mutants*).
//!
//! `mutant!(ForgetTheScope)` is true where the bug of that name is wanted. Which one that is, is read from the environment
//! once, and only in a build with the feature `mutants`, which no program that is handed out has: everywhere else it is
//! the constant `false`, and the bug is not compiled in. `cargo xtask mutants` turns them on, one at a time.

/// Whether the planted bug of this name is to show.
#[macro_export]
macro_rules! mutant {
    ($name:ident) => {
        $crate::mutant::is_on(stringify!($name))
    };
}

/// The environment variable that names the bug.
#[cfg(feature = "mutants")]
const VARIABLE: &str = "TRYGKORT_MUTANT";

#[cfg(all(feature = "mutants", not(debug_assertions)))]
compile_error!("the feature `mutants` is for tests alone: it plants bugs");

/// See [`mutant!`].
#[cfg(not(feature = "mutants"))]
#[inline(always)]
#[must_use]
pub const fn is_on(_: &str) -> bool {
    false
}

/// See [`mutant!`].
#[cfg(feature = "mutants")]
#[must_use]
pub fn is_on(name: &str) -> bool {
    static WANTED: std::sync::LazyLock<Option<String>> = std::sync::LazyLock::new(|| std::env::var(VARIABLE).ok());
    WANTED.as_deref() == Some(name)
}
