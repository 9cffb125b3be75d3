//! The two helpers that text templates have beside Handlebars' own: `wrap` and `underline`. Pure; know no draft.

use handlebars::{Context, Handlebars, Helper, HelperDef, HelperResult, JsonRender, Output, RenderContext};
use unicode_width::UnicodeWidthStr;

use super::words;

/// The width of plain text in display columns.
pub const COLUMNS: usize = 72;

/// `{{wrap VALUE… [rest="  "]}}`: the values run together, broken at 72 columns.
struct Wrap;

/// `{{underline VALUE… with="="}}`: the same with a line of the character under it, as wide as its widest line.
struct Underline;

impl HelperDef for Wrap {
    fn call<'reg: 'rc, 'rc>(
        &self,
        h: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        Ok(out.write(&words::wrap(&joined(h), COLUMNS, &hash(h, "rest")))?)
    }
}

impl HelperDef for Underline {
    fn call<'reg: 'rc, 'rc>(
        &self,
        h: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let text = words::wrap(&joined(h), COLUMNS, "");
        let width = text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
        let mark = hash(h, "with").chars().next().unwrap_or('-').to_string();
        Ok(out.write(&format!("{text}\n{}", mark.repeat(width)))?)
    }
}

fn joined(h: &Helper) -> String {
    h.params().iter().map(|param| param.value().render()).collect()
}

fn hash(h: &Helper, name: &str) -> String {
    h.hash_get(name).map(|value| value.value().render()).unwrap_or_default()
}

/// Adds the helpers to a registry for text.
pub fn register(registry: &mut Handlebars) {
    registry.register_helper("wrap", Box::new(Wrap));
    registry.register_helper("underline", Box::new(Underline));
}
