//! What a library says at the end of a process: how many calls its heap served there.
//!
//! ```text
//! brkalloc: python3: 622684 calls
//! ```
//!
//! A process that another has forked begins anew. One that ends without `exit`, or becomes another
//! program, says nothing. Programs close their standard error before the last destructors run
//! (`sort` does), so it is kept under a number that they do not know. Nothing here allocates.

use brkalloc::__private::export::calls;
use core::ffi::{CStr, c_char};
use core::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::io::Write;

/// The lowest number under which standard error is kept.
const LEAST_DESCRIPTOR: libc::c_int = 200;

unsafe extern "C" {
    /// glibc's: what the program was called, without its folder.
    static program_invocation_short_name: *const c_char;
}

/// The calls that were served before this process was forked.
static BEFORE: AtomicUsize = AtomicUsize::new(0);
static ERRORS: AtomicI32 = AtomicI32::new(-1);

/// When the library is loaded.
pub fn begin() {
    // SAFETY: the call has no precondition that memory depends on.
    let errors = unsafe { libc::fcntl(2, libc::F_DUPFD_CLOEXEC, LEAST_DESCRIPTOR) };
    ERRORS.store(errors, Ordering::Relaxed);
    // SAFETY: the handler is a function of this library, which stays to the end.
    unsafe { libc::pthread_atfork(None, None, Some(forked)) };
}

/// When the process ends.
pub fn end() {
    let mut line = [0; 256];
    let mut rest = &mut line[..];
    // SAFETY: the C library set it as the process began, and nobody changes it.
    let name = unsafe { program_invocation_short_name };
    // SAFETY: it is a C string, the program's name.
    let name = unsafe { CStr::from_ptr(name) };
    let calls = calls() - BEFORE.load(Ordering::Relaxed);
    // A name that does not fit is cut, and its line is none that anybody looks for.
    let _ = rest.write_all(b"brkalloc: ");
    let _ = rest.write_all(name.to_bytes());
    let _ = writeln!(rest, ": {calls} calls");
    let length = 256 - rest.len();
    // SAFETY: the line's bytes are readable for its length.
    unsafe { libc::write(ERRORS.load(Ordering::Relaxed), line.as_ptr().cast(), length) };
}

extern "C" fn forked() {
    BEFORE.store(calls(), Ordering::Relaxed);
}
