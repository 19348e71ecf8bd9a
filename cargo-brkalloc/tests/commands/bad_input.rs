//! Bad input of each kind: one line that says what to do, and the exit code of `command.rs`.

use crate::tool::{CHURN, compiled, files, folder, says_in_one_line, with_cache};
use brkalloc_trace::{Event, Writer};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Output;

fn churn() -> &'static str {
    CHURN.to_str().expect("it is text")
}

/// A trace of so many blocks.
fn blocks(count: usize) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).expect("memory can be written");
    for _ in 0..count {
        let event = Event::Allocate { size: 100, align: 16 };
        writer.push(event, 0, false).expect("memory can be written");
    }
    writer.finish().expect("memory can be written")
}

#[test]
fn files_that_are_no_traces() {
    let folder = folder("no_traces");
    let mut damaged = blocks(100);
    damaged[40] ^= 1;
    let cases: [(&str, &[u8], &str); 5] = [
        ("script.brt", b"#!/bin/sh\n", "not a trace"),
        ("newer.brt", b"BRT\n\x02\0\0\0", "install a brkalloc"),
        ("damaged.brt", &damaged, "does not match its checksum"),
        ("empty.brt", &blocks(0), "no events"),
        ("nothing.brt", b"", "not a trace"),
    ];
    for (name, bytes, says) in cases {
        fs::write(folder.join(name), bytes).expect("the folder can be written");
        says_in_one_line(&folder, &["info", name], 3, &[name, says]);
    }
    says_in_one_line(
        &folder,
        &["info", "missing.brt"],
        3,
        &["missing.brt", "cargo brkalloc record"],
    );
    says_in_one_line(&folder, &["info", "."], 3, &["directory"]);
}

#[test]
fn a_trace_that_was_cut_short_is_read_as_far_as_it_goes() {
    let folder = folder("cut");
    let whole = blocks(100_000);
    fs::write(folder.join("cut.brt"), &whole[..whole.len() - 1000]).expect("it can be written");
    says_in_one_line(&folder, &["info", "cut.brt"], 0, &["cut short", "first 65536 events"]);
}

#[test]
fn a_command_line_that_is_wrong() {
    let folder = folder("command_line");
    says_in_one_line(&folder, &["record"], 2, &["no program"]);
    says_in_one_line(&folder, &["record", "--wrong", "ls"], 2, &["--wrong"]);
    says_in_one_line(&folder, &["record", "-o"], 2, &["-o"]);
    says_in_one_line(&folder, &["info"], 2, &["no trace"]);
    says_in_one_line(&folder, &["info", "a", "b"], 2, &["\"b\""]);
    says_in_one_line(&folder, &["sing"], 2, &["sing"]);
}

#[test]
fn a_program_that_cannot_be_run() {
    let folder = folder("cannot_run");
    says_in_one_line(&folder, &["record", "no-such-program"], 4, &["no-such-program"]);
    let plain = folder.join("plain");
    fs::write(&plain, "text").expect("it can be written");
    says_in_one_line(&folder, &["record", "./plain"], 4, &["./plain"]);
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o755)).expect("it is ours");
    assert_eq!(files(&folder), ["plain"], "nothing is left behind");
}

#[test]
fn a_program_that_allocates_nothing() {
    let folder = folder("nothing");
    says_in_one_line(&folder, &["record", "true"], 4, &["true", "it allocated nothing"]);
    assert_eq!(files(&folder), [""; 0]);
}

#[test]
fn a_program_that_is_statically_linked() {
    let folder = folder("static");
    let program = compiled("churn-static", &["-static"]);
    let program = program.to_str().expect("it is text");
    let words = ["nothing would be recorded", "statically linked", "link it dynamically"];
    says_in_one_line(&folder, &["record", program], 4, &words);
    let script = folder.join("script");
    fs::write(&script, format!("#!{program}\n")).expect("it can be written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it is ours");
    says_in_one_line(&folder, &["record", "./script"], 4, &words);
}

#[test]
fn a_program_that_is_setuid() {
    let folder = folder("setuid");
    let program = folder.join("program");
    fs::copy(churn(), &program).expect("it can be copied");
    // Only root may give a file away.
    if std::os::unix::fs::chown(&program, Some(1), None).is_err() {
        return;
    }
    fs::set_permissions(&program, fs::Permissions::from_mode(0o4755)).expect("we are root");
    says_in_one_line(&folder, &["record", "./program", "10"], 4, &["it is setuid"]);
}

