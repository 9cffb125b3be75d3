//! The day that a URL itself names. Knows no item.

use chrono::{Months, NaiveDate};

/// The last day on which a page can have appeared by what its URL says: an arXiv number's month (`2404.01234`), or a day
/// or month in the path (`/2024/04/30/`, `/2024/04/`, `/2024-04-30-title`). None when it says nothing.
///
/// arXiv numbers: <https://info.arxiv.org/help/arxiv_identifier.html>, the scheme since April 2007.
pub fn dated(url: &str) -> Option<NaiveDate> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = rest.split_once('/')?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if host.ends_with("arxiv.org") || path.starts_with("papers/") {
        return path.split('/').find_map(arxiv);
    }
    let parts: Vec<&str> = path.split('/').collect();
    let by_folder = parts.windows(2).enumerate().find_map(|(at, pair)| {
        let (year, month) = (year(pair[0])?, two(pair[1])?);
        let day = parts.get(at + 2).filter(|_| parts.len() > at + 3).and_then(|part| two(part));
        last_day(year, month, day)
    });
    by_folder.or_else(|| parts.iter().find_map(|part| by_name(part)))
}

/// `2404.01234` or `2404.01234v2`.
fn arxiv(part: &str) -> Option<NaiveDate> {
    let (months, number) = part.split_at_checked(4)?;
    let number = number.strip_prefix('.')?;
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    if !months.bytes().all(|b| b.is_ascii_digit()) || !(4..=5).contains(&digits) {
        return None;
    }
    last_day(2000 + months[..2].parse::<i32>().ok()?, months[2..].parse().ok()?, None)
}

/// `2024-04-30` at the beginning of a name.
fn by_name(part: &str) -> Option<NaiveDate> {
    let mut words = part.splitn(4, '-');
    let (year, month, day) = (year(words.next()?)?, two(words.next()?)?, two(words.next()?)?);
    last_day(year, month, Some(day))
}

fn year(part: &str) -> Option<i32> {
    let year = (part.len() == 4).then(|| part.parse::<i32>().ok())??;
    (1990..2100).contains(&year).then_some(year)
}

fn two(part: &str) -> Option<u32> {
    (matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
}

/// The day, or the month's last.
fn last_day(year: i32, month: u32, day: Option<u32>) -> Option<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    let last = first.checked_add_months(Months::new(1))?.pred_opt()?;
    Some(day.and_then(|day| NaiveDate::from_ymd_opt(year, month, day)).unwrap_or(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_tell_their_day() {
        for (url, day) in [
            ("https://arxiv.org/abs/2404.01234", "2024-04-30"),
            ("https://arxiv.org/pdf/1706.03762v7", "2017-06-30"),
            ("https://huggingface.co/papers/2402.17764", "2024-02-29"),
            ("https://example.org/2024/04/30/a-story", "2024-04-30"),
            ("https://example.org/news/2024/4/a-story", "2024-04-30"),
            ("https://example.org/blog/2024-04-03-a-story.html", "2024-04-03"),
        ] {
            assert_eq!(dated(url), day.parse().ok(), "{url}");
        }
    }

    #[test]
    fn other_numbers_are_no_days() {
        for url in [
            "https://example.org/",
            "https://example.org",
            "https://example.org/2024",
            "https://example.org/2024/13/x",
            "https://example.org/1200/04/x",
            "https://arxiv.org/list/cs.CL/recent",
            "https://arxiv.org/abs/2413.01234",
            "https://example.org/abs/2404.01234",
            "https://example.org/2404.01234/12",
            "https://example.org/ï/2024é",
            "not a url",
        ] {
            assert_eq!(dated(url), None, "{url}");
        }
    }
}
