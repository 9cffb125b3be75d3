//! Walks compiled templates and finds every name that does not exist, in both branches of every condition. Handlebars'
//! strict mode finds them only on the path it takes, and never in `{{#if}}`. Knows the shape of the data, not the data.

use std::collections::{BTreeMap, HashMap};

use handlebars::template::{BlockParam, DecoratorTemplate, HelperTemplate, Parameter, TemplateElement};
use handlebars::{Path as Name, Template};
use serde_json::Value;

use super::compiled::{Compiled, Format, ROOT};
use super::helpers;
use crate::model::{Notice, Notices};
use crate::text::suggestion;

/// Names that may be printed unescaped: HTML sanitised by `prose` or made by a template.
const RAW: &[&str] = &["article_html", "body_html", "intro_html", "note_html", "summary_html", "tldr_html"];
const TESTS: &[&str] = &["and", "eq", "gt", "gte", "len", "lt", "lte", "ne", "not", "or"];
const BLOCKS: &[&str] = &["each", "if", "unless", "with"];
/// Partials nested deeper than this count as a cycle.
const DEEPEST: usize = 12;
/// Most partials examined, counting each inclusion.
const MOST: usize = 2_000;

/// Checks the templates reachable from the issue's own against `shape`, the full sample's data.
pub fn check(format: Format, templates: &BTreeMap<String, Compiled>, shape: &Value) -> Result<(), Notices> {
    let mut walk =
        Walk { format, templates, root: shape, notices: Vec::new(), depth: 0, seen: 0, at: (ROOT.to_owned(), 1, 1) };
    walk.named(ROOT, &mut Scopes { values: vec![shape.clone()], locals: Vec::new() });
    walk.notices.dedup();
    if walk.notices.is_empty() { Ok(()) } else { Err(Notices(walk.notices)) }
}

/// The names in scope: the values that blocks have entered, and block parameters.
struct Scopes {
    values: Vec<Value>,
    locals: Vec<(String, Value)>,
}

struct Walk<'w> {
    format: Format,
    templates: &'w BTreeMap<String, Compiled<'w>>,
    root: &'w Value,
    notices: Vec<Notice>,
    depth: usize,
    /// How many partials have been examined.
    seen: usize,
    /// Template name, line and column of the element at hand.
    at: (String, usize, usize),
}

