//! Limits on one rendering: how many blocks it enters and how much it writes. Three nested loops over a long issue would
//! otherwise run for hours. Knows no draft.

use std::cell::Cell;
use std::io::{self, Write};

use handlebars::template::{HelperTemplate, TemplateElement};
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderErrorReason, Template,
};

/// The most blocks, partials and loop iterations that one rendering may enter: a hundred times what an issue of 60 items needs.
const BLOCKS: u32 = 100_000;
/// The most that one rendering may write, in bytes.
const OUTPUT: usize = 4 << 20;
/// The name of the counting helper. No template can call it: the lint rejects the name.
const COUNTER: &str = "enter_block";

thread_local! {
    /// Blocks entered by the rendering that runs on this thread.
    static ENTERED: Cell<u32> = const { Cell::new(0) };
}

/// Makes a template count every entry into it and into its blocks.
pub fn counted(mut template: Template) -> Template {
    for element in &mut template.elements {
        if let TemplateElement::HelperBlock(block) = element {
            inner(block);
        }
    }
    if let Ok(counter) = Template::compile(&format!("{{{{{COUNTER}}}}}")) {
        template.elements.splice(0..0, counter.elements);
        template.mapping.splice(0..0, counter.mapping);
    }
    template
}

fn inner(block: &mut HelperTemplate) {
    for part in [&mut block.template, &mut block.inverse] {
        *part = part.take().map(counted);
    }
}

struct Counter;

impl HelperDef for Counter {
    fn call<'reg: 'rc, 'rc>(
        &self,
        _: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        _: &mut dyn Output,
    ) -> HelperResult {
        let entered = ENTERED.get() + 1;
        ENTERED.set(entered);
        if entered > BLOCKS { Err(RenderErrorReason::Other(too_long()).into()) } else { Ok(()) }
    }
}

fn too_long() -> String {
    format!(
        "the template takes too long: it enters more than {BLOCKS} blocks; look for an {{{{#each}}}} within an {{{{#each}}}}"
    )
}

/// Adds the helper that counts to a registry.
pub fn register(registry: &mut Handlebars) {
    registry.register_helper(COUNTER, Box::new(Counter));
}

/// Renders a template of a registry within the bounds.
///
/// # Errors
/// The template fails, or exceeds the limits.
pub fn render(
    registry: &Handlebars,
    name: &str,
    view: &impl serde::Serialize,
) -> Result<String, handlebars::RenderError> {
    ENTERED.set(0);
    let mut out = Bounded { bytes: Vec::new() };
    registry.render_to_write(name, view, &mut out)?;
    String::from_utf8(out.bytes).map_err(|error| RenderErrorReason::Other(error.to_string()).into())
}

struct Bounded {
    bytes: Vec<u8>,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > OUTPUT {
            let most = OUTPUT >> 20;
            return Err(io::Error::other(format!(
                "the template writes more than {most} MB, more than any mail may be"
            )));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(source: &str) -> Result<String, String> {
        let mut registry = Handlebars::new();
        register(&mut registry);
        registry.register_template("t", counted(Template::compile(source).expect("a template")));
        render(&registry, "t", &json!({"n": vec![0; 20], "long": "x".repeat(100_000)}))
            .map_err(|e| e.reason().to_string())
    }

    #[test]
    fn a_template_says_what_it_said_uncounted() {
        for (source, text) in [
            ("{{#each n}}a{{/each}}", "a".repeat(20)),
            ("x\n{{#if n}}\n  y\n{{else}}\n  z\n{{/if}}\nw", "x\n  y\nw".to_owned()),
            ("{{#if no}}y{{else if n}}z{{/if}}", "z".to_owned()),
        ] {
            assert_eq!(rendered(source), Ok(text), "{source}");
        }
    }

    #[test]
    fn loops_in_loops_and_text_without_end_are_stopped() {
        let nested = "{{#each @root.n}}".repeat(16) + &"{{/each}}".repeat(16);
        assert!(rendered(&nested).unwrap_err().contains("takes too long"), "even one that writes nothing");
        let told = rendered("{{#each n}}{{#each @root.n}}{{@root.long}}{{/each}}{{/each}}").unwrap_err();
        assert!(told.contains("more than 4 MB"), "{told}");
    }
}
