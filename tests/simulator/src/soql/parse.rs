//! From words to a tree.

use super::error_at;
use super::lex::{Placed, Word, words};
use crate::error::ApiError;

const CODE: &str = "MALFORMED_QUERY";

#[derive(Debug)]
pub(crate) struct Query {
    /// What is selected, with its place in the statement; empty for `COUNT()`.
    pub fields: Vec<(String, usize)>,
    pub object: (String, usize),
    pub rest: Clauses,
}

/// What may follow an object's name, in SOQL and within SOSL's RETURNING.
#[derive(Debug, Default)]
pub(crate) struct Clauses {
    pub filter: Option<Expr>,
    pub order: Vec<Order>,
    pub limit: Option<usize>,
    pub offset: usize,
}

#[derive(Debug)]
pub(crate) struct Order {
    pub field: String,
    pub at: usize,
    pub descending: bool,
    pub nulls_last: bool,
}

#[derive(Debug)]
pub(crate) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Is(Condition),
}

#[derive(Debug)]
pub(crate) struct Condition {
    pub field: String,
    pub at: usize,
    pub op: Op,
    pub values: Vec<Word>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Equal,
    NotEqual,
    Less,
    Greater,
    AtMost,
    AtLeast,
    Like,
    In,
    NotIn,
}

pub(crate) fn query(text: &str) -> Result<Query, ApiError> {
    if text.encode_utf16().count() > 100_000 {
        return Err(ApiError::new(
            400,
            CODE,
            "SOQL statements cannot be longer than 100000 characters.",
        ));
    }
    let mut parser = Parser::new(text, 0, CODE)?;
    parser.keyword("SELECT")?;
    let fields = parser.selected()?;
    parser.keyword("FROM")?;
    let object = parser.name()?;
    let rest = parser.clauses()?;
    parser.end()?;
    Ok(Query {
        fields,
        object,
        rest,
    })
}

