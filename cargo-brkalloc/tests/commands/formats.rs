//! What is exported is what the formats of others ask for; what is imported reads back as it was.

use crate::tool::{counts, files, folder, says, says_in_one_line, trace};
use brkalloc_trace::Event;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const REP: &str = "20000\n3\n6\n1\na 0 512\na 1 128\nr 0 640\na 2 0\nf 1\nf -1\nf 0\n";

const MTRACE: &str = "\
= Start
@ ./a.out:[0x401136] + 0x1cb36a0 0x64
@ ./a.out:[0x401144] + 0x1cb3710 0x10
@ ./a.out:[0x401158] < 0x1cb36a0
@ ./a.out:[0x401158] > 0x1cb3730 0xc8
@ ./a.out:[0x401158] < 0x1cb3730
@ ./a.out:[0x401158] ! 0x1cb3730 0xffffffffffff
@ ./a.out:[0x401164] - 0x1cb3710
@ ./a.out:[0x401170] - 0x7777
@ ./a.out:[0x401170] - 0x1cb3730
= End
";

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("the folder can be written");
}

#[test]
fn a_malloc_labs_requests_are_imported() {
    let folder = folder("rep");
    write(&folder, "app.rep", REP);
    says_in_one_line(&folder, &["import", "app.rep", "--from", "rep"], 0, &["app.brt: 6 events"]);
    let expected = [
        Event::Allocate { size: 512, align: 16 },
        Event::Allocate { size: 128, align: 16 },
        Event::Reallocate { birth: 0, size: 640 },
        Event::Allocate { size: 0, align: 16 },
        Event::Free { birth: 1 },
        Event::Free { birth: 2 },
    ];
    assert_eq!(trace(&folder.join("app.brt")).events, expected);
}

#[test]
fn what_mtrace_writes_is_imported() {
    let folder = folder("mtrace");
    write(&folder, "log", MTRACE);
    let said = says(&folder, &["import", "log", "--from", "mtrace", "-o", "app.brt"], 0);
    assert!(said.contains("1 frees of blocks that it does not know are left out"), "{said}");
    let expected = [
        Event::Allocate { size: 100, align: 16 },
        Event::Allocate { size: 16, align: 16 },
        Event::Reallocate { birth: 0, size: 200 },
        Event::Free { birth: 1 },
        Event::Free { birth: 2 },
    ];
    assert_eq!(trace(&folder.join("app.brt")).events, expected);
}

const ANDROID: &str = "\
186: malloc 0xb6038060 20
187: calloc 0xb609f080 32 4 1000 2000
187: memalign 0x85423660 64 104
186: realloc 0xb6038060 0xb6038060 40
186: realloc 0xb7000000 0x0 8
187: free 0xb6038060
187: malloc 0x0 99999999
186: free 0x0
186: thread_done 0x0
";

