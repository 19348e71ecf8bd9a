//! The page on placement, sentence by sentence, in cases small enough to work out by hand.

use super::*;
use crate::choices::combinations;
use Coalesce::{Deferred, Immediate, Never};
use Order::{Address, Fifo, Lifo};
use Policy::{BestFit, FirstFit, NextFit, SegregatedFit, WorstFit};

/// A model over a fixed arena with `top` bytes of top. Its chunks begin at 8.
fn fixed(policy: Policy, order: Order, coalesce: Coalesce, top: usize) -> Model {
    let arena = top + 16;
    let setup = Setup { arena, grow: None, ..Setup::reference(policy, order, coalesce) };
    Model::new(setup)
}

/// Allocates chunks of these sizes.
fn allocate<const N: usize>(model: &mut Model, chunks: [usize; N]) -> [u64; N] {
    chunks.map(|size| model.allocate(size - 8, 16).expect("there is room"))
}

/// Frees every second of these, the first included, after allocating all: free chunks that never
/// touch.
fn holes<const N: usize>(model: &mut Model, chunks: [usize; N]) -> [u64; N] {
    let pairs = chunks.map(|size| allocate(model, [size, 32])[0]);
    for offset in pairs {
        model.free(offset);
    }
    assert_eq!(model.check(), Ok(()));
    pairs
}

fn states(model: &Model) -> Vec<(u64, u64, State)> {
    model.chunks().map(|Chunk { offset, size, state }| (offset, size, state)).collect()
}

fn sequence(model: &Model) -> Vec<u64> {
    model.sequence().map(|tag| tag + WORD).collect()
}

#[test]
fn need_counts_the_tag_and_rounds_up() {
    let needs = [0, 1, 24, 25, 40, 41].map(Model::need);
    assert_eq!(needs, [32, 32, 32, 48, 48, 64].map(Some));
    assert_eq!(Model::need((1 << 36) - 40), Some((1 << 36) - 32));
    assert_eq!(Model::need((1 << 36) - 39), None);
    assert_eq!(Model::need(usize::MAX), None);
}

#[test]
fn classes_are_exact_below_32_granules_and_sixteen_per_power_of_two_above() {
    for granules in 1..32 {
        assert_eq!(Model::class(granules * 16), granules);
    }
    assert_eq!(
        [32, 33, 34, 63, 64, 67, 68].map(|g| Model::class(g * 16)),
        [32, 32, 33, 47, 48, 48, 49]
    );
    for class in 1..200 {
        let least = Model::class_least(class);
        assert_eq!((Model::class(least), Model::class(least - 16)), (class, class - 1));
    }
}

#[test]
fn the_first_payload_is_the_first_granule_that_leaves_room_for_a_tag() {
    for base in 0..64 {
        for arena in 0..256 {
            let setup =
                Setup { base, arena, grow: None, ..Setup::reference(FirstFit, Address, Immediate) };
            let mut model = Model::new(setup);
            let expected = (base + 8).next_multiple_of(16) - base;
            let end = (base + arena as u64) / 16 * 16;
            let room = end.saturating_sub(base + expected);
            assert_eq!(model.check(), Ok(()));
            let payload = model.allocate(1, 1);
            assert_eq!(payload, (32 <= room).then_some(expected), "base {base}, arena {arena}");
            assert_eq!(model.check(), Ok(()));
        }
    }
}

#[test]
fn the_top_may_have_no_bytes_at_all() {
    let mut model = fixed(FirstFit, Address, Immediate, 64);
    let [lower, upper] = allocate(&mut model, [32, 32]);
    assert_eq!(states(&model)[2], (72, 0, State::Top));
    assert_eq!(model.allocate(1, 1), None);
    model.free(upper);
    model.free(lower);
    assert_eq!(states(&model), [(8, 64, State::Top)]);
    assert_eq!(model.high_water(), 72);
}

#[test]
fn a_remainder_of_one_granule_belongs_to_the_allocation() {
    let mut model = fixed(FirstFit, Address, Immediate, 512);
    let [hole] = holes(&mut model, [80]);
    assert_eq!(allocate(&mut model, [64]), [hole]);
    assert_eq!(states(&model)[0], (8, 80, State::Used));
}

#[test]
fn the_top_keeps_a_remainder_of_one_granule() {
    let mut model = fixed(FirstFit, Address, Immediate, 80);
    allocate(&mut model, [64]);
    assert_eq!(states(&model)[1], (72, 16, State::Top));
}

