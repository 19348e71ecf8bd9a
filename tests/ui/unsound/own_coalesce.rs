#![forbid(unsafe_code)]

use brkalloc::__private::Coalesce;

struct Mine;

impl Coalesce for Mine {
    const NAME: &'static str = "mine";
    const MERGES: bool = true;
    const AT_ONCE: bool = true;
    const NEW: Self = Mine;
    fn note_free(&mut self) {}
    fn take_due(&mut self) -> bool {
        true
    }
}

fn main() {}
