//! `digest pages`: parts of the public pages for use in other sites.

use clap::{Args, Subcommand};

use super::output::line;
use super::{Exit, Global};
use crate::pipeline::sign_up_form;

#[derive(Subcommand)]
pub enum Pages {
    /// Print a sign-up form to paste into another site
    Form(Form),
}

#[derive(Args)]
pub struct Form {
    /// Sign up for this edition only, in its language; otherwise subscribers choose
    #[arg(long, value_name = "EDITION")]
    edition: Option<String>,
}

impl Pages {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let Self::Form(form) = self;
        line(sign_up_form(&global.site()?, form.edition.as_deref())?.trim_end())?;
        Ok(Exit::Done)
    }
}
