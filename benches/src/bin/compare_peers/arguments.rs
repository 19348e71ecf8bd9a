//! What the command line asks for.

use brkalloc_benches::choice::{among, unknown};
use brkalloc_benches::rows::{LEVELS, ROWS, Row};
use brkalloc_benches::workload::{GROUPS, WORKLOADS, Workload};
use lexopt::Arg::Long;
use lexopt::ValueExt;

const USAGE: &str = "\
usage: compare_peers [--levels FAMILY] [--row NAME]... [--workload NAME]... [--group NAME]...
                     [--rounds N] [--milliseconds N] [--timeout SECONDS] [--json] [--write]

  --levels FAMILY      instead of the peers, heaps that differ in `harden`, `quarantine` and `zero`:
                       `chunks`, or those with a `cache`
  --row, --workload    only those whose names begin so; glibc is always there
  --group              only the workloads of this group; `instructions` counts those of a pair,
                       `faults` page faults and system calls. Programs of others, which take
                       seconds each, are measured where their group is asked for: `real`
  --rounds             how often each workload is measured; 5
  --milliseconds       how long, each time; 250
  --timeout            after how many seconds it is hopeless; 20
  --json               prints every sample as JSON instead of tables
  --write              writes benches/RESULTS.md and its plots, too";

/// The names that `--group` has for tables that are no workload's: of instructions, and of page
/// faults and system calls.
const INSTRUCTIONS: &str = "instructions";
const FAULTS: &str = "faults";

/// The group of programs of others, which need more time than a table of everything has.
const REAL: &str = "real";

/// What is asked for.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option or a table of its own")]
pub(crate) struct Arguments {
    /// The allocators; the first is glibc, or what checks nothing.
    pub(crate) rows: Vec<&'static Row>,
    pub(crate) workloads: Vec<&'static Workload>,
    /// Whether instructions are counted.
    pub(crate) instructions: bool,
    /// Whether page faults and system calls are.
    pub(crate) faults: bool,
    pub(crate) rounds: usize,
    pub(crate) milliseconds: u64,
    pub(crate) timeout: u64,
    pub(crate) json: bool,
    pub(crate) write: bool,
    /// As given, for the page of results.
    pub(crate) words: Vec<String>,
}

