//! Instructions counted by the processor's own single step: slow, and without a limit to what a
//! program maps.
//!
//! It is for rows that valgrind cannot run. It counts what callgrind counts, the instructions of
//! the program and its libraries, not the kernel's; but takes up to a tenth of a millisecond for
//! each, so it begins where the program stops itself.

use std::io::Error;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Instructions of a run with these arguments from where it stops itself; none if it fails.
///
/// # Errors
///
/// Where it does not start, or may not be traced.
pub(crate) fn count(program: &Path, arguments: &[&str]) -> Result<Option<u64>, Error> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    // SAFETY: the closure makes one system call, which a child may do after a fork.
    unsafe { command.pre_exec(|| trace(libc::PTRACE_TRACEME, 0, 0)) };
    let child = command.spawn()?;
    let child = child.id().cast_signed();
    let (mut begun, mut steps) = (false, 0);
    loop {
        let mut status = 0;
        // SAFETY: `status` has room for the answer.
        if unsafe { libc::waitpid(child, &raw mut status, 0) } < 0 {
            return Err(Error::last_os_error());
        }
        if !libc::WIFSTOPPED(status) {
            let well = libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0;
            return Ok(well.then_some(steps));
        }
        let signal = libc::WSTOPSIG(status);
        begun |= signal == libc::SIGSTOP;
        steps += u64::from(begun);
        let ours = [libc::SIGTRAP, libc::SIGSTOP].contains(&signal);
        let request = if begun { libc::PTRACE_SINGLESTEP } else { libc::PTRACE_CONT };
        trace(request, child, if ours { 0 } else { signal })?;
    }
}

/// Makes one request about a stopped child, which goes on with that signal, 0 for none.
fn trace(request: libc::c_uint, child: libc::pid_t, signal: i32) -> Result<(), Error> {
    // SAFETY: no request that is made here reads or writes memory of this process.
    let failed = unsafe { libc::ptrace(request, child, 0_usize, i64::from(signal)) } < 0;
    if failed { Err(Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_as_many_instructions_as_it_takes_and_a_failure_none() {
        let shell = |script| count(Path::new("/bin/sh"), &["-c", script]).expect("a shell starts");
        let [short, long] =
            ["kill -STOP $$; exit 0", "kill -STOP $$; : ; : ; : ; exit 0"].map(shell);
        assert!(Some(100) < short && short < long, "{short:?}, {long:?}");
        assert_eq!(shell("kill -STOP $$; exit 1"), None);
    }
}
