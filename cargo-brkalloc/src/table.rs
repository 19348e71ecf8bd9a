//! The figures of a contest as a table of 80 columns, JSON, CSV or Markdown.

use crate::recording::Recording;
use crate::replay::{Cell, Figures, percent_over};
use crate::text::{Json, csv_field, grouped, shortened};
use core::fmt::Write;

/// Columns of what is printed for people.
pub const WIDTH: usize = 80;

/// How figures are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people, at most 80 columns.
    Table,
    /// One object.
    Json,
    /// A line for each configuration.
    Csv,
    /// A table of Markdown.
    Markdown,
}

impl Format {
    /// The words that name them.
    pub const NAMES: [&'static str; 4] = ["table", "json", "csv", "md"];

    /// Returns the format of one of these words.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "json" => Self::Json,
            "csv" => Self::Csv,
            "md" => Self::Markdown,
            _ => Self::Table,
        }
    }
}

/// Returns the figures in `format`, with a line feed at the end.
#[must_use]
pub fn render(format: Format, recording: &Recording, cells: &[Cell], all: &[Figures]) -> String {
    match format {
        Format::Table => table(recording, cells, all),
        Format::Json => json(recording, cells, all),
        Format::Csv => csv(recording, cells, all),
        Format::Markdown => markdown(recording, cells, all),
    }
}

/// Returns one sentence about the recording.
#[must_use]
pub fn title(recording: &Recording) -> String {
    let threads = recording.threads();
    let word = if threads == 1 { "thread" } else { "threads" };
    let rest = format!(
        ": {} events, {} {word}; at most {} bytes live",
        grouped(recording.events.len()),
        grouped(threads),
        grouped(recording.peak_live)
    );
    let room = WIDTH.saturating_sub(rest.chars().count());
    format!("{}{rest}", shortened(&recording.name, room.min(24)))
}

fn table(recording: &Recording, cells: &[Cell], all: &[Figures]) -> String {
    let mut text = format!("{}\n\n", title(recording));
    text += "Memory at the heap's peak, in % of the most bytes that lived:\n\n";
    text += "policy          order   index       peak    over headers rounding  holes largest\n";
    let mut coalesce = "immediate";
    for (cell, figures) in cells.iter().zip(all) {
        let split = figures.split;
        let part = |bytes| percent_over(bytes, recording.peak_live) + 100.0;
        let largest =
            split.largest_hole.map_or("-".to_owned(), |size| format!("{:.2}", part(size)));
        let _ = writeln!(
            text,
            "{}{:>11} {:>7.2} {:>7.2} {:>8.2} {:>6.2} {largest:>7}",
            name(cell, figures, &mut coalesce),
            grouped(figures.peak),
            figures.over(recording.peak_live),
            part(split.headers),
            part(split.rounding),
            part(split.holes)
        );
    }
    text += "\nover = headers + rounding + holes - (the most that lived - what lived then)\n";
    text += "\nWork: chunks that a search visited, bytes that realloc copied, the heap's time\n\n";
    text += "policy          order   index     median    99th   worst       copied ns/event\n";
    coalesce = "immediate";
    for (cell, figures) in cells.iter().zip(all) {
        let visited = figures.visited;
        let _ = writeln!(
            text,
            "{}{:>9} {:>7} {:>7} {:>12} {:>8}",
            name(cell, figures, &mut coalesce),
            grouped(visited.median),
            grouped(visited.percentile_99),
            grouped(visited.worst),
            grouped(figures.copied),
            time_or_stop(figures)
        );
    }
    for (cell, figures) in cells.iter().zip(all) {
        if let Some(stop) = figures.stopped {
            let _ = writeln!(
                text,
                "* {}: {}, its figures are those up to there",
                cell.name(),
                stop.word()
            );
        }
    }
    text
}

/// The first columns of a row, below a line of its own where merging changes.
fn name(cell: &Cell, figures: &Figures, coalesce: &mut &'static str) -> String {
    let configuration = cell.configuration;
    let mut text = String::new();
    if *coalesce != configuration.coalesce {
        *coalesce = configuration.coalesce;
        let _ = writeln!(text, "coalesce = \"{coalesce}\"");
    }
    let index = format!("{}{}", cell.index(), if figures.stopped.is_some() { "*" } else { "" });
    let _ = write!(text, "{:<16}{:<8}{index:<5}", configuration.policy, configuration.order);
    text
}

fn time_or_stop(figures: &Figures) -> String {
    match (figures.stopped, figures.nanoseconds) {
        (None, Some(time)) => format!("{time:.0}"),
        (None, None) => "-".to_owned(),
        (Some(_), _) => "*".to_owned(),
    }
}

