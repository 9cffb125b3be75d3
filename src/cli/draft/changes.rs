//! What an edit did to a draft, in words.

use crate::model::Draft;
use crate::pipeline::{Difference, StoryMove, differences};

/// One line for each change; none when the two versions say the same.
pub fn changes(before: &Draft, after: &Draft) -> Vec<String> {
    let mut told: Vec<String> = differences(before, after).iter().flat_map(lines).collect();
    // A picture has several fields.
    told.dedup();
    told
}

fn lines(difference: &Difference) -> Vec<String> {
    match difference {
        Difference::Issue(differs) => vec![format!("changed the {}", called(differs.field))],
        Difference::Card { title, is_added: true } => vec![format!("added the card \"{title}\"")],
        Difference::Card { title, .. } => vec![format!("removed the card \"{title}\"")],
        Difference::Story { title, moved, fields, .. } => {
            let moved = match moved {
                StoryMove::Stayed => None,
                StoryMove::Added(Some(place)) => Some(format!("added \"{title}\" at place {place}")),
                StoryMove::Added(None) => Some(format!("added \"{title}\" to the bench")),
                StoryMove::Moved { to, .. } | StoryMove::FromBench(to) => {
                    Some(format!("moved \"{title}\" to place {to}"))
                }
                StoryMove::ToBench => Some(format!("moved \"{title}\" to the bench")),
                StoryMove::Dropped => Some(format!("dropped \"{title}\"")),
                StoryMove::Merged(story) => Some(format!("merged \"{title}\" into \"{story}\"")),
            };
            let field = |field: &str, after: &str| match (field, after) {
                // Merging and splitting say so themselves.
                ("also", _) => None,
                ("guide", "") => Some(format!("\"{title}\" is shown without a guide")),
                ("guide", slug) => Some(format!("\"{title}\" is shown with the guide {slug}")),
                ("pinned" | "banned", "yes") => Some(format!("{field} \"{title}\"")),
                ("pinned" | "banned", _) => Some(format!("\"{title}\" is no longer {field}")),
                _ => Some(format!("changed the {} of \"{title}\"", called(field))),
            };
            moved.into_iter().chain(fields.iter().filter_map(|differs| field(differs.field, &differs.after))).collect()
        }
    }
}

/// A field in a sentence.
fn called(field: &str) -> &str {
    match field.split_once('.').map_or(field, |(whole, _)| whole) {
        "number" => "number of the week",
        "issue_number" => "issue number",
        "url" => "link",
        "published" => "date",
        "waive" | "waive_why" => "waived findings",
        other => other,
    }
}
