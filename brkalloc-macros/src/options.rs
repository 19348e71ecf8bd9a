//! The one table of options: the parser, the suggestions, the documentation and the tests read it.
//!
//! Each word carries the name of the type in the runtime's `__private` that it chooses, so nothing
//! else lists them. A new option is a row here, a field in `settings`, and a line in the expansion.
//!
//! The table does not say which options fit together; `rules` does.

use crate::option::{HeapOption, Kind, Word};

const fn word(text: &'static str, item: &'static str, aliases: &'static str) -> Word {
    Word { text, item, aliases, is_unsafe: false }
}

const fn unsafe_word(text: &'static str, item: &'static str, aliases: &'static str) -> Word {
    Word { text, item, aliases, is_unsafe: true }
}

pub(crate) static PRESET: HeapOption = HeapOption {
    name: "preset",
    kind: Kind::Word,
    words: &[
        word("fast", "", "speed performance server throughput"),
        word("lean", "", "small memory compact low_memory size batch"),
        word("embedded", "", "firmware microcontroller mcu no_std bare kernel"),
        word("hardened", "", "secure security safe hardening full paranoid"),
        word("textbook", "", "lesson teaching simple classic book naive"),
    ],
    example: "\"fast\"",
    default: "no preset",
    meaning: "options for a kind of program; an option that you write replaces the preset's",
    aliases: "presets template recipe kind mode flavor base_config",
};

pub(crate) static SOURCE: HeapOption = HeapOption {
    name: "source",
    kind: Kind::Word,
    words: &[
        word("brk", "Brk", "sbrk break program_break heap"),
        word("mmap", "Mmap", "map mapping anonymous anon virtual pages"),
        word("static", "Static", "array bss buffer fixed"),
        word("slice", "Slice", "init late runtime given lent claim region bytes memory"),
        unsafe_word("linker", "Linker", "linker_script link_script ld symbols heap_start script"),
    ],
    example: "\"brk\"",
    default: "`\"brk\"`",
    meaning: "where the arena gets its memory: the program break, a mapping, a static array of \
              exactly `arena` bytes, the bytes that `HEAP.init` is given, or those that a linker \
              script keeps; write `\"linker\"` as `unsafe(source = \"linker\")`",
    aliases: "backend backing from memory provider origin provenance base",
};

pub(crate) static ARENA: HeapOption = HeapOption {
    name: "arena",
    kind: Kind::Size { least: 256, instead_of_zero: "for a small heap, write `arena = \"4KiB\"`" },
    words: &[],
    example: "\"64KiB\"",
    default: "`\"64KiB\"`, at most `limit`; required with `source = \"static\"`, and decided elsewhere \
              with `\"slice\"` and `\"linker\"`",
    meaning: "size of the arena at the first allocation; with `source = \"static\"`, its only size",
    aliases: "size capacity initial initial_size heap heap_size bytes arena_size init \
              initial_capacity init_size length len pool pool_size start min minimum min_size",
};

pub(crate) static GROW: HeapOption = HeapOption {
    name: "grow",
    kind: Kind::Size { least: 1, instead_of_zero: "for a fixed arena, write `grow = \"none\"`" },
    words: &[word("none", "", "no off never fixed false")],
    example: "\"64KiB\"",
    default: "`\"64KiB\"`, at most `limit` and `trim`",
    meaning: "minimum growth step; `\"none\"` keeps the arena at its first size",
    aliases: "step growth increment extend granularity grow_by growth_step chunk_size expand",
};

pub(crate) static LIMIT: HeapOption = HeapOption {
    name: "limit",
    kind: Kind::Size {
        least: 256,
        instead_of_zero: "leave `limit` out to grow as far as the target allows",
    },
    words: &[],
    example: "\"1GiB\"",
    default: "as large as the target allows",
    meaning: "maximum size of the arena",
    aliases: "max maximum max_size cap ceiling max_bytes max_capacity maximum_size upper_bound \
              limit_bytes",
};

pub(crate) static TRIM: HeapOption = HeapOption {
    name: "trim",
    kind: Kind::Size {
        least: 1,
        instead_of_zero: "to return memory early, write `trim = \"64KiB\"`",
    },
    words: &[word("never", "", "none no off false")],
    example: "\"1MiB\"",
    default: "the larger of `\"1MiB\"` and twice `grow`; `\"never\"` if `limit` is not above that",
    meaning: "trim threshold: when the free memory at the top exceeds it, the heap returns \
              pages to the system",
    aliases: "trim_threshold release shrink decommit purge trim_size give_back return unmap",
};

pub(crate) static LARGE: HeapOption = HeapOption {
    name: "large",
    kind: Kind::Size {
        least: 4 << 10,
        instead_of_zero: "leave `large` out to serve all requests from the arena",
    },
    words: &[word("none", "", "no off never false")],
    example: "\"1MiB\"",
    default: "`\"none\"`",
    meaning: "minimum size of a request that gets its own mapping, which the heap unmaps on free",
    aliases: "large_threshold mmap_threshold huge huge_threshold direct big map_threshold",
};

