//! Which fragments name an entry of a page that counts as separate news: a version, a day, a changelog entry. Looks at spelling only.

/// Last words in the path of a page that lists several pieces of news.
const PAGES: &[&str] = &[
    "changelog",
    "changelogs",
    "changes",
    "releases",
    "release-notes",
    "releasenotes",
    "release_notes",
    "relnotes",
    "whats-new",
    "whatsnew",
    "what-s-new",
    "version-history",
    "updates",
    "product-updates",
    "announcements",
    "news",
    "advisories",
    "incidents",
    "roundup",
];
/// Those of them that say so also behind other words (`68-release-notes`) and before a last one (`/release-notes/api`).
const BY_THEMSELVES: &[&str] = &[
    "changelog",
    "changelogs",
    "release-notes",
    "releasenotes",
    "release_notes",
    "whats-new",
    "what-s-new",
    "version-history",
];
/// Anchors to a common part of pages: comments, top, share buttons.
const PARTS: &[&str] = &[
    "top",
    "main",
    "content",
    "main-content",
    "maincontent",
    "page",
    "body",
    "article",
    "start",
    "header",
    "footer",
    "nav",
    "menu",
    "search",
    "comments",
    "comment",
    "respond",
    "reply",
    "replies",
    "disqus_thread",
    "disqus-thread",
    "discussion",
    "share",
    "more",
    "readmore",
    "read-more",
    "continue",
    "toc",
    "contents",
    "table-of-contents",
    "overview",
    "introduction",
    "intro",
    "summary",
    "tldr",
    "tl-dr",
    "conclusion",
    "references",
    "footnotes",
    "notes",
    "faq",
    "about",
    "contact",
    "subscribe",
    "newsletter",
    "signup",
    "sign-up",
    "login",
    "feed",
    "rss",
    "atom",
    "latest",
    "changelog",
    "changes",
    "release-notes",
    "releases",
    "whats-new",
    "unreleased",
    "installation",
    "install",
    "usage",
    "readme",
    "license",
];
/// Prefixes of anchors to a quoted text or a footnote, or that only track readers.
const STARTS: &[&str] = &[
    ":~:",
    "issuecomment",
    "discussion_r",
    "discussioncomment",
    "fn:",
    "fnref",
    "cite_",
    "utm_",
    "mtm_",
    "pk_",
    "at_",
    "ixzz",
    "axzz",
    "sthash.",
    "fbclid",
    "gclid",
];
/// Prefixes of anchors to something numbered: a comment, the rest of a text.
const NUMBERED: &[&str] = &["comment-", "comment_", "comments-", "more-", "respond-", "reply-", "fn", "page-", "p"];
const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Whether the fragment names an entry of the page at `path`. A version and a day do on every page, since headings of an article are
/// neither; another anchor does on a page of changes, unless it leads to a part that every page has, or only counts readers.
pub fn names_entry(fragment: &str, path: &str) -> bool {
    if fragment.is_empty() || fragment.starts_with(['/', '!']) {
        return false;
    }
    let lower = fragment.to_lowercase();
    if is_numbers(&lower) || is_day(&lower) {
        return true;
    }
    is_page_of_changes(path) && is_anchor(&lower)
}

/// A version or a date in figures, as in `/changelog#2.3.15`.
fn is_numbers(anchor: &str) -> bool {
    let number = anchor.strip_prefix('v').unwrap_or(anchor);
    let parts = || number.split(['.', '-', '_']);
    number.len() <= 20
        && parts().count() > 1
        && parts().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// A day with its month in words: `november-24th-2026`, `24-nov-2026`, `2026-nov-24`.
fn is_day(anchor: &str) -> bool {
    let words: Vec<&str> = anchor.split(['-', '_', '.', ',', ' ', '+']).filter(|word| !word.is_empty()).collect();
    let number = |word: &&str| word.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse::<u32>().ok();
    let has_month = words.iter().any(|word| word.len() >= 3 && MONTHS.iter().any(|month| word.starts_with(month)));
    let has_year = words.iter().filter_map(number).any(|number| (1990..=2199).contains(&number));
    let has_day = words.iter().filter_map(number).any(|number| (1..=31).contains(&number));
    (3..=4).contains(&words.len()) && has_month && has_year && has_day
}

/// Whether the path is that of a changelog.
fn is_page_of_changes(path: &str) -> bool {
    let lower = path.to_lowercase();
    let mut segments = lower
        .rsplit('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| segment.split('.').next().unwrap_or(segment));
    let last = segments.next().unwrap_or_default();
    let ends = |page: &&&str| last.strip_suffix(**page).is_some_and(|rest| rest.ends_with(['-', '_']));
    PAGES.contains(&last)
        || BY_THEMSELVES.iter().any(|page| ends(&page))
        || segments.next().is_some_and(|before| BY_THEMSELVES.contains(&before))
}

fn is_anchor(anchor: &str) -> bool {
    let is_word = anchor.chars().all(|c| c.is_alphanumeric() || "-_.:%~+".contains(c));
    is_word
        && anchor.len() <= 120
        && !PARTS.contains(&anchor)
        && !STARTS.iter().any(|start| anchor.starts_with(start))
        && !NUMBERED.iter().any(|start| anchor.strip_prefix(start).is_some_and(is_number))
        && !anchor.contains('=')
        && !is_line(anchor)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `L5`, `L5-L9`: lines of a file.
fn is_line(anchor: &str) -> bool {
    let lines = |part: &str| part.strip_prefix('l').is_some_and(is_number);
    anchor.split('-').all(lines)
}

#[cfg(test)]
mod tests {
    use super::names_entry;

    #[test]
    fn an_entry_of_a_page_is_told_from_a_part_of_it() {
        for (path, anchor) in [
            ("/release-notes/api", "november-24th-2026"),
            ("/release-notes/api", "2026-11-18"),
            ("/articles/68-release-notes", "h_7a2b19c4d0"),
            ("/o/foo/blob/main/CHANGELOG.md", "120---2026-11-24"),
            ("/o/foo/blob/main/CHANGELOG.md", "2169"),
            ("/changes", "v2"),
            ("/changes", "v3"),
            ("/changelog/", "prompt-caching"),
            ("/changelog.html", "24-nov-2026"),
            ("/docs/whats-new", "new-spending-limits"),
            ("/a", "2.3.15"),
            ("/a", "nov-24-2026"),
            ("/updates", "comments-arrive-in-docs"),
        ] {
            assert!(names_entry(anchor, path), "{path}#{anchor}");
        }
        for (path, anchor) in [
            ("/a", "v2"),
            ("/a", "introduction"),
            ("/a", "new-spending-limits"),
            ("/release-notes/api", "comments"),
            ("/release-notes/api", "top"),
            ("/changelog", "comment-4567"),
            ("/changelog", "more-12"),
            ("/changelog", "utm_source=x"),
            ("/changelog", "xtor=RSS-1"),
            ("/changelog", ":~:text=so%20it%20is"),
            ("/changelog", "L5-L9"),
            ("/changelog", ""),
            ("/changelog", "/a"),
            ("/good-news", "what-happened"),
            ("/news/an-article", "what-happened"),
            ("/wiki/History", "early-years"),
        ] {
            assert!(!names_entry(anchor, path), "{path}#{anchor}");
        }
    }
}