fn json(recording: &Recording, cells: &[Cell], all: &[Figures]) -> String {
    let mut text = format!(
        "{{\n  \"trace\": {},\n  \"events\": {},\n  \"threads\": {},\n  \"peak_live_bytes\": {},\n  \"configurations\": [\n",
        Json(&recording.name),
        recording.events.len(),
        recording.threads(),
        recording.peak_live
    );
    for (place, (cell, figures)) in cells.iter().zip(all).enumerate() {
        let option = |number: Option<String>| number.unwrap_or("null".to_owned());
        let (configuration, split, visited) = (cell.configuration, figures.split, figures.visited);
        let _ = writeln!(
            text,
            "    {{\"policy\": \"{}\", \"order\": \"{}\", \"index\": \"{}\", \"coalesce\": \"{}\", \
             \"peak_bytes\": {}, \"live_bytes\": {}, \"header_bytes\": {}, \"rounding_bytes\": {}, \
             \"hole_bytes\": {}, \"largest_hole_bytes\": {}, \"searches\": {}, \
             \"visited_median\": {}, \"visited_99th\": {}, \"visited_worst\": {}, \
             \"copied_bytes\": {}, \"ns_per_event\": {}, \"stopped\": {}}}{}",
            configuration.policy,
            configuration.order,
            cell.index(),
            configuration.coalesce,
            figures.peak,
            split.live,
            split.headers,
            split.rounding,
            split.holes,
            option(split.largest_hole.map(|size| size.to_string())),
            visited.searches,
            visited.median,
            visited.percentile_99,
            visited.worst,
            figures.copied,
            option(figures.nanoseconds.map(|time| format!("{time:.1}"))),
            option(figures.stopped.map(|stop| format!("\"{}\"", stop.word()))),
            if place + 1 < cells.len() { "," } else { "" }
        );
    }
    text + "  ]\n}\n"
}

/// The columns of CSV.
const COLUMNS: &str = "trace,policy,order,index,coalesce,peak_live_bytes,peak_bytes,live_bytes,\
    header_bytes,rounding_bytes,hole_bytes,largest_hole_bytes,searches,visited_median,\
    visited_99th,visited_worst,copied_bytes,ns_per_event,stopped";

fn csv(recording: &Recording, cells: &[Cell], all: &[Figures]) -> String {
    let mut text = format!("{COLUMNS}\n");
    for (cell, figures) in cells.iter().zip(all) {
        let (configuration, split, visited) = (cell.configuration, figures.split, figures.visited);
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
            csv_field(&recording.name),
            configuration.policy,
            configuration.order,
            cell.index(),
            configuration.coalesce,
            recording.peak_live,
            figures.peak,
            split.live,
            split.headers,
            split.rounding,
            split.holes,
            split.largest_hole.map_or(String::new(), |size| size.to_string()),
            visited.searches,
            visited.median,
            visited.percentile_99,
            visited.worst,
            figures.copied,
            figures.nanoseconds.map_or(String::new(), |time| format!("{time:.1}")),
            figures.stopped.map_or("", |stop| stop.word()),
        );
    }
    text
}

fn markdown(recording: &Recording, cells: &[Cell], all: &[Figures]) -> String {
    let mut text = format!("{}\n\n", title(recording));
    let _ = writeln!(text, "| {} |\n|---{}|", HEADINGS.join(" | "), "|--:".repeat(11));
    for (cell, figures) in cells.iter().zip(all) {
        let _ = writeln!(text, "| {} |", row(recording, cell, figures).join(" | "));
    }
    text
}

/// The names of what [`row`] returns.
pub(crate) const HEADINGS: [&str; 12] = [
    "configuration",
    "peak",
    "over %",
    "headers",
    "rounding",
    "holes",
    "largest hole",
    "visited, median",
    "99th",
    "worst",
    "copied",
    "ns/event",
];

/// The figures of one configuration, for people.
pub(crate) fn row(recording: &Recording, cell: &Cell, figures: &Figures) -> [String; 12] {
    let (split, visited) = (figures.split, figures.visited);
    let time = figures.stopped.map_or_else(|| time_or_stop(figures), |stop| stop.word().to_owned());
    [
        cell.name(),
        grouped(figures.peak),
        format!("{:.2}", figures.over(recording.peak_live)),
        grouped(split.headers),
        grouped(split.rounding),
        grouped(split.holes),
        split.largest_hole.map_or("-".to_owned(), grouped),
        visited.median.to_string(),
        visited.percentile_99.to_string(),
        visited.worst.to_string(),
        grouped(figures.copied),
        time,
    ]
}