pub(crate) static POLICY: HeapOption = HeapOption {
    name: "policy",
    kind: Kind::WordOrPath { of: "brkalloc::Placement", spells: true },
    words: &[
        word("first_fit", "FirstFit", "first ff leftmost ffit"),
        word("next_fit", "NextFit", "next nf rover roving rotating nfit"),
        word("best_fit", "BestFit", "best bf smallest bfit tightest exact"),
        word("worst_fit", "WorstFit", "worst wf largest wfit biggest"),
        word(
            "segregated_fit",
            "Bins",
            "segregated seg_fit seg tlsf good_fit bins size_classes \
                                   quick_fit quick slab sizes fast",
        ),
    ],
    example: "\"first_fit\"",
    default: "`\"first_fit\"`; `\"segregated_fit\"` with a cache, if you name no placement",
    meaning: "which free chunk serves a request",
    aliases: "fit strategy algorithm placement search fit_policy alloc_policy placement_policy",
};

pub(crate) static ORDER: HeapOption = HeapOption {
    name: "order",
    kind: Kind::Word,
    words: &[
        word(
            "address",
            "Address",
            "addr sorted ascending address_ordered by_address memory low lowest",
        ),
        word("lifo", "Lifo", "stack last_in_first_out mru recent newest"),
        word("fifo", "Fifo", "queue first_in_first_out lru oldest"),
    ],
    example: "\"address\"",
    default: "`\"address\"`; `\"fifo\"` for `segregated_fit`",
    meaning: "how free chunks are ordered: by address, newest first, or oldest first",
    aliases: "ordering sequence sort free_order list_order insertion",
};

pub(crate) static INDEX: HeapOption = HeapOption {
    name: "index",
    kind: Kind::Word,
    words: &[
        word("list", "List", "free_list linked_list chunk_list explicit"),
        word("tree", "Tree", "treap rbtree btree avl red_black"),
    ],
    example: "\"tree\"",
    default: "`\"tree\"` for address order, else `\"list\"`; `\"list\"` for a policy by its path",
    meaning: "data structure that finds the chunk; it never changes which one",
    aliases: "structure data_structure free_list container backend_index lookup search_structure",
};

pub(crate) static COALESCE: HeapOption = HeapOption {
    name: "coalesce",
    kind: Kind::Word,
    words: &[
        word("immediate", "Immediate", "eager always on_free true on yes now enabled"),
        word("deferred", "Deferred", "lazy delayed late batch"),
        word("never", "Never", "none no off false"),
    ],
    example: "\"immediate\"",
    default: "`\"immediate\"`",
    meaning: "when free neighbors merge",
    aliases: "coalescing merge merging join merge_free coalesce_free defragment defrag",
};

pub(crate) static CACHE: HeapOption = HeapOption {
    name: "cache",
    kind: Kind::Size {
        least: 16 << 10,
        instead_of_zero: "for a heap without a cache, write `cache = \"none\"`",
    },
    words: &[word("none", "", "no off never false")],
    example: "\"1MiB\"",
    default: "`\"1MiB\"`, at most a sixteenth of `limit`; `\"none\"` if you name a placement \
              (`policy`, `order`, `index`, `coalesce`), with a `source` that cannot grow or \
              `lock = \"none\"`, or with a `limit` below `\"256KiB\"`",
    meaning: "per-thread cache size; a request that the cache serves takes no lock",
    aliases: "caching thread_cache tcache magazine magazines slabs arenas thread_local \
              per_thread tls",
};

pub(crate) static CACHE_TOTAL: HeapOption = HeapOption {
    name: "cache_total",
    kind: Kind::Size {
        least: 16 << 10,
        instead_of_zero: "for a heap without a cache, write `cache = \"none\"`",
    },
    words: &[],
    example: "\"32MiB\"",
    default: "sixteen times `cache`, at most `limit`",
    meaning: "with a cache: what the caches of all threads may hold together",
    aliases: "total_cache max_total_cache cache_limit cache_max caches all_caches cache_bytes \
              max_total_thread_cache_bytes total_thread_cache global_cache cache_sum",
};

pub(crate) static LOCK: HeapOption = HeapOption {
    name: "lock",
    kind: Kind::WordOrPath { of: "lock_api::RawMutex", spells: false },
    words: &[
        word("os", "OsLock", "mutex futex pthread std system true rwlock parking_lot on yes"),
        word("spin", "SpinLock", "spinlock spinning ticket"),
        word(
            "critical_section",
            "CriticalSection",
            "cs critical section interrupt interrupts irq interrupt_free disable_interrupts cortex_m",
        ),
        unsafe_word("none", "Unlocked", "no off false never unlocked single_threaded"),
    ],
    example: "\"os\"",
    default: "`\"os\"` on Unix and Windows, else `\"spin\"`",
    meaning: "how threads, and with `\"critical_section\"` interrupts, share the heap; write \
              `\"none\"` as `unsafe(lock = \"none\")`",
    aliases: "mutex sync threads thread_safe synchronization locking locked raw_mutex \
              synchronized",
};

