//! Programs that are a process of their own: run, watched, and held to how they ended.

use core::time::Duration;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

/// How long a program may take before it counts as hanging; five times as long under an emulator.
const PATIENCE: Duration = Duration::from_secs(100);

/// Names the emulator of the target's programs and its arguments, if they need one.
const RUNNER: &str = "BRKALLOC_RUNNER";

/// What an emulator says, too, of a program that a signal has ended.
const EMULATOR_SAYS: &str = "qemu: uncaught target signal ";

/// How a program ended.
pub(crate) struct Ended {
    /// Its exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
    /// What it wrote to standard output.
    pub(crate) output: String,
    /// What it wrote to standard error.
    pub(crate) errors: String,
}

/// Runs `command` to its end. Panics if it does not come to one.
pub(crate) fn run(command: &mut Command) -> Ended {
    let mut emulated = emulated(command);
    let patience = if emulated.is_some() { 5 * PATIENCE } else { PATIENCE };
    let command = emulated.as_mut().unwrap_or(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let output = collect(child.stdout.take().expect("it is piped"));
    let errors = collect(child.stderr.take().expect("it is piped"));
    let status = wait(&mut child, patience).unwrap_or_else(|| panic!("{command:?} hangs"));
    Ended {
        code: status.code(),
        signal: status.signal(),
        output: output.join().expect("reading does not panic"),
        errors: own_words(&errors.join().expect("reading does not panic")),
    }
}

/// The same command under the target's emulator, if there is one.
fn emulated(command: &Command) -> Option<Command> {
    let runner = std::env::var(RUNNER).ok()?;
    let mut words = runner.split_whitespace();
    let mut emulated = Command::new(words.next()?);
    emulated.args(words).arg(command.get_program()).args(command.get_args());
    emulated.current_dir(command.get_current_dir().unwrap_or(".".as_ref()));
    emulated.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Some(emulated)
}

/// What a program wrote itself.
fn own_words(errors: &str) -> String {
    errors.split_inclusive('\n').filter(|line| !line.starts_with(EMULATOR_SAYS)).collect()
}

fn wait(child: &mut Child, patience: Duration) -> Option<std::process::ExitStatus> {
    let start = Instant::now();
    while start.elapsed() < patience {
        if let Some(status) = child.try_wait().expect("the child is ours") {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("the child is ours");
    child.wait().expect("the child is ours");
    None
}

fn collect(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

impl Ended {
    /// What the program wrote, of one that must have ended well.
    pub(crate) fn well(self, what: &str) -> String {
        let Self { code, signal, output, errors } = self;
        assert!(
            code == Some(0),
            "{what} ended with code {code:?}, signal {signal:?}\n{output}{errors}"
        );
        output
    }
}
