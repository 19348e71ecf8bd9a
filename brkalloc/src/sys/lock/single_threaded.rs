//! Whether this process has one thread only, as glibc knows: a lock may then do without atomic
//! operations.
//!
//! glibc 2.32 and later say so in a variable, `__libc_single_threaded`, which the thread that
//! starts a second one changes before it does. It is looked up at run time, once, when a heap
//! opens, because a program that names it could not be linked to an older library. Until then, and
//! everywhere else, the answer is no. This module does not count threads itself.

#[cfg(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static")))]
mod variable {
    use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, Ordering};

    /// What stands for glibc's variable where there is none.
    static MANY_THREADS: AtomicU8 = AtomicU8::new(0);

    /// The variable that says so.
    static VARIABLE: AtomicPtr<AtomicU8> = AtomicPtr::new((&raw const MANY_THREADS).cast_mut());

    #[inline]
    pub(crate) fn is_single_threaded() -> bool {
        let variable = VARIABLE.load(Ordering::Relaxed);
        // SAFETY: it is one of two statics, this module's or glibc's, a `char` that only a thread
        // which has no other beside it changes.
        let value = unsafe { (*variable).load(Ordering::Relaxed) };
        value != 0
    }

    /// Looks once: the C library may call `malloc` meanwhile, which may be this heap's, and would
    /// open the heap from within.
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

/// Whether no other thread can be at any lock now. What is done by plain operations while this
/// holds happens before whatever a later thread does, because starting that thread orders them.
#[inline]
pub(crate) fn is_single_threaded() -> bool {
    variable::is_single_threaded()
}

/// Finds out where the C library keeps the answer; called with no lock held, because the C library
/// may allocate.
pub(crate) fn look_up() {
    variable::look_up();
}
