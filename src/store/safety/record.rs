//! The contents of a whole safety log. Knows no database.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

use super::line::{Change, Ending, Line, Mark, PersonHash};
use crate::store::StoreError;

/// The longest line that is read; a longer one is damaged.
const LONGEST: u64 = 4 << 20;

/// A log as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Names the salt of the database it was written beside.
    pub salt: String,
    /// In order.
    pub people: Vec<Person>,
    /// By issue.
    pub sends: BTreeMap<String, Progress>,
    /// By issue: recipients of an earlier database.
    pub before: BTreeMap<String, BTreeMap<Mark, Ending>>,
    /// When a restored publication replaced this one.
    pub taken_over_ms: Option<i64>,
}

/// One person's change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    pub seq: i64,
    pub change: Change,
    pub hash: PersonHash,
    pub at_ms: i64,
}

/// The progress of a send according to the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// By the delivery's number: who, and how its last try ended; `None` while it is under way.
    pub begun: BTreeMap<i64, (Option<Mark>, Option<Ending>)>,
    /// Once it is finished: how many deliveries had begun by then.
    pub finished: Option<usize>,
}

impl Record {
    /// Reads a log; `None` when there is none. Torn and damaged lines say nothing. With `whole`, finished sends keep who got them;
    /// else only how many.
    ///
    /// # Errors
    /// The file cannot be read, or is not a safety log.
    pub fn read(path: &Path, whole: bool) -> Result<Option<Self>, StoreError> {
        let file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(StoreError::Unreadable { path: path.to_path_buf(), why }),
        };
        let mut lines = BufReader::with_capacity(1 << 18, file);
        let (mut record, mut line) = (Self::default(), Vec::new());
        loop {
            line.clear();
            let read = std::io::Read::take(&mut lines, LONGEST).read_until(b'\n', &mut line);
            match read {
                Ok(0) => break,
                Ok(_) => {}
                Err(why) => return Err(StoreError::Unreadable { path: path.to_path_buf(), why }),
            }
            let text = std::str::from_utf8(&line).unwrap_or_default();
            if let Some(line) = Line::read(text.trim_end_matches('\n')) {
                record.take(line, whole);
            }
        }
        if record.salt.is_empty() {
            return Err(StoreError::NoSafetyLog(path.to_path_buf()));
        }
        Ok(Some(record))
    }

    fn take(&mut self, line: Line, whole: bool) {
        match line {
            Line::Head { salt } => {
                if self.salt.is_empty() {
                    self.salt = salt;
                }
            }
            Line::Person { seq, change, hash, at_ms } => self.people.push(Person { seq, change, hash, at_ms }),
            Line::Progress { issue, begun, ended } => {
                let known = &mut self.sends.entry(issue).or_default().begun;
                for (number, ending) in ended {
                    known.entry(number).or_default().1 = Some(ending);
                }
                for (number, mark) in begun {
                    // A delivered one is never tried again; whatever else ended may be.
                    known.insert(number, (Some(mark), None));
                }
            }
            Line::Before { issue, ending, marks } => {
                self.before.entry(issue).or_default().extend(marks.into_iter().map(|mark| (mark, ending)));
            }
            Line::Finished { issue } => {
                let send = self.sends.entry(issue).or_default();
                send.finished = Some(send.begun.len().max(send.finished.unwrap_or(0)));
                if !whole {
                    send.begun.clear();
                }
            }
            Line::TakenOver { at_ms } => self.taken_over_ms = Some(at_ms),
            Line::Released { .. } => self.taken_over_ms = None,
        }
    }

    /// The last change of each person that the database numbered above `seq`.
    pub fn people_after(&self, seq: i64) -> BTreeMap<PersonHash, Person> {
        self.people.iter().filter(|person| person.seq > seq).map(|person| (person.hash, *person)).collect()
    }

    /// How many changes of people the database numbered above `seq`.
    pub fn changes_after(&self, seq: i64) -> usize {
        self.people.iter().filter(|person| person.seq > seq).map(|person| person.seq).collect::<BTreeSet<_>>().len()
    }

    /// The highest number of a change.
    pub fn last_seq(&self) -> i64 {
        self.people.iter().map(|person| person.seq).max().unwrap_or(0)
    }

    /// The lines of a log that says the same of all people and of those sends for which `keep` is true; of the others, who got them.
    pub fn lines(&self, keep: impl Fn(&str) -> bool) -> Vec<Line> {
        let mut lines = vec![Line::Head { salt: self.salt.clone() }];
        lines.extend(self.people.iter().map(|p| Line::Person {
            seq: p.seq,
            change: p.change,
            hash: p.hash,
            at_ms: p.at_ms,
        }));
        let mut before = self.before.clone();
        for (issue, send) in &self.sends {
            if keep(issue) {
                let begun = send.begun.iter().filter_map(|(number, (mark, _))| Some((*number, (*mark)?)));
                let ended = send.begun.iter().filter_map(|(number, (_, ending))| Some((*number, (*ending)?)));
                let (issue, begun, ended) = (issue.clone(), begun.collect(), ended.collect());
                lines.push(Line::Progress { issue: issue.clone(), begun, ended: Vec::new() });
                lines.push(Line::Progress { issue: issue.clone(), begun: Vec::new(), ended });
                if send.finished.is_some() {
                    lines.push(Line::Finished { issue });
                }
            } else {
                before.entry(issue.clone()).or_default().extend(send.recipients());
            }
        }
        for (issue, marks) in before {
            for ending in [Ending::Delivered, Ending::Failed, Ending::Uncertain, Ending::Waits] {
                let marks: Vec<Mark> = marks.iter().filter(|(_, e)| **e == ending).map(|(mark, _)| *mark).collect();
                if !marks.is_empty() {
                    lines.push(Line::Before { issue: issue.clone(), ending, marks });
                }
            }
        }
        lines
    }
}

