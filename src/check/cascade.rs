//! The computed style of each element from style sheets and `style` attributes: colour, background, size, visibility. Only
//! what contrast needs (CSS Cascading 4, CSS Color 4); no layout. Knows no draft.

use std::collections::HashMap;

use super::color::{BLACK, Color, WHITE};
use super::css::{self, Compound, Declaration, Join, Selector, Stylesheet};
use super::page::{Element, Page};

/// Light or dark mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    Light,
    Dark,
}

/// What an element passes on to its text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextStyle {
    /// `None` when it is written in a way that [`Color::parse`] does not know.
    pub color: Option<Color>,
    /// The nearest background; `None` if it is a picture or unknown.
    pub ground: Option<Color>,
    /// In CSS pixels.
    pub size: f64,
    pub bold: bool,
    pub hidden: bool,
}

/// Browsers' default background and text colours for a page with only `color-scheme: dark`.
const DARK_CANVAS: Color = Color::hex(0x12_12_12);

/// The styles of all elements, in order.
pub fn looks(page: &Page, sheet: &Stylesheet, mode: Mode) -> Vec<TextStyle> {
    let rules = Styles::new(page, sheet, mode);
    let dark = mode == Mode::Dark && declares_dark(page, sheet);
    let (color, ground) = if dark { (WHITE, DARK_CANVAS) } else { (BLACK, WHITE) };
    let root = TextStyle { color: Some(color), ground: Some(ground), size: 16.0, bold: false, hidden: false };
    let mut inline: HashMap<&str, Vec<Declaration>> = HashMap::new();
    let mut looks: Vec<TextStyle> = Vec::with_capacity(page.elements.len());
    for (number, element) in page.elements.iter().enumerate() {
        let above = element.parent.map_or(root, |parent| looks[parent]);
        let mut look = above;
        by_name(element, dark, &mut look);
        let mut found: Vec<(Weight, Declaration)> = Vec::new();
        rules.matching(page, number, &mut found);
        if let Some(style) = element.attr("style") {
            let own = inline.entry(style).or_insert_with(|| css::declarations(style).filter(matters).collect());
            found
                .extend(own.iter().map(|d| (Weight { important: d.important, inline: true, ..Weight::default() }, *d)));
        }
        // Stable: of equal weights the later one wins.
        found.sort_by_key(|(weight, _)| *weight);
        for (_, declaration) in &found {
            apply(declaration, &mut look, &above);
        }
        looks.push(look);
    }
    looks
}

/// Whether the page declares dark mode support, so that browsers start with dark colours.
fn declares_dark(page: &Page, sheet: &Stylesheet) -> bool {
    let meta = page.named("meta").any(|(_, meta)| {
        meta.attr("name").is_some_and(|name| name.eq_ignore_ascii_case("color-scheme"))
            && meta.attr("content").is_some_and(|content| content.contains("dark"))
    });
    let says = |d: Declaration| d.property.eq_ignore_ascii_case("color-scheme") && d.value.contains("dark");
    meta || sheet.rules.iter().any(|rule| css::declarations(rule.block).any(says))
}

/// The default styles of elements and presentational attributes (HTML standard, "Rendering").
fn by_name(element: &Element, dark: bool, look: &mut TextStyle) {
    match element.name() {
        "h1" => (look.size, look.bold) = (look.size * 2.0, true),
        "h2" => (look.size, look.bold) = (look.size * 1.5, true),
        "h3" => (look.size, look.bold) = (look.size * 1.17, true),
        "h4" | "h5" | "h6" | "b" | "strong" | "th" => look.bold = true,
        "a" if element.attr("href").is_some() => {
            look.color = Some(if dark { Color::hex(0x9e_9e_ff) } else { Color::hex(0x00_00_ee) });
        }
        "head" | "style" | "script" | "title" => look.hidden = true,
        _ => {}
    }
    if let Some(ground) = element.attr("bgcolor").and_then(Color::parse) {
        look.ground = Some(ground.0);
    }
    if element.attr("background").is_some() {
        look.ground = None;
    }
}

/// Whether a declaration is about what a [`TextStyle`] holds.
fn matters(declaration: &Declaration) -> bool {
    let known = ["color", "background", "background-color", "background-image", "font-size", "font-weight", "display"];
    known.iter().any(|name| declaration.property.eq_ignore_ascii_case(name))
}

fn apply(declaration: &Declaration, look: &mut TextStyle, above: &TextStyle) {
    let value = declaration.value;
    match declaration.property.to_ascii_lowercase().as_str() {
        "color" if value.eq_ignore_ascii_case("inherit") => look.color = above.color,
        "color" => {
            let over = |(color, alpha): (Color, f64)| match look.ground {
                _ if alpha >= 1.0 => Some(color),
                ground => ground.map(|ground| color.over(alpha, ground)),
            };
            look.color = Color::parse(value).and_then(over);
        }
        "background-image" if !value.eq_ignore_ascii_case("none") => look.ground = None,
        "background" | "background-color" => {
            if value.contains("url(") || value.contains("gradient(") {
                look.ground = None;
                return;
            }
            let colors = || css::split(value, ' ').filter_map(Color::parse);
            match colors().next() {
                Some((color, alpha)) if alpha >= 1.0 => look.ground = Some(color),
                Some((color, alpha)) => look.ground = above.ground.map(|ground| color.over(alpha, ground)),
                None if matches!(value, "none" | "initial" | "inherit") => {}
                None => look.ground = None,
            }
        }
        "font-size" => look.size = size(value, above.size),
        "font-weight" => {
            look.bold = value.eq_ignore_ascii_case("bold") || value.parse::<u32>().is_ok_and(|weight| weight >= 700);
        }
        "display" => look.hidden = above.hidden || value.eq_ignore_ascii_case("none"),
        _ => {}
    }
}