impl Walk<'_> {
    fn wrong(&mut self, message: &str, help: String) {
        let (name, line, column) = &self.at;
        let notice = Notice::new(format!("column {column}: {message}")).help(help);
        let label = self.templates.get(name).map(|compiled| compiled.label);
        self.notices.push(match label {
            Some(label) => notice.at(label, *line),
            None => notice,
        });
    }

    fn named(&mut self, name: &str, scopes: &mut Scopes) {
        let templates = self.templates;
        let Some(compiled) = templates.get(name) else {
            let known = templates.keys().map(String::as_str).filter(|known| *known != ROOT);
            let help = suggestion(name, known);
            return self.wrong(&format!("there is no partial `{name}`"), help);
        };
        if self.depth > DEEPEST {
            let help = "a partial may not include itself, not even by way of another".to_owned();
            return self.wrong(&format!("the partial `{name}` includes itself"), help);
        }
        self.seen += 1;
        if self.seen > MOST {
            if self.seen == MOST + 1 {
                let help = "partials that include each other twice double at each step".to_owned();
                self.wrong(&format!("more than {MOST} partials are included"), help);
            }
            return;
        }
        self.depth += 1;
        let back = std::mem::replace(&mut self.at, (name.to_owned(), 1, 1));
        self.template(&compiled.template, scopes);
        self.at = back;
        self.depth -= 1;
    }

    fn template(&mut self, template: &Template, scopes: &mut Scopes) {
        for (i, element) in template.elements.iter().enumerate() {
            if let Some(place) = template.mapping.get(i) {
                (self.at.1, self.at.2) = (place.0, place.1);
            }
            match element {
                TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
                TemplateElement::Expression(helper) => self.expression(helper, scopes),
                TemplateElement::HtmlExpression(helper) => self.raw(helper, scopes),
                TemplateElement::HelperBlock(helper) => self.block(helper, scopes),
                TemplateElement::PartialExpression(partial) => self.partial(partial, scopes),
                _ => self.wrong(
                    "decorators and partial blocks are not for mail templates",
                    "use {{> partial}} and pass values by name".to_owned(),
                ),
            }
        }
    }

    fn raw(&mut self, helper: &HelperTemplate, scopes: &mut Scopes) {
        let name = raw_name(&helper.name).rsplit(['.', '/']).next().unwrap_or_default().to_owned();
        if self.format == Format::Text || !RAW.contains(&name.as_str()) {
            let help = format!("write {{{{{name}}}}}; unescaped are only {}", RAW.join(", "));
            self.wrong(&format!("`{{{{{{{name}}}}}}}` would print text unescaped"), help);
        }
        self.expression(helper, scopes);
    }

    fn expression(&mut self, helper: &HelperTemplate, scopes: &mut Scopes) {
        if helper.params.is_empty() && helper.hash.is_empty() {
            let found = self.value(&helper.name, scopes);
            if let Some(Value::Object(_) | Value::Array(_)) = found {
                let name = raw_name(&helper.name);
                self.wrong(&format!("`{name}` holds several values"), "print one of them, or use {{#each}}".to_owned());
            }
            return;
        }
        let known = if self.format == Format::Text { helpers::TEXT } else { helpers::HTML };
        self.call(helper, &[known, TESTS].concat(), scopes);
    }

    /// Checks a helper's name against `known`, and all its arguments.
    fn call(&mut self, helper: &HelperTemplate, known: &[&str], scopes: &mut Scopes) {
        let name = raw_name(&helper.name);
        if !known.contains(&name.as_str()) {
            let help = suggestion(&name, known.iter().copied());
            self.wrong(&format!("there is no helper `{name}` here"), help);
        }
        for param in helper.params.iter().chain(helper.hash.values()) {
            self.value(param, scopes);
        }
    }

    fn block(&mut self, helper: &HelperTemplate, scopes: &mut Scopes) {
        self.call(helper, BLOCKS, scopes);
        let name = raw_name(&helper.name);
        let entered = match name.as_str() {
            "each" | "with" => helper.params.first().and_then(|param| self.quietly(param, scopes)),
            _ => None,
        };
        let inner = match (name.as_str(), entered) {
            ("each", Some(Value::Array(items))) => items.into_iter().reduce(fuller).or(Some(Value::Null)),
            ("each", Some(Value::Object(map))) => map.into_iter().next().map(|(_, v)| v).or(Some(Value::Null)),
            ("each", Some(_)) => {
                self.wrong("`each` needs a list", "use {{#if}} or {{#with}} for a single value".to_owned());
                return;
            }
            (_, entered) => entered,
        };
        if let Some(template) = &helper.template {
            let locals = scopes.locals.len();
            let entering = matches!(name.as_str(), "each" | "with");
            if entering {
                let value = inner.unwrap_or(Value::Null);
                scopes.locals.extend(block_names(helper).into_iter().map(|name| (name, value.clone())));
                scopes.values.push(value);
            }
            self.template(template, scopes);
            if entering {
                scopes.values.pop();
                scopes.locals.truncate(locals);
            }
        }
        if let Some(template) = &helper.inverse {
            self.template(template, scopes);
        }
    }

    fn partial(&mut self, partial: &DecoratorTemplate, scopes: &mut Scopes) {
        let Parameter::Name(name) = &partial.name else {
            return self.wrong("the name of a partial must be written literally", "write {{> story}}".to_owned());
        };
        let base = match partial.params.first() {
            Some(param) => self.value(param, scopes).unwrap_or(Value::Null),
            None => scopes.values.last().cloned().unwrap_or(Value::Null),
        };
        let inputs: HashMap<&String, Value> =
            partial.hash.iter().filter_map(|(key, param)| Some((key, self.value(param, scopes)?))).collect();
        let mut value = base;
        if let (Value::Object(map), false) = (&mut value, inputs.is_empty()) {
            map.extend(inputs.into_iter().map(|(key, value)| (key.clone(), value)));
        }
        scopes.values.push(value);
        self.named(name, scopes);
        scopes.values.pop();
    }

    /// The shape of a parameter; reports a name that does not exist.
    fn value(&mut self, param: &Parameter, scopes: &mut Scopes) -> Option<Value> {
        match param {
            Parameter::Literal(value) => Some(value.clone()),
            Parameter::Subexpression(inner) => {
                if let TemplateElement::Expression(helper) = inner.as_element() {
                    self.call(helper, TESTS, scopes);
                }
                Some(Value::Bool(true))
            }
            _ => match self.resolve(&raw_name(param), scopes) {
                Ok(value) => Some(value),
                Err((name, known)) => {
                    let known: Vec<String> = known.into_iter().map(written).collect();
                    let help = suggestion(&written(name), known.iter().map(String::as_str));
                    self.wrong(&format!("there is no `{}` here", raw_name(param)), help);
                    None
                }
            },
        }
    }

    /// Like [`Self::value`], for a parameter already checked: reports nothing.
    fn quietly(&mut self, param: &Parameter, scopes: &mut Scopes) -> Option<Value> {
        let told = self.notices.len();
        let value = self.value(param, scopes);
        self.notices.truncate(told);
        value
    }

    /// Follows a path; on failure returns the unknown segment and the names that exist there.
    fn resolve(&self, path: &str, scopes: &Scopes) -> Result<Value, (String, Vec<String>)> {
        if matches!(path, "@index" | "@first" | "@last" | "@key") {
            return Ok(Value::Bool(true));
        }
        let mut rest = path;
        let mut up = 0;
        while let Some(outer) = rest.strip_prefix("../") {
            up += 1;
            rest = outer;
        }
        let mut names = segments(rest).into_iter().filter(|name| !name.is_empty() && *name != "this").peekable();
        let Some(mut at) = scopes.values.iter().rev().nth(up) else {
            return Err((path.to_owned(), Vec::new()));
        };
        if names.peek() == Some(&"@root") {
            names.next();
            at = self.root;
        } else if let Some((_, local)) =
            scopes.locals.iter().rev().find(|(local, _)| Some(local.as_str()) == names.peek().copied())
        {
            names.next();
            at = local;
        }
        for name in names {
            at = match at {
                Value::Null => return Ok(Value::Null),
                Value::Object(map) => map.get(name).ok_or_else(|| (name.to_owned(), map.keys().cloned().collect()))?,
                _ => return Err((name.to_owned(), Vec::new())),
            };
        }
        Ok(at.clone())
    }
}

