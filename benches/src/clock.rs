//! The CPU time of a thread, and the core that it runs on.

/// The calling thread's CPU time, in nanoseconds.
#[must_use]
pub fn cpu_time() -> u64 {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// The CPU time of all threads of the process, in nanoseconds.
#[must_use]
pub fn process_cpu_time() -> u64 {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

fn read(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` has room for the answer.
    let failed = unsafe { libc::clock_gettime(clock, &raw mut time) };
    assert_eq!(failed, 0, "clocks of CPU time are always there");
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000
        + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// The cores that this process may run on.
#[must_use]
pub fn cores() -> Vec<usize> {
    // SAFETY: a set of cores is bits, and all of them may be 0.
    let mut set: libc::cpu_set_t = unsafe { core::mem::zeroed() };
    // SAFETY: `set` has room for the answer; 0 is this process.
    let failed = unsafe { libc::sched_getaffinity(0, size_of_val(&set), &raw mut set) };
    assert_eq!(failed, 0, "the system knows its cores");
    let in_set = |core: &usize| {
        // SAFETY: the number is below the size of the set.
        unsafe { libc::CPU_ISSET(*core, &set) }
    };
    (0..8 * size_of_val(&set)).filter(in_set).collect()
}

/// Keeps the calling thread on that core.
pub fn pin(core: usize) {
    // SAFETY: a set of cores is bits, and all of them may be 0.
    let mut set: libc::cpu_set_t = unsafe { core::mem::zeroed() };
    // SAFETY: the number comes from `cores`, which looked at no other.
    unsafe { libc::CPU_SET(core, &mut set) };
    // SAFETY: the set is initialized; 0 is the calling thread.
    let failed = unsafe { libc::sched_setaffinity(0, size_of_val(&set), &raw const set) };
    assert_eq!(failed, 0, "a thread may stay on a core of its process");
}
