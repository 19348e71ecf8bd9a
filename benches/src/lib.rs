//! What the benches share: random numbers, clocks, and the process's memory.
//!
//! Workloads and their parameters are those of the project's design: sizes come from tables drawn
//! beforehand, so that a loop pays a load and not a logarithm.

/// Marsaglia's xorshift64 (2003), seeded per workload.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `bound`.
    #[expect(clippy::cast_possible_truncation, reason = "it is below a usize")]
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next_u64()) * bound as u128) >> 64) as usize
    }

    /// A table of `count` sizes from `least` to `most`, uniform in the logarithm.
    #[expect(clippy::cast_possible_truncation, reason = "sizes are small and positive")]
    #[expect(clippy::cast_sign_loss, reason = "sizes are small and positive")]
    #[expect(clippy::cast_precision_loss, reason = "sizes are small and positive")]
    pub fn log_uniform(&mut self, count: usize, least: usize, most: usize) -> Vec<usize> {
        let span = (most as f64 / least as f64).ln();
        let mut draw = || {
            let unit = self.next_u64() as f64 / u64::MAX as f64;
            ((least as f64) * (unit * span).exp()) as usize
        };
        (0..count).map(|_| draw().clamp(least, most)).collect()
    }
}

/// The calling thread's CPU time, in nanoseconds.
///
/// # Panics
///
/// Where there is no such clock: the benches run on Linux.
#[must_use]
pub fn cpu_time() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` has room for the answer.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0, "the clock of the thread is always there");
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000
        + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// The figure of `/proc/self/status` that is called `name`, in bytes.
///
/// # Panics
///
/// Where there is none: the benches run on Linux.
#[must_use]
pub fn status(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("the benches run on Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a figure's name");
    let digits = line.trim_matches(|c: char| !c.is_ascii_digit());
    digits.parse::<usize>().expect("a number of kilobytes") * 1024
}

/// The median.
///
/// # Panics
///
/// Of nothing.
#[must_use]
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// The machine and the programs that figures depend on, one line.
#[must_use]
pub fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| {
            Some(line.strip_prefix("model name")?.trim_matches(['\t', ' ', ':']).to_owned())
        })
        .unwrap_or_default();
    let kernel = read("/proc/sys/kernel/osrelease");
    // SAFETY: the call has no precondition.
    let version = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: the library's answer is a string of its own, which lives for ever.
    let libc = unsafe { core::ffi::CStr::from_ptr(version) };
    let rustc = std::process::Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    format!(
        "{cpu}, Linux {}, glibc {}, {}",
        kernel.trim(),
        libc.to_string_lossy(),
        rustc.unwrap_or_default().trim()
    )
}