#[test]
fn padding_is_nothing_or_a_whole_chunk() {
    // Payload at 16: the next multiple of 32 is one granule off, too little for a chunk.
    let mut model = fixed(FirstFit, Address, Immediate, 512);
    assert_eq!(model.allocate(24, 32), Some(64));
    assert_eq!(states(&model)[0], (8, 48, State::Free));
    let mut model = fixed(FirstFit, Address, Immediate, 512);
    assert_eq!(model.allocate(24, 64), Some(64));
    assert_eq!(model.allocate(24, 32), Some(96));
    assert_eq!(model.check(), Ok(()));
}

#[test]
fn alignment_is_that_of_the_address_and_not_of_the_offset() {
    let setup = Setup { base: 48, ..Setup::reference(FirstFit, Address, Immediate) };
    assert_eq!(Model::new(setup).allocate(24, 64), Some(16));
}

#[test]
fn the_lower_piece_takes_the_place_and_the_upper_follows() {
    for (order, expected) in [(Lifo, [2, 1, 9, 0]), (Fifo, [0, 1, 9, 2])] {
        let mut model = fixed(FirstFit, order, Immediate, 4096);
        let [first, second, third] = holes(&mut model, [48, 304, 48]);
        // The payload at `second`, 96, is no multiple of 256; 256 is, 160 above.
        assert_eq!((second, model.allocate(24, 256)), (96, Some(256)));
        let name = |index| [first, second, third].get(index).copied().unwrap_or(288);
        assert_eq!(sequence(&model), expected.map(name));
        assert_eq!(model.check(), Ok(()));
    }
}

#[test]
fn each_policy_takes_its_chunk() {
    let taken = |policy, order| {
        let mut model = fixed(policy, order, Immediate, 4096);
        let holes = holes(&mut model, [32, 128, 96, 128, 96]);
        let [taken] = allocate(&mut model, [96]);
        holes.iter().position(|hole| *hole == taken)
    };
    assert_eq!([Address, Lifo, Fifo].map(|order| taken(FirstFit, order)), [1, 4, 1].map(Some));
    assert_eq!([Address, Lifo, Fifo].map(|order| taken(NextFit, order)), [1, 4, 1].map(Some));
    assert_eq!([Address, Lifo, Fifo].map(|order| taken(BestFit, order)), [2, 4, 2].map(Some));
    assert_eq!([Address, Lifo, Fifo].map(|order| taken(WorstFit, order)), [1, 3, 1].map(Some));
    assert_eq!([Address, Lifo, Fifo].map(|order| taken(SegregatedFit, order)), [2, 4, 2].map(Some));
}

#[test]
fn segregated_fit_looks_at_eight_chunks_of_its_own_class() {
    // 32 and 33 granules are one class.
    let is_found = |chunks: [usize; 9]| {
        let mut model = fixed(SegregatedFit, Fifo, Immediate, 16 << 10);
        let holes = holes(&mut model, chunks);
        let [taken] = allocate(&mut model, [33 * 16]);
        holes.contains(&taken)
    };
    let [small, large] = [32 * 16, 33 * 16];
    assert!(is_found([small, small, small, small, small, small, small, large, small]));
    assert!(!is_found([small, small, small, small, small, small, small, small, large]));
}

#[test]
fn segregated_fit_finds_an_aligned_chunk_of_just_the_size() {
    for blocks in 1..=10 {
        let mut model = fixed(SegregatedFit, Fifo, Immediate, 64 << 10);
        let [wanted, below] = [1008, 992].map(|chunk| chunk - 8);
        // Only the last of them is large enough. Of one class, but for the first, whose padding is more.
        let sizes = (1..blocks).map(|_| below).chain([wanted]);
        let freed: Vec<u64> = sizes
            .map(|size| {
                let block = model.allocate(size, 1024).expect("there is room");
                allocate(&mut model, [1024]);
                block
            })
            .collect();
        for block in &freed {
            model.free(*block);
        }
        let found = model.allocate(wanted, 1024).expect("there is room");
        assert_eq!(found == freed[blocks - 1], blocks <= 9, "{blocks}");
    }
}

