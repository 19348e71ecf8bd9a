//! What the attribute says to mistakes, and what it takes without a word.
//!
//! One mistake a file, named after it; beside it, what rustc prints. Where the words are rustc's own they may change with it; those are
//! in a folder of their own, for rustc 1.95. `TRYBUILD=overwrite` writes new answers, to be read before they are believed.

use trybuild::TestCases;

#[test]
fn every_mistake_gets_its_message_and_what_is_sound_passes() {
    let cases = TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/fail/*.rs");
    cases.compile_fail("ui/newcomer/*.rs");
    cases.compile_fail("ui/rustc/*.rs");
    cases.compile_fail("ui/unsound/*.rs");
}
