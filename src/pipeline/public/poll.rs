//! A poll's page, in the language of its issue: the question as mailed, with a button for each answer, and the vote count. Does not know
//! who answers.

use super::PublicPages;
use crate::model::{IssueName, Poll};
use crate::pipeline::archive::issue_language;
use crate::render::{MessagePage, PollChoice, PollPage};
use crate::web::public::PublicResponse;

impl PublicPages {
    /// Shows the question, or counts the answer if its button was pressed.
    pub(super) fn poll(&self, issue: &IssueName, answer: u8, post: bool) -> anyhow::Result<PublicResponse> {
        if post {
            let counted = self.stores.write(|store| Ok(store.issues().count_answer(issue, answer)?))?;
            return if counted {
                self.page_in(&self.language_of(issue)?, 200, &MessagePage::default(), "answered")
            } else {
                self.missing()
            };
        }
        let poll = self.stores.read(|store| Ok(store.issues().poll(issue)?))?;
        match poll.filter(|poll| usize::from(answer) <= poll.answers.len()) {
            Some(poll) => self.page_in(&self.language_of(issue)?, 200, &ballot(issue, poll, answer), "poll"),
            None => self.missing(),
        }
    }

    /// The BCP 47 tag of the language that the issue and its poll are in.
    fn language_of(&self, issue: &IssueName) -> anyhow::Result<String> {
        self.stores.read(|store| Ok(issue_language(&self.site, store, issue)))
    }
}

/// The chosen answer first, then the others in their order.
fn ballot(issue: &IssueName, poll: Poll, chosen: u8) -> PollPage {
    let numbered = (1..).zip(poll.answers);
    let choice = |(number, label): (u8, String)| PollChoice {
        label,
        action: format!("/poll/{issue}/{number}"),
        chosen: number == chosen,
    };
    let mut answers: Vec<PollChoice> = numbered.map(choice).collect();
    answers.sort_by_key(|answer| !answer.chosen);
    PollPage { question: poll.question, answers }
}
