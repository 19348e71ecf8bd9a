//! A program on 16 KiB, all that it ever has: it fills them, is told so, and goes on.
//!
//! `cargo run --release --example static_arena`
//!
//! The arena is a static array; no system is asked for memory. So the same file runs where there is no
//! std, which a profile with `panic = "abort"` shows:
//!
//! `cargo run --profile abort -p brkalloc-examples --no-default-features --example static_arena`
//!
//! That program is `no_std` and has a `main` of C, and `nm -u` finds no `sbrk`, `mmap` or `pthread` in
//! it. For this the attribute says `unsafe(lock = "none")`: a lock that threads share would be held
//! over every fork, by handlers that `pthread_atfork` registers. It is `unsafe` because the
//! compiler cannot see what makes it true: this program has one thread.
#![cfg_attr(panic = "abort", no_std, no_main)]

extern crate alloc;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use brkalloc::{BrkHeap, brk_heap};
use core::fmt::{self, Write};

#[global_allocator]
#[brk_heap(
    source = "static",
    arena = "16KiB",
    policy = "best_fit",
    // SAFETY: this program has one thread.
    unsafe(lock = "none")
)]
static HEAP: BrkHeap;

/// A mailbox of as many messages as there is room for; the oldest give way.
fn program() -> fmt::Result {
    let mut out = Output(1);
    writeln!(out, "{}: a static arena of {} bytes\n", HEAP.config().name, HEAP.config().arena)?;

    let mut mailbox = VecDeque::with_capacity(64);
    let (mut refused, mut dropped) = (0, 0);
    for number in 0..1000 {
        let size = 100 + number * 37 % 900;
        let message = loop {
            if let Some(message) = message(size) {
                break message;
            }
            if refused == 0 {
                writeln!(
                    out,
                    "message {number}: no room for {size} bytes, so the oldest give way"
                )?;
                report(&mut out, mailbox.len())?;
            }
            refused += 1;
            dropped += usize::from(mailbox.pop_front().is_some());
        };
        mailbox.push_back(message);
    }

    writeln!(out, "1000 messages: no room {refused} times, {dropped} gave way")?;
    report(&mut out, mailbox.len())?;
    drop(mailbox);
    writeln!(out, "all dropped")?;
    report(&mut out, 0)?;
    writeln!(out, "The heap has been checked each time: all is well.")
}

/// A message of `size` bytes; `None` is what has become of the null pointer of a full heap.
fn message(size: usize) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    message.try_reserve_exact(size).ok()?;
    message.resize(size, b'.');
    Some(message)
}

fn report(out: &mut Output, messages: usize) -> fmt::Result {
    assert_eq!(HEAP.check(), Ok(()));
    let stats = HEAP.stats();
    writeln!(
        out,
        "  {messages:>2} messages; in use {:>6} of {} bytes; free {:>6} bytes in {} chunks\n",
        stats.in_use, stats.committed, stats.free, stats.free_chunks
    )
}

/// A file descriptor that text can be written to, with or without std.
struct Output(core::ffi::c_int);

impl Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            // SAFETY: all bytes of the slice can be read.
            let written = unsafe { libc::write(self.0, rest.as_ptr().cast(), rest.len()) };
            let written = usize::try_from(written).map_err(|_| fmt::Error)?;
            rest = rest.get(written..).ok_or(fmt::Error)?;
        }
        Ok(())
    }
}

const HELP: &str = "\
Fills a static arena of 16 KiB, is refused a request, and goes on.

usage: cargo run --release --example static_arena
";

/// Runs the program, which takes no argument but `--help`; the status that it ends with.
fn run(argument: Option<&[u8]>) -> Result<u8, fmt::Error> {
    match argument {
        None => program().map(|()| 0),
        Some(b"--help" | b"-h") => Output(1).write_str(HELP).map(|()| 0),
        Some(_) => {
            // That nobody reads the line does not make the end another.
            let _ = writeln!(Output(2), "static_arena takes no arguments; `--help` says more");
            Ok(2)
        }
    }
}

#[cfg(not(panic = "abort"))]
fn main() -> std::process::ExitCode {
    use std::io::{Error, ErrorKind::BrokenPipe};
    use std::process::ExitCode;
    let argument = std::env::args_os().nth(1);
    let ended = run(argument.as_ref().map(|argument| argument.as_encoded_bytes()));
    match (ended, Error::last_os_error()) {
        (Ok(status), _) => ExitCode::from(status),
        // The reader has seen enough.
        (Err(_), error) if error.kind() == BrokenPipe => ExitCode::SUCCESS,
        (Err(_), error) => {
            let _ = writeln!(Output(2), "standard output: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The `main` that C's start-up code calls; nothing else has this name.
#[cfg(panic = "abort")]
#[unsafe(no_mangle)]
extern "C" fn main(
    count: core::ffi::c_int,
    arguments: *const *const core::ffi::c_char,
) -> core::ffi::c_int {
    let argument = (1 < count).then(|| {
        // SAFETY: C passes `count` pointers, of which this is the second.
        let second = unsafe { arguments.add(1) };
        // SAFETY: likewise.
        let second = unsafe { *second };
        // SAFETY: it is a C string, which C keeps for as long as the program runs.
        let second = unsafe { core::ffi::CStr::from_ptr(second) };
        second.to_bytes()
    });
    run(argument).unwrap_or(1).into()
}

#[cfg(panic = "abort")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    // That nobody reads the message does not make the end another.
    let _ = writeln!(Output(2), "{info}");
    // SAFETY: the call has no precondition.
    unsafe { libc::abort() }
}

/// The `alloc` that comes with Rust is compiled for unwinding and refers to this. Nothing unwinds here,
/// so nothing calls it.
#[cfg(panic = "abort")]
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
