//! What every command makes of its command line and of a recording, as a user sees it.
#![cfg(target_os = "linux")]

use brkalloc_trace::{Event, Run, Trace};
use cargo_brkalloc::attributes::{Children, Mode};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const COLUMNS: usize = 80;

fn trace(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/traces").join(name);
    path.to_str().expect("it is text").to_owned()
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cargo-brkalloc"))
        .args(arguments)
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .output()
        .expect("the program is built")
}

/// What a command prints that ends with `code` and says nothing else.
fn printed(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = run(arguments);
    let errors = String::from_utf8_lossy(&stderr);
    assert_eq!((status.code(), &*errors), (Some(0), ""), "{arguments:?}");
    String::from_utf8(stdout).expect("it is UTF-8")
}

fn assert_is_narrow(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= COLUMNS, "{}: {line}", line.chars().count());
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}

/// A folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("an old folder can be removed");
    }
    fs::create_dir_all(&folder).expect("the target directory can be written");
    folder
}

#[test]
fn every_command_says_how_it_is_used() {
    for command in ["replay", "tune", "map", "check"] {
        let usage = printed(&["brkalloc", command, "--help"]);
        assert!(usage.contains(&format!("usage: cargo brkalloc {command} app.brt")), "{usage}");
        assert_is_narrow(&usage);
    }
    assert_is_narrow(&printed(&["brkalloc", "--help"]));
}

