//! The cues that tell kinds of news apart: the publication's own cues.toml, else the built-in ones.

use super::Site;
use crate::compose::{Cues, SHIPPED};
use crate::files;
use crate::model::Notice;

/// The cues file, beside config.toml.
const FILE: &str = "cues.toml";

/// The cues in force.
pub struct CuesInForce(Option<Cues>);

impl CuesInForce {
    pub fn get(&self) -> &Cues {
        self.0.as_ref().unwrap_or_else(|| Cues::shipped())
    }
}

impl Site {
    /// Reads the publication's cues.toml, if there is one.
    ///
    /// # Errors
    /// It cannot be read or has a mistake; the notice names file and line.
    pub fn cues(&self) -> Result<CuesInForce, Notice> {
        self.own_cues()?.map_or(Ok(CuesInForce(None)), |text| {
            let parsed = Cues::parse(&text).map_err(|notice| {
                let line = notice.at.as_ref().and_then(|place| place.line);
                notice.at(self.root.join(FILE), line).help("fix it, or remove the file to use the shipped cues")
            })?;
            Ok(CuesInForce(Some(parsed)))
        })
    }

    /// The text of the cues in force.
    ///
    /// # Errors
    /// The publication's file cannot be read.
    pub fn cues_text(&self) -> Result<String, Notice> {
        Ok(self.own_cues()?.unwrap_or_else(|| SHIPPED.to_owned()))
    }

    fn own_cues(&self) -> Result<Option<String>, Notice> {
        let path = self.root.join(FILE);
        files::within(&self.root, &path)?;
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Notice::new(format!("cannot read the cues: {error}")).at(&path, None)),
        }
    }
}