/// A name as a template writes it: in square brackets where it holds more than letters, digits and `_`.
fn written(name: String) -> String {
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '@'));
    if is_plain { name } else { format!("[{name}]") }
}

/// The segments of a path. One in square brackets is taken literally, with spaces, dots and slashes.
fn segments(path: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let bracketed = rest.strip_prefix('[').and_then(|inner| inner.split_once(']'));
        let (name, after) = bracketed.unwrap_or_else(|| rest.split_at(rest.find(['.', '/']).unwrap_or(rest.len())));
        found.push(name);
        rest = after.strip_prefix(['.', '/']).unwrap_or(after);
    }
    found
}

/// Merges two list items into one with the names of both: a value that is null or empty in one may be set in the other.
fn fuller(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            for (name, value) in other {
                let known = one.remove(&name).unwrap_or(Value::Null);
                one.insert(name, fuller(known, value));
            }
            Value::Object(one)
        }
        (Value::Array(one), Value::Array(other)) => Value::Array(one.into_iter().chain(other).collect()),
        (Value::Null, other) => other,
        (one, _) => one,
    }
}

fn raw_name(param: &Parameter) -> String {
    match param {
        Parameter::Name(name) => name.clone(),
        Parameter::Path(Name::Relative((_, raw)) | Name::Local((_, _, raw))) => raw.clone(),
        Parameter::Literal(value) => value.to_string(),
        _ => "(…)".to_owned(),
    }
}

fn block_names(helper: &HelperTemplate) -> Vec<String> {
    match &helper.block_param {
        Some(BlockParam::Single(name)) => vec![raw_name(name)],
        Some(BlockParam::Pair((first, second))) => vec![raw_name(first), raw_name(second)],
        _ => Vec::new(),
    }
}
