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

/// Cut from what heaptrack 1.4 wrote: two blocks of one site, of which one is freed.
const HEAPTRACK: &str = "\
v 10400 3
X ls -l /usr/bin
I 1000 5e298d
s b /usr/bin/ls
t 1 0
a 11c00 4
+ 0
i 7f359985ab9f 9 0 d 0
a 1d8 7
+ 1
+ 1
c 14a
R 4de
- 1
- 0
- 0
# strings: 138
";

const HEAPTRACK_RAW: &str = "\
v 10400 3
x b /usr/bin/ls
m 1 x 558d3552d000 0 36c0 4000 15759 1a000 8ed0 232b0 25f8
m 1 -
+ 11c00 4 558d646e6540
t 7f446d55ab9f 6
+ 1d8 7 558d646f81e0
+ 1d8 7 558d646f8450
- 558d646f81e0
- 558d646e6540
- 7777
";

#[test]
fn a_block_that_grows_beyond_what_its_alignment_allows_is_refused() {
    let folder = folder("aligned");
    let align = 1_usize << (usize::BITS - 2);
    let grown = |size: usize| format!("1: memalign 0x10 {align} 0\n1: realloc 0x10 0x10 {size}\n");
    write(&folder, "most", &grown(align));
    write(&folder, "more", &grown(align + 1));
    says(&folder, &["import", "most", "--from", "android"], 0);
    assert_eq!(trace(&folder.join("most.brt")).events.len(), 2);
    says_in_one_line(&folder, &["import", "more", "--from", "android"], 3, &["line 2"]);
}