/// Reads words one by one; SOSL's parser uses it too.
pub(crate) struct Parser<'a> {
    text: &'a str,
    words: Vec<Placed>,
    next: usize,
    code: &'static str,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str, start: usize, code: &'static str) -> Result<Self, ApiError> {
        Ok(Self {
            text,
            words: words(text, start, code)?,
            next: 0,
            code,
        })
    }

    fn word(&self) -> &Placed {
        &self.words[self.next.min(self.words.len() - 1)]
    }

    fn take(&mut self) -> Placed {
        let word = self.word().clone();
        self.next += 1;
        word
    }

    pub(crate) fn unexpected(&self) -> ApiError {
        let Placed { word, at } = self.word();
        let shown = match word {
            Word::Name(t) | Word::Bare(t) => format!("unexpected token: '{t}'"),
            Word::Quoted(t) => format!("unexpected token: '{t}'"),
            Word::Symbol(s) => format!("unexpected token: '{s}'"),
            Word::End => "unexpected token: '<EOF>'".to_owned(),
        };
        error_at(self.code, self.text, *at, &shown)
    }

    /// Whether the next word is this keyword; takes it if so.
    pub(crate) fn has(&mut self, keyword: &str) -> bool {
        let found = matches!(&self.word().word, Word::Name(n) if n.eq_ignore_ascii_case(keyword));
        self.next += usize::from(found);
        found
    }

    pub(crate) fn keyword(&mut self, keyword: &str) -> Result<(), ApiError> {
        if self.has(keyword) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    pub(crate) fn has_symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(&self.word().word, Word::Symbol(s) if *s == symbol);
        self.next += usize::from(found);
        found
    }

    pub(crate) fn symbol(&mut self, symbol: &str) -> Result<(), ApiError> {
        if self.has_symbol(symbol) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    pub(crate) fn name(&mut self) -> Result<(String, usize), ApiError> {
        match self.take() {
            Placed {
                word: Word::Name(name),
                at,
            } => Ok((name, at)),
            _ => {
                self.next -= 1;
                Err(self.unexpected())
            }
        }
    }

    pub(crate) fn count(&mut self) -> Result<usize, ApiError> {
        if let Word::Bare(text) = &self.word().word
            && let Ok(n) = text.parse()
        {
            self.next += 1;
            return Ok(n);
        }
        Err(self.unexpected())
    }

    pub(crate) fn end(&self) -> Result<(), ApiError> {
        if self.word().word == Word::End {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn selected(&mut self) -> Result<Vec<(String, usize)>, ApiError> {
        let mut fields = vec![self.name()?];
        if fields[0].0.eq_ignore_ascii_case("COUNT") && self.has_symbol("(") {
            self.symbol(")")?;
            return Ok(Vec::new());
        }
        while self.has_symbol(",") {
            fields.push(self.name()?);
        }
        Ok(fields)
    }

    /// A comma-separated list of names.
    pub(crate) fn names(&mut self) -> Result<Vec<(String, usize)>, ApiError> {
        let mut names = vec![self.name()?];
        while self.has_symbol(",") {
            names.push(self.name()?);
        }
        Ok(names)
    }

    pub(crate) fn clauses(&mut self) -> Result<Clauses, ApiError> {
        let mut clauses = Clauses::default();
        if self.has("WHERE") {
            clauses.filter = Some(self.expression()?);
        }
        if self.has("ORDER") {
            self.keyword("BY")?;
            loop {
                clauses.order.push(self.order()?);
                if !self.has_symbol(",") {
                    break;
                }
            }
        }
        if self.has("LIMIT") {
            clauses.limit = Some(self.count()?);
        }
        if self.has("OFFSET") {
            clauses.offset = self.count()?;
        }
        Ok(clauses)
    }

    fn order(&mut self) -> Result<Order, ApiError> {
        let (field, at) = self.name()?;
        let descending = !self.has("ASC") && self.has("DESC");
        let mut nulls_last = descending;
        if self.has("NULLS") {
            nulls_last = !self.has("FIRST");
            if nulls_last {
                self.keyword("LAST")?;
            }
        }
        Ok(Order {
            field,
            at,
            descending,
            nulls_last,
        })
    }

    pub(crate) fn expression(&mut self) -> Result<Expr, ApiError> {
        let first = self.term()?;
        let (is_and, join): (bool, &str) = if self.has("AND") {
            (true, "AND")
        } else if self.has("OR") {
            (false, "OR")
        } else {
            return Ok(first);
        };
        let mut terms = vec![first];
        loop {
            terms.push(self.term()?);
            // AND and OR side by side need brackets: the other word ends the expression.
            if !self.has(join) {
                return Ok(if is_and {
                    Expr::And(terms)
                } else {
                    Expr::Or(terms)
                });
            }
        }
    }

    fn term(&mut self) -> Result<Expr, ApiError> {
        if self.has("NOT") {
            return Ok(Expr::Not(Box::new(self.term()?)));
        }
        if self.has_symbol("(") {
            let inner = self.expression()?;
            self.symbol(")")?;
            return Ok(inner);
        }
        let (field, at) = self.name()?;
        let op = self.operator()?;
        let values = if matches!(op, Op::In | Op::NotIn) {
            self.symbol("(")?;
            let mut values = vec![self.value()?];
            while self.has_symbol(",") {
                values.push(self.value()?);
            }
            self.symbol(")")?;
            values
        } else {
            vec![self.value()?]
        };
        Ok(Expr::Is(Condition {
            field,
            at,
            op,
            values,
        }))
    }

    fn operator(&mut self) -> Result<Op, ApiError> {
        if self.has("LIKE") {
            return Ok(Op::Like);
        }
        if self.has("IN") {
            return Ok(Op::In);
        }
        if self.has("NOT") {
            self.keyword("IN")?;
            return Ok(Op::NotIn);
        }
        for (symbol, op) in [
            ("=", Op::Equal),
            ("!=", Op::NotEqual),
            ("<>", Op::NotEqual),
            ("<=", Op::AtMost),
            (">=", Op::AtLeast),
            ("<", Op::Less),
            (">", Op::Greater),
        ] {
            if self.has_symbol(symbol) {
                return Ok(op);
            }
        }
        Err(self.unexpected())
    }

    fn value(&mut self) -> Result<Word, ApiError> {
        match self.word().word.clone() {
            word @ (Word::Quoted(_) | Word::Bare(_)) => {
                self.next += 1;
                Ok(word)
            }
            Word::Name(name) => {
                self.next += 1;
                // LAST_N_DAYS:3 comes as three words.
                if self.has_symbol(":") {
                    let n = self.count()?;
                    return Ok(Word::Name(format!("{name}:{n}")));
                }
                Ok(Word::Name(name))
            }
            _ => Err(self.unexpected()),
        }
    }
}
