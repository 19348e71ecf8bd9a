//! What the commands print fits 80 columns, and readers may leave.

use crate::tool::{folder, run, tool};
use std::path::Path;
use std::process::{Output, Stdio};

fn repository(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    path.to_str().expect("it is text").to_owned()
}

fn assert_is_narrow(text: &[u8]) {
    let text = core::str::from_utf8(text).expect("it is UTF-8");
    assert!(!text.is_empty());
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
}

#[test]
fn every_command_says_how_it_is_used() {
    let folder = folder("help");
    for arguments in [&["--help"][..], &["record", "--help"], &["info", "-h"], &[]] {
        let Output { status, stdout, stderr } = run(&folder, arguments);
        assert_eq!((status.code(), stderr), (Some(0), Vec::new()), "{arguments:?}");
        assert!(String::from_utf8_lossy(&stdout).contains("usage: cargo brkalloc"));
        assert_is_narrow(&stdout);
    }
}

#[test]
fn info_shows_the_figures_of_a_recording() {
    let folder = folder("info");
    let Output { status, stdout, stderr } =
        run(&folder, &["info", &repository("tests/traces/cc1.brt")]);
    assert_eq!((status.code(), stderr), (Some(0), Vec::new()));
    assert_is_narrow(&stdout);
    let text = String::from_utf8(stdout).expect("it is text");
    let (_, text) = text.split_once("cc1.brt\n").expect("it has a title");
    for line in [
        "  events              141,485",
        "  threads             1",
        "  peak live           2,717,797 (2.59 MiB)",
        "  size                        blocks",
        "  lifetime, in births         blocks",
        "  alignment                   blocks",
    ] {
        assert!(text.contains(&format!("\n{line}\n")), "{line}: {text}");
    }
    let count = |title: &str| -> usize {
        let (_, table) = text.split_once(&format!("  {title}")).expect(title);
        let rows = table.lines().skip(1).take_while(|line| !line.is_empty());
        let number = |row: &str| row[20..36].trim().replace(',', "").parse::<usize>().expect(row);
        rows.map(number).sum()
    };
    let born = [count("size "), count("lifetime,"), count("alignment ")];
    assert_eq!(born, [72_925; 3], "each block is in each table once");
}

#[test]
fn a_reader_may_leave_at_any_time() {
    let folder = folder("leaves");
    let mut command = tool(&folder, &["info", &repository("tests/traces/cc1.brt")]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    drop(child.stdout.take());
    let Output { status, stderr, .. } = child.wait_with_output().expect("it is a child");
    assert_eq!(
        (status.code(), String::from_utf8_lossy(&stderr).into_owned()),
        (Some(0), String::new())
    );
}
