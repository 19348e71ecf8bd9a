// What every heap that is C's `malloc` has to do, whatever its configuration: `HEAP`, of which `chunk` tells whether it
// has a block in use, and `taken` whether it has anything in use where a block was. Included, so that the tests are named
// the same for each.

/// A size that no other test asks for, so that a chunk which was freed is not found in use at once, by another thread.
const RARE: usize = 1_234_567;

/// The most that a window has.
const WINDOW: usize = if usize::BITS == 64 { 64 << 30 } else { isize::MAX as usize };

fn page() -> usize {
    // SAFETY: the call has no precondition.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).expect("a page has a size")
}

/// Frees a block of the functions under test.
fn free(block: *mut u8) {
    // SAFETY: each test frees what it was given, once.
    unsafe { c::free(block) };
}

#[test]
fn the_heap_says_that_it_is_the_process_heap() {
    assert!(HEAP.config().to_string().contains("stats = \"counters\", export = \"malloc\""));
    assert!(0 < HEAP.stats().in_use, "the test harness lives on it");
}

#[test]
fn every_function_serves_from_the_heap() {
    for (name, ask) in EVERY {
        for size in [0, 1, 24, 100, 4096, 1 << 20] {
            let block = ask(size);
            let chunk = chunk(block).unwrap_or_else(|| panic!("{name}({size}) is elsewhere"));
            // SAFETY: the block is in use.
            let usable = unsafe { c::usable_size(block) };
            assert!(size <= usable && usable + size_of::<usize>() == chunk, "{name}({size})");
            // SAFETY: it has that many bytes, which are this test's.
            unsafe { block.write_bytes(0xA5, usable) };
            free(block);
        }
    }
    assert_eq!(HEAP.check(), Ok(()));
}

#[test]
fn blocks_of_no_bytes_are_two() {
    let (one, other) = (c::malloc(0), c::malloc(0));
    assert!(!one.is_null() && !other.is_null());
    assert_ne!(one, other);
    free(one);
    free(other);
}

#[test]
fn every_block_is_aligned_to_sixteen_bytes() {
    for size in 0..300 {
        let blocks = EVERY.map(|(_, ask)| ask(size));
        for (block, (name, _)) in blocks.into_iter().zip(EVERY) {
            assert_eq!(block.addr() % 16, 0, "{name}({size})");
            free(block);
        }
    }
}

#[test]
fn sizes_that_no_pointer_spans_are_refused_with_enomem() {
    let sizes =
        [TOO_MANY, TOO_MANY + 1, TOO_MANY + 4096, usize::MAX - 4096, usize::MAX - 1, usize::MAX];
    for (name, ask) in EVERY {
        for size in sizes {
            c::set_errno(0);
            assert!(ask(size).is_null(), "{name}({size:#x})");
            let said = if name == "posix_memalign" { 0 } else { libc::ENOMEM };
            assert_eq!(c::errno(), said, "{name}({size:#x})");
        }
    }
}

#[test]
fn sizes_that_no_heap_has_are_refused_with_enomem() {
    for size in [isize::MAX.unsigned_abs(), isize::MAX.unsigned_abs() - 100, WINDOW] {
        for (name, ask) in EVERY {
            c::set_errno(0);
            assert!(ask(size).is_null(), "{name}({size:#x})");
            let said = if name == "posix_memalign" { 0 } else { libc::ENOMEM };
            assert_eq!(c::errno(), said, "{name}({size:#x})");
        }
    }
}

#[test]
fn elements_whose_bytes_overflow_are_refused() {
    let half = 1_usize << (usize::BITS / 2);
    let products = [
        (half, half),
        (half + 1, half + 1),
        (usize::MAX, 2),
        (2, usize::MAX),
        (usize::MAX / 7 + 1, 7),
        // One more than all: what is left of the product is small.
        (usize::MAX / 16 + 2, 16),
        (usize::MAX, usize::MAX),
    ];
    for (count, size) in products {
        c::set_errno(0);
        assert!(c::calloc(count, size).is_null(), "{count:#x} of {size:#x}");
        assert_eq!(c::errno(), libc::ENOMEM);
        let block = c::malloc(100);
        c::set_errno(0);
        // The C library's own, which asks `realloc`.
        // SAFETY: the block is in use.
        let moved = unsafe { libc::reallocarray(block.cast(), count, size) };
        assert!(moved.is_null(), "{count:#x} of {size:#x}");
        assert_eq!(c::errno(), libc::ENOMEM);
        assert!(chunk(block).is_some(), "the block is still in use");
        free(block);
    }
}

