//! What a program says that ends itself.

use super::child::Ended;

/// The one line on standard error of a program that must have aborted.
pub(crate) fn last_words(ended: Ended, what: &str) -> String {
    let Ended { code, signal, output, errors } = ended;
    assert!(
        signal == Some(libc::SIGABRT),
        "{what} did not abort: code {code:?}, signal {signal:?}\n{output}{errors}"
    );
    assert_eq!(errors.matches('\n').count(), 1, "{what} wrote not one line: {errors}");
    errors
}
