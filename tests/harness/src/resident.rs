//! What of this process is in memory.

/// Bytes that are in memory and no file's, counted page by page: the sums that the kernel keeps may be dozens of pages
/// behind.
pub fn resident() -> usize {
    let maps = std::fs::read_to_string("/proc/self/smaps_rollup").expect("Linux has it");
    let line = maps.lines().find(|line| line.starts_with("Anonymous:")).expect("it is there");
    let kilobytes = line.split_whitespace().nth(1).expect("a number");
    kilobytes.parse::<usize>().expect("a number") << 10
}
