//! Whether this process is single-threaded, as far as glibc knows: then a lock needs no atomic
//! operations.
//!
//! glibc 2.32 and later have a variable for this, `__libc_single_threaded`. The thread that starts
//! a second one changes it first. This module looks the variable up at run time, once, when a heap
//! opens, because a program that names it could not be linked to an older library. Until then, and
//! everywhere else, the answer is no. This module does not count threads itself.

#[cfg(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static")))]
mod variable {
    use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, Ordering};

    /// Stands in for glibc's variable where there is none.
    static MANY_THREADS: AtomicU8 = AtomicU8::new(0);

    /// The variable in use.
    static VARIABLE: AtomicPtr<AtomicU8> = AtomicPtr::new((&raw const MANY_THREADS).cast_mut());

    #[inline]
    pub(crate) fn is_single_threaded() -> bool {
        let variable = VARIABLE.load(Ordering::Relaxed);
        // SAFETY: it is one of two statics, this module's or glibc's: a `char` that changes only
        // while the process has one thread.
        let value = unsafe { (*variable).load(Ordering::Relaxed) };
        value != 0
    }

    /// Looks the variable up, once. The C library may call `malloc` meanwhile, which may be this
    /// heap's, and would open the heap from within.
    pub(crate) fn look_up() {
        static BEGUN: AtomicBool = AtomicBool::new(false);
        if BEGUN.swap(true, Ordering::Relaxed) {
            return;
        }
        // SAFETY: the name is a C string; the call has no other precondition.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"__libc_single_threaded".as_ptr()) };
        if !found.is_null() {
            VARIABLE.store(found.cast(), Ordering::Relaxed);
        }
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static"))))]
mod variable {
    #[inline]
    pub(crate) const fn is_single_threaded() -> bool {
        false
    }

    pub(crate) const fn look_up() {}
}

/// Whether no other thread can be at any lock now. Plain operations made while this holds happen
/// before everything that a later thread does, because starting that thread orders them.
#[inline]
pub(crate) fn is_single_threaded() -> bool {
    variable::is_single_threaded()
}

/// Looks up where the C library keeps the answer. The caller must hold no lock, because the C
/// library may allocate.
pub(crate) fn look_up() {
    variable::look_up();
}
