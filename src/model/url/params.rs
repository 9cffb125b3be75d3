//! Which query parameters do not identify a resource: a campaign, a subscriber, a view. Knows names, and what they mean where.

/// Parameters that name a campaign or a subscriber on any host.
const TRACKING: &[&str] = &[
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "_openstat",
    "cachebust",
    "cmpid",
    "dclid",
    "epik",
    "fbclid",
    "gbraid",
    "gclid",
    "gclsrc",
    "giftcopy",
    "guccounter",
    "guce_referrer",
    "guce_referrer_sig",
    "hsctatracking",
    "hss_channel",
    "igsh",
    "igshid",
    "itid",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "mkwid",
    "msclkid",
    "ncid",
    "ocid",
    "pk_campaign",
    "pk_cid",
    "pk_content",
    "pk_keyword",
    "pk_kwd",
    "pk_medium",
    "pk_source",
    "rb_clickid",
    "ref",
    "ref_",
    "ref_src",
    "ref_url",
    "referer",
    "referrer",
    "reflink",
    "s_cid",
    "sc_campaign",
    "sc_channel",
    "sc_cid",
    "sc_eh",
    "sc_lid",
    "sc_llid",
    "sc_src",
    "sc_uid",
    "showwelcome",
    "showwelcomeonshare",
    "smid",
    "smtyp",
    "spm",
    "srsltid",
    "trackingid",
    "triedredirect",
    "trk",
    "trkcampaign",
    "ttclid",
    "twclid",
    "unlocked_article_code",
    "usqp",
    "vero_conv",
    "vero_id",
    "wbraid",
    "wickedid",
    "wpisrc",
    "wpmm",
    "wt.mc_id",
    "wt_mc",
    "xtor",
    "yclid",
    "ysclid",
];
/// Prefixes of names that only track.
const PREFIXES: &[&str] =
    &["utm_", "mtm_", "matomo_", "piwik_", "hsa_", "at_", "oly_", "itm_", "elq", "amp_", "__hs", "post_page-"];
/// Names that may say where a link was shared or may identify the resource: the value decides.
const SHARED: &[&str] = &["source", "src", "via", "from", "share"];
/// Values of such a parameter that say where a link was shared.
const PLACES: &[&str] = &[
    "bluesky",
    "bsky",
    "copy",
    "copy_link",
    "digest",
    "email",
    "facebook",
    "fb",
    "feed",
    "hackernews",
    "hn",
    "instagram",
    "ios",
    "linkedin",
    "mail",
    "mastodon",
    "newsletter",
    "pocket",
    "reddit",
    "rss",
    "share",
    "slack",
    "social",
    "substack",
    "t.co",
    "telegram",
    "threads",
    "tldr",
    "tldrai",
    "tldrnewsletter",
    "tw",
    "twitter",
    "web",
    "whatsapp",
    "x",
    "youtube",
];
/// Parameters that identify nothing on one host, or on its subdomains.
const BY_HOST: &[(&str, &[&str])] = &[
    ("apple.com", &["uo", "ls", "mt"]),
    ("barrons.com", &["mod", "st"]),
    ("bloomberg.com", &["srnd", "sref", "leadsource", "in_source", "embedded-checkout"]),
    ("blogspot.com", &["m"]),
    ("developers.googleblog.com", &["m"]),
    ("eventbrite.com", &["aff"]),
    ("forbes.com", &["sh", "ss"]),
    ("ft.com", &["sharetype", "accesstoken", "segmentid"]),
    ("github.com", &["plain", "raw"]),
    ("google.com", &["usp", "pli", "authuser"]),
    ("googleblog.com", &["m"]),
    ("lesswrong.com", &["commentid"]),
    ("linkedin.com", &["rcm", "lipi", "originalsubdomain"]),
    ("loom.com", &["sid"]),
    ("marketwatch.com", &["mod"]),
    ("notion.site", &["pvs"]),
    ("notion.so", &["pvs"]),
    ("nytimes.com", &["te", "nl", "emc", "partner", "campaign_id", "instance_id", "segment_id", "user_id", "regi_id"]),
    ("openreview.net", &["noteid"]),
    ("reddit.com", &["share_id", "context", "rdt"]),
    ("spotify.com", &["si", "nd"]),
    ("theinformation.com", &["rc"]),
    ("wandb.ai", &["nw"]),
    ("wsj.com", &["mod", "st"]),
    ("x.com", &["s", "t", "lang", "cxt", "mx"]),
    ("youtube.com", &["si", "feature", "pp", "ab_channel", "app"]),
];
/// Hosts on which `ref` is a branch or a tag, so it identifies what is shown.
const REF_NAMES: &[&str] = &["api.github.com", "gitlab.com"];

/// Whether the pair does not affect which page of `host` is shown at `path`.
pub fn is_noise(pair: &str, host: &str, path: &[String]) -> bool {
    let (name, value) = split(pair);
    let name = name.as_str();
    if name == "ref" && REF_NAMES.contains(&host) {
        return false;
    }
    is_tracking(pair)
        || BY_HOST.iter().any(|(site, names)| under(host, site) && names.contains(&name))
        || (matches!(name, "output" | "outputtype" | "view") && value.eq_ignore_ascii_case("amp"))
        || is_noise_of_shape(name, host, path)
}

/// Rules by the path's form alone, since these pages also exist on their authors' domains.
fn is_noise_of_shape(name: &str, host: &str, path: &[String]) -> bool {
    match path {
        // A person's page has tabs that are lists of their own; a repository has one page.
        [_, _, ..] if host == "github.com" && name == "tab" => true,
        // Substack.
        [p, _] if p == "p" => ["r", "s", "publication_id", "post_id", "isfreemail", "token"].contains(&name),
        [.., last] if last.contains('-') && medium_post(last).is_some() => ["source", "sk", "gi"].contains(&name),
        _ => false,
    }
}

/// Whether the pair tracks on any host.
pub fn is_tracking(pair: &str) -> bool {
    let (name, value) = split(pair);
    TRACKING.contains(&name.as_str())
        || (name == "amp" && matches!(value, "" | "1" | "true"))
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || (SHARED.contains(&name.as_str()) && is_place(value))
}

fn is_place(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let value = value.trim_end_matches(".com").trim_end_matches("_post");
    PLACES.contains(&value) || value.starts_with("rss") || value.starts_with("social")
}

fn split(pair: &str) -> (String, &str) {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    (name.to_ascii_lowercase(), value)
}

/// Whether `host` is `site` or one of its subdomains.
pub fn under(host: &str, site: &str) -> bool {
    host.strip_suffix(site).is_some_and(|front| front.is_empty() || front.ends_with('.'))
}

/// The id of a Medium post, which ends its address on every domain: twelve hex digits after a hyphen.
pub fn medium_post(segment: &str) -> Option<&str> {
    let id = segment.rsplit_once('-').map_or(segment, |(_, id)| id);
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (id.len() == 12 && id.bytes().all(hex)).then_some(id)
}
