//! The machine and the programs that figures depend on, and what the process has in memory.

/// The CPU, the kernel, the C library and the compiler, one line.
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

/// The most bytes that the process had in memory at one time, less what belongs to files and to
/// tables of the harness.
#[must_use]
pub fn peak_resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("the benches run on Linux");
    let of_files = figure(&status, "RssFile:") + figure(&status, "RssShmem:");
    figure(&status, "VmHWM:").saturating_sub(of_files + crate::table::peak())
}

/// Page faults that needed no disk: of `libc::RUSAGE_SELF`, the process, or `libc::RUSAGE_THREAD`.
#[must_use]
pub fn page_faults(whose: libc::c_int) -> u64 {
    // SAFETY: the record is numbers, and all of them may be 0.
    let mut usage: libc::rusage = unsafe { core::mem::zeroed() };
    // SAFETY: `usage` has room for the answer.
    let failed = unsafe { libc::getrusage(whose, &raw mut usage) };
    assert_eq!(failed, 0, "the system counts them");
    u64::try_from(usage.ru_minflt).expect("a count is not negative")
}

/// The figure of that name, in bytes.
fn figure(status: &str, name: &str) -> usize {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a figure's name");
    let digits = line.trim_matches(|c: char| !c.is_ascii_digit());
    digits.parse::<usize>().expect("a number of kilobytes") * 1024
}
