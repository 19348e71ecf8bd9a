//! What is lock-free in brkalloc, tried in every order that the memory model allows.
//!
//! | atomic | protocol | here |
//! |---|---|---|
//! | `sys/lock/futex.rs`: `state` | three states; acquire to hold, release to give back; plain while the process has one thread | [`lock`]: the file itself |
//! | `layers/cached/map.rs`: `committed`, `entries`, `base` | written under the heap's lock; read without it: who sees the count sees the entries that it counts | [`published`], by a copy |
//! | `sys/fork/streams.rs`: `LOCK`, `UNLOCK`, `RESET` | written once, `LOCK` last; who sees it sees the others | [`published`], by a copy |
//! | `sys/source/system.rs`: `CLAIMED`; `sys/lock/single_threaded.rs`, `sys/fork/streams.rs`: `BEGUN`; `sys/fork/registry.rs`: `INSTALLED` | a flag that rises; who raised it does the thing, once | [`once`], by a copy |
//! | `sys/source/claim.rs`: `last`, `taken` | each signs, looks whether it is taken, takes it, and looks who signed last; fences between | [`once`], by a copy |
//! | `layers/cached/map.rs`: the words of an entry | written under the heap's lock; read without it only by who has an object of that slab, which does not change meanwhile what is asked for | the object's own way from thread to thread orders it |
//! | `sys/lock/single_threaded.rs`: `VARIABLE`, and glibc's own | relaxed; written by the one thread there is, before it starts another | [`lock`] |
//! | `layers/cached/record.rs`: `charge`, `layers/cached/medium.rs`: `bytes` | relaxed; written by the one thread, or, once it is gone, under the heap's lock; others read a figure | no |
//! | `layers/cached/record.rs`: `owner` | relaxed; written and read under the heap's lock | no |
//! | `layers/mapped/kept.rs`: `first` | a list that is taken whole, by an exchange with nothing, acquire, and put back by a compare-and-swap, release | no |
//! | `layers/mapped/mod.rs`: `strays` | a flag that rises, before a block for which it does is handed out; the block's own way from thread to thread orders it | no |
//! | `arena/counters.rs`: `Tally` | relaxed counters; nothing is ordered by them | no |
//! | `sys/fork/streams.rs`: `LOCKED` | written and read by the thread that forks | no |
//! | `sys/lock/unlocked.rs`: `entered` | one thread | no |
//! | `sys/lock/noticing.rs`: `holder` | relaxed; a thread asks only whether it is its own number, which it alone writes; the lock inside orders | no |
//! | `sys/lock/path.rs`: `entering`, `holder` | as `holder` of `noticing.rs`; others may overwrite the first, which delays the notice | no |
//! | `sys/lock/pthread.rs`: `home` | relaxed; the mutex orders | no |
//! | `layers/recorded/recorder/mod.rs`: `state` | who turns it uses the file alone, acquire and release; nobody waits | no |
//! | `layers/recorded/recorder/mod.rs`: `spares`, `RECORDERS` | a place that is taken by an exchange, acquire, and filled by a compare-and-swap, release | no |
//! | `layers/recorded/recorder/mod.rs`: `sequence`, `threads`, `taken` | relaxed counters; an address goes from thread to thread by the heap's own locks, and the order of a counter's values follows | no |
//! | `layers/recorded/recorder/mod.rs`: `key`, `number`, `IS_INSTALLED` | written before `state` is turned, release | no |
//! | `layers/recorded/recorder/piece.rs`: the words of a piece | one thread; atomic for the child of a fork, which has the memory, too | no |
//!
//! The lock of `lock = "spin"` is that of the crate `spin`, which has its own tests. What is called a copy
//! has the same operations with the same orderings, in the same order; nothing compares the two but a
//! reader. Fewer looks before a sleep and at most three threads are what makes all orders few enough; a
//! wake that nobody called for is not modelled.

#[cfg(test)]
mod diag {
    pub(crate) mod errno;
}
#[cfg(test)]
mod lock;
#[cfg(test)]
mod once;
#[cfg(test)]
mod published;