#[test]
fn the_rover_goes_to_the_remainder_else_to_the_follower() {
    let mut model = fixed(NextFit, Address, Immediate, 4096);
    let [first, second, third] = holes(&mut model, [96, 96, 96]);
    assert_eq!(model.rover(), None);
    assert_eq!(allocate(&mut model, [64]), [first]);
    assert_eq!(model.rover(), Some(first - 8 + 64));
    assert_eq!(allocate(&mut model, [64]), [second]);
    assert_eq!(allocate(&mut model, [96]), [third]);
    assert_eq!(model.rover(), None);
}

#[test]
fn the_rover_is_never_at_the_padding() {
    let mut model = fixed(NextFit, Address, Immediate, 4096);
    let [first, second] = holes(&mut model, [304, 96]);
    // Takes all of the chunk above its padding.
    assert_eq!((first, model.allocate(56, 256)), (16, Some(256)));
    assert_eq!(model.rover(), Some(second - 8));
}

#[test]
fn a_merge_moves_the_rover_to_the_follower_and_not_to_the_merged_chunk() {
    let mut model = fixed(NextFit, Address, Immediate, 4096);
    let [first, _, second] = allocate(&mut model, [96, 32, 96]);
    let [between, _] = allocate(&mut model, [64, 32]);
    let [third] = holes(&mut model, [96]);
    model.free(first);
    model.free(second);
    assert_eq!(allocate(&mut model, [96]), [first]);
    assert_eq!(model.rover(), Some(second - 8));
    model.free(between);
    assert_eq!(sequence(&model), [second, third]);
    assert_eq!(model.rover(), Some(third - 8));
}

#[test]
fn a_failed_search_and_a_take_from_the_top_leave_the_rover() {
    let mut model = fixed(NextFit, Address, Immediate, 4096);
    let [first, second] = holes(&mut model, [96, 96]);
    assert_eq!(allocate(&mut model, [96]), [first]);
    allocate(&mut model, [2048]);
    assert_eq!(model.allocate(4096, 16), None);
    assert_eq!(model.rover(), Some(second - 8));
}

#[test]
fn growth_in_place_takes_the_rover_to_the_remainder_else_to_the_follower() {
    for (grown, expected) in [(96, 1), (128, 2)] {
        let mut model = fixed(NextFit, Address, Immediate, 4096);
        let [first, below, hole, _, last, _] = allocate(&mut model, [96, 64, 64, 32, 64, 32]);
        for offset in [first, hole, last] {
            model.free(offset);
        }
        allocate(&mut model, [96]);
        assert_eq!(model.rover(), Some(hole - 8));
        assert_eq!(model.reallocate(below, 16, grown - 8), Some(below));
        assert_eq!(model.rover(), Some([first, hole + 32, last][expected] - 8));
    }
}

#[test]
fn a_tail_is_freed_and_a_granule_stays() {
    let mut model = fixed(FirstFit, Address, Immediate, 512);
    let [lower, _] = allocate(&mut model, [96, 32]);
    assert_eq!(model.reallocate(lower, 16, 72), Some(lower));
    assert_eq!(states(&model)[0], (8, 96, State::Used));
    assert_eq!(model.reallocate(lower, 16, 56), Some(lower));
    assert_eq!(states(&model)[..2], [(8, 64, State::Used), (72, 32, State::Free)]);
}

#[test]
fn a_tail_below_the_top_joins_it_at_once_or_at_the_pass() {
    for (coalesce, size, state) in [(Immediate, 448, State::Top), (Deferred, 32, State::Free)] {
        let mut model = fixed(FirstFit, Address, coalesce, 512);
        let [last] = allocate(&mut model, [96]);
        model.reallocate(last, 16, 72);
        assert_eq!(states(&model)[0], (8, 96, State::Used));
        model.reallocate(last, 16, 56);
        assert_eq!(states(&model)[1], (72, size, state));
        // Only the pass finds this room.
        assert_eq!(allocate(&mut model, [448]), [80]);
    }
}

#[test]
fn growing_takes_only_the_one_chunk_above() {
    for coalesce in Coalesce::ALL {
        let mut model = fixed(FirstFit, Address, coalesce, 1024);
        let [below, above, next, _] = allocate(&mut model, [32, 64, 64, 32]);
        model.free(above);
        model.free(next);
        let merged = coalesce == Immediate;
        let grown = model.reallocate(below, 16, 160 - 8);
        assert_eq!(grown, Some(if merged { below } else { next + 64 + 32 }));
        assert_eq!(model.check(), Ok(()));
    }
}

