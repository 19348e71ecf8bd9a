//! A library has the functions of C that allocate, and nothing that the C library builds on them.

use crate::command::{program, read};
use crate::failure::{Result, fail};
use std::path::Path;

/// The functions, in order.
const FUNCTIONS: [&str; 13] = [
    "aligned_alloc",
    "calloc",
    "free",
    "free_aligned_sized",
    "free_sized",
    "malloc",
    "malloc_trim",
    "malloc_usable_size",
    "memalign",
    "posix_memalign",
    "pvalloc",
    "realloc",
    "valloc",
];

/// Fails unless the library defines [`FUNCTIONS`] alone, and none of its own functions asks for a thread-local by a call
/// that may allocate: only those of `std` do, on other ways.
pub(super) fn check(library: &Path) -> Result {
    let name = library.display();
    let symbols = read(program("nm").args(["-D", "--defined-only"]).arg(library))?;
    let mut defined: Vec<&str> = symbols
        .lines()
        .filter_map(|line| line.split_once(" T "))
        .map(|(_, function)| function)
        .collect();
    defined.sort_unstable();
    if defined != FUNCTIONS {
        return fail(format!(
            "{name} defines {}: it should define {}",
            defined.join(" "),
            FUNCTIONS.join(" ")
        ));
    }
    let instructions = read(program("objdump").args(["-d", "--no-show-raw-insn"]).arg(library))?;
    let callers = callers_of(&instructions, "__tls_get_addr");
    if callers.is_empty() {
        return Ok(());
    }
    fail(format!("{name} calls __tls_get_addr, which may allocate, in {}", callers.join(" ")))
}

/// The functions, without those of `std`, that call another.
fn callers_of<'a>(instructions: &'a str, called: &str) -> Vec<&'a str> {
    let target = format!("<{called}");
    let mut function = "";
    let mut callers = Vec::new();
    for line in instructions.lines() {
        if let Some((_, name)) = line.strip_suffix(">:").and_then(|line| line.split_once(" <")) {
            function = name;
        } else if line.contains("call") && line.contains(&target) && !function.contains("3std") {
            callers.push(function);
        }
    }
    callers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_std_alone_may_call() {
        let instructions = "\
0000000000001000 <malloc>:
    1000:\tcall   2000 <__tls_get_addr@plt>
0000000000001010 <_ZN3std4main17h0E>:
    1010:\tcall   2000 <__tls_get_addr@plt>
0000000000001020 <free>:
    1020:\tcall   2010 <other@plt>
";
        assert_eq!(callers_of(instructions, "__tls_get_addr"), ["malloc"]);
    }
}
