//! The tables, as Markdown: what is printed, and the page of results.

use crate::arguments::Arguments;
use crate::faults::{Asked, OfWorkload, is_counted};
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
        of_system(figures),
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
    let column = |(_, figure): &Column| {
        let cells: Vec<String> = (0..figures.rows.len()).map(|row| cell(figure(row))).collect();
        marked(cells.clone(), &cells)
    };
    let columns: Vec<Vec<String>> = columns.iter().map(column).collect();
    format!(
        "## By group\n\nGeometric means of the ratios, but for the last two columns, which are no \
         such ratios. Bold: the best of all allocators in the column.\n\n{}\n",
        table(&head, &by_allocator(figures, &columns))
    )
}

fn by_workload(figures: &Figures) -> String {
    let workloads = figures.workloads.iter().map(|workload| workload.name);
    let row = |name| wide_row(figures, name, Measure::Time, figures.time(0, name));
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
        Some(wide_row(figures, name, Measure::Resident, Some(glibc)))
    };
    let says = "Peak resident memory, without files' pages and the harness's own tables.";
    wide("Memory", says, "MiB", figures, &names.filter_map(row).collect::<Vec<_>>())
}

/// A workload's row: the figure of the first allocator in its unit, the others' as ratios to it.
fn wide_row(figures: &Figures, name: &str, measure: Measure, first: Option<Cell>) -> Vec<String> {
    let ratios = (0..figures.rows.len()).map(|row| cell(figures.ratio(row, name, measure)));
    let ratios: Vec<String> = ratios.collect();
    let mut shown = ratios.clone();
    shown[0] = cell(first);
    std::iter::once(name.to_owned()).chain(marked(shown, &ratios)).collect()
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
    format!(
        "## {title}\n\n{says} Bold: the best of all allocators in the row.\n\n{}\n",
        table(&head, rows)
    )
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
    let column = |profile: usize| {
        let cells = figures.instructions.iter().map(|cells| counted(&cells[profile]));
        let cells: Vec<String> = cells.collect();
        marked(cells.clone(), &cells)
    };
    let columns = [0, 1].map(column);
    format!(
        "## Instructions per 64-byte pair\n\nThrough the global allocator, by callgrind, or \
         single-stepped where valgrind cannot run the row (snmalloc); the loop and the writing of \
         both ends are in it. Bold: the fewest.\n\n{}\n",
        table(&head, &by_allocator(figures, &columns))
    )
}

/// The tables of page faults and of system calls.
fn of_system(figures: &Figures) -> String {
    if figures.asked.is_empty() {
        return String::new();
    }
    let counted = figures.rows.iter().filter(|row| is_counted(row)).map(|row| row.name.to_owned());
    let head: Vec<String> = std::iter::once("workload".to_owned()).chain(counted).collect();
    let of_one = |figure: fn(&Asked) -> u64| {
        let row = |OfWorkload { workload, asked }: &OfWorkload| {
            let cells = asked.iter().map(|asked| match asked {
                Ok(asked) => figure(asked).to_string(),
                Err(failure) => failure.to_string(),
            });
            let cells: Vec<String> = cells.collect();
            let cells = marked(cells.clone(), &cells);
            std::iter::once((*workload).to_owned()).chain(cells).collect()
        };
        table(&head, &figures.asked.iter().map(row).collect::<Vec<_>>())
    };
    format!(
        "## Page faults and system calls\n\nOf so many batches, the same for every allocator, \
         without the start of the program; those that take their memory from the system. Bold: the \
         fewest of all allocators in the row.\n\n\
         Page faults, without those of the harness's own tables:\n\n{}\n\
         System calls for memory (`brk`, `mmap`, `munmap`, `madvise` and their kin); the harness's \
         own, for tables and threads, are in it:\n\n{}\n\
         System calls that wait for another thread or wake it (`futex`), under strace, where each \
         takes long; those of `larson`'s pool are in it:\n\n{}\n",
        of_one(|asked| asked.faults),
        of_one(|asked| asked.calls.memory),
        of_one(|asked| asked.calls.waits),
    )
}

fn allocators(figures: &Figures) -> String {
    let rows = figures.rows.iter().map(|row| format!("- {}: {}\n", row.name, row.says()));
    format!("## The allocators\n\n{}", rows.collect::<Vec<_>>().concat())
}

