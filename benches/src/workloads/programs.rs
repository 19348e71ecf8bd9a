//! *programs*: what programs of several kinds do, through the collections that they do it with.

use crate::meter::Meter;
use crate::random::Random;
use crate::table::Table;
use crate::workload::Outcome;
use core::hint::black_box;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Cursor, Write};

/// A binary tree of which nothing is known but its shape.
struct Node {
    below: Option<Box<Node>>,
    above: Option<Box<Node>>,
}

impl Node {
    fn of_depth(depth: u32) -> Option<Box<Self>> {
        let child = || Self::of_depth(depth - 1);
        (0 < depth).then(|| Box::new(Self { below: child(), above: child() }))
    }

    fn count(&self) -> u64 {
        let count = |child: &Option<Box<Self>>| child.as_ref().map_or(0, |child| child.count());
        1 + count(&self.below) + count(&self.above)
    }
}

/// bintree: trees of depth 4, 6 … 18 are built, counted and dropped; per node.
///
/// About half a million nodes of each depth, beside a tree of depth 18 that stays. A node is 16
/// bytes: two `Option<Box>`.
#[must_use]
pub fn bintree(meter: Meter) -> Outcome {
    const DEEPEST: u32 = 18;
    let stays = Node::of_depth(DEEPEST);
    let time = meter.time(|| {
        let mut nodes = 0;
        for depth in (4..=DEEPEST).step_by(2) {
            for _ in 0..(1 << 19) / ((1 << depth) - 1) {
                let tree = black_box(Node::of_depth(depth));
                nodes += tree.map_or(0, |tree| tree.count());
            }
        }
        nodes
    });
    let nodes = black_box(stays).map_or(0, |tree| tree.count());
    Outcome { time, live: 2 * size_of::<Node>() * usize::try_from(nodes).unwrap_or(0) }
}

/// json: a document of 5 MiB is parsed into a [`Value`] and dropped; per KiB of it.
///
/// Its records have a number, twelve words, and an object with an object and arrays in it.
#[must_use]
pub fn json(meter: Meter) -> Outcome {
    const SIZE: usize = 5 << 20;
    let mut table = Table::new(SIZE + 4096, |_| b' ');
    let mut document = Cursor::new(&mut table[..]);
    write_document(&mut Random::new(meter.seed), SIZE, |text| {
        document.write_all(text).expect("the table is larger than the document");
        usize::try_from(document.position()).unwrap_or(usize::MAX)
    });
    let text = &table[..];
    let time = meter.time(|| {
        let value: Value = serde_json::from_slice(text).expect("the document is sound");
        drop(black_box(value));
        (SIZE >> 10) as u64
    });
    Outcome { time, live: 0 }
}

/// Writes records until `put`, which says how much it has, has `size` bytes.
pub(crate) fn write_document(
    random: &mut Random,
    size: usize,
    mut put: impl FnMut(&[u8]) -> usize,
) {
    const WORDS: [&str; 16] = [
        "arena",
        "chunk",
        "tag",
        "first",
        "fit",
        "address",
        "order",
        "neighbor",
        "a",
        "merged",
        "remainder",
        "of",
        "granule",
        "walk",
        "break",
        "page",
    ];
    let mut word = || WORDS[random.below(WORDS.len())];
    let mut record = 0;
    while put(if record == 0 { b"[" } else { b"," }) < size {
        let text: Vec<&str> = (0..12).map(|_| word()).collect();
        put(format!("{{\"id\":{record},\"text\":\"{}\",", text.join(" ")).as_bytes());
        put(format!("\"at\":{{\"{}\":{{\"x\":{record}.5,\"y\":-1}},", word()).as_bytes());
        put(format!("\"list\":[1,2,[\"{}\",\"{}\",null],true]}}}}", word(), word()).as_bytes());
        record += 1;
    }
    // Behind the last comma.
    put(b"0]");
}

/// btreemap: a random key is removed, or inserted with a value if it is absent.
///
/// 40,000 keys `user:{:08x}:{}`; values of 8..208 bytes.
#[must_use]
pub fn btreemap(meter: Meter) -> Outcome {
    const KEYS: usize = 40_000;
    let mut random = Random::new(meter.seed);
    let sizes = random.uniform(8, 208);
    let keys = Table::new(KEYS, |number| {
        let mut text = [0; 24];
        let mut rest = &mut text[..];
        write!(rest, "user:{:08x}:{number}", random.next_u64() >> 32).expect("keys are short");
        let unused = rest.len();
        (text, text.len() - unused)
    });
    let mut map: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let time = meter.time(|| {
        const BATCH: u64 = 1000;
        for _ in 0..BATCH {
            let (text, length) = &keys[random.below(KEYS)];
            let key = core::str::from_utf8(&text[..*length]).expect("keys are ASCII");
            if map.remove(key).is_none() {
                map.insert(key.to_owned(), vec![1; sizes.pick(random.next_u64())]);
            }
        }
        BATCH
    });
    Outcome { time, live: 0 }
}

/// vec-big: 10 M `u32` are pushed, and the vector is dropped, again and again; per push. The first
/// vector is not counted.
#[must_use]
pub fn vec_big(meter: Meter) -> Outcome {
    const PUSHES: u32 = 10_000_000;
    let time = meter.time(|| {
        let mut vector = Vec::new();
        (0..PUSHES).for_each(|number| vector.push(number));
        drop(black_box(vector));
        u64::from(PUSHES)
    });
    Outcome { time, live: 4 * PUSHES as usize }
}

/// vec-small: the oldest of 1000 vectors is replaced by one that is pushed word by word; per
/// vector. 1..=100 `u32`.
#[must_use]
pub fn vec_small(meter: Meter) -> Outcome {
    const VECTORS: usize = 1000;
    let mut random = Random::new(meter.seed);
    let sizes = random.uniform(1, 100);
    let mut vectors = Table::new(VECTORS, |_| Vec::new());
    let time = meter.time(|| {
        for oldest in vectors.iter_mut() {
            let mut vector = Vec::new();
            for _ in 0..sizes.pick(random.next_u64()) {
                vector.push(black_box(1_u32));
            }
            *oldest = vector;
        }
        VECTORS as u64
    });
    vectors.iter_mut().for_each(|vector| *vector = Vec::new());
    Outcome { time, live: 0 }
}
