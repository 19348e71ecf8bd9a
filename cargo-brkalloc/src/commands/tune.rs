//! `cargo brkalloc tune`: from recordings to the attribute.

use super::{one_of, word};
use crate::attributes::{Attribute, Children, SYSTEM, list};
use crate::command::{Code, Failure, print};
use crate::replay::percent_over;
use crate::tune::{Choice, Goal, Program, Report, Stability, Study, Subject, choose};
use crate::{draw, interrupt, recording, tune};
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;
use std::path::PathBuf;

const HELP: &str = "\
Finds the attribute that suits recorded programs, and says what each word costs.

usage: cargo brkalloc tune app.brt [more.brt …] [OPTION…]
                           [--verify -- PROGRAM ARGUMENT…]

  --goal GOAL          memory, speed or balanced; balanced if not given
  --max-overhead SIZE  as in 5%: the most memory over what lives
  --rounds COUNT       measurements of time, of which the median counts; 5 if
                       not given
  --why                lists every attribute that was measured
  --verify             runs the program five times on the system's malloc and
                       five times on a library of the attribute
  --help               this text

With several recordings it takes the attribute whose worst regret is least.";

/// Other orders of the threads that are tried.
const SEEDS: u64 = 3;

/// What the command line asks for.
struct Wishes {
    traces: Vec<PathBuf>,
    goal: Goal,
    most: Option<f64>,
    rounds: usize,
    why: bool,
    verify: bool,
    program: Option<Program>,
}

/// Runs the command.
///
/// # Errors
///
/// The command line is wrong, a trace cannot be read, no attribute keeps the bound, or the program
/// cannot be run.
pub fn run(arguments: Parser) -> Result<Code, Failure> {
    let Some(wishes) = wishes(arguments)? else {
        print(&format!("{HELP}\n"))?;
        return Ok(Code::Success);
    };
    let mut subjects = Vec::new();
    for trace in &wishes.traces {
        let recording = recording::load(trace)?;
        subjects.push(Subject { recording, trace: trace.clone(), seed: 0 });
    }
    interrupt::listen();
    let children = Children::new()?;
    let (study, choice) = study(&wishes, &children, &subjects)?;
    let smallest = smallest(&study, &choice, &subjects)?;
    let stability = stability(&wishes, &children, &subjects, &choice)?;
    let report = Report {
        subjects: &subjects,
        study: &study,
        choice: &choice,
        goal: wishes.goal,
        smallest,
        stability,
        explains: wishes.why,
        draws: draw::is_wanted(),
    };
    print(&report.text())?;
    let Some(program) = &wishes.program else { return Ok(Code::Success) };
    let (text, alike) = tune::verify(program, &choice.attribute)?;
    print(&text)?;
    Ok(if alike { Code::Success } else { Code::Check })
}

fn wishes(mut arguments: Parser) -> Result<Option<Wishes>, Failure> {
    let mut wishes = Wishes {
        traces: Vec::new(),
        goal: Goal::Balanced,
        most: None,
        rounds: 5,
        why: false,
        verify: false,
        program: None,
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(None),
            Long("goal") => {
                wishes.goal = Goal::named(one_of(&mut arguments, "goal", &Goal::NAMES)?);
            }
            Long("max-overhead") => wishes.most = Some(percent(&word(&mut arguments)?)?),
            Long("rounds") => {
                let count = word(&mut arguments)?.parse().ok().filter(|n| (1..=99).contains(n));
                wishes.rounds = count.ok_or_else(|| Failure::usage("write --rounds 1 to 99"))?;
            }
            Long("why") => wishes.why = true,
            Long("verify") => {
                wishes.verify = true;
                wishes.program = program(&mut arguments)?;
            }
            Value(trace) => wishes.traces.push(PathBuf::from(trace)),
            other => return Err(other.unexpected().into()),
        }
    }
    if wishes.traces.is_empty() {
        return Err(Failure::usage("no trace; write `cargo brkalloc tune app.brt`"));
    }
    if wishes.verify && wishes.program.is_none() {
        return Err(Failure::usage("no program; write it behind: --verify -- PROGRAM ARGUMENT…"));
    }
    Ok(Some(wishes))
}

/// The program behind `--verify --`.
fn program(arguments: &mut Parser) -> Result<Option<Program>, Failure> {
    let mut rest = arguments.raw_args()?;
    if rest.next().is_none_or(|word| word != "--") {
        return Err(Failure::usage("--verify stands last; write: --verify -- PROGRAM ARGUMENT…"));
    }
    Ok(rest.next().map(|name| Program { name, arguments: rest.collect() }))
}

