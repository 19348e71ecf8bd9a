//! The report: the attribute ready to paste, and the reason and the price of each word in it.
//!
//! Prices are differences measured in the same study: memory in percent of the most bytes that lived,
//! time in nanoseconds an event.

use super::arena::Smallest;
use super::choose::{Choice, Goal, pareto, words};
use super::study::{Study, Subject};
use crate::attributes::{Attribute, Outcome, SYSTEM, find};
use crate::draw;
use crate::replay::percent_over;
use crate::table;
use crate::text::{grouped, option, short, shortened};
use core::fmt::Write;

/// Events below which a heap's start is more than a quarter of its time. One pattern took 400 ns an event
/// with 300 of them, 150 with 1,000, 50 with 3,000, 23 with 10,000 and 20 with 100,000.
const FEW: usize = 10_000;

/// All that a report tells.
#[derive(Debug)]
pub struct Report<'a> {
    /// The recordings.
    pub subjects: &'a [Subject],
    /// What was measured.
    pub study: &'a Study,
    /// What was chosen.
    pub choice: &'a Choice,
    /// For what.
    pub goal: Goal,
    /// The smallest arena for all recordings.
    pub smallest: Smallest,
    /// Of how many other orders of the threads in how many the choice stayed the best, and the least
    /// and most memory over what lives there.
    pub stability: Option<Stability>,
    /// Whether every attribute is listed.
    pub explains: bool,
    /// Whether standard output is a terminal.
    pub draws: bool,
}

