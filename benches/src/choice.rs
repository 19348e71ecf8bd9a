//! The command lines of the benches: names that are chosen by how they begin, and how a bench ends. The smaller ones
//! have `--row`, any number of times, and `--rounds`.

use lexopt::Arg::{Long, Short};
use lexopt::ValueExt;
use std::process::ExitCode;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    /// What the names of the rows begin with; none if the usual ones are meant.
    pub names: Vec<String>,
    /// How often each is measured.
    pub rounds: u32,
}

impl Choice {
    /// Reads the words of the command line; none if help is asked for. `rounds` are those that are
    /// usual, and the fewest that make sense.
    ///
    /// # Errors
    ///
    /// An option or a value that is not known.
    pub fn read(
        mut rest: lexopt::Parser,
        (usual, fewest): (u32, u32),
    ) -> Result<Option<Self>, lexopt::Error> {
        let (mut names, mut rounds) = (Vec::new(), usual);
        while let Some(option) = rest.next()? {
            match option {
                Long("row") => names.push(rest.value()?.string()?),
                Long("rounds") => rounds = rest.value()?.parse::<u32>()?.max(fewest),
                Long("help") | Short('h') => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(Self { names, rounds }))
    }
}

/// Those of `known` whose names begin with one of `begins`; all if there is none.
///
/// # Errors
///
/// What begins no name, with those that there are.
pub fn among<'a, T>(
    begins: &[String],
    known: &'a [T],
    name: impl Fn(&'a T) -> &'a str,
) -> Result<Vec<&'a T>, String> {
    for begin in begins {
        if !known.iter().any(|known| name(known).starts_with(begin)) {
            return Err(unknown(begin, known.iter().map(name)));
        }
    }
    let is_asked = |known: &&'a T| {
        begins.is_empty() || begins.iter().any(|begin| name(known).starts_with(begin))
    };
    Ok(known.iter().filter(is_asked).collect())
}

/// The error for a name that nothing has.
pub fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    format!("no `{name}`; there are: {}", known.collect::<Vec<_>>().join(", "))
}

/// What `main` returns behind a bench, whose mistake it says.
#[must_use]
pub fn ended(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Option<Choice>, lexopt::Error> {
        Choice::read(lexopt::Parser::from_args(words), (30, 2))
    }

    #[test]
    fn rows_and_rounds_are_chosen() {
        let chosen = read(&["--row", "talc", "--rounds", "6"]).expect("both are known");
        assert_eq!(chosen, Some(Choice { names: vec!["talc".to_owned()], rounds: 6 }));
        let usual = read(&[]).expect("nothing is asked for").expect("no help");
        assert_eq!(usual, Choice { names: Vec::new(), rounds: 30 });
        assert_eq!(read(&["--rounds", "1"]).expect("it is known").expect("no help").rounds, 2);
        assert_eq!(read(&["--help"]).expect("it is known"), None);
        assert!(read(&["--fast"]).is_err());
    }

    #[test]
    fn a_name_finds_those_that_begin_so_or_is_said_with_what_is_known() {
        let first = ["first".to_owned()];
        let found = among(&first, &["first fit", "best fit"], |name| name);
        assert_eq!(found, Ok(vec![&"first fit"]));
        assert_eq!(among(&[], &["talc"], |name| name), Ok(vec![&"talc"]));
        let message = among(&first, &["best fit", "talc"], |name| name).expect_err("there is none");
        assert_eq!(message, "no `first`; there are: best fit, talc");
    }
}
