//! Every allocator over every workload, in one command.
//!
//! ```text
//!  cargo run --release --manifest-path benches/Cargo.toml --bin compare_peers [-- OPTIONS]
//!
//!  arguments    what is asked for
//!  build        the programs of the rows, with cargo
//!  rounds       one process for each (row, workload), the rows taking turns
//!  instructions the pairs of each row under callgrind;  single_step: of those that it cannot run
//!  faults       page faults and system calls of each row, under strace
//!  figures      medians of ratios, and their means by group
//!  report       the tables, as Markdown;  json: everything;  plots: two pictures
//! ```
//!
//! The workloads themselves are the library's, and run in the programs of the rows.

mod arguments;
mod build;
mod faults;
mod figures;
mod instructions;
mod json;
mod plots;
mod report;
mod rounds;
mod single_step;

use arguments::Arguments;
use brkalloc_benches::choice::ended;
use figures::Figures;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::read(std::env::args().skip(1));
    ended(arguments.and_then(|arguments| compare(&arguments)))
}

fn compare(arguments: &Arguments) -> Result<(), String> {
    let mut samples = Vec::new();
    if !arguments.workloads.is_empty() {
        let programs = build::programs("release", &arguments.rows)?;
        samples = rounds::run(arguments, &programs)?;
    }
    let mut instructions = Vec::new();
    if arguments.instructions {
        instructions = instructions::count(&arguments.rows)?;
    }
    let mut asked = Vec::new();
    if arguments.faults {
        let rows = arguments.rows.iter().copied().filter(|row| faults::is_counted(row));
        let programs = build::programs("release", &rows.collect::<Vec<_>>())?;
        asked = faults::count(&programs, arguments.timeout)?;
    }
    let figures = Figures {
        rows: arguments.rows.clone(),
        workloads: arguments.workloads.clone(),
        samples,
        instructions,
        asked,
    };
    if arguments.json {
        println!("{:#}", json::everything(&figures, arguments));
    } else {
        print!("{}", report::markdown(&figures, arguments, &[]));
    }
    if arguments.write { write(&figures, arguments) } else { Ok(()) }
}

/// Writes the page of results and its plots into `benches/`.
fn write(figures: &Figures, arguments: &Arguments) -> Result<(), String> {
    let put = |name: &str, text: &str| {
        let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(&path, text).map_err(|error| format!("{path}: {error}"))
    };
    let mut links = Vec::new();
    for plot in plots::all(figures)? {
        put(plot.file, &plot.svg)?;
        links.push(format!("![{}]({})\n\n", plot.title, plot.file));
    }
    put("RESULTS.md", &report::markdown(figures, arguments, &links))
}