#[test]
fn what_heaptrack_writes_is_imported() {
    let folder = folder("heaptrack");
    let allocate = |size| Event::Allocate { size, align: 16 };
    // The raw file names the block that is freed, the interpreted one its site.
    for (name, text, freed) in [("raw", HEAPTRACK_RAW, 1), ("interpreted", HEAPTRACK, 2)] {
        write(&folder, name, text);
        let said = says(&folder, &["import", name, "--from", "heaptrack"], 0);
        assert!(said.contains("1 frees of blocks"), "{said}");
        assert_eq!(said.contains("the youngest block of it is taken"), freed == 2, "{said}");
        let expected = [
            allocate(0x11c00),
            allocate(0x1d8),
            allocate(0x1d8),
            Event::Free { birth: freed },
            Event::Free { birth: 0 },
        ];
        assert_eq!(trace(&folder.join(name).with_extension("brt")).events, expected, "{name}");
    }
    write(&folder, "site", "v 10400 3\n+ 0\n");
    let site = ["import", "site", "--from", "heaptrack"];
    says_in_one_line(&folder, &site, 3, &["line 2: not a line of heaptrack"]);
    for (name, bytes, command) in [
        ("app.gz", &b"\x1f\x8b\x08\0"[..], "`zcat app.gz > FILE`"),
        ("app.zst", b"\x28\xb5\x2f\xfd\x04", "`zstdcat app.zst > FILE`"),
    ] {
        fs::write(folder.join(name), bytes).expect("the folder can be written");
        says_in_one_line(&folder, &["import", name, "--from", "heaptrack"], 3, &[command]);
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
    for format in ["perfetto", "firefox", "dhat", "collapsed"] {
        says(&folder, &["export", "app.brt", "--to", format], 0);
    }
    let written =
        ["app.brt", "app.collapsed.txt", "app.dhat.json", "app.firefox.json", "app.perfetto.json"];
    assert_eq!(files(&folder), written);
    let trace = trace(&folder.join("app.brt"));
    is_right(&folder, "app.perfetto.json", PERFETTO);
    let [allocations, _, reallocations] = counts(&trace);
    let births = allocations + reallocations;
    is_right(&folder, "app.dhat.json", &format!("births = {births}\n{DHAT}"));
    let (events, peak) = (trace.events.len(), brkalloc_trace::peak_live(&trace.events));
    let numbers = format!("births, events, peak = {births}, {events}, {peak}\n");
    is_right(&folder, "app.firefox.json", &format!("{numbers}{FIREFOX}"));
    // A line is frames, a space and a weight.
    let collapsed = fs::read_to_string(folder.join("app.collapsed.txt")).expect("it is text");
    let weights = collapsed.lines().map(|line| {
        let (frames, weight) = line.rsplit_once(' ').expect("a weight");
        assert_eq!(frames.split(';').count(), 3, "{line}");
        weight.parse::<usize>().expect("a number")
    });
    assert_eq!(weights.sum::<usize>(), peak);
    says_in_one_line(&folder, &["export", "app.brt"], 2, &["--to"]);
    says_in_one_line(&folder, &["export", "app.brt", "--to", "x"], 2, &["--to x", "`firefox`"]);
    let full = ["export", "app.brt", "--to", "dhat", "-o", "/dev/full"];
    says_in_one_line(&folder, &full, 3, &["No space left"]);
    says_in_one_line(&folder, &["export", "app.dhat.json", "--to", "dhat"], 3, &["not a trace"]);
}

#[test]
fn sizes_that_no_machine_has_and_a_block_of_none_are_exported() {
    let folder = folder("extremes");
    let large = usize::MAX / 2 - 15;
    let all = format!("a 0 {large}\na 1 {large}\na 2 {large}\nf 0\nf 1\nf 2\n");
    for (name, text) in [("large", &*all), ("none", "a 0 0\n")] {
        write(&folder, name, text);
        let trace = format!("{name}.brt");
        says(&folder, &["import", name, "--from", "rep", "-o", &trace], 0);
        for format in ["perfetto", "firefox", "dhat", "collapsed"] {
            says(&folder, &["export", &trace, "--to", format], 0);
            if format != "collapsed" {
                let json = "import json, sys; json.load(open(sys.argv[1]))";
                is_right(&folder, &format!("{name}.{format}.json"), json);
            }
        }
    }
}

const PERFETTO: &str = "\
import json, sys
events = json.load(open(sys.argv[1]))['traceEvents']
assert {event['ph'] for event in events} == {'M', 'C'}
live = [event['args']['bytes'] for event in events if 'bytes' in event['args']]
assert 1000 < len(live) <= 5001 and 0 < min(live) < max(live)
named = {f\"{event['name']} {unit}\" for event in events if event['ph'] == 'C' for unit in event['args']}
assert named == {'live bytes', 'live blocks'} | {f'thread {n} events' for n in range(5)}
# A thread has a point where its value changes.
for n in range(5):
    values = [event['args']['events'] for event in events if event['name'] == f'thread {n}']
    assert all(one != other for one, other in zip(values, values[1:])), values
";

/// What `dh_view.js` of valgrind reads, and what it asserts.
const DHAT: &str = "\
import json, sys
data = json.load(open(sys.argv[1]))
assert data['dhatFileVersion'] == 2 and data['bklt'] and not data['bkacc']
for key in 'mode verb tu Mtu tuth cmd pid tg te pps ftbl'.split(): assert key in data, key
assert 0 <= data['tg'] <= data['te']
assert data['ftbl'][0] == '[root]' and len(data['ftbl']) == len(data['pps']) + 1
for point in data['pps']:
    assert set(point) == set('tb tbk tl mb mbk gb gbk eb ebk fs'.split())
    assert point['eb'] <= point['mb'] <= point['tb'] and point['gb'] <= point['mb']
    assert all(frame < len(data['ftbl']) for frame in point['fs'])
assert sum(point['tbk'] for point in data['pps']) == births
";

/// What Firefox Profiler's importer reads of a processed profile of version 58.
const FIREFOX: &str = "\
import json, sys
profile = json.load(open(sys.argv[1]))
meta, strings = profile['meta'], profile['shared']['stringArray']
assert meta['preprocessedProfileVersion'] == 58 and profile['libs'] == []
assert meta['categories'][0] == {'name': 'Other', 'color': 'grey', 'subcategories': ['Other']}
assert profile['shared']['sources'] == {'length': 0, 'uuid': [], 'filename': []}
[counter] = profile['counters']
assert counter['category'] == 'Memory' and counter['pid'] == '1'
tables = [counter['samples']]
assert sum(counter['samples']['number']) == events
live = [sum(counter['samples']['count'][:n + 1]) for n in range(counter['samples']['length'])]
assert 0 <= min(live) and 0.9 * peak < max(live) <= peak
requests = bytes = 0
peaks = []
for thread in profile['threads']:
    assert thread['pid'] == '1' and 'registerTime' in thread and 'pausedRanges' in thread
    frames, stacks, functions = (thread[name] for name in 'frameTable stackTable funcTable'.split())
    tables += [frames, stacks, functions, thread['markers'], thread['resourceTable'], thread['nativeSymbols']]
    assert all(frame < frames['length'] for frame in stacks['frame'])
    assert all(prefix is None or prefix < n for n, prefix in enumerate(stacks['prefix']))
    assert frames['func'] == list(range(functions['length']))
    names = [strings[name] for name in functions['name']]
    assert names[:3] == ['allocate', 'reallocate', 'free']
    assert all(name.startswith('requests of at most ') for name in names[3:])
    assert all(category is None or category < len(meta['categories']) for category in frames['category'])
    for name, unit in [('samples', 'samples'), ('nativeAllocations', 'bytes')]:
        rows = thread[name]
        assert rows.pop('weightType') == unit and rows['time'] == sorted(rows['time'])
        assert all(stack < stacks['length'] for stack in rows['stack'])
        tables.append(rows)
    requests += sum(thread['samples']['weight'])
    bytes += sum(thread['nativeAllocations']['weight'])
    peaks += thread['markers']['data']
assert requests == events and bytes == live[-1] and peaks == [{'type': 'peak', 'bytes': peak}]
assert [thread['isMainThread'] for thread in profile['threads']] == [True] + [False] * 4
for table in tables:
    assert {len(table[name]) for name in table if name != 'length'} == {table['length']}, table
";
