//! A program that asks before it takes: collections by `try_reserve`, and blocks by the global allocator's own functions.
//!
//! What is refused it asks for again, as [`Work::refused`] has it, after a look at all that it has. It holds everything in
//! between: words, numbers in the order of their size, a queue, a table, and blocks of every size and alignment.

use core::alloc::Layout;
use std::alloc::{alloc, alloc_zeroed, dealloc, realloc};
use std::collections::{BinaryHeap, HashMap, VecDeque};

const ROUNDS: usize = 4;
const STEPS: usize = 50;

/// A block of bytes of the global allocator's.
///
/// # Invariant
///
/// It was allocated for the layout, and every byte is the mark.
struct Block {
    place: *mut u8,
    layout: Layout,
    mark: u8,
}

impl Block {
    fn new(layout: Layout, mark: u8, zeroed: bool) -> Option<Self> {
        let place = if zeroed {
            // SAFETY: the layouts of this program have a size.
            unsafe { alloc_zeroed(layout) }
        } else {
            // SAFETY: likewise.
            unsafe { alloc(layout) }
        };
        if place.is_null() {
            return None;
        }
        assert_eq!(place.addr() % layout.align(), 0);
        let mut block = Self { place, layout, mark };
        if zeroed {
            assert!(block.bytes().iter().all(|byte| *byte == 0));
        } else {
            // SAFETY: the block has as many bytes.
            unsafe { place.write_bytes(0xA5, layout.size()) };
        }
        block.bytes().fill(mark);
        Some(block)
    }

    /// The written bytes.
    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: by the invariant they are the block's, and were written.
        unsafe { core::slice::from_raw_parts_mut(self.place, self.layout.size()) }
    }

    /// Makes it another size; whether it is now.
    fn resize(&mut self, size: usize) -> bool {
        // SAFETY: by the invariant it was allocated for the layout.
        let place = unsafe { realloc(self.place, self.layout, size) };
        if place.is_null() {
            return false;
        }
        let old = self.layout.size();
        self.place = place;
        self.layout = Layout::from_size_align(size.min(old), self.layout.align()).expect("smaller");
        self.verify();
        self.layout = Layout::from_size_align(size, self.layout.align()).expect("it was served");
        // SAFETY: the block has as many bytes.
        unsafe { place.write_bytes(self.mark, size) };
        true
    }

    fn verify(&mut self) {
        let mark = self.mark;
        assert!(self.bytes().iter().all(|byte| *byte == mark), "every byte is what was written");
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.verify();
        // SAFETY: by the invariant it was allocated for the layout.
        unsafe { dealloc(self.place, self.layout) };
    }
}

/// What the program holds.
#[derive(Default)]
struct Held {
    words: Vec<String>,
    queue: VecDeque<usize>,
    heap: BinaryHeap<usize>,
    table: HashMap<usize, Vec<u16>>,
    numbers: Vec<u32>,
    blocks: Vec<Block>,
}

impl Held {
    fn verify(&mut self) {
        for word in &self.words {
            assert!(word.bytes().all(|byte| byte == letter(word.len())));
        }
        assert!(
            self.queue.iter().zip(self.queue.iter().skip(1)).all(|(one, next)| one + 1 == *next)
        );
        assert!(self.heap.peek().is_none_or(|most| self.heap.iter().all(|it| it <= most)));
        for (key, values) in &self.table {
            assert!(values.iter().all(|value| usize::from(*value) == *key));
        }
        assert!((0..).zip(&self.numbers).all(|(place, number)| place == *number));
        self.blocks.iter_mut().for_each(Block::verify);
    }
}

/// What a word of this length is made of.
fn letter(length: usize) -> u8 {
    b"abcdefghijklmnopqrstuvwxyz"[length % 26]
}

/// The program, and what it does when it is refused.
pub struct Work<'a> {
    /// Is called at each refusal; then what was refused is asked for again.
    pub refused: &'a mut dyn FnMut(),
}

impl Work<'_> {
    /// Lives, and leaves nothing behind.
    pub fn run(mut self) {
        let mut held = Held::default();
        for round in 0..ROUNDS {
            for step in round * STEPS..(round + 1) * STEPS {
                self.step(&mut held, step);
            }
            held.verify();
            // What stays is full of holes.
            held.words.retain(|word| word.len() % 3 == 0);
            held.table.retain(|key, _| key % 4 == 0);
            let mut place = 0;
            held.blocks.retain(|_| {
                place += 1;
                place % 5 == 0
            });
            held.queue.drain(..held.queue.len() / 2);
            if round % 2 == 1 {
                held.numbers = Vec::new();
            }
        }
    }

    fn step(&mut self, held: &mut Held, step: usize) {
        let size = step * 7919 % [64, 700, 3000, 40_000][step % 4] + 1;
        let word = self.insist(held, |_| {
            let mut word = String::new();
            word.try_reserve_exact(size).is_ok().then_some(word)
        });
        self.insist(held, |held| held.words.try_reserve(1).ok());
        held.words.push(word);
        if let Some(word) = held.words.last_mut() {
            (0..size).for_each(|_| word.push(letter(size).into()));
        }

        self.insist(held, |held| held.queue.try_reserve(1).ok());
        held.queue.push_back(step);
        self.insist(held, |held| held.heap.try_reserve(1).ok());
        held.heap.push(size);

        let values = self.insist(held, |_| {
            let mut values = Vec::new();
            values.try_reserve(size % 300 + 1).is_ok().then_some(values)
        });
        self.insist(held, |held| held.table.try_reserve(1).ok());
        held.table.insert(step, values);
        if let Some(values) = held.table.get_mut(&step) {
            values.resize(size % 300 + 1, u16::try_from(step).expect("steps are few"));
        }

        // It doubles, so that it is moved.
        self.insist(held, |held| held.numbers.try_reserve(1000).ok());
        let next = u32::try_from(held.numbers.len()).expect("they are few");
        held.numbers.extend(next..next + 1000);

        let align = 1 << (step % 15);
        let layout = Layout::from_size_align(size, align).expect("both are small");
        let mark = step.to_le_bytes()[0];
        let block = self.insist(held, |_| Block::new(layout, mark, step.is_multiple_of(2)));
        self.insist(held, |held| held.blocks.try_reserve(1).ok());
        held.blocks.push(block);
        let which = step * 31 % held.blocks.len();
        let wanted = step * 104_729 % 60_000 + 1;
        self.insist(held, |held| held.blocks[which].resize(wanted).then_some(()));
    }

    /// Does `attempt` until it is granted. While it is not, all is as it was.
    fn insist<T>(&mut self, held: &mut Held, mut attempt: impl FnMut(&mut Held) -> Option<T>) -> T {
        loop {
            if let Some(done) = attempt(held) {
                return done;
            }
            held.verify();
            (self.refused)();
        }
    }
}
