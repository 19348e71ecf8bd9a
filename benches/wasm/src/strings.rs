//! The program whose bytes are measured: a hundred strings, of which half go, and the others grow. It allocates,
//! reallocates and frees, and formats nothing.

use alloc::string::String;
use alloc::vec::Vec;

/// Runs on the global allocator. Returns how many bytes the strings had at the end; 0 if the heap had no room.
#[unsafe(no_mangle)]
pub extern "C" fn run(count: usize) -> usize {
    let mut strings = Vec::new();
    for number in 0..count {
        let Some(text) = repeated("text", number) else { return 0 };
        if strings.try_reserve(1).is_err() {
            return 0;
        }
        strings.push(text);
    }
    let mut number = 0;
    strings.retain(|_| {
        number += 1;
        number % 2 == 0
    });
    for text in &mut strings {
        if text.try_reserve(100).is_err() {
            return 0;
        }
        text.push_str(" and more");
    }
    strings.iter().map(String::len).sum()
}

/// Returns a text, `times` times behind itself.
fn repeated(text: &str, times: usize) -> Option<String> {
    let mut all = String::new();
    for _ in 0..times {
        all.try_reserve(text.len()).ok()?;
        all.push_str(text);
    }
    Some(all)
}
