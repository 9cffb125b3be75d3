//! The sign-up form for other sites.

use super::super::Site;
use crate::model::Notice;
use crate::render::{self, Choice, EmbeddedForm, PageSetting};

/// A form as HTML to paste into another site: for one edition, or with a choice if there are several. It is in the language of the editions it
/// offers, or in the publication's if they differ.
///
/// # Errors
/// There is no such edition, no public pages are set up, or the template has a mistake.
pub fn sign_up_form(site: &Site, edition: Option<&str>) -> anyhow::Result<String> {
    if !site.config.web.serves() {
        let why = "there are no public pages that a form could lead to";
        return Err(Notice::new(why).help("set `[web] listen` and `public_url`, and run `digest serve`").into());
    }
    if let Some(edition) = edition {
        site.config.edition(edition)?;
    }
    let several = edition.is_none() && site.config.editions.len() > 1;
    let title = |name: &String| Choice {
        name: name.clone(),
        title: site.config.edition_title(name),
        language: site.config.language_of(name).to_owned(),
        chosen: true,
        ..Choice::default()
    };
    let public_url = site.config.letterhead().public_url;
    let form = EmbeddedForm {
        action: format!("{public_url}/subscribe"),
        edition: edition.unwrap_or_default().to_owned(),
        editions: if several { site.config.editions.keys().map(title).collect() } else { Vec::new() },
    };
    let setting = PageSetting::new(&site.config.publication, &public_url).in_language(language(site, edition));
    Ok(render::fragment(&form, "home", setting, &site.templates()?)?)
}

/// The BCP 47 tag of the form's language: that of the editions it offers, or the publication's if they differ.
fn language<'s>(site: &'s Site, edition: Option<&str>) -> &'s str {
    let config = &site.config;
    let offered = config.editions.keys().filter(|name| edition.is_none_or(|one| one == name.as_str()));
    let mut tags: Vec<&str> = offered.map(|name| config.language_of(name)).collect();
    tags.dedup();
    if let [only] = tags[..] { only } else { &config.publication.language }
}