fn percent(text: &str) -> Result<f64, Failure> {
    let number = text.trim().trim_end_matches('%').trim().parse::<f64>().ok();
    number
        .filter(|number| number.is_finite() && 0.0 <= *number)
        .ok_or_else(|| Failure::usage(format_args!("--max-overhead {text}: write it as in 5%")))
}

/// Measures every base, chooses, and tries one word more where that pays.
fn study(
    wishes: &Wishes,
    children: &Children,
    subjects: &[Subject],
) -> Result<(Study, Choice), Failure> {
    let recordings: Vec<_> = subjects.iter().map(|subject| &subject.recording).collect();
    let decide = |study: &Study, attributes: &[Attribute]| {
        choose(study, &recordings, attributes, wishes.goal, wishes.most).map_err(|least| {
            let most = wishes.most.unwrap_or_default();
            Failure::new(
                Code::Check,
                format_args!(
                    "no attribute stays within {most} % over what lives; \
                     the least is {least:.1} %: raise --max-overhead"
                ),
            )
        })
    };
    let bases: Vec<Attribute> = list().into_iter().filter(Attribute::is_base).collect();
    let mut study = Study::of(children, subjects, &bases, wishes.rounds)?;
    let first = decide(&study, &bases)?;
    let near = first.attribute.nearest_with_words();
    let more = near.with_one_word_more().into_iter().map(|(_, more)| more);
    let mut more: Vec<Attribute> = more.collect();
    // The prices of words are differences to that one.
    more.push(near);
    study.add(Study::of(children, subjects, &more, wishes.rounds)?);
    // A level of checks is the user's to choose.
    let is_free = |attribute: &&Attribute| !attribute.options.contains("harden");
    let is_own = near.options == first.attribute.options;
    let offered = more.iter().filter(|_| is_own).filter(is_free);
    let offered: Vec<Attribute> = [first.attribute].iter().chain(offered).copied().collect();
    let second = decide(&study, &offered)?;
    let pays = second.cost < 0.99 * first.cost;
    Ok((study, if pays { second } else { first }))
}

fn smallest(
    study: &Study,
    choice: &Choice,
    subjects: &[Subject],
) -> Result<tune::Smallest, Failure> {
    let outcomes = study.of_options(choice.attribute.options).unwrap_or_default();
    let mut all = Vec::new();
    for (subject, outcome) in subjects.iter().zip(outcomes) {
        all.push(tune::smallest(&choice.attribute, &subject.recording, outcome.high_water)?);
    }
    let largest = all.into_iter().max_by_key(|smallest| smallest.with_margin);
    largest.ok_or_else(|| Failure::usage("no trace; write `cargo brkalloc tune app.brt`"))
}

/// Measures the choice and its rivals with the threads in other orders.
fn stability(
    wishes: &Wishes,
    children: &Children,
    subjects: &[Subject],
    choice: &Choice,
) -> Result<Option<Stability>, Failure> {
    let bases: Vec<Attribute> = list().into_iter().filter(Attribute::is_base).collect();
    let mut attributes = bases;
    if !attributes.iter().any(|base| base.options == choice.attribute.options) {
        attributes.push(choice.attribute);
    }
    let mut stability = Stability { stayed: 0, tried: 0, least: f64::MAX, most: f64::MIN };
    for subject in subjects.iter().filter(|subject| 1 < subject.recording.threads()) {
        for seed in 1..=SEEDS {
            if interrupt::is_wanted() {
                break;
            }
            let other = [Subject { seed, ..subject.clone() }];
            let study = Study::of(children, &other, &attributes, 1)?;
            let (Some(system), Some(own)) =
                (study.of_options(SYSTEM), study.of_options(choice.attribute.options))
            else {
                continue;
            };
            let cost = |options: &str| {
                let outcome = study.of_options(options).and_then(|all| all.first());
                outcome.map_or(f64::MAX, |outcome| wishes.goal.cost(outcome, &system[0]))
            };
            let best = attributes.iter().map(|other| cost(other.options)).fold(f64::MAX, f64::min);
            let over = percent_over(own[0].resident, subject.recording.peak_live);
            stability.tried += 1;
            stability.stayed += usize::from(cost(choice.attribute.options) <= best * 1.01);
            stability.least = stability.least.min(over);
            stability.most = stability.most.max(over);
        }
    }
    Ok((0 < stability.tried).then_some(stability))
}