pub(crate) static HARDEN: HeapOption = HeapOption {
    name: "harden",
    kind: Kind::Word,
    words: &[
        word("none", "Unchecked", "no off false unchecked"),
        word("basic", "Basic", "on true checks checked debug yes enabled light"),
        word("full", "Full", "all max maximum strict heavy paranoid everything high"),
    ],
    example: "\"basic\"",
    default: "`\"basic\"`",
    meaning: "how much the heap checks at run time",
    aliases: "hardening checks security secure debug safety safe validate check hardened",
};

pub(crate) static QUARANTINE: HeapOption = HeapOption {
    name: "quarantine",
    kind: Kind::Size {
        least: 1,
        instead_of_zero: "for a heap without a quarantine, write `quarantine = \"none\"`",
    },
    words: &[word("none", "", "no off never false")],
    example: "\"64KiB\"",
    default: "`\"none\"`",
    meaning: "with `harden = \"full\"`: bytes of freed blocks that the heap holds back from reuse",
    aliases: "quarantined quarantine_size delay delay_free deferred_free delayed_reuse free_delay",
};

pub(crate) static ZERO: HeapOption = HeapOption {
    name: "zero",
    kind: Kind::Word,
    words: &[
        word("free", "Free", "on true yes freed on_free dealloc always"),
        word("none", "None", "no off false never"),
    ],
    example: "\"free\"",
    default: "`\"none\"`",
    meaning: "whether the heap clears freed memory",
    aliases: "zeroing zeroize wipe clear erase scrub init_on_free zero_on_free zero_free",
};

pub(crate) static STATS: HeapOption = HeapOption {
    name: "stats",
    kind: Kind::Word,
    words: &[
        word("counters", "Counted", "on true yes count counted full"),
        word("none", "Uncounted", "no off false"),
    ],
    example: "\"counters\"",
    default: "`\"none\"`",
    meaning: "whether the heap counts its operations: searches, chunks visited, how long its lock is held",
    aliases: "statistics counters metrics telemetry counter count stat instrument profile",
};

pub(crate) static EXPORT: HeapOption = HeapOption {
    name: "export",
    kind: Kind::Word,
    words: &[
        word("malloc", "Malloc", "c libc free on true yes"),
        word("none", "None", "no off false never"),
    ],
    example: "\"malloc\"",
    default: "`\"none\"`",
    meaning: "whether the heap also defines the C allocation functions: `malloc`, `free` \
              and their kin",
    aliases: "exports malloc interpose c_functions preload",
};

pub(crate) static RECORD: HeapOption = HeapOption {
    name: "record",
    kind: Kind::Text,
    words: &[word("none", "", "no off never false")],
    example: "\"app\"",
    default: "`\"none\"`",
    meaning: "on Linux: records every request, for `cargo brkalloc`; the path with which the names \
              of the files begin",
    aliases: "recording recorder records trace traces tracing log logging record_to trace_file capture",
};

pub(crate) static CRATE: HeapOption = HeapOption {
    name: "crate",
    kind: Kind::Path,
    words: &[],
    example: "::brkalloc",
    default: "`::brkalloc`",
    meaning: "path of the runtime, for crates that re-export it",
    aliases: "krate crate_path runtime path brkalloc crate_name root",
};

/// The options that say where blocks go.
pub(crate) static PLACEMENT: [&HeapOption; 4] = [&POLICY, &ORDER, &INDEX, &COALESCE];

/// Every option, in the order in which they are documented.
pub(crate) static ALL: &[&HeapOption] = &[
    &PRESET,
    &SOURCE,
    &ARENA,
    &GROW,
    &LIMIT,
    &TRIM,
    &LARGE,
    &POLICY,
    &ORDER,
    &INDEX,
    &COALESCE,
    &CACHE,
    &CACHE_TOTAL,
    &LOCK,
    &HARDEN,
    &QUARANTINE,
    &ZERO,
    &STATS,
    &EXPORT,
    &RECORD,
    &CRATE,
];

/// The option called exactly `name`.
pub(crate) fn named(name: &str) -> Option<&'static HeapOption> {
    ALL.iter().copied().find(|option| option.name == name)
}

/// The names of all options, as prose.
pub(crate) fn names() -> String {
    let names: Vec<String> = ALL.iter().map(|option| format!("`{}`", option.name)).collect();
    names.join(", ")
}
