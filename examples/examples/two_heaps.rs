//! Two heaps with two policies: one for all that lasts, one for what a request needs meanwhile.
//!
//! `cargo run --release --example two_heaps [-- EXPRESSION…]`
//!
//! The program computes sums such as `2 * (3 + 4)`. Their tokens and stacks live on a scratch heap,
//! which is empty again after each. What is remembered, the answers, lives on the global heap, where
//! no token has left a hole between them.

use allocator_api2::vec::Vec as VecIn;
use brkalloc::{BrkHeap, Stats, brk_heap};
use brkalloc_examples::command_line::{self, Asked, refuse};
use brkalloc_examples::text::shortened;
use lexopt::{Parser, ValueExt};
use std::io::{self, Write};
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(policy = "first_fit")]
static HEAP: BrkHeap;

#[brk_heap(source = "mmap", limit = "1MiB", policy = "segregated_fit", stats = "counters")]
static SCRATCH: BrkHeap;

/// A vector on the scratch heap.
type ScratchVec<T> = VecIn<T, &'static BrkHeap<SCRATCH>>;

#[derive(Clone, Copy)]
enum Token {
    Number(f64),
    Operator(char),
    Open,
}

const EXPRESSIONS: [&str; 4] = ["1 + 2 * 3", "(1 + 2) * 3", "2 * (3 + 4) - 10 / 4", "((((7))))"];

const HELP: &str = "\
Computes sums, whose tokens live on one heap and whose answers on another.

usage: cargo run --release --example two_heaps [-- EXPRESSION…]

An EXPRESSION has numbers, + - * / and parentheses, as in '2 * (3 + 4)'. Without
one, the program computes some of its own.";

fn main() -> ExitCode {
    command_line::run(HELP, expressions, |expressions, out| program(&expressions, out))
}

/// The expressions of the command line, or the program's own.
fn expressions(arguments: Parser) -> Asked<Vec<String>> {
    let Some(named) = command_line::operands(arguments)? else { return Ok(None) };
    let named = named.into_iter().map(ValueExt::string);
    let mut expressions = named.collect::<Result<Vec<_>, _>>()?;
    if expressions.is_empty() {
        expressions.extend(EXPRESSIONS.map(String::from));
        expressions.push("1 + ".repeat(999) + "1");
    }
    Ok(Some(expressions))
}

fn program(expressions: &[String], out: &mut dyn Write) -> io::Result<ExitCode> {
    let mut answers = Vec::new();
    for expression in expressions {
        let short = shortened(expression, 24);
        match value(expression) {
            Ok(value) => answers.push(format!("{short} = {}", decimal(value))),
            Err(mistake) => return Ok(refuse(format_args!("`{short}`: {mistake}"))),
        }
        assert_eq!(SCRATCH.stats().in_use, 0, "a request leaves nothing behind");
    }
    for answer in &answers {
        writeln!(out, "{answer}")?;
    }

    writeln!(out)?;
    print("global", HEAP.config().policy, &HEAP.stats(), out)?;
    print("scratch", SCRATCH.config().policy, &SCRATCH.stats(), out)?;
    assert_eq!(HEAP.check(), Ok(()));
    assert_eq!(SCRATCH.check(), Ok(()));
    writeln!(out, "Both heaps have been checked: all is well.")?;
    Ok(ExitCode::SUCCESS)
}

fn print(name: &str, policy: &str, stats: &Stats, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{name:<8}{policy:<15}{:>6} bytes in use, {} free chunks, at most {} bytes",
        stats.in_use, stats.free_chunks, stats.high_water
    )
}

/// A number without an exponent, unless that takes more than 40 columns.
fn decimal(number: f64) -> String {
    let plain = number.to_string();
    if plain.len() <= 40 { plain } else { format!("{number:e}") }
}

/// What an expression comes to, by Dijkstra's shunting yard (1961).
fn value(expression: &str) -> Result<f64, String> {
    let mut values = ScratchVec::new_in(&SCRATCH);
    let mut waiting = ScratchVec::new_in(&SCRATCH);
    let mut awaits_value = true;
    for token in tokens(expression)? {
        match token {
            Token::Number(number) if awaits_value => {
                values.push(number);
                awaits_value = false;
            }
            Token::Open if awaits_value => waiting.push(token),
            Token::Operator(')') if !awaits_value => loop {
                match waiting.pop() {
                    Some(Token::Operator(operator)) => apply(operator, &mut values),
                    Some(_) => break,
                    None => return Err("a `)` without a `(`".to_owned()),
                }
            },
            Token::Operator(operator) if !awaits_value => {
                while let Some(&Token::Operator(earlier)) = waiting.last() {
                    if rank(earlier) < rank(operator) {
                        break;
                    }
                    waiting.pop();
                    apply(earlier, &mut values);
                }
                waiting.push(token);
                awaits_value = true;
            }
            _ if awaits_value => return Err("a number is missing".to_owned()),
            _ => return Err("an operator is missing".to_owned()),
        }
    }
    if awaits_value {
        return Err("it ends where a number should follow".to_owned());
    }
    while let Some(token) = waiting.pop() {
        match token {
            Token::Operator(operator) => apply(operator, &mut values),
            _ => return Err("a `(` without a `)`".to_owned()),
        }
    }
    values.pop().ok_or_else(|| "there is nothing to compute".to_owned())
}

fn tokens(expression: &str) -> Result<ScratchVec<Token>, String> {
    let mut tokens = ScratchVec::new_in(&SCRATCH);
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let length = digits.max(1);
        tokens.push(match first {
            '(' => Token::Open,
            '+' | '-' | '*' | '/' | ')' => Token::Operator(first),
            _ if 0 < digits => {
                let number = rest[..digits].parse();
                Token::Number(
                    number.map_err(|_| {
                        format!("`{}` is no number", shortened(&rest[..digits], 24))
                    })?,
                )
            }
            _ => return Err(format!("`{first}` means nothing here")),
        });
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

const fn rank(operator: char) -> u8 {
    if matches!(operator, '*' | '/') { 2 } else { 1 }
}

fn apply(operator: char, values: &mut ScratchVec<f64>) {
    if let (Some(right), Some(left)) = (values.pop(), values.pop()) {
        values.push(match operator {
            '+' => left + right,
            '-' => left - right,
            '*' => left * right,
            _ => left / right,
        });
    }
}