#[test]
fn a_program_that_runs_without_the_environment() {
    let folder = folder("no_environment");
    let said = crate::tool::says(&folder, &["record", "env", "-i", churn(), "10"], 0);
    // `env` itself is recorded; what it becomes is not.
    assert!(said.contains("env.brt"), "{said}");
    assert_eq!(files(&folder), ["env.brt"]);
}

#[test]
fn a_folder_that_is_missing_or_a_file() {
    let folder = folder("no_folder");
    let file = "missing/app.brt";
    says_in_one_line(&folder, &["record", "-o", file, churn(), "10"], 3, &[file, "-o"]);
    says_in_one_line(&folder, &["record", "-o", ".", churn(), "10"], 3, &["directory"]);
    says_in_one_line(&folder, &["record", "-o", "/proc/app.brt", churn()], 3, &["/proc/app.brt"]);
}

#[test]
fn a_disk_that_is_full_when_the_trace_is_written() {
    let folder = folder("full_disk");
    let arguments = ["record", "-o", "/dev/full", churn(), "10"];
    says_in_one_line(&folder, &arguments, 3, &["/dev/full", "No space left", "free some space"]);
}

/// Runs the tool and its program with files of so many bytes at most.
fn with_limit(folder: &std::path::Path, bytes: u64, arguments: &[&str]) -> Output {
    let mut command = crate::tool::tool(folder, arguments);
    let limit = libc::rlimit64 { rlim_cur: bytes, rlim_max: bytes };
    let set = move || {
        // SAFETY: to ignore a signal installs no handler.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_DFL) };
        // SAFETY: the limit can be read.
        match unsafe { libc::setrlimit64(libc::RLIMIT_FSIZE, &raw const limit) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: the closure makes two system calls and allocates nothing.
    unsafe { command.pre_exec(set) };
    command.output().expect("the tool runs")
}

#[test]
fn a_program_whose_recording_cannot_grow_goes_on_unharmed() {
    let folder = folder("full_while_recording");
    let arguments = ["record", "-o", "app.brt", churn(), "100000", "exit"];
    let Output { status, stderr, .. } = with_limit(&folder, 300_000, &arguments);
    let said = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(7), "{said}");
    assert_eq!(said.matches("recording stops, the program goes on").count(), 1, "{said}");
    assert!(said.contains("ulimit -f"), "{said}");
    let recorded = crate::tool::trace(&folder.join("app.brt"));
    assert!(2730 < recorded.events.len(), "what was recorded until then is kept");
    assert_eq!(files(&folder), ["app.brt"]);
}

#[test]
fn a_recording_whose_folder_goes_away_harms_nobody() {
    let folder = folder("folder_goes");
    fs::create_dir(folder.join("sub")).expect("the folder can be written");
    let script = format!("rm -r sub; exec {} 20000 exit", churn());
    let arguments = ["record", "-o", "sub/app.brt", "sh", "-c", &script];
    let said = crate::tool::says(&folder, &arguments, 4);
    assert!(said.contains("no such folder"), "{said}");
    assert!(said.contains("nothing was recorded"), "{said}");
}

#[test]
fn a_library_that_cannot_be_built() {
    let folder = folder("no_library");
    let says = |command: &mut std::process::Command, code: i32, word: &str| {
        let Output { status, stderr, .. } = command.output().expect("the tool runs");
        let said = String::from_utf8_lossy(&stderr);
        let last = said.lines().last().unwrap_or_default();
        assert_eq!(status.code(), Some(code), "{said}");
        assert!(said.lines().count() <= 2 && last.contains(word), "{said}");
    };
    let cache = folder.join("cache");
    let mut without_cargo = with_cache(&cache, &folder, &["record", "true"]);
    says(without_cargo.env("CARGO", "/no/such/cargo"), 3, "install Rust");
    let mut failing = with_cache(&cache, &folder, &["record", "true"]);
    says(failing.env("CARGO", "false"), 4, "it needs cargo, a linker and the crate libc");
    says(&mut with_cache(&folder.join("a b"), &folder, &["record", "true"]), 3, "XDG_CACHE_HOME");
    let mut nowhere = with_cache("/proc/cache".as_ref(), &folder, &["record", "true"]);
    says(&mut nowhere, 3, "XDG_CACHE_HOME");
}
