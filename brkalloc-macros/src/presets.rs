//! Presets: one word for the options that a kind of program wants.
//!
//! A preset is a list of options as a user would write them. [`fill_in`] writes them behind the
//! user's own, at the place of the preset's word. So a written option replaces the preset's, and
//! whatever reads options need not know presets.

use crate::args::Args;
use crate::option::HeapOption;
use crate::options::{
    CACHE, COALESCE, HARDEN, INDEX, LARGE, ORDER, POLICY, PRESET, QUARANTINE, SOURCE, TRIM,
};

/// One preset.
#[derive(Debug)]
pub(crate) struct Preset {
    /// The word that selects it.
    pub(crate) name: &'static str,
    /// Its options, each with its value as a user writes it.
    pub(crate) options: &'static [(&'static HeapOption, &'static str)],
}

/// Every preset, in the order of the option's words.
pub(crate) static PRESETS: &[Preset] = &[
    Preset { name: "fast", options: &[(&CACHE, "\"2MiB\""), (&TRIM, "\"64MiB\"")] },
    Preset {
        name: "lean",
        options: &[
            (&POLICY, "\"best_fit\""),
            (&CACHE, "\"64KiB\""),
            (&LARGE, "\"1MiB\""),
            (&TRIM, "\"128KiB\""),
        ],
    },
    Preset { name: "embedded", options: &[(&SOURCE, "\"static\""), (&INDEX, "\"list\"")] },
    Preset {
        name: "hardened",
        options: &[(&CACHE, "\"1MiB\""), (&HARDEN, "\"full\""), (&QUARANTINE, "\"64KiB\"")],
    },
    Preset {
        name: "textbook",
        options: &[
            (&POLICY, "\"first_fit\""),
            (&ORDER, "\"lifo\""),
            (&INDEX, "\"list\""),
            (&COALESCE, "\"never\""),
        ],
    },
];

/// Adds the options of the preset that `args` names, less those that were written.
pub(crate) fn fill_in(args: &mut Args) {
    let named = |preset: &&Preset| args.with_word(&PRESET, preset.name).is_some();
    let Some(preset) = PRESETS.iter().find(named) else { return };
    for (option, value) in preset.options {
        args.add_of_preset(option, value);
    }
}
