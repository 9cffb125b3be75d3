//! Mistakes as the preview shows them: with the lines around each. Knows no HTTP.

use std::path::Path;

use crate::model::{Notice, Notices};
use crate::web::preview::Trouble;

/// A mistake with the lines around it. Paths are named below `root`.
pub fn trouble(root: &Path, notice: Notice) -> Trouble {
    let mut trouble = Trouble { message: notice.message, help: notice.help, ..Trouble::default() };
    let Some(place) = notice.at else { return trouble };
    trouble.file = Some(below(root, &place.file));
    trouble.line = place.line;
    // A built-in template has a name, but no file.
    if let Ok(text) = std::fs::read_to_string(&place.file) {
        trouble.path = Some(absolute(&place.file));
        trouble.excerpt = place.line.map_or_else(Vec::new, |line| around(&text, line));
    }
    trouble
}

/// An error as notices: each mistake with its place, if it has one.
pub fn notices(error: &anyhow::Error) -> Vec<Notice> {
    if let Some(Notices(all)) = error.downcast_ref::<Notices>() {
        return all.clone();
    }
    vec![error.downcast_ref::<Notice>().cloned().unwrap_or_else(|| Notice::new(format!("{error:#}")))]
}

/// A path relative to the publication's folder.
pub fn below(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

pub fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).display().to_string()
}

/// Two lines on either side of `line`, each cut to a reasonable length.
fn around(text: &str, line: usize) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate().map(|(at, text)| (at + 1, text.chars().take(240).collect()));
    lines.filter(|(number, _)| number.abs_diff(line) <= 2).collect()
}
