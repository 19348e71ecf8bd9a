//! A patch breaks one line, and names who must notice: a test, or a target of the fuzzers.
//!
//! ```text
//! # why: a tail that is just large enough for a chunk stays with its block
//! # test: cargo test -p brkalloc-tests --test law name_of_the_test
//! # file: brkalloc/src/arena/heap/resize.rs
//!  a line before, if need be
//! -        the line
//! +        the line, broken
//! ```
//!
//! A fuzzer is named by `# target: core` in place of the test. There are as many lines of context as make the line occur
//! once. There are no line numbers, so that a patch applies as long as its lines stay.

use core::result::Result;

/// One broken line. See the [module](self).
#[derive(Debug, PartialEq)]
pub(crate) struct Patch {
    /// What the broken line does wrong.
    pub(crate) why: String,
    /// The file, from the root of the repository.
    pub(crate) file: String,
    /// Who must notice.
    pub(crate) witness: Witness,
    whole: String,
    broken: String,
}

/// Who notices a broken line.
#[derive(Debug, PartialEq)]
pub(crate) enum Witness {
    /// The test `name`, which `command` runs among others.
    Test {
        /// `cargo test` with a package and one of its programs.
        command: String,
        /// The test's path within its program.
        name: String,
    },
    /// The target of `fuzz/targets`.
    Fuzzer(String),
}

impl Patch {
    /// Reads a patch; on failure says what to write.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let field = |name| text.lines().find_map(|line| line.strip_prefix(&*format!("# {name}: ")));
        let needed = |name| field(name).ok_or(format!("it needs `# {name}:`"));
        if let Some(line) = text.lines().find(|line| !line.starts_with(['#', ' ', '-', '+'])) {
            return Err(format!("`{line}` begins with none of `#`, ` `, `-` and `+`"));
        }
        let changes = |mark| text.lines().filter(|line| line.starts_with(mark)).count();
        if changes('-') != 1 || changes('+') != 1 {
            return Err("it must break one line: one `-` and one `+`".to_owned());
        }
        let side = |mark| {
            let lines = text.lines().filter(|line| line.starts_with([' ', mark]));
            lines.map(|line| &line[1..]).collect::<Vec<_>>().join("\n")
        };
        let witness = match (field("test").and_then(|test| test.rsplit_once(' ')), field("target"))
        {
            (Some((command, name)), None) => {
                Witness::Test { command: command.to_owned(), name: name.to_owned() }
            }
            (None, Some(target)) => Witness::Fuzzer(target.to_owned()),
            _ => return Err("it needs either `# test: COMMAND NAME` or `# target:`".to_owned()),
        };
        let (why, file) = (needed("why")?.to_owned(), needed("file")?.to_owned());
        Ok(Self { why, file, witness, whole: side('-'), broken: side('+') })
    }

    /// The text of the file with the line broken; on failure says why the patch does not apply.
    pub(crate) fn apply(&self, text: &str) -> Result<String, String> {
        // Line breaks on both sides match whole lines; the last of one match may be the first of another.
        let (text, lines) = (format!("\n{text}"), format!("\n{}\n", self.whole));
        let Some(at) = text.find(&lines) else {
            return Err(format!("its lines do not occur in {}", self.file));
        };
        let end = at + lines.len() - 1;
        if text[end..].contains(&lines) {
            return Err(format!(
                "its lines occur more than once in {}: it needs more context",
                self.file
            ));
        }
        if self.whole == self.broken {
            return Err("it changes nothing".to_owned());
        }
        Ok(format!("{}\n{}{}", &text[..at], self.broken, &text[end..])[1..].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "\
# why: the second is lost
# test: cargo test -p one --lib some::test
# file: src/one.rs
 first
-second
+2
";

    /// [`PATCH`] with one thing otherwise.
    fn but(now: &str, then: &str) -> Result<Patch, String> {
        assert!(PATCH.contains(now));
        Patch::parse(&PATCH.replace(now, then))
    }

    #[test]
    fn a_patch_names_the_reason_the_file_and_the_test() {
        let patch = Patch::parse(PATCH).unwrap();
        assert_eq!(patch.why, "the second is lost");
        assert_eq!(patch.file, "src/one.rs");
        let (command, name) = ("cargo test -p one --lib".to_owned(), "some::test".to_owned());
        assert_eq!(patch.witness, Witness::Test { command, name });
    }

    #[test]
    fn a_target_stands_in_place_of_a_test() {
        let patch = but("test: cargo test -p one --lib some::test", "target: core").unwrap();
        assert_eq!(patch.witness, Witness::Fuzzer("core".to_owned()));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (line, name) in
            [("# why: the second is lost\n", "# why:"), ("# file: src/one.rs\n", "# file:")]
        {
            assert!(but(line, "").unwrap_err().contains(name), "{name}");
        }
        assert!(
            but("# test: cargo test -p one --lib some::test\n", "")
                .unwrap_err()
                .contains("# test:")
        );
        assert!(but("# file", "# target: core\n# file").unwrap_err().contains("either"));
    }

    #[test]
    fn a_patch_breaks_one_line() {
        for change in ["+2\n+3\n", "", "+2\n-third\n"] {
            assert!(but("+2\n", change).unwrap_err().contains("one line"), "{change}");
        }
        assert!(but(" first", "first").unwrap_err().contains("`first`"));
    }

    #[test]
    fn a_line_is_replaced_and_its_context_stays() {
        let patch = Patch::parse(PATCH).unwrap();
        assert_eq!(patch.apply("first\nsecond\nthird\n").unwrap(), "first\n2\nthird\n");
        assert_eq!(patch.apply("second\nfirst\nsecond\n").unwrap(), "second\nfirst\n2\n");
    }

    #[test]
    fn only_whole_lines_that_occur_once_are_replaced() {
        let patch = Patch::parse(PATCH).unwrap();
        for text in ["second\n", "a first\nsecond\n", "first\nsecond half\n"] {
            assert!(patch.apply(text).unwrap_err().contains("do not occur"), "{text}");
        }
        assert!(
            patch.apply("first\nsecond\nfirst\nsecond\n").unwrap_err().contains("more than once")
        );
        let lone = but(" first\n", "").unwrap();
        assert!(lone.apply("second\nsecond\n").unwrap_err().contains("more than once"));
    }

    #[test]
    fn a_patch_that_changes_nothing_is_refused() {
        assert!(
            but("+2", "+second").unwrap().apply("first\nsecond\n").unwrap_err().contains("nothing")
        );
    }
}