/// How the choice fares when threads interleave otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Stability {
    /// Orders in which it stayed the best, or within a hundredth of the best.
    pub stayed: usize,
    /// Orders tried.
    pub tried: usize,
    /// The least memory over what lives, in percent.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Report<'_> {
    /// Returns the report, with a line feed at the end.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for subject in self.subjects {
            let _ = writeln!(text, "{}", table::title(&subject.recording));
            if self.draws {
                let _ = writeln!(text, "{}", draw::strip(&subject.recording));
            }
        }
        if self.subjects.iter().all(|subject| subject.recording.events.len() < FEW) {
            let _ = writeln!(
                text,
                "Fewer than {} events: the time is mostly the heap's start; record more.",
                grouped(FEW)
            );
        }
        let _ = writeln!(text, "\n    {}\n", self.choice.attribute.text());
        let _ = writeln!(text, "Chosen for {}.", self.goal.meaning());
        self.verdict(&mut text);
        for place in 0..self.subjects.len() {
            self.comparison(place, &mut text);
        }
        self.reasons(&mut text);
        self.others(&mut text);
        self.room(&mut text);
        if let Some(stability) = self.stability {
            let Stability { stayed, tried, least, most } = stability;
            let _ = writeln!(
                text,
                "\nWith the threads in {tried} other orders, the choice is the best in {stayed};\nits memory is {least:.1} to {most:.1} % over what lives."
            );
        } else if self.subjects.iter().all(|subject| subject.recording.threads() == 1) {
            text += "\nOne thread: there is no other order of threads to try.\n";
        }
        if self.study.interrupted {
            text += "\nInterrupted: these are the measurements up to there.\n";
        }
        text
    }

    fn verdict(&self, text: &mut String) {
        if 1.0 <= self.choice.cost {
            *text += "None beats the system's malloc for that goal: keep it, unless you want what\n\
                      only a heap of brkalloc has (a limit, checks, figures).\n";
        }
        if 1 < self.subjects.len() {
            let _ = writeln!(
                text,
                "Over {} recordings its worst regret is {:.1} %: so much more does it cost than the\n\
                 best attribute for one of them alone.",
                self.subjects.len(),
                self.choice.regret * 100.0
            );
        }
    }

    /// The Pareto set of one recording, the choice and the system's allocator.
    fn comparison(&self, place: usize, text: &mut String) {
        let recording = &self.subjects[place].recording;
        let chosen = self.choice.attribute.options;
        let mut rows = pareto(self.study, place, is_checked);
        let is_best = rows.clone();
        if self.explains {
            rows.clone_from(&self.study.names);
            rows.sort_by_key(|name| self.outcome(name, place).map(|outcome| outcome.resident));
        }
        for name in [chosen, SYSTEM] {
            if !rows.contains(&name) {
                rows.push(name);
            }
        }
        let of =
            if 1 < self.subjects.len() { format!(", {}", recording.name) } else { String::new() };
        let heading = shortened(&format!("resident memory and time{of}"), 49);
        let _ =
            writeln!(text, "\n{heading:<49} {:>10} {:>7} {:>8}", "memory", "over %", "ns/event");
        let most = rows.iter().filter_map(|name| self.outcome(name, place));
        let most = most.map(|outcome| outcome.resident).max().unwrap_or(1);
        for name in rows {
            let Some(outcome) = self.outcome(name, place) else { continue };
            let mark = if name == chosen {
                '>'
            } else if is_best.contains(&name) {
                '*'
            } else {
                ' '
            };
            let shown = if name.is_empty() { "#[brk_heap]" } else { name };
            let _ = writeln!(
                text,
                "{mark} {shown:<47} {:>10} {:>7.1} {:>8.0}",
                short(outcome.resident),
                percent_over(outcome.resident, recording.peak_live),
                outcome.nanoseconds
            );
            if self.draws {
                let _ = writeln!(text, "  {}", draw::bar(outcome.resident, most, name == chosen));
            }
        }
        *text += "> chosen; * no other has both less memory and less time\n";
        if self.explains {
            *text += "harden = \"none\" is no rival: a wrong free is undefined behavior there.\n";
        }
    }

    fn outcome(&self, options: &str, place: usize) -> Option<Outcome> {
        self.study.of_options(options)?.get(place).copied()
    }

    /// What each word does, against the attribute without it.
    fn reasons(&self, text: &mut String) {
        let all = words(self.choice.attribute.options);
        if all.is_empty() {
            *text += "\nThe attribute needs no word: by default each thread has a cache of 1 MiB over\n\
                      segregated fit.\n";
        } else {
            *text += "\nEach word, against the attribute without it:\n";
        }
        for word in &all {
            let rest: Vec<&str> = all.iter().copied().filter(|other| other != word).collect();
            let measured = |options: &str| {
                find(options).filter(|other| self.study.of_options(other.options).is_some())
            };
            let without = measured(&rest.join(", ")).or_else(|| measured(""));
            let price = without.and_then(|without| {
                let price = self.price(self.choice.attribute, without)?;
                let is_exact = words(without.options).len() + 1 == all.len();
                Some(if is_exact { price } else { format!("{price}, against {}", without.text()) })
            });
            let price = price.unwrap_or_else(|| "not measured without it".to_owned());
            let _ = writeln!(text, "  {word}\n      {}\n      {price}", reason(word));
            let cache = |attribute: &Attribute| attribute.configuration.cache.is_some();
            if !cache(&self.choice.attribute) && without.as_ref().is_some_and(cache) {
                *text += "      with it the cache goes: each request takes the lock\n";
            }
        }
        let has_threads = self.subjects.iter().any(|subject| 1 < subject.recording.threads());
        if has_threads && self.choice.attribute.configuration.cache.is_none() {
            *text += "\nA replay runs one thread at a time: it cannot see threads wait for the lock.\n\
                      Where several allocate at once, compare with a cache by --verify.\n";
        }
    }

    /// What the words that were tried besides would change.
    fn others(&self, text: &mut String) {
        let base = self.choice.attribute;
        let nearest = base.nearest_with_words();
        let of = if nearest.options == base.options {
            String::new()
        } else {
            format!(", measured on {}", nearest.text())
        };
        let mut prices = String::new();
        for (word, attribute) in nearest.with_one_word_more() {
            if words(base.options).contains(&word) {
                continue;
            }
            if let Some(price) = self.price(attribute, nearest) {
                let lost = if is_checked(word) { "" } else { "; no checks" };
                let _ = writeln!(prices, "  {word:<18} {price}{lost}");
            }
        }
        if !prices.is_empty() {
            let _ = writeln!(text, "\nWords that it does not have{of}:\n{}", prices.trim_end());
        }
    }

    /// Returns the difference between two attributes, the worst over the recordings.
    fn price(&self, with: Attribute, without: Attribute) -> Option<String> {
        let (mut memory, mut time) = (f64::MIN, f64::MIN);
        for (place, subject) in self.subjects.iter().enumerate() {
            let live = subject.recording.peak_live;
            let (one, other) =
                (self.outcome(with.options, place)?, self.outcome(without.options, place)?);
            memory =
                memory.max(percent_over(one.resident, live) - percent_over(other.resident, live));
            time = time.max(one.nanoseconds - other.nanoseconds);
        }
        Some(format!("{memory:+.1} % of the peak in memory, {time:+.0} ns/event"))
    }

    fn room(&self, text: &mut String) {
        let Smallest { bytes, with_margin, interleaved, is_bisected } = self.smallest;
        let attribute = self.choice.attribute;
        if is_bisected {
            let _ = writeln!(
                text,
                "\nThe smallest arena that survives, by bisection of replays: {} bytes.",
                grouped(bytes)
            );
            if 0 < interleaved {
                let _ = writeln!(
                    text,
                    "Other orders of the threads need {} more.",
                    grouped(interleaved)
                );
            }
        } else {
            let _ = writeln!(
                text,
                "\nWith its caches the arena came to {} bytes. That is no bound:\nit depends on the threads.",
                grouped(bytes)
            );
        }
        if let Some(limited) = limited(&attribute, with_margin) {
            let percent = percent_over(with_margin, bytes);
            let _ = writeln!(text, "With a margin of {percent:.0} %:\n\n    {limited}");
        }
    }
}

