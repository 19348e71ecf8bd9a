//! The workload *actions*, ours beside talc and glibc: random allocations, reallocations and frees.
//!
//! `cargo run --release --manifest-path benches/Cargo.toml --bin actions`
//!
//! One process for each heap and round; the heaps take turns, each round beginning at another one.
//! A figure is the median over the rounds of the ratio to glibc in the same round. 8192 slots; a
//! random slot is filled if it is empty, else in one of four cases its block is reallocated, else
//! freed. Sizes are 8 B to 32 KiB, uniform in the logarithm; one in eight allocations is aligned to
//! 16, 32, 64 or 128, the others to 8. Blocks are written at both ends. About 0.25 s of CPU time a
//! process, after a quarter of that to warm up. Memory is the peak of resident pages that are no
//! file's, less what there was before the workload, over the peak of live bytes.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_benches::{Random, cpu_time, machine, median, status};
use core::alloc::{GlobalAlloc, Layout};
use std::alloc::System;
use std::process::Command;

#[brk_heap(policy = "segregated_fit")]
static SEGREGATED: BrkHeap;

#[brk_heap(arena = "64KiB", policy = "first_fit", order = "address")]
static MISSION: BrkHeap;

#[brk_heap(arena = "64KiB", policy = "best_fit", order = "address")]
static BEST: BrkHeap;

/// The heaps, by name; glibc is what the others are held against.
const HEAPS: [&str; 5] =
    ["glibc", "talc", "segregated_fit", "first_fit by address", "best_fit by address"];

const SLOTS: usize = 8192;
const ROUNDS: usize = 7;
const NANOSECONDS: u64 = 250_000_000;

/// talc behind a spin lock, over a gibibyte that is mapped beforehand.
fn talc() -> impl GlobalAlloc {
    use talc::TalcLock;
    use talc::source::Manual;
    const ARENA: usize = 1 << 30;
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping touches nothing that is there.
    let base = unsafe { libc::mmap(core::ptr::null_mut(), ARENA, protection, flags, -1, 0) };
    assert_ne!(base, libc::MAP_FAILED, "a gibibyte of address space is there");
    let talc: TalcLock<spinning_top::RawSpinlock, Manual> = TalcLock::new(Manual);
    // SAFETY: the mapping is new, and used by nobody else.
    unsafe { talc.lock().claim(base.cast(), ARENA) }.expect("talc takes a gibibyte");
    talc
}

/// What one process measured.
struct Figures {
    nanoseconds: f64,
    memory: f64,
}

struct Slots<'a, A> {
    heap: &'a A,
    blocks: Vec<Option<(*mut u8, Layout)>>,
    sizes: Vec<usize>,
    random: Random,
    live: usize,
    peak: usize,
}