/// A font size in CSS pixels; unknown values leave the size unchanged.
fn size(value: &str, inherited: f64) -> f64 {
    let number = |unit: &str| value.strip_suffix(unit).and_then(|n| n.trim().parse::<f64>().ok());
    let size = number("px")
        .or_else(|| number("pt").map(|n| n * 4.0 / 3.0))
        .or_else(|| number("rem").map(|n| n * 16.0))
        .or_else(|| number("em").map(|n| n * inherited))
        .or_else(|| number("%").map(|n| n / 100.0 * inherited));
    size.filter(|size| size.is_finite()).unwrap_or(inherited)
}

/// The weight of a declaration; the greater one wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Weight {
    important: bool,
    inline: bool,
    specificity: (usize, usize, usize),
}

/// The rules that apply in one mode and affect the style.
struct Styles<'c> {
    rules: Vec<(Selector<'c>, Vec<Declaration<'c>>)>,
    /// The classes of each element.
    classes: Vec<Vec<&'c str>>,
}

impl<'c> Styles<'c> {
    fn new(page: &'c Page, sheet: &Stylesheet<'c>, mode: Mode) -> Self {
        let mut rules = Vec::new();
        for rule in sheet.rules.iter().filter(|rule| rule.conditions.iter().all(|c| holds(c, mode))) {
            let about: Vec<Declaration> = css::declarations(rule.block).filter(matters).collect();
            if !about.is_empty() {
                rules.extend(css::selectors(rule.selectors).map(|selector| (selector, about.clone())));
            }
        }
        let classes =
            |element: &'c Element| element.attr("class").unwrap_or_default().split_ascii_whitespace().collect();
        Self { rules, classes: page.elements.iter().map(classes).collect() }
    }

    fn matching(&self, page: &Page, number: usize, found: &mut Vec<(Weight, Declaration<'c>)>) {
        for (selector, declarations) in &self.rules {
            if self.selects(page, &selector.compounds, number) {
                found.extend(declarations.iter().map(|declaration| {
                    let weight =
                        Weight { important: declaration.important, inline: false, specificity: selector.specificity };
                    (weight, *declaration)
                }));
            }
        }
    }

    /// Whether the element matches the rightmost compound and its ancestors match the others.
    fn selects(&self, page: &Page, compounds: &[(Compound, Join)], number: usize) -> bool {
        let Some(((compound, join), left)) = compounds.split_first() else { return true };
        if !self.is(&page.elements[number], number, compound) {
            return false;
        }
        let mut above = page.elements[number].parent;
        match join {
            Join::None => true,
            Join::Sibling => false,
            Join::Child => above.is_some_and(|parent| self.selects(page, left, parent)),
            Join::Descendant => loop {
                let Some(parent) = above else { return false };
                if self.selects(page, left, parent) {
                    return true;
                }
                above = page.elements[parent].parent;
            },
        }
    }

    fn is(&self, element: &Element, number: usize, compound: &Compound) -> bool {
        (compound.name.is_empty() || element.name().eq_ignore_ascii_case(compound.name))
            && compound.classes.iter().all(|class| self.classes[number].contains(class))
            && compound.id.is_none_or(|id| element.attr("id") == Some(id))
            && compound.attributes.iter().all(|wanted| has_attribute(element, wanted))
            && compound.pseudos.iter().all(|pseudo| match *pseudo {
                "root" => element.parent.is_none(),
                "link" => element.attr("href").is_some(),
                // A pointer state, or a part of an element: not part of its initial style.
                _ => false,
            })
    }
}

/// `name` or `name="value"`; other operators never match.
fn has_attribute(element: &Element, wanted: &str) -> bool {
    match wanted.split_once('=') {
        None => element.attr(wanted.trim()).is_some(),
        Some((name, value)) => element.attr(name.trim()) == Some(value.trim().trim_matches(['"', '\''])),
    }
}

/// Whether a `@media` condition holds on a wide screen in this mode.
fn holds(condition: &str, mode: Mode) -> bool {
    let condition = condition.to_ascii_lowercase();
    let scheme = match mode {
        Mode::Light => "light",
        Mode::Dark => "dark",
    };
    let narrow = ["max-width", "max-device-width", "hover", "print", "reduced-motion", "not "];
    match condition.split_once("prefers-color-scheme") {
        Some((_, after)) => after.trim_start_matches([':', ' ']).starts_with(scheme),
        None => !narrow.iter().any(|other| condition.contains(other)),
    }
}