/// Whether a heap of these options has checks. One without is never recommended, and stands among the
/// best only where it is the user's to choose.
fn is_checked(options: &str) -> bool {
    !options.contains("harden = \"none\"")
}

/// Returns an attribute with a limit, if one can be written to it.
#[must_use]
pub fn limited(attribute: &Attribute, limit: usize) -> Option<String> {
    let cache = attribute.configuration.cache.unwrap_or(0);
    // A limit changes the default of a cache, and a preset has sizes of its own.
    let is_preset = attribute.options.starts_with("preset");
    // A trim at the limit or above has no effect, which the attribute refuses.
    let trims = attribute.options.contains("trim");
    let is_below = trims && attribute.configuration.trim.is_some_and(|trim| limit <= trim);
    if limit <= cache || is_preset || is_below {
        return None;
    }
    let mut options: Vec<String> =
        words(attribute.options).into_iter().map(str::to_owned).collect();
    if 0 < cache && !attribute.options.contains("cache") {
        options.push(format!("cache = \"{}\"", option(cache)));
    }
    options.push(format!("limit = \"{}\"", option(limit)));
    Some(format!("#[brk_heap({})]", options.join(", ")))
}

/// Returns what a word is for.
fn reason(word: &str) -> &'static str {
    match word {
        "policy = \"first_fit\"" => {
            "the lowest chunk that fits: fills from below, so the top can go back"
        }
        "policy = \"best_fit\"" => "the smallest chunk that fits: small holes",
        "policy = \"segregated_fit\"" => "a list for each class of sizes: constant time",
        "order = \"fifo\"" => {
            "what was freed long ago is used first, so neighbors have time to merge"
        }
        "order = \"address\"" => "the lowest of a class is used first",
        "preset = \"fast\"" => "a cache of 2 MiB, and memory goes back late",
        "preset = \"lean\"" => "best fit, a small cache, and memory goes back early",
        "large = \"1MiB\"" => "large blocks have mappings of their own, which go back at once",
        "trim = \"128KiB\"" => "free memory at the top goes back early",
        "harden = \"none\"" => "no checks: a wrong free is undefined behavior",
        "harden = \"full\"" => "every check",
        _ if word.starts_with("cache") => "small blocks per thread, without the lock",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::list;

    #[test]
    fn every_word_has_a_reason() {
        for attribute in list() {
            for word in words(attribute.options) {
                assert!(!reason(word).is_empty(), "{word}");
            }
        }
    }

    #[test]
    fn a_limit_is_written_where_it_changes_nothing_else() {
        let text = |options: &str| limited(&find(options).expect("it is in the list"), 8 << 20);
        let default = "#[brk_heap(cache = \"1MiB\", limit = \"8MiB\")]";
        assert_eq!(text("").as_deref(), Some(default));
        let best = "#[brk_heap(policy = \"best_fit\", limit = \"8MiB\")]";
        assert_eq!(text("policy = \"best_fit\"").as_deref(), Some(best));
        assert_eq!(text("preset = \"lean\""), None);
    }
}