impl Progress {
    /// Who had a try, and how it ended; one that was under way is uncertain.
    pub fn recipients(&self) -> impl Iterator<Item = (Mark, Ending)> + '_ {
        self.begun.values().filter_map(|(mark, ending)| Some(((*mark)?, ending.unwrap_or(Ending::Uncertain))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(begun: &[i64], ended: &[(i64, Ending)]) -> Line {
        let mark = |n: &i64| (*n, [u8::try_from(*n).expect("small"); 12]);
        Line::Progress { issue: "i".into(), begun: begun.iter().map(mark).collect(), ended: ended.to_vec() }
    }

    fn record(lines: Vec<Line>, whole: bool) -> Record {
        let mut record = Record::default();
        for line in lines {
            record.take(line, whole);
        }
        record
    }

    #[test]
    fn a_later_try_counts_and_a_finished_send_is_a_number() {
        let lines = || {
            vec![
                Line::Head { salt: "s".into() },
                progress(&[1, 2, 3], &[]),
                progress(&[2], &[(1, Ending::Delivered), (2, Ending::Waits)]),
                progress(&[], &[(3, Ending::Failed)]),
            ]
        };
        let open = record(lines(), false);
        let endings: Vec<Option<Ending>> = open.sends["i"].begun.values().map(|(_, ending)| *ending).collect();
        assert_eq!(endings, [Some(Ending::Delivered), None, Some(Ending::Failed)]);
        let done = || [lines(), vec![Line::Finished { issue: "i".into() }]].concat();
        let send = &record(done(), false).sends["i"];
        assert_eq!((send.begun.len(), send.finished), (0, Some(3)));
        let send = &record(done(), true).sends["i"];
        assert_eq!((send.begun.len(), send.finished), (3, Some(3)));
        let again =
            [done(), vec![progress(&[3], &[(3, Ending::Delivered)]), Line::Finished { issue: "i".into() }]].concat();
        assert_eq!(
            record(again, false).sends["i"].finished,
            Some(3),
            "one that failed and was tried again is no new one"
        );
    }

    #[test]
    fn what_is_written_anew_says_the_same() {
        let person = |seq, change| Line::Person { seq, change, hash: [9; 32], at_ms: 1 };
        let whole = record(
            vec![
                Line::Head { salt: "s".into() },
                person(1, Change::Bounced),
                person(2, Change::Back),
                progress(&[1, 2], &[]),
                progress(&[], &[(1, Ending::Delivered)]),
            ],
            true,
        );
        assert_eq!(record(whole.lines(|_| true), true), whole);
        let moved = record(whole.lines(|_| false), true);
        let before: Vec<Ending> = moved.before["i"].values().copied().collect();
        assert_eq!((moved.sends.len(), before), (0, vec![Ending::Delivered, Ending::Uncertain]));
        assert_eq!((whole.changes_after(1), whole.last_seq(), whole.people_after(0).len()), (1, 2, 1));
    }
}
