//! The last words of a broken heap: one line on standard error, then abort.
//!
//! ```text
//!  brkalloc: HEAP: double free at 0x55d0c3a7e2a0
//!  brkalloc: HEAP: use after free: write into freed memory at 0x7f40d3a00018; it is #[brk_heap(…)]
//! ```
//!
//! A panic inside a global allocator would unwind through code that believes it cannot, and
//! printing through std would allocate from the very heap that is broken. So this module puts the
//! line together in a buffer on the stack and passes it to `write(2)`. It cuts a line that does not
//! fit, and turns a line break within it into a space. It writes texts and numbers by hand: only a
//! heap that shows its attribute has `core::fmt` in it, which microcontrollers miss flash for. This
//! module does not recover, and reports nothing about a heap that is merely exhausted.

use super::digits::Digits;
use core::fmt;
#[cfg(any(unix, windows, test))]
use core::fmt::Write;

/// Reports misuse of the heap called `name`, and ends the process.
///
/// The caller may hold the heap's lock, because nothing here allocates. (A handler of `SIGABRT`
/// that allocates will deadlock.)
#[cold]
#[inline(never)]
pub(crate) fn fatal(name: &str, what: &[&str]) -> ! {
    say(&Message { name, what })
}

/// A heap as messages name it.
pub trait Named: Sized + 'static {
    /// The static's name.
    const NAME: &'static str;
    /// Whether messages include the heap's configuration.
    const SHOWS: bool;
    /// Writes the heap's attribute.
    fn show(f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// The attribute of the heap of `C`.
struct Attribute<C>(core::marker::PhantomData<fn() -> C>);

impl<C: Named> fmt::Display for Attribute<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        C::show(f)
    }
}

/// Reports corruption or misuse of the heap of `C`, with its configuration at the level `full`, and
/// ends the process.
#[cold]
#[inline(never)]
pub(crate) fn fatal_in<C: Named>(what: &[&str]) -> ! {
    if !C::SHOWS {
        fatal(C::NAME, what);
    }
    let (message, attribute) = (Message { name: C::NAME, what }, core::marker::PhantomData);
    end(format_args!("{message}; it is {}", Attribute::<C>(attribute)))
}

/// Reports `what` as [`fatal_in`] does, with the place where it was found.
#[cold]
#[inline(never)]
pub(crate) fn fatal_at<C: Named>(what: &str, place: *const u8) -> ! {
    fatal_in::<C>(&[what, " at ", Digits::of_address(place).text()])
}

/// Reports a failed assertion of this crate, and ends the process.
#[cold]
#[inline(never)]
pub(crate) fn broken(file: &str, line: u32, what: fmt::Arguments<'_>) -> ! {
    end(format_args!("brkalloc: {file}:{line}: {what}"))
}

/// What is said of a heap.
struct Message<'a> {
    name: &'a str,
    what: &'a [&'a str],
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("brkalloc: ")?;
        f.write_str(self.name)?;
        f.write_str(": ")?;
        self.what.iter().try_for_each(|word| f.write_str(word))
    }
}

/// Calls `f`, foreign code that may panic where an allocator must not. A panic ends the process,
/// with a line that begins with the `name`. (The name is a closure, so that nothing stores it.)
#[inline]
pub(crate) fn without_unwinding<R>(name: impl Fn() -> &'static str, f: impl FnOnce() -> R) -> R {
    let unwinding = Unwinding(name);
    let result = f();
    core::mem::forget(unwinding);
    result
}

/// Only a panic drops this.
struct Unwinding<N: Fn() -> &'static str>(N);

impl<N: Fn() -> &'static str> Drop for Unwinding<N> {
    #[cold]
    fn drop(&mut self) {
        fatal((self.0)(), &["panicked within an allocator"]);
    }
}

/// Asserts, in builds with debug assertions, on the paths of `alloc` and `dealloc`, where nothing
/// may panic: `ensure!(condition, "what does not hold")`. The text may have arguments, as that of
/// `assert!`.
macro_rules! ensure {
    ($condition:expr, $($what:tt)+) => {
        if cfg!(debug_assertions) && !$condition {
            $crate::diag::report::broken(file!(), line!(), format_args!($($what)+));
        }
    };
}
pub(crate) use ensure;