#[test]
fn elements_are_zero_wherever_they_come_from() {
    for round in 0..3 {
        for size in [1, 8, 100, 1000, 5000, 100_000, 3 << 20] {
            let block = c::calloc(size, 1);
            // SAFETY: it has that many bytes, and they were written.
            let bytes = unsafe { c::bytes(block, size) };
            assert!(bytes.iter().all(|byte| *byte == 0), "{size} bytes, round {round}");
            bytes.fill(0xFF);
            free(block);
        }
    }
    let nothing = c::calloc(0, 8);
    assert!(chunk(nothing).is_some());
    free(nothing);
}

#[test]
fn a_block_keeps_its_bytes_at_another_size() {
    let mut size = 1;
    let mut block = c::malloc(size);
    // SAFETY: it has a byte.
    unsafe { block.write(7) };
    for step in 1..200 {
        // Others in between, so that it has to move now and then.
        let other = c::malloc(size);
        let changed = if step % 5 == 0 { size / 3 + 1 } else { size * 3 / 2 + step };
        // SAFETY: the block is in use.
        let moved = unsafe { c::realloc(block, changed) };
        assert_eq!(moved.addr() % 16, 0);
        assert!(chunk(moved).is_some());
        // SAFETY: it has that many bytes, of which those that it had before were written.
        let kept = unsafe { c::bytes(moved, size.min(changed)) };
        assert!(kept.iter().all(|byte| *byte == 7), "step {step}: {size} to {changed}");
        // SAFETY: it has that many bytes.
        unsafe { moved.write_bytes(7, changed) };
        free(other);
        (block, size) = (moved, if changed < 1 << 20 { changed } else { 1 });
    }
    free(block);
    assert_eq!(HEAP.check(), Ok(()));
}

#[test]
fn a_block_may_be_used_to_its_usable_size_and_keeps_all_of_it() {
    let block = c::malloc(20);
    // SAFETY: it is in use.
    let usable = unsafe { c::usable_size(block) };
    // SAFETY: it has that many bytes.
    unsafe { block.write_bytes(3, usable) };
    let barrier = c::malloc(20);
    // SAFETY: it is in use.
    let moved = unsafe { c::realloc(block, 5000) };
    // SAFETY: it has more than `usable` bytes, which were copied.
    assert!(unsafe { c::bytes(moved, usable) }.iter().all(|byte| *byte == 3));
    free(barrier);
    free(moved);
    // SAFETY: a null pointer is no block.
    assert_eq!(unsafe { c::usable_size(null_mut()) }, 0);
}

#[test]
fn a_change_to_no_bytes_frees_and_says_nothing() {
    let block = c::malloc(RARE);
    let whole = taken(block);
    c::set_errno(KEPT);
    // SAFETY: the block is in use, and is not used again.
    let nothing = unsafe { c::realloc(block, 0) };
    assert!(nothing.is_null());
    assert_eq!(c::errno(), KEPT);
    assert_ne!(taken(block), whole, "it was freed");
    // SAFETY: a null pointer is no block.
    let fresh = unsafe { c::realloc(null_mut(), 0) };
    assert!(chunk(fresh).is_some(), "of nothing, it asks for a block");
    free(fresh);
}

#[test]
fn a_change_that_is_refused_leaves_the_block() {
    let block = c::malloc(1000);
    // SAFETY: it has that many bytes.
    unsafe { block.write_bytes(9, 1000) };
    for size in [TOO_MANY, usize::MAX, WINDOW] {
        c::set_errno(0);
        // SAFETY: the block is in use.
        assert!(unsafe { c::realloc(block, size) }.is_null());
        assert_eq!(c::errno(), libc::ENOMEM);
        assert!(chunk(block).is_some());
    }
    // SAFETY: it has that many bytes, which were written.
    assert!(unsafe { c::bytes(block, 1000) }.iter().all(|byte| *byte == 9));
    free(block);
}

#[test]
fn every_alignment_is_kept_at_every_size() {
    for shift in 0..=22 {
        let alignment = 1_usize << shift;
        for size in [0, 1, 15, 16, 17, 24, 100, 4000, 4096, 70_000] {
            let by_posix = size_of::<usize>() <= alignment;
            let blocks = [
                Some(c::aligned_alloc(alignment, size)),
                Some(c::aligned_by_memalign(alignment, size)),
                by_posix.then(|| c::posix_memalign(alignment, size).expect("there is memory")),
            ];
            for block in blocks.into_iter().flatten() {
                assert!(chunk(block).is_some(), "{size} bytes at {alignment}");
                assert_eq!(block.addr() % alignment, 0, "{size} bytes at {alignment}");
                // SAFETY: it has that many bytes.
                unsafe { block.write_bytes(1, size) };
                free(block);
            }
        }
    }
    assert_eq!(HEAP.check(), Ok(()));
}