const LOGALLOC: &str = "\
1 1 malloc(20)=#1
1 2 calloc(32,4)=#2
1 2 posix_memalign(64,104)=#3
1 1 realloc(#1,40)=#1
1 1 realloc(0x0,8)=#4
1 2 free(#1)
1 2 jemalloc_stats()
";

#[test]
fn what_android_and_firefox_write_is_imported_with_threads_and_alignments() {
    let folder = folder("threads_of_others");
    let expected = [
        Event::Allocate { size: 20, align: 16 },
        Event::Allocate { size: 128, align: 16 },
        Event::Allocate { size: 104, align: 64 },
        Event::Reallocate { birth: 0, size: 40 },
        Event::Allocate { size: 8, align: 16 },
        Event::Free { birth: 3 },
    ];
    for (format, text) in [("android", ANDROID), ("logalloc", LOGALLOC)] {
        write(&folder, format, text);
        let says = format!("{format}.brt: 6 events");
        says_in_one_line(&folder, &["import", format, "--from", format], 0, &[&says]);
        let trace = trace(&folder.join(format).with_extension("brt"));
        assert_eq!(trace.events, expected, "{format}");
        assert_eq!(trace.threads().collect::<Vec<_>>(), [0, 1, 1, 0, 0, 1], "{format}");
        assert_eq!(trace.zeroed, [1], "{format}");
    }
}

#[test]
fn files_of_another_format_are_refused_with_their_line() {
    let folder = folder("imports_refused");
    write(&folder, "app.rep", REP);
    write(&folder, "large.rep", "a 0 9223372036854775807\n");
    write(&folder, "empty", "\n");
    let as_mtrace = ["import", "app.rep", "--from", "mtrace"];
    says_in_one_line(&folder, &as_mtrace, 3, &["app.rep, line 1", "not a line of mtrace"]);
    let large = ["import", "large.rep", "--from", "rep"];
    says_in_one_line(&folder, &large, 3, &["line 1"]);
    says_in_one_line(&folder, &["import", "empty", "--from", "rep"], 3, &["no events"]);
    says_in_one_line(&folder, &["import", "none", "--from", "rep"], 3, &["none"]);
    says_in_one_line(&folder, &["import", "app.rep"], 2, &["--from"]);
    says_in_one_line(&folder, &["import", "app.rep", "--from", "x"], 2, &["--from x"]);
    assert_eq!(files(&folder), ["app.rep", "empty", "large.rep"]);
}

/// Runs a program of Python, if there is one, which must find `file` right.
fn is_right(folder: &Path, file: &str, program: &str) {
    let python = Command::new("python3").arg("-V").stdout(Stdio::null()).status();
    if !python.is_ok_and(|status| status.success()) {
        eprintln!("there is no python3 here");
        return;
    }
    let mut python = Command::new("python3");
    let output = python.args(["-c", program, file]).current_dir(folder).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_is_exported_has_what_its_viewers_ask_for() {
    let folder = folder("exports");
    crate::tool::record(&folder, &["30000", "threads"], 0);
    for format in ["perfetto", "dhat"] {
        says(&folder, &["export", "app.brt", "--to", format], 0);
    }
    assert_eq!(files(&folder), ["app.brt", "app.dhat.json", "app.perfetto.json"]);
    let born = counts(&trace(&folder.join("app.brt")));
    let born = born[0] + born[2];
    is_right(
        &folder,
        "app.perfetto.json",
        "import json, sys
events = json.load(open(sys.argv[1]))['traceEvents']
assert {event['ph'] for event in events} == {'M', 'C'}
live = [event['args']['bytes'] for event in events if event.get('name') == 'live bytes']
assert 1000 < len(live) <= 5001 and 0 < min(live) < max(live)
assert {event['name'] for event in events if 'thread' in event['name']} == {f'events of thread {n}' for n in range(5)}",
    );
    // What dh_view.js of valgrind reads, and what it asserts.
    let program = format!(
        "import json, sys
data = json.load(open(sys.argv[1]))
assert data['dhatFileVersion'] == 2 and data['bklt'] and not data['bkacc']
for key in 'mode verb tu Mtu tuth cmd pid tg te pps ftbl'.split(): assert key in data, key
assert 0 <= data['tg'] <= data['te']
assert data['ftbl'][0] == '[root]' and len(data['ftbl']) == len(data['pps']) + 1
for point in data['pps']:
    assert set(point) == set('tb tbk tl mb mbk gb gbk eb ebk fs'.split())
    assert point['eb'] <= point['mb'] <= point['tb'] and point['gb'] <= point['mb']
    assert all(frame < len(data['ftbl']) for frame in point['fs'])
assert sum(point['tbk'] for point in data['pps']) == {born}"
    );
    is_right(&folder, "app.dhat.json", &program);
    says_in_one_line(&folder, &["export", "app.brt"], 2, &["--to"]);
    says_in_one_line(&folder, &["export", "app.brt", "--to", "x"], 2, &["--to x"]);
    let full = ["export", "app.brt", "--to", "dhat", "-o", "/dev/full"];
    says_in_one_line(&folder, &full, 3, &["No space left"]);
    says_in_one_line(&folder, &["export", "app.dhat.json", "--to", "dhat"], 3, &["not a trace"]);
}
