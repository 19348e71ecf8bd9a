//! A cursor over tokens that never fails, and their text as a user would type it.
//!
//! The invisible groups that `macro_rules!` puts around what it substitutes (`$size:expr`,
//! `$lock:path`) are opened first, so that nobody else has to know of them.
//!
//! This module knows the shape of an option's value, as far as needed to find its end, but no
//! option.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};

/// A list of tokens and a place in it.
#[derive(Debug)]
pub(crate) struct Tokens {
    list: Vec<TokenTree>,
    place: usize,
}

impl Tokens {
    /// A cursor at the first token of `stream`.
    pub(crate) fn new(stream: TokenStream) -> Self {
        let mut list = Vec::new();
        open_invisible_groups(stream, &mut list);
        Self { list, place: 0 }
    }

    /// The token that `ahead` others stand before.
    pub(crate) fn peek(&self, ahead: usize) -> Option<&TokenTree> {
        self.list.get(self.place + ahead)
    }

    /// Steps over one token.
    pub(crate) fn next(&mut self) -> Option<TokenTree> {
        let token = self.list.get(self.place).cloned();
        self.place += usize::from(token.is_some());
        token
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.peek(0).is_none()
    }

    /// The word `ahead` tokens from here, if there is one.
    pub(crate) fn ident(&self, ahead: usize) -> Option<&Ident> {
        match self.peek(ahead) {
            Some(TokenTree::Ident(ident)) => Some(ident),
            _ => None,
        }
    }

    /// Whether `word` stands `ahead` tokens from here.
    pub(crate) fn is_word(&self, ahead: usize, word: &str) -> bool {
        self.ident(ahead).is_some_and(|ident| ident == word)
    }

