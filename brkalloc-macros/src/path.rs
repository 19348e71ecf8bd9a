//! Whether tokens are the path of a module or of a type. What is none must not reach the expansion: rustc would
//! stumble over all of it, and the static would be gone.
//!
//! ```text
//! path    = [ "::" ] segment { "::" segment }  |  "<" type [ "as" path ] ">" "::" segment { "::" segment }
//! segment = word [ [ "::" ] "<" [ argument { "," argument } [ "," ] ] ">" ]
//! type    = path | "&" [ lifetime ] [ "mut" ] type | "(" types ")" | "[" type [ ";" length ] "]" | "dyn" bounds
//! ```
//!
//! Other types (pointers to functions, expressions in braces) have to be given a name first.

use proc_macro2::{Delimiter, Spacing, TokenTree};

/// The words that name nothing. `crate`, `self`, `super` and `Self` may begin a path.
const KEYWORDS: &str = "_ abstract as async await become box break const continue do dyn else enum extern false final fn \
     for gen if impl in let loop macro match mod move mut override priv pub ref return static struct trait true \
     try type typeof unsafe unsized use virtual where while yield";

/// Whether `written` is a path without generics.
pub(crate) fn is_module_path(written: &[TokenTree]) -> bool {
    let has_generics =
        |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == '<');
    is_type_path(written) && !written.iter().any(has_generics)
}

/// Whether `written` is the path of a type.
pub(crate) fn is_type_path(written: &[TokenTree]) -> bool {
    let mut grammar = Grammar { rest: written };
    grammar.path() && grammar.rest.is_empty()
}

/// What is left to read. A method that returns `false` may have read a part of what it looked for.
struct Grammar<'a> {
    rest: &'a [TokenTree],
}

impl Grammar<'_> {
    fn path(&mut self) -> bool {
        if self.mark('<') {
            let is_type = self.type_() && (!self.word("as") || self.path());
            return is_type && self.mark('>') && self.separator() && self.segments();
        }
        self.separator();
        self.segments()
    }

    fn segments(&mut self) -> bool {
        loop {
            if !self.name() {
                return false;
            }
            let mut has_separator = self.separator();
            if self.mark('<') {
                if !self.list('>', Self::argument) || !self.mark('>') {
                    return false;
                }
                has_separator = self.separator();
            }
            if !has_separator {
                return true;
            }
        }
    }

    /// What may stand between angle brackets.
    fn argument(&mut self) -> bool {
        if self.mark('-') || matches!(self.rest, [TokenTree::Literal(_), ..]) {
            return self.literal();
        }
        if self.mark('\'') {
            return self.lifetime();
        }
        let is_binding = matches!(
            self.rest,
            [TokenTree::Ident(_), TokenTree::Punct(mark), ..] if mark.as_char() == '='
        );
        if is_binding && !(self.name() && self.mark('=')) {
            return false;
        }
        self.type_()
    }

    fn type_(&mut self) -> bool {
        if self.mark('&') {
            let is_reference = !self.mark('\'') || self.lifetime();
            self.word("mut");
            return is_reference && self.type_();
        }
        if self.word("dyn") {
            return self.bounds();
        }
        let [TokenTree::Group(group), rest @ ..] = self.rest else { return self.path() };
        self.rest = rest;
        let inner: Vec<_> = group.stream().into_iter().collect();
        let mut inner = Grammar { rest: &inner };
        let is_type = match group.delimiter() {
            Delimiter::Parenthesis => inner.rest.is_empty() || inner.list(')', Grammar::type_),
            Delimiter::Bracket => {
                inner.type_() && (!inner.mark(';') || inner.literal() || inner.path())
            }
            // What a macro has put in, invisible parentheses around.
            Delimiter::None => inner.type_(),
            Delimiter::Brace => false,
        };
        is_type && inner.rest.is_empty()
    }

    fn bounds(&mut self) -> bool {
        loop {
            let is_bound = if self.mark('\'') { self.lifetime() } else { self.path() };
            if !is_bound {
                return false;
            }
            if !self.mark('+') {
                return true;
            }
        }
    }

    /// Items with commas between them, and perhaps behind, up to `end` or the end of a group.
    fn list(&mut self, end: char, item: fn(&mut Self) -> bool) -> bool {
        while !self.rest.is_empty() && !self.is_mark(end) {
            if !item(self) {
                return false;
            }
            if !self.mark(',') {
                break;
            }
        }
        true
    }

    fn literal(&mut self) -> bool {
        match self.rest {
            [TokenTree::Literal(_), rest @ ..] => self.rest = rest,
            _ => return false,
        }
        true
    }

    /// The word behind a lifetime's quote.
    fn lifetime(&mut self) -> bool {
        self.word("static") || self.word("_") || self.name()
    }

    fn name(&mut self) -> bool {
        let is_name = |word: &str| KEYWORDS.split_ascii_whitespace().all(|it| it != word);
        match self.rest {
            [TokenTree::Ident(word), rest @ ..] if is_name(&word.to_string()) => self.rest = rest,
            _ => return false,
        }
        true
    }

    fn word(&mut self, wanted: &str) -> bool {
        match self.rest {
            [TokenTree::Ident(word), rest @ ..] if word == wanted => self.rest = rest,
            _ => return false,
        }
        true
    }

    fn separator(&mut self) -> bool {
        match self.rest {
            [TokenTree::Punct(first), TokenTree::Punct(second), rest @ ..]
                if first.as_char() == ':'
                    && first.spacing() == Spacing::Joint
                    && second.as_char() == ':' =>
            {
                self.rest = rest;
            }
            _ => return false,
        }
        true
    }

    fn is_mark(&self, wanted: char) -> bool {
        matches!(self.rest, [TokenTree::Punct(mark), ..] if mark.as_char() == wanted)
    }

    fn mark(&mut self, wanted: char) -> bool {
        let is_next = self.is_mark(wanted);
        if is_next {
            self.rest = &self.rest[1..];
        }
        is_next
    }
}