impl Arguments {
    /// Reads the words of the command line.
    ///
    /// # Errors
    ///
    /// What to write instead.
    pub(crate) fn read(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let words: Vec<String> = words.collect();
        let (mut rows, mut workloads, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        let (mut rounds, mut milliseconds, mut timeout) = (5, 250, 20);
        let (mut json, mut write, mut known_rows) = (false, false, ROWS);
        let mut rest = lexopt::Parser::from_args(&words);
        while let Some(option) = rest.next().map_err(misread)? {
            match option {
                Long("levels") => {
                    let family = word(&mut rest)?;
                    let found = LEVELS.iter().find(|(name, _)| *name == family);
                    let names = LEVELS.iter().map(|(name, _)| *name);
                    known_rows = found.ok_or_else(|| unknown(&family, names))?.1;
                }
                Long("row") => rows.push(word(&mut rest)?),
                Long("workload") => workloads.push(word(&mut rest)?),
                Long("group") => groups.push(word(&mut rest)?),
                Long("rounds") => rounds = number(&mut rest)?,
                Long("milliseconds") => milliseconds = number(&mut rest)?,
                Long("timeout") => timeout = number(&mut rest)?,
                Long("json") => json = true,
                Long("write") => write = true,
                other => return Err(misread(other.unexpected())),
            }
        }
        if write && !core::ptr::eq(known_rows, ROWS) {
            return Err("the page of results is the peers': --levels without --write".to_owned());
        }
        let everything = workloads.is_empty() && groups.is_empty();
        let is_asked = |table: &str| everything || groups.iter().any(|group| group == table);
        let (instructions, faults) = (is_asked(INSTRUCTIONS), is_asked(FAULTS));
        groups.retain(|group| ![INSTRUCTIONS, FAULTS].contains(&group.as_str()));
        let mut named = Vec::new();
        for group in groups {
            let known = GROUPS.iter().find(|known| known.name == group);
            named.extend(
                known
                    .ok_or_else(|| unknown(&group, GROUPS.iter().map(|group| group.name)))?
                    .workloads,
            );
        }
        if !workloads.is_empty() {
            let chosen = among(&workloads, WORKLOADS, |workload| workload.name)?;
            named.extend(chosen.iter().map(|workload| workload.name));
        }
        let is_real = |workload: &Workload| {
            let real = GROUPS.iter().filter(|group| group.name == REAL);
            real.flat_map(|group| group.workloads).any(|name| *name == workload.name)
        };
        let asked = |workload: &&Workload| {
            if everything { !is_real(workload) } else { named.contains(&workload.name) }
        };
        let of_rows = among(&rows, known_rows, |row| row.name)?;
        let is_row = |(index, row): &(usize, &Row)| {
            *index == 0 || of_rows.iter().any(|asked| asked.name == row.name)
        };
        Ok(Self {
            rows: known_rows.iter().enumerate().filter(is_row).map(|(_, row)| row).collect(),
            workloads: WORKLOADS.iter().filter(asked).collect(),
            instructions,
            faults,
            rounds: usize::try_from(rounds).unwrap_or(usize::MAX).max(1),
            milliseconds,
            timeout,
            json,
            write,
            words,
        })
    }
}

fn word(rest: &mut lexopt::Parser) -> Result<String, String> {
    rest.value().and_then(ValueExt::string).map_err(misread)
}

fn number(rest: &mut lexopt::Parser) -> Result<u64, String> {
    rest.value().and_then(|value| value.parse()).map_err(misread)
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes it so")]
fn misread(mistake: lexopt::Error) -> String {
    format!("{mistake}\n{USAGE}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> Result<Arguments, String> {
        Arguments::read(words.split_whitespace().map(str::to_owned))
    }

    fn names(arguments: &Arguments) -> (Vec<&str>, Vec<&str>) {
        let rows = arguments.rows.iter().map(|row| row.name).collect();
        (rows, arguments.workloads.iter().map(|workload| workload.name).collect())
    }

    #[test]
    fn without_filters_everything_runs_but_programs_of_others() {
        let arguments = read("").expect("nothing is asked for");
        assert_eq!(arguments.rows.len(), ROWS.len());
        let of_others = read("--group real").expect("it is known").workloads;
        assert_eq!(arguments.workloads.len() + of_others.len(), WORKLOADS.len());
        assert!(arguments.workloads.iter().all(|workload| workload.name != of_others[0].name));
        assert!(arguments.instructions && arguments.faults);
    }

    #[test]
    fn filters_add_up_and_glibc_stays() {
        let words = "--row talc --row first --workload frag --group traces --rounds 3";
        let arguments = read(words).expect("all are known");
        let rows = vec!["glibc", "first_fit by address", "talc"];
        assert_eq!(names(&arguments), (rows, vec!["frag", "cc1", "git-log"]));
        assert_eq!((arguments.instructions, arguments.rounds), (false, 3));
    }

    #[test]
    fn levels_are_rows_of_their_own() {
        let arguments = read("--levels cache --row full --workload frag").expect("all are known");
        assert_eq!(names(&arguments).0, ["none", "full", "full, quarantine"]);
        assert!(read("--levels slabs").is_err() && read("--levels cache --write").is_err());
    }

    #[test]
    fn instructions_and_faults_are_groups_without_workloads() {
        let arguments = read("--group instructions").expect("it is known");
        assert!(arguments.instructions && !arguments.faults && arguments.workloads.is_empty());
        let arguments = read("--group faults").expect("it is known");
        assert!(arguments.faults && !arguments.instructions && arguments.workloads.is_empty());
    }

    #[test]
    fn what_nobody_knows_is_said_with_what_is_known() {
        let message = read("--row tlac").expect_err("no such row");
        assert!(message.starts_with("no `tlac`; there are: glibc, "), "{message}");
        assert!(read("--group cold").is_err());
        assert!(read("--rounds many").is_err());
        assert!(read("--fast").is_err());
        assert!(read("--row").is_err());
    }
}
