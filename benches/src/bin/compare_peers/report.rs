//! The tables, as Markdown: what is printed, and the page of results.

use crate::arguments::Arguments;
use crate::figures::{Cell, Figures};
use crate::instructions::PROFILES;
use brkalloc_benches::machine;
use brkalloc_benches::workload::{GROUPS, Measure};
use core::fmt::Write;
use std::process::Command;

/// All tables of what was measured, with these lines below the first.
pub(crate) fn markdown(figures: &Figures, arguments: &Arguments, plots: &[String]) -> String {
    let first = figures.rows.first().map_or("", |row| row.name);
    let title = if first == "glibc" { "its peers" } else { "itself" };
    let mut page = format!("# brkalloc beside {title}\n\n");
    let command = "cargo run --release --manifest-path benches/Cargo.toml --bin compare_peers";
    let words = if arguments.words.is_empty() { "" } else { " -- " };
    let _ = write!(
        page,
        "{}; {}\n\n`{command}{words}{}`\n\n\
         Ratios to {first} in the same round, medians over {} rounds of {} ms a cell; lower is \
         better. What each workload does is in its code; [README.md](README.md) says how figures \
         are made. *timeout*: more than {} s.\n\n",
        today(),
        machine(),
        arguments.words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
        arguments.rounds,
        arguments.milliseconds,
        arguments.timeout,
    );
    let parts = [
        by_group(figures),
        plots.concat(),
        by_workload(figures),
        memory(figures),
        instructions(figures),
        allocators(figures),
    ];
    page += &parts.concat();
    page.truncate(page.trim_end().len());
    page + "\n"
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    if word.contains(' ') { format!("'{word}'") } else { word.to_owned() }
}

/// The day, by the system's own clock and calendar.
fn today() -> String {
    let output = Command::new("date").args(["-u", "+%Y-%m-%d"]).output();
    let day = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    day.unwrap_or_default().trim().to_owned()
}

fn by_group(figures: &Figures) -> String {
    type Column<'a> = (String, Box<dyn Fn(usize) -> Option<Cell> + 'a>);
    let mut columns: Vec<Column> = Vec::new();
    for group in GROUPS {
        columns.push((group.name.to_owned(), Box::new(|row| figures.group(row, group))));
    }
    let shifting = "shifting sizes, peak ÷ live".to_owned();
    columns.push((shifting, Box::new(|row| figures.over_live(row, "frag"))));
    columns.push(("10⁶ live ÷ 10³, time".to_owned(), Box::new(|row| figures.growth(row))));
    columns.retain(|(_, figure)| figure(0).is_some());
    if columns.is_empty() {
        return String::new();
    }
    let mut head = vec!["allocator".to_owned()];
    head.extend(columns.iter().map(|(name, _)| name.clone()));
    let row = |(index, name): (usize, String)| {
        let cells = columns.iter().map(|(_, figure)| cell(figure(index)));
        std::iter::once(name).chain(cells).collect()
    };
    let rows: Vec<_> = names(figures).into_iter().enumerate().map(row).collect();
    format!(
        "## By group\n\nGeometric means of the ratios, but for the last two columns, which are no \
         such ratios.\n\n{}\n",
        table(&head, &rows)
    )
}

fn by_workload(figures: &Figures) -> String {
    let workloads = figures.workloads.iter().map(|workload| workload.name);
    let row = |name| {
        let glibc = cell(figures.time(0, name));
        let ratios = 1..figures.rows.len();
        let ratios = ratios.map(|row| cell(figures.ratio(row, name, Measure::Time)));
        [name.to_owned(), glibc].into_iter().chain(ratios).collect()
    };
    wide(
        "By workload",
        "Time of an operation.",
        "ns",
        figures,
        &workloads.map(row).collect::<Vec<_>>(),
    )
}

