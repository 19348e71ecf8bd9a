//! The resolved options of one heap, as data that prints as the attribute it came from.
//!
//! Every field comes from the configuration's types and constants, so it cannot differ from what
//! runs. The printed attribute omits options that have no effect.

use crate::arena::coalesce::Coalesce;
use crate::arena::counters::Counters;
use crate::arena::harden::{Harden, Level, Zero};
use crate::arena::index::Index;
use crate::heap::config::{Config, Export, LARGEST_LIMIT};
use crate::layers::cached::Cache;
use crate::layers::mapped::Large;
use crate::layers::quarantine::Quarantine;
use crate::sys::source::Source;
use core::fmt;

/// The options of one heap, as the attribute and its defaults resolve them. Sizes are bytes.
///
/// `Display` writes it as an attribute that can be pasted back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each says of one option whether it has effect")]
pub struct Configuration {
    /// The static's name.
    pub name: &'static str,
    /// The source of the arena's memory.
    pub source: &'static str,
    /// Bytes committed at the first allocation; 0 if only the running program knows them.
    pub arena: usize,
    /// The minimum growth step; `None` for a fixed arena.
    pub grow: Option<usize>,
    /// The greatest size of the arena.
    pub limit: usize,
    /// Bytes of dirty top beyond which pages go back to the system; `None` for never.
    pub trim: Option<usize>,
    /// Which free chunk a request gets: the word, or the path of a policy of the user's own.
    pub policy: &'static str,
    /// Where a freed chunk stands in the sequence.
    pub order: &'static str,
    /// How the heap finds a chunk; `None` where the policy leaves no choice.
    pub index: Option<&'static str>,
    /// When free neighbors merge.
    pub coalesce: &'static str,
    /// The least size of a request that gets a mapping of its own; `None` without mappings.
    pub large: Option<usize>,
    /// The per-thread cache size; `None` without a cache.
    pub cache: Option<usize>,
    /// What the caches of all threads may hold together; `None` without a cache.
    pub cache_total: Option<usize>,
    /// How threads share the heap, as the attribute spells the option.
    pub lock: &'static str,
    /// What the heap checks at run time.
    pub harden: Harden,
    /// The most bytes that the quarantine holds; `None` without one.
    pub quarantine: Option<usize>,
    /// What the heap clears.
    pub zero: Zero,
    /// What the heap counts.
    pub stats: &'static str,
    /// Which functions of C the heap defines.
    pub export: Export,
    /// With which path the names of the recordings begin; `None` without recordings.
    pub record: Option<&'static str>,
    /// The path to this crate, if the attribute names one; empty otherwise.
    pub crate_path: &'static str,
    is_largest: bool,
    grows: bool,
    merges: bool,
    places_by_path: bool,
}

impl Configuration {
    pub(crate) const fn of<C: Config>() -> Self {
        let grows = <C::Source as Source>::GROWS && 0 < C::GROW;
        let merges = <C::Coalesce as Coalesce>::MERGES;
        Self {
            name: C::NAME,
            source: <C::Source as Source>::OPTION,
            arena: C::ARENA,
            grow: if grows { Some(C::GROW) } else { None },
            limit: C::LIMIT,
            is_largest: C::LIMIT as u64 == LARGEST_LIMIT,
            trim: if merges && grows && C::TRIM < usize::MAX { Some(C::TRIM) } else { None },
            policy: <C::Index as Index>::POLICY,
            order: <C::Index as Index>::ORDER,
            index: <C::Index as Index>::INDEX,
            coalesce: <C::Coalesce as Coalesce>::NAME,
            large: <C::Large as Large>::LEAST,
            cache: <C::Cache as Cache<C>>::KEEPS,
            cache_total: match <C::Cache as Cache<C>>::KEEPS {
                Some(_) => Some(<C::Cache as Cache<C>>::TOTAL),
                None => None,
            },
            lock: C::LOCK_OPTION,
            harden: <C::Harden as Level>::LEVEL,
            quarantine: Self::quarantine::<C>(),
            zero: C::ZERO,
            stats: <C::Counters as Counters>::NAME,
            export: C::EXPORT,
            record: C::RECORD,
            crate_path: C::CRATE,
            grows: <C::Source as Source>::GROWS,
            merges,
            places_by_path: <C::Index as Index>::BY_PATH,
        }
    }
}

impl Configuration {
    const fn quarantine<C: Config>() -> Option<usize> {
        match (<C::Harden as Level>::LEVEL, C::Quarantine::BYTES) {
            (Harden::Full, bytes @ 1..) => Some(bytes),
            _ => None,
        }
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source {
            // It names memory that the compiler does not know.
            "linker" => f.write_str("#[brk_heap(unsafe(source = \"linker\")")?,
            source => write!(f, "#[brk_heap(source = \"{source}\"")?,
        }
        if 0 < self.arena {
            write!(f, ", arena = {}", Size(self.arena))?;
        } else if !self.is_largest {
            write!(f, ", limit = {}", Size(self.limit))?;
        }
        match self.grow {
            Some(grow) => {
                if self.arena < self.limit {
                    write!(f, ", grow = {}", Size(grow))?;
                }
                write!(f, ", limit = {}", Size(self.limit))?;
                match self.trim {
                    Some(trim) if trim < self.limit => write!(f, ", trim = {}", Size(trim))?,
                    None if self.merges => f.write_str(", trim = \"never\"")?,
                    _ => {}
                }
            }
            None if self.grows => f.write_str(", grow = \"none\"")?,
            None => {}
        }
        if let Some(large) = self.large {
            write!(f, ", large = {}", Size(large))?;
        }
        let quote = if self.places_by_path { "" } else { "\"" };
        write!(f, ", policy = {quote}{}{quote}, order = \"{}\"", self.policy, self.order)?;
        if let Some(index) = self.index {
            write!(f, ", index = \"{index}\"")?;
        }
        write!(f, ", coalesce = \"{}\"", self.coalesce)?;
        if let Some(cache) = self.cache {
            write!(f, ", cache = {}", Size(cache))?;
        }
        if let Some(total) = self.cache_total {
            write!(f, ", cache_total = {}", Size(total))?;
        }
        write!(f, ", {}", self.lock)?;
        write!(f, ", harden = \"{}\"", self.harden.name())?;
        if let Some(quarantine) = self.quarantine {
            write!(f, ", quarantine = {}", Size(quarantine))?;
        }
        if self.zero != Zero::None {
            write!(f, ", zero = \"{}\"", self.zero.name())?;
        }
        write!(f, ", stats = \"{}\"", self.stats)?;
        if self.export != Export::None {
            write!(f, ", export = \"{}\"", self.export.name())?;
        }
        if let Some(record) = self.record {
            write!(f, ", record = {record:?}")?;
        }
        if !self.crate_path.is_empty() {
            write!(f, ", crate = {}", self.crate_path)?;
        }
        f.write_str(")]")
    }
}

/// A size, displayed in the largest unit that divides it.
struct Size(usize);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut size, mut unit) = (self.0, "B");
        for larger in ["KiB", "MiB", "GiB", "TiB"] {
            if size == 0 || size % 1024 != 0 {
                break;
            }
            (size, unit) = (size / 1024, larger);
        }
        write!(f, "\"{size}{unit}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_size_takes_the_largest_unit_that_holds_it() {
        let text = |size| Size(size).to_string();
        assert_eq!([text(65536), text(1000)], ["\"64KiB\"", "\"1000B\""]);
        assert_eq!([text(3 << 29), text(1 << 30)], ["\"1536MiB\"", "\"1GiB\""]);
    }
}