#[test]
fn an_aligned_block_changes_size_like_any_other() {
    for alignment in [32, 256, 4096, 1 << 16] {
        let block = c::aligned_alloc(alignment, 200);
        // SAFETY: it has that many bytes.
        unsafe { block.write_bytes(5, 200) };
        // SAFETY: the block is in use.
        let moved = unsafe { c::realloc(block, 100_000) };
        // SAFETY: it has these bytes, which were copied.
        assert!(unsafe { c::bytes(moved, 200) }.iter().all(|byte| *byte == 5));
        free(moved);
    }
}

#[test]
fn memalign_takes_the_next_power_of_two() {
    for (asked, kept) in
        [(0, 16), (1, 16), (3, 16), (17, 32), (100, 128), (4097, 8192), (65_537, 1 << 17)]
    {
        let block = c::aligned_by_memalign(asked, 10);
        assert!(chunk(block).is_some(), "{asked}");
        assert_eq!(block.addr() % kept, 0, "{asked}");
        free(block);
    }
    for asked in [usize::MAX / 2 + 2, usize::MAX - 1, usize::MAX] {
        c::set_errno(0);
        assert!(c::aligned_by_memalign(asked, 10).is_null(), "{asked:#x}");
        assert_eq!(c::errno(), libc::EINVAL, "{asked:#x}");
    }
    c::set_errno(0);
    assert!(c::aligned_by_memalign(usize::MAX / 2 + 1, 10).is_null());
    assert_eq!(c::errno(), libc::ENOMEM, "a power of two, of which there is no multiple in use");
}

#[test]
fn aligned_alloc_takes_powers_of_two_alone() {
    for alignment in [0, 3, 24, 48, 100, 4097, usize::MAX, usize::MAX - 15] {
        c::set_errno(0);
        assert!(c::aligned_alloc(alignment, 64).is_null(), "{alignment}");
        assert_eq!(c::errno(), libc::EINVAL, "{alignment}");
    }
    // The size need not be a multiple.
    let block = c::aligned_alloc(64, 10);
    assert_eq!(block.addr() % 64, 0);
    free(block);
}

#[test]
fn posix_memalign_answers_instead_of_setting_errno() {
    c::set_errno(KEPT);
    for alignment in [0, 1, 2, 4, 12, 24, 100, usize::MAX] {
        assert_eq!(c::posix_memalign(alignment, 64), Err(libc::EINVAL), "{alignment}");
    }
    assert_eq!(c::posix_memalign(8, TOO_MANY), Err(libc::ENOMEM));
    assert_eq!(c::posix_memalign(1 << 30, 1), Err(libc::ENOMEM), "the page on C programs says so");
    assert_eq!(c::posix_memalign(4096, usize::MAX - 4096), Err(libc::ENOMEM));
    let block = c::posix_memalign(8, 0).expect("a block of no bytes is one");
    assert_eq!(c::errno(), KEPT);
    assert!(chunk(block).is_some());
    free(block);
}

#[test]
fn pages_begin_at_pages() {
    let page = page();
    for size in [0, 1, page - 1, page, page + 1, 10 * page] {
        let (at, whole) = (c::at_a_page(size), c::in_pages(size));
        assert_eq!([at.addr() % page, whole.addr() % page], [0, 0]);
        // SAFETY: it is in use.
        let usable = unsafe { c::usable_size(whole) };
        assert!(size.next_multiple_of(page) <= usable, "pvalloc({size}) has {usable} bytes");
        free(at);
        free(whole);
    }
    c::set_errno(0);
    assert!(c::in_pages(usize::MAX - page + 2).is_null(), "rounding up would overflow");
    assert_eq!(c::errno(), libc::ENOMEM);
}

#[test]
fn a_block_is_freed_with_its_size_too() {
    let blocks = [(c::malloc(RARE), None), (c::aligned_alloc(256, RARE), Some(256))];
    for (block, alignment) in blocks {
        let whole = taken(block);
        // SAFETY: the block is in use, with that size and alignment.
        unsafe { c::free_with(block, alignment, RARE) };
        assert_ne!(taken(block), whole, "it was freed");
        // SAFETY: a null pointer is no block.
        unsafe { c::free_with(null_mut(), alignment, RARE) };
    }
    free(null_mut());
}

#[test]
fn sizes_and_alignments_swept_together_never_overlap() {
    let mut blocks = Vec::new();
    for shift in 4..14 {
        for step in 1..60_usize {
            let size = step * step * 7 % 5000 + 1;
            let block = c::aligned_alloc(1 << shift, size);
            // SAFETY: it has that many bytes.
            unsafe { block.write_bytes(step.to_le_bytes()[0], size) };
            blocks.push((block, size, step.to_le_bytes()[0]));
        }
    }
    for (block, size, mark) in blocks {
        // SAFETY: it has that many bytes, which were written.
        assert!(unsafe { c::bytes(block, size) }.iter().all(|byte| *byte == mark));
        free(block);
    }
    assert_eq!(HEAP.check(), Ok(()));
}