#[test]
fn a_mistake_is_one_line_that_says_what_to_do() {
    let cc1 = trace("cc1.brt");
    let neither = folder("mistakes").join("neither");
    fs::write(&neither, b"BT1\n\x09\xff").expect("it can be written");
    let neither = neither.to_str().expect("it is text");
    let mistakes: &[(i32, &[&str])] = &[
        (2, &["replay"]),
        (2, &["replay", &cc1, &cc1]),
        (2, &["replay", &cc1, "--policy", "frist_fit"]),
        (2, &["replay", &cc1, "--policy", "first_fit", "--index", "bins"]),
        (2, &["replay", &cc1, "--budget", "soon"]),
        (2, &["replay", &cc1, "--no-such-option"]),
        (3, &["replay", "no-such-file"]),
        (3, &["replay", neither]),
        (2, &["check", &cc1]),
        (2, &["check", &cc1, "--max-peak", "3MB"]),
        (2, &["check", &cc1, "--max-peak", "3MiB", "--config", "tidy_fit"]),
        (2, &["map", &cc1, "--config", ""]),
        (3, &["map", &cc1, "-o", "/no/such/folder/heap.html", "--config", "best_fit"]),
        (2, &["tune"]),
        (2, &["tune", &cc1, "--goal", "beauty"]),
        (2, &["tune", &cc1, "--max-overhead", "little"]),
        (2, &["tune", &cc1, "--verify"]),
        (2, &["tune", &cc1, "--verify", "--"]),
        (2, &["no-such-command"]),
    ];
    for (code, arguments) in mistakes {
        let Output { status, stdout, stderr } = run(arguments);
        let said = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(*code), "{arguments:?}: {said}");
        assert!(said.starts_with("cargo brkalloc: ") && said.lines().count() == 1, "{said}");
        let instead = ["; ", "write", "make one"];
        assert!(instead.iter().any(|words| said.contains(words)), "it says what to do: {said}");
        assert!(stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_table_has_eighty_columns_and_the_other_formats_have_every_figure() {
    let git = trace("git-log.brt");
    let replay = |format: &str| {
        let options = ["--policy", "best_fit", "--policy", "segregated_fit", "--rounds", "1"];
        printed(&[&["replay", &git, "--format", format], &options[..]].concat())
    };
    let table = replay("table");
    assert_is_narrow(&table);
    let row = "best_fit        address tree   3,984,960    0.61    0.22     0.16   0.29    0.10";
    assert!(table.lines().any(|line| line == row), "{table}");
    let csv = replay("csv");
    let widths = csv.lines().map(|line| line.split(',').count());
    assert_eq!(widths.collect::<Vec<_>>(), [19; 8], "{csv}");
    assert!(csv.contains("git-log,best_fit,address,tree,immediate,3960938,3984960,"), "{csv}");
    let json = replay("json");
    assert_eq!(json.matches("\"peak_bytes\"").count(), 7, "{json}");
    let markdown = replay("md");
    let rows = markdown.lines().filter(|line| line.starts_with('|'));
    assert!(rows.clone().all(|row| row.matches('|').count() == 13), "{markdown}");
    assert_eq!(rows.count(), 9);
}

#[test]
fn a_replay_that_takes_too_long_stops_and_says_so() {
    let git = trace("git-log.brt");
    let table = printed(&["replay", &git, "--policy", "worst_fit", "--budget", "0.001"]);
    assert!(table.contains("* worst_fit lifo list: too slow, its figures are those"), "{table}");
}

#[test]
fn check_says_by_how_much_and_fails_for_a_script() {
    let git = trace("git-log.brt");
    let best = ["check", &git, "--config", "best_fit address tree", "--max-peak"];
    let fits = printed(&[&best[..], &["3984960"]].concat());
    assert_eq!(
        fits,
        "git-log: best_fit address tree needs 3,984,960 bytes at its peak, 0 less than it may\n"
    );
    let Output { status, stdout, stderr } = run(&[&best[..], &["3984959B"]].concat());
    let said = String::from_utf8_lossy(&stderr);
    assert_eq!((status.code(), stdout), (Some(1), Vec::new()));
    assert!(said.contains("bytes at its peak, 1 more than 3,984,959 (0.00 %)"), "{said}");
}

#[test]
fn a_map_is_one_small_file_without_a_network() {
    let folder = folder("map");
    let file = folder.join("heap.html");
    let path = file.to_str().expect("it is text");
    printed(&["map", &trace("cc1.brt"), "-o", path]);
    let html = fs::read_to_string(&file).expect("it was written");
    assert!(html.len() < 500_000, "{} bytes", html.len());
    for outside in ["http:", "https:", "//", "@import", "url("] {
        let found = html.lines().filter(|line| line.contains(outside) && !line.contains("base64"));
        assert_eq!(found.collect::<Vec<_>>(), [""; 0], "{outside}");
    }
    assert!(html.contains("content=\"default-src 'none'; img-src data:;"), "{html}");
    assert_eq!(html.matches("class=\"raster\" tabindex=\"0\"").count(), 3);
    // What pointing shows, the keyboard reaches, and a line of text says.
    assert_eq!(html.matches("class=\"marks\" tabindex=\"0\"").count(), 2);
    assert_eq!(html.matches("<output></output>").count(), 5);
    assert!(html.contains("<td>best_fit address tree<td>2,788,400<td>2.60<td>"), "{html}");
    let names: Vec<_> = fs::read_dir(&folder).expect("it is there").collect();
    assert_eq!(names.len(), 1, "no other file stays: {names:?}");
    let two = ["--config", "first_fit", "--config", "worst_fit lifo deferred"];
    printed(&[&["map", &trace("cc1.brt"), "-o", path], &two[..]].concat());
    let html = fs::read_to_string(&file).expect("it was written");
    assert_eq!(html.matches("class=\"raster\"").count(), 2);
}

#[test]
fn tune_prints_an_attribute_with_the_price_of_each_word_and_nothing_for_terminals() {
    let (git, cc1) = (trace("git-log.brt"), trace("cc1.brt"));
    for goal in ["memory", "speed", "balanced"] {
        let report = printed(&["tune", &git, &cc1, "--goal", goal, "--rounds", "1"]);
        assert_is_narrow(&report);
        assert!(report.is_ascii(), "no bars: {report}");
        let attributes: Vec<&str> = report
            .lines()
            .filter_map(|line| line.strip_prefix("    "))
            .filter(|line| line.starts_with("#[brk_heap"))
            .collect();
        let chosen = attributes.first().expect("there is an attribute");
        let is_listed = |other: &cargo_brkalloc::attributes::Attribute| other.text() == *chosen;
        assert!(cargo_brkalloc::attributes::list().iter().any(is_listed), "{report}");
        let options = chosen.trim_start_matches("#[brk_heap").trim_matches(['(', ')', ']']);
        for word in options.split(", ").filter(|word| !word.is_empty()) {
            let place = report.find(&format!("\n  {word}\n      ")).expect("a reason of each word");
            let price = report[place..].lines().nth(3).expect("a price");
            assert!(price.contains("ns/event"), "{report}");
        }
        assert!(report.contains("harden = \"full\" "), "{report}");
        assert!(report.contains("the system's malloc"), "{report}");
        let cache_goes =
            report.contains("      with it the cache goes: each request takes the lock\n");
        let names_placement = options.contains("policy") && !options.contains("cache");
        assert_eq!(cache_goes, names_placement, "{report}");
        assert!(report.contains("its worst regret is"), "{report}");
    }
}

#[test]
fn tune_says_when_no_attribute_keeps_a_bound() {
    let arguments = ["tune", &trace("cc1.brt"), "--max-overhead", "0.01%", "--rounds", "1"];
    let Output { status, stderr, .. } = run(&arguments);
    let said = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("no attribute stays within 0.01 % over what lives"), "{said}");
}

#[test]
fn tune_verifies_on_a_library_of_exactly_the_attribute() {
    let program = ["--verify", "--", "sort", "/proc/self/status"];
    let cc1 = trace("cc1.brt");
    let arguments = [&["tune", &cc1, "--rounds", "1"], &program[..]].concat();
    let report = printed(&arguments);
    assert_is_narrow(&report);
    for row in ["wall time, µs", "processor time, µs", "peak resident, KiB"] {
        assert!(report.contains(row), "{report}");
    }
    let arguments = ["tune", &cc1, "--rounds", "1", "--verify", "--", "no-such-one"];
    let Output { status, stderr, .. } = run(&arguments);
    let said = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(4), "{said}");
    assert!(said.contains("no-such-one"), "{said}");
}