    /// Whether `mark` stands `ahead` tokens from here.
    pub(crate) fn is_punct(&self, ahead: usize, mark: char) -> bool {
        matches!(self.peek(ahead), Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
    }

    /// The group in `delimiter` that stands `ahead` tokens from here, if there is one.
    pub(crate) fn group(&self, ahead: usize, delimiter: Delimiter) -> Option<&Group> {
        match self.peek(ahead) {
            Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
            _ => None,
        }
    }

    /// Whether a lone `=` stands `ahead` tokens from here, and not `==` or `=>`.
    pub(crate) fn is_equals(&self, ahead: usize) -> bool {
        let is_joined = matches!(
            self.peek(ahead),
            Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint
        );
        let goes_on = self.is_punct(ahead + 1, '=') || self.is_punct(ahead + 1, '>');
        self.is_punct(ahead, '=') && !(is_joined && goes_on)
    }

    /// Whether `::` stands here.
    fn is_separator(&self) -> bool {
        let is_joint = matches!(
            self.peek(0),
            Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint
        );
        is_joint && self.is_punct(0, ':') && self.is_punct(1, ':')
    }

    /// Steps over everything before the next `,` and returns it.
    pub(crate) fn until_comma(&mut self) -> Vec<TokenTree> {
        self.take_while(|tokens| !tokens.is_punct(0, ','))
    }

    /// Steps over tokens while `is_part` holds at the cursor, and returns them.
    pub(crate) fn take_while(&mut self, is_part: impl Fn(&Self) -> bool) -> Vec<TokenTree> {
        let start = self.place;
        while !self.is_empty() && is_part(self) {
            self.place += 1;
        }
        self.list[start..self.place].to_vec()
    }

    /// Whether an option begins here: `name =` or `unsafe(…)`.
    pub(crate) fn is_at_option(&self) -> bool {
        self.is_option(0)
    }

    fn is_option(&self, ahead: usize) -> bool {
        let is_unsafe = self.is_word(ahead, "unsafe")
            && self.group(ahead + 1, Delimiter::Parenthesis).is_some();
        is_unsafe || self.is_name(ahead)
    }

    /// Whether `name =` begins `ahead` tokens from here.
    fn is_name(&self, ahead: usize) -> bool {
        self.ident(ahead).is_some() && self.is_equals(ahead + 1)
    }

    /// How many marks such as `;` and `&&` stand between here and an option right behind them.
    pub(crate) fn marks_before_option(&self) -> usize {
        let is_mark = |token: &&TokenTree| match token {
            TokenTree::Punct(punct) => "&|+;/".contains(punct.as_char()),
            _ => false,
        };
        let marks = self.list[self.place..].iter().take_while(is_mark).count();
        if self.is_option(marks) { marks } else { 0 }
    }

    /// Steps over an option's value and returns it; empty if there is none.
    ///
    /// A value ends at a comma (one between a path's angle brackets does not count), at a
    /// semicolon, or where the next option begins.
    pub(crate) fn value(&mut self) -> Vec<TokenTree> {
        if self.is_name(0) {
            return Vec::new();
        }
        let mut value = self.path();
        while !self.is_empty() && !self.is_punct(0, ',') && !self.is_punct(0, ';') {
            if !value.is_empty() && (self.is_at_option() || 0 < self.marks_before_option()) {
                break;
            }
            value.extend(self.next());
        }
        value
    }

    /// Steps over a path as far as one goes: `a::b`, `::a::B<C, D>`, `<A as B>::C`.
    pub(crate) fn path(&mut self) -> Vec<TokenTree> {
        let start = self.place;
        loop {
            let segment = self.place;
            if self.is_separator() {
                self.place += 2;
            } else if start < segment {
                break;
            }
            if self.ident(0).is_some() {
                self.place += 1;
            }
            if self.is_punct(0, '<') {
                self.angle_brackets();
            }
            if segment == self.place {
                break;
            }
        }
        self.list[start..self.place].to_vec()
    }

    /// Steps over `<…>`, which begins here, unless it never ends.
    fn angle_brackets(&mut self) {
        let mut depth = AngleDepth::default();
        let is_last = |token: &TokenTree| depth.after(token) == 0;
        if let Some(last) = self.list[self.place..].iter().position(is_last) {
            self.place += last + 1;
        }
    }
}

/// The word without the `r#` of a raw one.
pub(crate) fn unraw(word: &Ident) -> Ident {
    match word.to_string().strip_prefix("r#") {
        Some(plain) => Ident::new(plain, word.span()),
        None => word.clone(),
    }
}

/// How many `<` are open at a token of a type or path.
#[derive(Debug, Default)]
pub(crate) struct AngleDepth {
    open: usize,
    is_after_minus: bool,
}

impl AngleDepth {
    /// The depth behind `token`. The `>` of `->` closes nothing.
    pub(crate) fn after(&mut self, token: &TokenTree) -> usize {
        let mark = match token {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        match mark {
            '<' => self.open += 1,
            '>' if !self.is_after_minus => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        self.is_after_minus = mark == '-';
        self.open
    }
}

fn open_invisible_groups(stream: TokenStream, list: &mut Vec<TokenTree>) {
    for token in stream {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                open_invisible_groups(group.stream(), list);
            }
            token => list.push(token),
        }
    }
}

/// The tokens as a user would type them, cut off where they become too long for a message.
pub(crate) fn text(tokens: &[TokenTree]) -> String {
    const LONGEST: usize = 40;
    let text = uncut_text(tokens);
    if LONGEST < text.chars().count() {
        return text.chars().take(LONGEST).chain(['…']).collect();
    }
    text
}

fn uncut_text(tokens: &[TokenTree]) -> String {
    let mut text = String::new();
    for (place, token) in tokens.iter().enumerate() {
        if 0 < place && is_spaced(&tokens[place - 1], token) {
            text.push(' ');
        }
        match token {
            TokenTree::Group(group) => text.push_str(&group_text(group)),
            token => text.push_str(&token.to_string()),
        }
    }
    text
}

fn group_text(group: &Group) -> String {
    let inner = uncut_text(&group.stream().into_iter().collect::<Vec<_>>());
    match group.delimiter() {
        Delimiter::Parenthesis => format!("({inner})"),
        Delimiter::Bracket => format!("[{inner}]"),
        Delimiter::Brace => format!("{{ {inner} }}"),
        Delimiter::None => inner,
    }
}

/// Whether a space belongs between two tokens: between words, around operators, behind commas.
fn is_spaced(left: &TokenTree, right: &TokenTree) -> bool {
    let is_one_of = |token: &TokenTree, marks: &str| match token {
        TokenTree::Punct(punct) => marks.contains(punct.as_char()),
        _ => false,
    };
    let is_word = |token: &TokenTree| !matches!(token, TokenTree::Punct(_) | TokenTree::Group(_));
    let is_literal = matches!(right, TokenTree::Literal(_));
    let is_block =
        matches!(right, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    match left {
        TokenTree::Punct(left) if left.spacing() == Spacing::Joint => false,
        TokenTree::Punct(colon) if colon.as_char() == ':' && is_literal => true,
        TokenTree::Ident(_) if is_block => true,
        TokenTree::Punct(_) => is_one_of(left, "+*/=|,;") || is_one_of(right, "+*/=|"),
        left => is_word(left) && is_word(right) || is_one_of(right, "+*/=|"),
    }
}