impl<A: GlobalAlloc> Slots<'_, A> {
    fn touch(block: *mut u8, size: usize) {
        // SAFETY: the block has `size` bytes, at least 8 of them.
        unsafe { block.write(1) };
        // SAFETY: the block has `size` bytes, at least 8 of them.
        unsafe { block.wrapping_add(size - 1).write(1) };
    }

    fn step(&mut self) {
        let random = self.random.next_u64();
        let slot = usize::try_from(random % SLOTS as u64).unwrap_or(0);
        let size = self.sizes[usize::try_from(random >> 20 & 4095).unwrap_or(0)];
        match self.blocks[slot] {
            None => {
                let align =
                    if (random >> 40).is_multiple_of(8) { 16 << (random >> 43 & 3) } else { 8 };
                let layout = Layout::from_size_align(size, align).expect("small sizes are sound");
                // SAFETY: the size is not 0.
                let block = unsafe { self.heap.alloc(layout) };
                assert!(!block.is_null(), "a gibibyte suffices");
                Self::touch(block, size);
                self.blocks[slot] = Some((block, layout));
                self.live += size;
            }
            Some((block, layout)) if (random >> 40).is_multiple_of(4) => {
                // SAFETY: the heap handed the block out for that layout; the size is not 0.
                let block = unsafe { self.heap.realloc(block, layout, size) };
                assert!(!block.is_null(), "a gibibyte suffices");
                Self::touch(block, size);
                self.live = self.live - layout.size() + size;
                let layout = Layout::from_size_align(size, layout.align());
                self.blocks[slot] = Some((block, layout.expect("small sizes are sound")));
            }
            Some((block, layout)) => {
                // SAFETY: the heap handed the block out for that layout.
                unsafe { self.heap.dealloc(block, layout) };
                self.blocks[slot] = None;
                self.live -= layout.size();
            }
        }
        self.peak = self.peak.max(self.live);
    }

    /// Steps for about so long; nanoseconds a step.
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    fn run(&mut self, nanoseconds: u64) -> f64 {
        const BATCH: u64 = 10_000;
        let (start, mut steps) = (cpu_time(), 0);
        loop {
            (0..BATCH).for_each(|_| self.step());
            steps += BATCH;
            let spent = cpu_time() - start;
            if nanoseconds <= spent {
                return spent as f64 / steps as f64;
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn measure(heap: &impl GlobalAlloc, seed: u64) -> Figures {
    let mut random = Random::new(seed);
    let sizes = random.log_uniform(4096, 8, 32 << 10);
    let blocks = vec![None; SLOTS];
    let mut slots = Slots { heap, blocks, sizes, random, live: 0, peak: 0 };
    let before = status("RssAnon:");
    slots.run(NANOSECONDS / 4);
    let nanoseconds = slots.run(NANOSECONDS);
    let resident = status("VmHWM:") - status("RssFile:") - status("RssShmem:");
    Figures { nanoseconds, memory: resident.saturating_sub(before) as f64 / slots.peak as f64 }
}

/// Measures the heap of that name in this process.
fn child(name: &str, seed: u64) {
    let Figures { nanoseconds, memory } = match name {
        "glibc" => measure(&System, seed),
        "talc" => measure(&talc(), seed),
        "segregated_fit" => measure(&SEGREGATED, seed),
        "first_fit by address" => measure(&MISSION, seed),
        "best_fit by address" => measure(&BEST, seed),
        _ => panic!("the heaps are {HEAPS:?}"),
    };
    println!("{nanoseconds} {memory}");
}

/// Measures the heap of that name in a process of its own.
fn measured(name: &str, round: usize) -> Figures {
    let program = std::env::current_exe().expect("this program is a file");
    let output = Command::new(program).arg(name).arg(round.to_string()).output();
    let output = output.expect("this program starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let figures: Vec<f64> = text.split_whitespace().flat_map(str::parse).collect();
    let &[nanoseconds, memory] = &figures[..] else {
        panic!("{name}: {}", String::from_utf8_lossy(&output.stderr))
    };
    Figures { nanoseconds, memory }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [name, round] = &arguments[..] {
        return child(name, round.parse().expect("a number"));
    }
    let mut ratios = vec![Vec::new(); HEAPS.len()];
    let mut times = vec![Vec::new(); HEAPS.len()];
    let mut memory = vec![Vec::new(); HEAPS.len()];
    for round in 0..ROUNDS {
        let mut figures: Vec<Option<Figures>> = HEAPS.iter().map(|_| None).collect();
        for turn in 0..HEAPS.len() {
            let heap = (turn + round) % HEAPS.len();
            figures[heap] = Some(measured(HEAPS[heap], round + 1));
        }
        let glibc = figures[0].as_ref().map_or(f64::NAN, |figures| figures.nanoseconds);
        for (heap, figures) in figures.into_iter().flatten().enumerate() {
            ratios[heap].push(figures.nanoseconds / glibc);
            times[heap].push(figures.nanoseconds);
            memory[heap].push(figures.memory);
        }
    }
    println!("{}; {ROUNDS} rounds\n", machine());
    println!("| heap | time, of glibc's | ns an action | peak resident over peak live |");
    println!("|---|--:|--:|--:|");
    for (heap, name) in HEAPS.iter().enumerate() {
        println!(
            "| {name} | {:.2} | {:.1} | {:.3} |",
            median(&ratios[heap]),
            median(&times[heap]),
            median(&memory[heap])
        );
    }
}
