//! `digest config`: show every setting, its value, and where the value comes from.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::output::{json as print_json, line};
use super::{Exit, Global};
use crate::config::{SetBy, Setting, settings};

/// How settings are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Table,
    Toml,
    Json,
}

#[derive(Args)]
pub struct Config {
    /// Only settings that are set, in config.toml or the environment
    #[arg(long)]
    set: bool,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Form,
}

impl Config {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let all = settings(&site.config.origin).into_iter();
        // Printed TOML can be used as a config file, and passwords do not belong in config.toml.
        let is_hidden = |setting: &Setting| self.format == Form::Toml && setting.key == "password";
        let is_shown = |setting: &Setting| !is_hidden(setting) && (!self.set || setting.set_by != SetBy::Default);
        let shown: Vec<Setting> = all.filter(is_shown).collect();
        match self.format {
            Form::Json => print_json(&shown.iter().map(as_json).collect::<Value>())?,
            Form::Table => by_section(&shown, |setting| line(&row(setting)))?,
            Form::Toml => {
                by_section(&shown, |setting| line(&format!("{} = {}", setting.key, one_line(&setting.value))))?;
            }
        }
        Ok(Exit::Done)
    }
}

fn by_section(settings: &[Setting], print: impl Fn(&Setting) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut section = "";
    for setting in settings {
        if setting.section != section {
            if !section.is_empty() {
                line("")?;
            }
            section = &setting.section;
            let is_feed = section.starts_with("feeds ");
            line(&if is_feed { "[[feeds]]".into() } else { format!("[{section}]") })?;
        }
        print(setting)?;
    }
    Ok(())
}

fn row(setting: &Setting) -> String {
    let from = match (&setting.set_by, &setting.default) {
        (SetBy::Default, _) => "default".to_owned(),
        (set_by, Some(default)) if *default != setting.value => {
            format!("{}; default {}", place(set_by), one_line(default))
        }
        (set_by, _) => place(set_by),
    };
    format!("{:<24} {:<32} {from}", setting.key, one_line(&setting.value))
}

fn place(set_by: &SetBy) -> String {
    match set_by {
        SetBy::Default => "default".into(),
        SetBy::File(number) => format!("config.toml:{number}"),
        SetBy::Environment(variable) => variable.clone(),
    }
}

fn one_line(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn as_json(setting: &Setting) -> Value {
    json!({
        "section": setting.section, "key": setting.key, "value": setting.value, "default": setting.default,
        "set_by": place(&setting.set_by), "about": setting.about,
    })
}