fn memory(figures: &Figures) -> String {
    const MEBIBYTE: f64 = 1024.0 * 1024.0;
    let resident = GROUPS.iter().filter(|group| group.measure == Measure::Resident);
    let names = resident.flat_map(|group| group.workloads).copied();
    let row = |name| {
        let glibc = figures.resident(0, name)?.map(|bytes| bytes / MEBIBYTE);
        let ratios = 1..figures.rows.len();
        let ratios = ratios.map(|row| cell(figures.ratio(row, name, Measure::Resident)));
        let begin = [name.to_owned(), cell(Some(glibc))];
        Some(begin.into_iter().chain(ratios).collect())
    };
    let says = "Peak resident memory, without files' pages and the harness's own tables.";
    wide("Memory", says, "MiB", figures, &names.filter_map(row).collect::<Vec<_>>())
}

/// A table with a row for each workload and a column for each allocator.
fn wide(title: &str, says: &str, unit: &str, figures: &Figures, rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut names = names(figures).into_iter();
    let first = names.next().unwrap_or_default();
    let head = ["workload".to_owned(), format!("{first}, {unit}")];
    let head: Vec<String> = head.into_iter().chain(names).collect();
    format!("## {title}\n\n{says}\n\n{}\n", table(&head, rows))
}

fn instructions(figures: &Figures) -> String {
    if figures.instructions.is_empty() {
        return String::new();
    }
    let head = ["allocator", PROFILES[0].1, PROFILES[1].1].map(str::to_owned);
    let counted = |counted: &Cell| match counted {
        Ok(counted) => format!("{counted:.0}"),
        Err(failure) => failure.to_string(),
    };
    let rows = names(figures).into_iter().zip(&figures.instructions);
    let rows = rows.map(|(name, cells)| {
        std::iter::once(name).chain(cells.iter().map(counted)).collect::<Vec<_>>()
    });
    format!(
        "## Instructions per 64-byte pair\n\nThrough the global allocator, by callgrind, or \
         single-stepped where valgrind cannot run the row (snmalloc); the loop and the writing of \
         both ends are in it.\n\n{}\n",
        table(&head, &rows.collect::<Vec<_>>())
    )
}

fn allocators(figures: &Figures) -> String {
    let rows = figures.rows.iter().map(|row| format!("- {}: {}\n", row.name, row.says()));
    format!("## The allocators\n\n{}", rows.collect::<Vec<_>>().concat())
}

fn names(figures: &Figures) -> Vec<String> {
    figures.rows.iter().map(|row| row.name.to_owned()).collect()
}

/// A table in Markdown; all columns but the first are numbers.
fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let rule = format!("|---|{}\n", "--:|".repeat(head.len() - 1));
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rows: String = rows.iter().map(|row| line(row)).collect();
    line(head) + &rule + &rows
}

/// A figure in so many digits as tell something.
fn cell(figure: Option<Cell>) -> String {
    match figure {
        None => String::new(),
        Some(Err(failure)) => failure.to_string(),
        Some(Ok(figure)) if figure < 0.1 => format!("{figure:.3}"),
        Some(Ok(figure)) if figure < 10.0 => format!("{figure:.2}"),
        Some(Ok(figure)) if figure < 100.0 => format!("{figure:.1}"),
        Some(Ok(figure)) => format!("{figure:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rounds::Failure;

    #[test]
    fn a_figure_has_the_digits_that_tell_something() {
        let figures = [0.0123, 0.456, 9.876, 31.26, 345.6].map(|figure| cell(Some(Ok(figure))));
        assert_eq!(figures, ["0.012", "0.46", "9.88", "31.3", "346"]);
        assert_eq!(cell(Some(Err(Failure::Timeout))), "timeout");
        assert_eq!(cell(None), "");
    }

    #[test]
    fn a_table_has_a_rule_of_as_many_columns() {
        let head = ["a", "b", "c"].map(str::to_owned);
        let rows = vec![["x", "1", "2"].map(str::to_owned).to_vec()];
        assert_eq!(table(&head, &rows), "| a | b | c |\n|---|--:|--:|\n| x | 1 | 2 |\n");
    }
}