fn names(figures: &Figures) -> Vec<String> {
    figures.rows.iter().map(|row| row.name.to_owned()).collect()
}

/// The rows of a table that has a row for each allocator, of its columns.
fn by_allocator(figures: &Figures, columns: &[Vec<String>]) -> Vec<Vec<String>> {
    let row = |(index, name): (usize, String)| {
        std::iter::once(name).chain(columns.iter().map(|column| column[index].clone())).collect()
    };
    names(figures).into_iter().enumerate().map(row).collect()
}

/// The cells of all allocators as they are shown, the best of them bold: those whose `compared` cell,
/// as printed, is the least. A cell without a figure is never the best.
fn marked(shown: Vec<String>, compared: &[String]) -> Vec<String> {
    let figures: Vec<Option<f64>> = compared.iter().map(|cell| cell.parse().ok()).collect();
    let best = figures.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    let is_best = |figure: Option<f64>| figure.is_some_and(|figure| figure <= best);
    let mark = |(cell, figure): (String, Option<f64>)| {
        if is_best(figure) { format!("**{cell}**") } else { cell }
    };
    shown.into_iter().zip(figures).map(mark).collect()
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
    use crate::faults::Calls;
    use crate::figures::tests::figures;
    use crate::rounds::Failure;
    use brkalloc_benches::workload::WORKLOADS;

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

    #[test]
    fn the_best_as_printed_are_bold_and_nobody_without_a_figure_is() {
        let cells = ["1.00", "0.96", "timeout", "0.96", ""].map(str::to_owned);
        let expected = ["1.00", "**0.96**", "timeout", "**0.96**", ""];
        assert_eq!(marked(cells.to_vec(), &cells), expected);
        let (shown, compared) = (["8.78", "1.30"], ["1.00", "1.30"]);
        let [shown, compared] = [shown, compared].map(|cells| cells.map(str::to_owned));
        assert_eq!(marked(shown.to_vec(), &compared), ["**8.78**", "1.30"]);
        let failed = ["failed", "timeout"].map(str::to_owned);
        assert_eq!(marked(failed.to_vec(), &failed), failed);
    }

    #[test]
    fn every_table_marks_the_best_allocator_of_a_column_or_of_a_workload() {
        let figures = figures();
        let text = by_group(&figures);
        // The mean of glibc is that of somebody, and the third took too long.
        assert!(text.contains("Bold: the best of all allocators in the column."), "{text}");
        assert!(text.contains("| glibc | **1.00** |\n"), "{text}");
        assert!(text.contains("| **1.00** |\n| fast | timeout |\n"), "{text}");
        let text = by_workload(&figures);
        assert!(text.contains("Bold: the best of all allocators in the row."), "{text}");
        assert!(text.contains("| cc1 | 20.0 | **0.50** | 2.00 |\n"), "{text}");
        assert!(text.contains("| git-log | **20.0** | 2.00 | timeout |\n"), "{text}");
        let names = ["live-10^5", "live-10^6"];
        let workloads = WORKLOADS.iter().filter(|with| names.contains(&with.name)).collect();
        let text = memory(&Figures { workloads, ..self::figures() });
        assert!(text.contains("| live-10^5 | **0.000** | 2.00 | **1.00** |\n"), "{text}");
        let counted = Figures {
            instructions: vec![[Ok(70.0), Ok(66.2)], [Ok(71.0), Ok(65.8)], [Ok(69.6), Ok(80.0)]],
            ..figures
        };
        let text = instructions(&counted);
        assert!(text.contains("| glibc | **70** | **66** |\n"), "{text}");
        assert!(text.contains("| 71 | **66** |\n| fast | **70** | 80 |\n"), "{text}");
    }

    #[test]
    fn what_is_asked_of_the_system_has_a_table_for_each_kind() {
        let asked = |faults, memory, waits| Ok(Asked { faults, calls: Calls { memory, waits } });
        let rows = vec![asked(100, 9, 0), asked(80, 9, 0), Err(Failure::Timeout)];
        let asked = vec![OfWorkload { workload: "frag", asked: rows }];
        let text = of_system(&Figures { asked, ..figures() });
        assert!(text.contains("| workload | glibc | default | fast |\n"), "{text}");
        for line in ["100 | **80**", "**9** | **9**", "**0** | **0**"] {
            assert!(text.contains(&format!("| frag | {line} | timeout |\n")), "{text}");
        }
    }
}