#[test]
fn the_last_allocation_grows_with_the_arena_and_without_a_search() {
    let mut model = Model::new(Setup::reference(FirstFit, Address, Immediate));
    let [hole, _, last] = allocate(&mut model, [40 << 10, 32, 1024]);
    model.free(hole);
    assert_eq!(model.reallocate(last, 16, 32 << 10), Some(last));
    assert_eq!(model.committed(), 128 << 10);
}

#[test]
fn where_the_arena_cannot_grow_the_last_allocation_moves() {
    let mut model = fixed(FirstFit, Address, Immediate, 1024);
    let [hole, _, last] = allocate(&mut model, [512, 32, 480]);
    model.free(hole);
    assert_eq!(model.reallocate(last, 16, 488), Some(hole));
    assert_eq!(model.reallocate(hole, 16, 1024), None);
    assert_eq!(states(&model)[0], (8, 512, State::Used));
}

#[test]
fn the_pass_waits_for_a_free_and_lines_up_by_address() {
    let mut model = fixed(FirstFit, Lifo, Deferred, 512);
    let [first, second, third, fourth, _] = allocate(&mut model, [96, 96, 96, 96, 128]);
    for offset in [first, third, fourth] {
        model.free(offset);
    }
    assert_eq!(sequence(&model), [fourth, third, first]);
    assert_eq!(allocate(&mut model, [192]), [third]);
    assert_eq!(sequence(&model), [first]);
    assert_eq!(model.allocate(185, 16), None);
    model.free(second);
    assert_eq!(sequence(&model), [second, first]);
    assert_eq!(model.allocate(512, 16), None);
    assert_eq!(states(&model)[0], (8, 192, State::Free));
}

#[test]
fn the_arena_grows_by_pages_up_to_the_limit_and_not_beyond() {
    let setup = Setup {
        arena: 4096,
        grow: Some(5000),
        limit: Some(16 << 10),
        ..Setup::reference(FirstFit, Address, Immediate)
    };
    let mut model = Model::new(setup);
    allocate(&mut model, [4080]);
    assert_eq!(model.committed(), 4096);
    allocate(&mut model, [32]);
    assert_eq!(model.committed(), 4096 + 8192);
    assert_eq!(model.allocate(3 << 12, 16), None);
    assert_eq!(model.committed(), 4096 + 8192);
    allocate(&mut model, [8192 - 32 + 4096]);
    assert_eq!(model.committed(), 16 << 10);
    assert_eq!(model.allocate(1, 16), None);
}

#[test]
fn what_no_arena_can_hold_is_refused_without_a_pass() {
    let mut model = fixed(FirstFit, Lifo, Deferred, 512);
    let [first, second, _] = allocate(&mut model, [64, 64, 32]);
    model.free(first);
    model.free(second);
    assert_eq!(model.allocate(1, 1 << 30), None);
    assert_eq!(model.allocate(1 << 36, 1), None);
    assert_eq!(sequence(&model), [second, first]);
    assert_eq!(model.allocate(1, 1 << 29), None);
    assert_eq!(sequence(&model), [first]);
}

#[test]
fn never_means_never() {
    let mut model = fixed(FirstFit, Address, Never, 128);
    let [lower, upper] = allocate(&mut model, [64, 64]);
    model.free(lower);
    model.free(upper);
    assert_eq!(model.allocate(57, 16), None);
    assert_eq!(states(&model).len(), 3);
}

/// Robson's bound for requests of 1 and 2 units of which 16 live: 23 units (Knuth, TAOCP 2.5).
#[test]
fn no_combination_does_with_fewer_than_23_units_for_16() {
    const UNIT: usize = 32;
    for (policy, order, coalesce) in combinations() {
        let mut model = fixed(policy, order, coalesce, 64 * UNIT);
        let singles = [UNIT; 16].map(|unit| allocate(&mut model, [unit])[0]);
        // Eight stay, no two of them further apart than two units: nowhere between is room for two.
        for offset in singles.into_iter().skip(1).step_by(2) {
            model.free(offset);
        }
        allocate(&mut model, [2 * UNIT; 4]);
        let units = (model.high_water() - 8) / UNIT as u64;
        assert!(23 <= units, "{policy:?} {order:?} {coalesce:?}: {units}");
        if (policy, coalesce) == (FirstFit, Immediate) {
            assert_eq!(units, 23);
        }
    }
}