/// Writes the message, and ends the process.
#[cfg(any(unix, windows))]
fn say(message: &Message<'_>) -> ! {
    let mut line = Line::new();
    // The only error is that of a full line, which is then cut.
    let start = ["brkalloc: ", message.name, ": "];
    let _ = start.iter().chain(message.what).try_for_each(|word| line.write_str(word));
    line.end()
}

/// Writes what is formatted, and ends the process.
#[cfg(any(unix, windows))]
fn end(message: fmt::Arguments<'_>) -> ! {
    let mut line = Line::new();
    // Likewise.
    let _ = line.write_fmt(message);
    line.end()
}

/// WebAssembly has no standard error, and a panic there may format its message into memory of the
/// very heap that is broken, whose lock this thread may hold. A trap ends the instance at once.
#[cfg(all(target_arch = "wasm32", not(unix)))]
fn end(_: fmt::Arguments<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// As [`end`] does.
#[cfg(all(target_arch = "wasm32", not(unix)))]
fn say(_: &Message<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Without a system, only the program's panic handler can report. It must not allocate from the
/// broken heap, whose lock this thread may hold.
#[cfg(not(any(unix, windows, target_arch = "wasm32")))]
fn end(message: fmt::Arguments<'_>) -> ! {
    panic_for_good(&message)
}

/// As [`end`] does; a handler that does not format the message has nothing of `core::fmt`.
#[cfg(not(any(unix, windows, target_arch = "wasm32")))]
fn say(message: &Message<'_>) -> ! {
    panic_for_good(message)
}

/// Panics. A function of C never unwinds: where panics are built to, the program aborts here.
#[cfg(any(all(test, unix), not(any(unix, windows, target_arch = "wasm32"))))]
extern "C" fn panic_for_good<M: fmt::Display>(message: &M) -> ! {
    panic!("{message}")
}

/// Writes all of `bytes` to standard error, or as much as it takes.
#[cfg(unix)]
fn put(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: the slice's bytes are readable for its length.
        let written = unsafe { libc::write(2, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(written) {
            Ok(0) => return,
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(_) if crate::diag::errno::get() == libc::EINTR => {}
            Err(_) => return,
        }
    }
}

/// Writes `bytes`, which are few, to standard error, or as much as it takes.
#[cfg(windows)]
fn put(bytes: &[u8]) {
    let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    // SAFETY: the slice's bytes are readable for its length.
    let _ = unsafe { libc::write(2, bytes.as_ptr().cast(), count) };
}

/// One line of text of limited length.
///
/// # Invariant
///
/// `length` is at most `CAPACITY`; the bytes before it are whole characters and no line break.
#[cfg(any(unix, windows, test))]
struct Line {
    /// One byte more than the text may have, for the line break at its end.
    bytes: [u8; Self::CAPACITY + 1],
    length: usize,
}

#[cfg(any(unix, windows, test))]
impl Line {
    const CAPACITY: usize = 1023;

    fn new() -> Self {
        Self { bytes: [b'\n'; Self::CAPACITY + 1], length: 0 }
    }

    /// Returns the line with a line break at its end.
    fn finish(&mut self) -> &[u8] {
        if let Some(end) = self.bytes.get_mut(self.length) {
            *end = b'\n';
        }
        self.bytes.get(..=self.length).unwrap_or_default()
    }
}

#[cfg(any(unix, windows))]
impl Line {
    /// Writes the line to standard error, and ends the process.
    fn end(mut self) -> ! {
        put(self.finish());
        // SAFETY: `abort` takes no argument and is safe to call at any time.
        unsafe { libc::abort() }
    }
}

#[cfg(any(unix, windows, test))]
impl Write for Line {
    fn write_char(&mut self, character: char) -> fmt::Result {
        let character = if matches!(character, '\n' | '\r') { ' ' } else { character };
        let room = self.bytes.get_mut(self.length..Self::CAPACITY).unwrap_or_default();
        let length = character.len_utf8();
        let target = room.get_mut(..length).ok_or(fmt::Error)?;
        character.encode_utf8(target);
        self.length += length;
        Ok(())
    }

    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| self.write_char(character))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::string::String;

    /// Returns what `deadly` writes to standard error before it aborts, in a child of this process.
    #[cfg(unix)]
    ///
    /// A child in which the harness's locks are held for ever is ended, and another one is asked: `fork` copies a lock
    /// that a test beside this one holds just then, as a panic does that of backtraces.
    pub(crate) fn last_words(deadly: impl Fn()) -> String {
        (0..5).find_map(|_| words_of_a_child(&deadly)).expect("a child ends before long")
    }

    #[cfg(unix)]
    fn words_of_a_child(deadly: &impl Fn()) -> Option<String> {
        let mut ends = [0; 2];
        // SAFETY: there is room for two descriptors.
        assert_eq!(0, unsafe { libc::pipe(ends.as_mut_ptr()) });
        let [reader, writer] = ends;
        // SAFETY: the child calls `deadly`, and then nothing whose lock another thread could hold.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: both are open.
            unsafe { libc::dup2(writer, 2) };
            // SAFETY: the call has no precondition.
            unsafe { libc::alarm(20) };
            deadly();
            // SAFETY: nothing is left to clean up in the child.
            unsafe { libc::_exit(0) };
        }
        // SAFETY: the descriptor is this function's own.
        unsafe { libc::close(writer) };
        let mut words = std::vec::Vec::new();
        let mut some = [0_u8; 64];
        loop {
            // SAFETY: there is room for that many bytes.
            let read = unsafe { libc::read(reader, some.as_mut_ptr().cast(), some.len()) };
            match usize::try_from(read) {
                Ok(0) | Err(_) => break,
                Ok(read) => words.extend_from_slice(&some[..read]),
            }
        }
        // SAFETY: the descriptor is this function's own.
        unsafe { libc::close(reader) };
        let mut status = 0;
        // SAFETY: the child is this thread's own, and `status` has room for the answer.
        let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!(waited, child);
        assert!(libc::WIFSIGNALED(status), "the child came back");
        if libc::WTERMSIG(status) == libc::SIGALRM {
            return None;
        }
        assert_eq!(libc::WTERMSIG(status), libc::SIGABRT);
        let words = String::from_utf8(words).expect("the words are text");
        // An emulator also reports what ended its program.
        let own = |line: &&str| !line.starts_with("qemu: uncaught target signal ");
        Some(words.split_inclusive('\n').filter(own).collect())
    }

    fn line_of(text: &str) -> String {
        let mut line = Line::new();
        let _ = line.write_fmt(format_args!("{text}"));
        String::from_utf8(line.finish().to_vec()).expect("a line is whole characters")
    }

    #[test]
    fn a_line_ends_in_one_line_break() {
        assert_eq!(line_of("two\nwords"), "two words\n");
        assert_eq!(line_of(""), "\n");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let line = line_of(&"ä".repeat(1600));
        assert_eq!(line.len(), 1022 + 1);
        assert_eq!(line.chars().count(), 511 + 1);
        let line = line_of(&"a".repeat(1023));
        assert_eq!(line.len(), 1024);
    }

    #[test]
    fn a_message_is_displayed_as_it_is_written() {
        let message = Message { name: "HEAP", what: &["double free at ", "0x40"] };
        assert_eq!(std::format!("{message}"), "brkalloc: HEAP: double free at 0x40");
    }

    #[test]
    fn an_assertion_that_holds_says_nothing() {
        ensure!(1 < 2, "numbers are in order");
        ensure!(1 < 2, "{} and {}", 1, 2);
    }

    #[cfg(unix)]
    #[test]
    fn the_last_words_are_one_line() {
        let words = last_words(|| {
            fatal(
                "HEAP",
                &["double free at ", Digits::of_address(core::ptr::without_provenance(64)).text()],
            )
        });
        assert_eq!(words, "brkalloc: HEAP: double free at 0x40\n");
    }

    #[cfg(unix)]
    #[test]
    fn what_ends_a_program_without_a_system_is_not_caught() {
        let caught = || std::panic::catch_unwind(|| panic_for_good(&format_args!("the end")));
        let words = last_words(|| drop(caught()));
        assert!(words.contains("panic in a function that cannot unwind"), "{words}");
    }

    #[cfg(unix)]
    #[test]
    fn an_assertion_that_does_not_hold_names_its_place() {
        let line = line!() + 1;
        let words = last_words(|| ensure!(2 < 1, "{} is less than {}", 2, 1));
        assert_eq!(words, std::format!("brkalloc: {}:{line}: 2 is less than 1\n", file!()));
    }
}
