//! Files for search engines: the pages to list (<https://www.sitemaps.org/protocol.html>) and where not to go (RFC 9309). Knows
//! no store; pages are passed in as plain data.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};

/// A page that may be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Below the public URL, such as `/archive`.
    pub path: String,
    /// When its content last changed, if known.
    pub changed: Option<DateTime<Utc>>,
}

/// Writes the sitemap as XML. `site`: the public URL, without its last slash.
pub fn write(site: &str, pages: &[Page]) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    for page in pages {
        let _ = write!(xml, "<url><loc>{}{}</loc>", escape(site), escape(&page.path));
        if let Some(changed) = page.changed {
            let _ = write!(xml, "<lastmod>{}</lastmod>", changed.to_rfc3339_opts(SecondsFormat::Secs, true));
        }
        xml.push_str("</url>\n");
    }
    xml.push_str("</urlset>\n");
    xml
}

/// Writes robots.txt. Counted links are for subscribers. The pages behind a token are not named: they ask by a header not to be
/// listed, and a program that may not visit them would not see it.
pub fn robots(site: &str) -> String {
    let path = url::Url::parse(site).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default();
    format!("User-agent: *\nDisallow: {path}/go/\n\nSitemap: {site}/sitemap.xml\n")
}

/// Text as XML has it (XML 1.0 §2.4).
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&apos;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sitemap_is_what_the_protocol_says() {
        let changed = DateTime::from_timestamp_millis(1_764_054_000_900);
        let pages = [Page { path: "/".into(), changed: None }, Page { path: "/archive/a&<b>".into(), changed }];
        assert_eq!(
            write("https://news.example/x", &pages),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n\
             <url><loc>https://news.example/x/</loc></url>\n\
             <url><loc>https://news.example/x/archive/a&amp;&lt;b&gt;</loc><lastmod>2025-11-25T07:00:00Z</lastmod></url>\n</urlset>\n"
        );
        assert_eq!(
            robots("https://news.example/x"),
            "User-agent: *\nDisallow: /x/go/\n\nSitemap: https://news.example/x/sitemap.xml\n"
        );
    }
}
