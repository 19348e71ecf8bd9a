//! A whole program that lives on the heap it is given: JSON documents, maps of strings and binary trees, made and
//! dropped on four threads.
//!
//! Everything is made from numbers that are known, and looked at before it is dropped. Then the heap must be
//! sound, and as full as it was before, to the byte.

use crate::StaticHeap;
use brkalloc::Origin;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::thread;

const THREADS: u64 = 4;

/// Times that each thread makes and drops everything.
const ROUNDS: u64 = 4;

/// Runs the program on `heap`, its global allocator.
///
/// # Panics
///
/// If anything is wrong.
pub fn run(heap: &'static dyn StaticHeap) {
    // What std allocates once, at the first thread and the first line, is there before the count.
    let is_alone = crate::gets_the_break();
    println!("{}", heap.config());
    thread::spawn(|| ()).join().expect("an empty thread ends well");
    let before = in_use(heap);
    assert!(0 < before, "the program's own memory is on the heap");
    let threads: Vec<_> = (0..THREADS).map(|seed| thread::spawn(move || live(seed))).collect();
    assert_eq!(heap.check(), Ok(()), "amid the work");
    let alive: Vec<_> =
        threads.into_iter().map(|thread| thread.join().expect("the thread ends well")).collect();
    let during = in_use(heap);
    for (seed, world) in (0..).zip(&alive) {
        world.verify(seed);
    }
    assert_eq!(heap.check(), Ok(()), "with everything alive");
    drop(alive);
    assert_eq!(heap.check(), Ok(()), "with everything dropped");
    let after = in_use(heap);
    assert!(1 << 20 < during - before, "the program used the heap: {before}, then {during}");
    if heap.config().cache.is_none() {
        assert_eq!(after, before, "all is freed, to the byte");
    } else {
        // What is left may lie in other slabs than before: a few of each class.
        assert!(after < before + (512 << 10), "all is freed: {before}, then {after}");
    }
    if heap.config().source == "brk" {
        let expected = if is_alone { Origin::Break } else { Origin::Mapping };
        assert_eq!(heap.stats().origin, Some(expected), "it opened before any thread");
    }
    println!("in use: {before}, {during}, {after}");
}

/// Bytes in used chunks, once this thread's cache has been given back, if there is one.
fn in_use(heap: &dyn StaticHeap) -> usize {
    heap.trim();
    heap.stats().in_use
}

/// A thread's life; what it made last outlives it.
fn live(seed: u64) -> World {
    for round in 1..ROUNDS {
        let world = World::new(seed + round);
        world.verify(seed + round);
    }
    World::new(seed)
}

/// What one thread makes in one round.
struct World {
    document: String,
    words: BTreeMap<String, Vec<u64>>,
    counts: HashMap<u64, String>,
    trees: Vec<Tree>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut words = BTreeMap::new();
        let mut counts = HashMap::new();
        for number in 0..3000 {
            words.entry(word(seed, number)).or_insert_with(Vec::new).push(number);
            counts.insert(number, word(seed, number));
        }
        // Every second of them goes again, so that there are free chunks among the used ones.
        counts.retain(|number, _| number % 2 == 0);
        let document = serde_json::to_string(&document(seed)).expect("a document can be written");
        let trees = (4..12).map(Tree::new).collect();
        Self { document, words, counts, trees }
    }

    fn verify(&self, seed: u64) {
        let read: Value = serde_json::from_str(&self.document).expect("it was written whole");
        assert_eq!(read, document(seed));
        let numbers: u64 = self.words.values().flatten().sum();
        assert_eq!(numbers, 2999 * 3000 / 2);
        for (text, numbers) in &self.words {
            assert!(numbers.iter().all(|number| *text == word(seed, *number)));
        }
        assert_eq!(self.counts.len(), 1500);
        assert!(self.counts.iter().all(|(number, text)| *text == word(seed, *number)));
        for (depth, tree) in (4..12).zip(&self.trees) {
            assert_eq!(tree.leaves(), 1 << depth);
        }
    }
}

/// A word of 1 to 200 bytes; some numbers share one.
fn word(seed: u64, number: u64) -> String {
    let number = number % 2500;
    let length = usize::try_from(number * (seed + 7) % 200 + 1).expect("it is small");
    format!("{number:x}.").repeat(length / 4 + 1)
}

fn document(seed: u64) -> Value {
    let people: Vec<_> = (0..300)
        .map(|number| {
            json!({
                "name": word(seed, number),
                "age": number,
                "tags": [word(seed, number + 1), word(seed, number + 2), null, true],
                "friends": (0..number % 20).collect::<Vec<_>>(),
                "place": { "north": number * 3, "east": -1, "name": word(seed, number * 5) },
            })
        })
        .collect();
    json!({ "seed": seed, "people": people })
}

/// A binary tree of boxes.
struct Tree(Option<Box<[Self; 2]>>);

impl Tree {
    fn new(depth: u32) -> Self {
        Self((0 < depth).then(|| Box::new([Self::new(depth - 1), Self::new(depth - 1)])))
    }

    fn leaves(&self) -> u64 {
        self.0.as_deref().map_or(1, |[left, right]| left.leaves() + right.leaves())
    }
}
