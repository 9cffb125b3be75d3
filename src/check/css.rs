//! A parser for the CSS found in mails' style sheets and `style` attributes: rules, selectors, declarations. Knows no check.
//! It skips what it does not understand.

/// `property: value`, with the property's case as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declaration<'c> {
    pub property: &'c str,
    pub value: &'c str,
    pub important: bool,
}

/// The declarations of a `style` attribute or a rule's block.
pub fn declarations(block: &str) -> impl Iterator<Item = Declaration<'_>> {
    split(block, ';').filter_map(|part| {
        let (property, value) = part.split_once(':')?;
        let (value, important) = match value.rsplit_once('!') {
            Some((value, word)) if word.trim().eq_ignore_ascii_case("important") => (value, true),
            _ => (value, false),
        };
        let (property, value) = (property.trim(), value.trim());
        (!property.is_empty() && !value.is_empty()).then_some(Declaration { property, value, important })
    })
}

/// Splits at `mark` outside quotes, brackets and parentheses.
pub fn split(text: &str, mark: char) -> impl Iterator<Item = &str> {
    let (mut depth, mut quote) = (0_usize, None);
    text.split(move |c: char| {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == mark && depth == 0 && quote.is_none()
    })
}

/// A style rule, with the conditions of the at-rules around it.
#[derive(Clone, Debug)]
pub struct Rule<'c> {
    /// `@media` and `@supports` conditions, outermost first; empty when it always holds.
    pub conditions: Vec<&'c str>,
    pub selectors: &'c str,
    pub block: &'c str,
}

/// A style sheet. Parse it from text without comments, as [`without_comments`] returns.
#[derive(Clone, Debug, Default)]
pub struct Stylesheet<'c> {
    pub rules: Vec<Rule<'c>>,
    /// Every at-rule: its name without `@`, and what follows the name.
    pub at_rules: Vec<(&'c str, &'c str)>,
}

/// The text without `/* … */`.
pub fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        out.push(' ');
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out + rest
}

impl<'c> Stylesheet<'c> {
    pub fn read(css: &'c str) -> Self {
        let mut sheet = Self::default();
        sheet.rules_in(css, &[]);
        sheet
    }

    fn rules_in(&mut self, css: &'c str, conditions: &[&'c str]) {
        /// Maximum nesting depth of at-rules; no mail has more.
        const DEEPEST: usize = 8;
        let mut rest = css;
        while let Some(end) = rest.find(['{', ';']) {
            let prelude = rest[..end].trim();
            let statement = rest.as_bytes()[end] == b';';
            let (block, after) = if statement { ("", &rest[end + 1..]) } else { block(&rest[end + 1..]) };
            rest = after;
            let Some(at_rule) = prelude.strip_prefix('@') else {
                if !statement {
                    self.rules.push(Rule { conditions: conditions.to_vec(), selectors: prelude, block });
                }
                continue;
            };
            let name = at_rule.find(|c: char| !c.is_alphanumeric() && c != '-').unwrap_or(at_rule.len());
            let (name, condition) = (&at_rule[..name], at_rule[name..].trim());
            self.at_rules.push((name, condition));
            if matches!(name, "media" | "supports" | "layer") && conditions.len() < DEEPEST {
                let inner: Vec<&str> = conditions.iter().copied().chain([condition]).collect();
                self.rules_in(block, &inner);
            }
        }
    }
}

/// The text up to the `}` that closes the block, and the text after it.
fn block(text: &str) -> (&str, &str) {
    let mut depth = 1;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (&text[..at], &text[at + 1..]);
        }
    }
    (text, "")
}

/// One selector, such as `.card > table a`: compounds from right to left, each with what joins it to the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector<'c> {
    pub compounds: Vec<(Compound<'c>, Join)>,
    /// Ids; classes, attributes and pseudo-classes; types (CSS Selectors 4, section 17).
    pub specificity: (usize, usize, usize),
}

/// What stands to the left of a compound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Nothing: it is the first.
    None,
    Descendant,
    Child,
    /// `+` or `~`, which [`crate::check::cascade`] does not follow.
    Sibling,
}

/// Conditions on one element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compound<'c> {
    /// Empty for any.
    pub name: &'c str,
    pub id: Option<&'c str>,
    pub classes: Vec<&'c str>,
    /// The inside of `[…]`.
    pub attributes: Vec<&'c str>,
    /// Pseudo-classes and pseudo-elements without their colons.
    pub pseudos: Vec<&'c str>,
}

/// The selectors of a rule.
pub fn selectors(prelude: &str) -> impl Iterator<Item = Selector<'_>> {
    split(prelude, ',').filter_map(selector)
}

fn selector(text: &str) -> Option<Selector<'_>> {
    let mut compounds = Vec::new();
    let mut join = Join::None;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = compound_end(rest);
        compounds.push((compound(&rest[..end])?, join));
        let tail = &rest[end..];
        rest = tail.trim_start_matches(|c: char| c.is_whitespace() || ">+~".contains(c));
        let between = &tail[..tail.len() - rest.len()];
        join = match between.trim() {
            "" => Join::Descendant,
            ">" => Join::Child,
            _ => Join::Sibling,
        };
    }
    compounds.reverse();
    let count = |f: fn(&Compound) -> usize| compounds.iter().map(|(compound, _)| f(compound)).sum();
    let specificity = (
        count(|c| usize::from(c.id.is_some())),
        count(|c| c.classes.len() + c.attributes.len() + c.pseudos.len()),
        count(|c| usize::from(!c.name.is_empty())),
    );
    (!compounds.is_empty()).then_some(Selector { compounds, specificity })
}

fn compound_end(text: &str) -> usize {
    let mut depth = 0_usize;
    let ends = |c: char| {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && (c.is_whitespace() || ">+~".contains(c))
    };
    text.find(ends).unwrap_or(text.len())
}

fn compound(text: &str) -> Option<Compound<'_>> {
    let word = |text: &str| {
        let mut depth = 0_usize;
        let ends = |c: char| {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && ".#[:".contains(c)
        };
        text.find(ends).unwrap_or(text.len())
    };
    let mut compound = Compound::default();
    let name = word(text);
    compound.name = if &text[..name] == "*" { "" } else { &text[..name] };
    let mut rest = &text[name..];
    while let Some(mark) = rest.chars().next() {
        if mark == '[' {
            let end = rest.find(']')?;
            compound.attributes.push(&rest[1..end]);
            rest = &rest[end + 1..];
            continue;
        }
        let body = rest[mark.len_utf8()..].trim_start_matches(':');
        let end = word(body);
        match mark {
            '.' => compound.classes.push(&body[..end]),
            '#' => compound.id = Some(&body[..end]),
            ':' => compound.pseudos.push(&body[..end]),
            _ => return None,
        }
        rest = &body[end..];
    }
    Some(compound)
}
