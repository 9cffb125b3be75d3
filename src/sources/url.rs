//! The key under which two URLs are one resource. Knows spelling only: it fetches nothing and follows no redirect.

use url::Url;

/// Parameters that name a campaign or a reader, not the resource.
const TRACKING: &[&str] = &[
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "twclid",
    "ttclid",
    "li_fat_id",
    "igshid",
    "igsh",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "hss_channel",
    "_hsenc",
    "_hsmi",
    "__hssc",
    "__hstc",
    "hsctatracking",
    "ref",
    "ref_src",
    "ref_url",
    "referrer",
    "source",
    "cmpid",
    "ncid",
    "ocid",
    "smid",
    "sh",
    "s_cid",
    "spm",
    "vero_id",
    "oly_anon_id",
    "oly_enc_id",
    "rb_clickid",
    "wickedid",
    "guccounter",
    "trk",
    "trackingid",
    "share",
    "giftcopy",
];
/// Beginnings of parameter names that only track.
const TRACKING_PREFIXES: &[&str] = &["utm_", "pk_", "mtm_", "piwik_", "hsa_", "at_", "sc_"];

/// The key under which two URLs are the same resource, or `None` when `url` is not an http(s) URL: no scheme, `www.`,
/// default port, fragment, tracking parameters or final slash; host in lower case; parameters in order. All forms of an
/// arXiv paper, also on Hugging Face and alphaXiv, have the key `arxiv:ID`. The key is for comparing, never for showing.
pub fn canonical_url(url: &str) -> Option<String> {
    let url = Url::parse(url.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?.trim_end_matches('.').to_lowercase();
    let host = ["www.", "m.", "mobile."]
        .iter()
        .find_map(|p| host.strip_prefix(p).filter(|h| h.contains('.')))
        .unwrap_or(&host);
    if let Some(id) = paper(host, url.path()) {
        return Some(format!("arxiv:{id}"));
    }
    if host == "youtu.be" {
        return Some(format!("youtube.com/watch?v={}", url.path().trim_matches('/')));
    }
    let host = if host == "twitter.com" { "x.com" } else { host };
    let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/index.html").unwrap_or(path);
    // GitHub takes names in any case.
    let path = if host == "github.com" { path.to_lowercase() } else { path.to_owned() };
    Some(format!("{host}{port}{path}{}", query(&url, host)))
}

/// The parameters that may name the resource, sorted, with their `?`.
fn query(url: &Url, host: &str) -> String {
    let noise = |name: &str| {
        let name = name.to_lowercase();
        TRACKING.contains(&name.as_str())
            || TRACKING_PREFIXES.iter().any(|p| name.starts_with(p))
            || (host == "github.com" && name == "tab")
            || (host == "x.com" && (name == "s" || name == "t"))
            || (host == "youtube.com" && ["ab_channel", "t", "si", "feature", "pp"].contains(&name.as_str()))
            || (host.ends_with("google.com") && name == "usp")
    };
    let mut kept: Vec<&str> = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !noise(pair.split('=').next().unwrap_or_default()))
        .collect();
    kept.sort_unstable();
    if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) }
}

/// The arXiv identifier without its version, when the page is one of a paper's forms.
fn paper(host: &str, path: &str) -> Option<String> {
    let forms: &[&str] = match host {
        "arxiv.org"
        | "export.arxiv.org"
        | "ar5iv.org"
        | "ar5iv.labs.arxiv.org"
        | "browse.arxiv.org"
        | "alphaxiv.org" => &["/abs/", "/pdf/", "/html/", "/format/", "/overview/"],
        "huggingface.co" | "hf.co" => &["/papers/"],
        _ => return None,
    };
    let rest = forms.iter().find_map(|form| path.strip_prefix(form))?.trim_end_matches('/');
    let rest = rest.strip_suffix(".pdf").unwrap_or(rest);
    let id = match rest.rsplit_once('v') {
        Some((id, version)) if !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()) => id,
        _ => rest,
    };
    let (left, right) = id.split_once(['.', '/'])?;
    let digits =
        |t: &str, n: std::ops::RangeInclusive<usize>| n.contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
    let new_style = id.contains('.') && !id.contains('/') && digits(left, 4..=4) && digits(right, 4..=5);
    let old_style = id.contains('/') && !left.is_empty() && digits(right, 7..=7);
    (new_style || old_style).then(|| id.to_lowercase())
}

#[cfg(test)]
mod tests;