/// A trace of so many blocks of 64 bytes that live.
fn blocks(name: &str, count: usize) -> String {
    let events = vec![Event::Allocate { size: 64, align: 16 }; count];
    let runs = vec![Run { first: 0, thread: 0 }];
    let trace = Trace { events, runs, ..Trace::default() };
    let bytes = trace.write(Vec::new()).expect("memory can be written");
    let file = folder(name).join(name).with_extension("brt");
    fs::write(&file, bytes).expect("it can be written");
    file.to_str().expect("it is text").to_owned()
}

#[test]
fn tune_says_of_few_events_that_their_time_is_the_heaps_start() {
    let few = "Fewer than 10,000 events: the time is mostly the heap's start";
    let tuned = |count| printed(&["tune", &blocks("few", count), "--rounds", "1"]);
    assert!(tuned(9_999).contains(few));
    assert!(!tuned(10_000).contains(few));
}

#[test]
fn a_heap_without_checks_is_listed_where_it_is_asked_for_and_is_never_among_the_best() {
    // Of a name that takes the line, in a report that is narrow all the same.
    let name = "a-recording-of-a-program-whose-name-takes-nearly-all-of-the-line-that-it-stands-in";
    let (one, other) = (blocks(name, 1000), blocks("other", 1000));
    let none = "harden = \"none\"";
    let report = printed(&["tune", &one, &other, "--rounds", "1"]);
    assert_is_narrow(&report);
    assert!(report.contains("\nresident memory and time, a-recording-of-a-progr"), "{report}");
    let mentions: Vec<&str> = report.lines().filter(|line| line.contains(none)).collect();
    assert!(matches!(mentions[..], [line] if line.ends_with("; no checks")), "{mentions:?}");
    let report = printed(&["tune", &one, "--rounds", "1", "--why"]);
    assert_is_narrow(&report);
    let mut listed = report.lines().filter(|line| line.contains(none) && line.contains("iB "));
    assert!(1 <= listed.clone().count() && listed.all(|line| line.starts_with("  ")), "{report}");
    assert!(report.contains("\nharden = \"none\" is no rival"), "{report}");
}

#[test]
fn what_a_child_says_is_passed_on_without_its_prefix() {
    let children = Children::of(Path::new(env!("CARGO_BIN_EXE_cargo-brkalloc")));
    let git = trace("git-log.brt");
    let failure = children.once("x = \"y\"", Path::new(&git), Mode::Time, 0);
    let line = failure.expect_err("nobody has such a heap").line;
    assert_eq!(line, "the replay on `x = \"y\"` failed: no heap is `x = \"y\"`");
}
