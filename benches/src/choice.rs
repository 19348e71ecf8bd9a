//! The command line of the smaller benches: `--row`, any number of times, and `--rounds`.

use lexopt::Arg::{Long, Short};
use lexopt::ValueExt;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    /// What the names of the rows begin with; none if all the usual ones are meant.
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

    /// Those of `known` whose names begin with a name that was given.
    ///
    /// # Errors
    ///
    /// A name that begins none, with those that there are.
    pub fn among<'a, T>(
        &self,
        known: &'a [T],
        name: impl Fn(&'a T) -> &'a str,
    ) -> Result<Vec<&'a T>, String> {
        let begins = |row: &&'a T, begin: &String| name(row).starts_with(begin);
        for begin in &self.names {
            if !known.iter().any(|row| begins(&row, begin)) {
                let all: Vec<&str> = known.iter().map(&name).collect();
                return Err(format!("no `{begin}`; there are: {}", all.join(", ")));
            }
        }
        let is_asked = |row: &&'a T| self.names.iter().any(|begin| begins(row, begin));
        Ok(known.iter().filter(is_asked).collect())
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
        let choice = Choice { names: vec!["first".to_owned()], rounds: 2 };
        let found = choice.among(&["first fit", "best fit"], |name| name);
        assert_eq!(found, Ok(vec![&"first fit"]));
        let message = choice.among(&["best fit", "talc"], |name| name).expect_err("there is none");
        assert_eq!(message, "no `first`; there are: best fit, talc");
    }
}
