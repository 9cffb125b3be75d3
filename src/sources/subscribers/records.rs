//! Cuts a CSV into records, so that a quote that is never closed costs its own line and not the rest of the file, and memory stays
//! bounded whatever the file holds. Knows lines and quotes (RFC 4180 §2); cells are the CSV library's.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};

/// The most bytes of a record.
const LONGEST: usize = 64 * 1024;
/// The most lines of a record.
const LINES: usize = 100;

/// A piece of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// A record with its line end, which is one LF.
    Record(Vec<u8>),
    /// A line longer than any record may be; it is left out.
    TooLong,
    /// A line in which a quote opens that is not closed in time; the next line is looked at on its own.
    Open,
}

/// Where the scan stands within a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    CellStart,
    Plain,
    Quoted,
    /// Behind a quote that may be the closing one.
    Closing,
}

impl At {
    fn after(self, line: &[u8], separator: u8) -> Self {
        line.iter().fold(self, |at, byte| match (at, byte) {
            (Self::Quoted, b'"') => Self::Closing,
            (Self::CellStart | Self::Closing, b'"') | (Self::Quoted, _) => Self::Quoted,
            (_, b'\n') => Self::CellStart,
            (_, byte) if *byte == separator => Self::CellStart,
            _ => Self::Plain,
        })
    }
}

/// A line of the file.
enum Line {
    /// With its end, which is one LF.
    Whole(Vec<u8>),
    TooLong,
}

/// The records of a CSV.
pub struct Records<R> {
    source: BufReader<R>,
    /// Lines that were read ahead.
    ahead: VecDeque<Line>,
    /// Of the next line, from 1.
    line: u64,
    /// Parts the cells.
    pub separator: u8,
}

impl<R: Read> Records<R> {
    /// With commas between the cells, for now.
    pub fn new(source: R) -> Self {
        Self { source: BufReader::with_capacity(LONGEST, source), ahead: VecDeque::new(), line: 1, separator: b',' }
    }

    /// The first bytes, without taking them.
    pub fn peek(&mut self) -> io::Result<&[u8]> {
        self.source.fill_buf()
    }

    /// Passes over bytes that [`Records::peek`] has shown.
    pub fn skip(&mut self, bytes: usize) {
        self.source.consume(bytes);
    }

    /// The next piece and the line that it begins on; lines without a byte are passed over.
    pub fn next(&mut self) -> io::Result<Option<(u64, Cut)>> {
        loop {
            let line = self.line;
            match self.take()? {
                None => return Ok(None),
                Some(Line::TooLong) => return Ok(Some((line, Cut::TooLong))),
                Some(Line::Whole(first)) if first == b"\n" => {}
                Some(Line::Whole(first)) => return Ok(Some((line, self.whole(first)?))),
            }
        }
    }

    /// A record from its first line on.
    fn whole(&mut self, first: Vec<u8>) -> io::Result<Cut> {
        let mut at = At::CellStart.after(&first, self.separator);
        let mut record = first;
        let mut more = Vec::new();
        while at == At::Quoted {
            let next = if more.len() + 1 < LINES { self.take()? } else { None };
            match next {
                Some(Line::Whole(next)) if record.len() + next.len() <= LONGEST => {
                    at = at.after(&next, self.separator);
                    record.extend_from_slice(&next);
                    more.push(Line::Whole(next));
                }
                other => {
                    // Each line behind the first is looked at on its own.
                    more.extend(other);
                    self.line -= more.len() as u64;
                    more.into_iter().rev().for_each(|line| self.ahead.push_front(line));
                    return Ok(Cut::Open);
                }
            }
        }
        Ok(Cut::Record(record))
    }

    fn take(&mut self) -> io::Result<Option<Line>> {
        let next = match self.ahead.pop_front() {
            Some(line) => Some(line),
            None => self.read()?,
        };
        self.line += u64::from(next.is_some());
        Ok(next)
    }

    /// The next line with CRLF made LF, and an LF where the file ends without.
    fn read(&mut self) -> io::Result<Option<Line>> {
        let mut line = Vec::new();
        (&mut self.source).take(LONGEST as u64).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        if line.len() == LONGEST && !line.ends_with(b"\n") {
            self.source.skip_until(b'\n')?;
            return Ok(Some(Line::TooLong));
        }
        if !line.ends_with(b"\n") {
            line.push(b'\n');
        }
        if line.ends_with(b"\r\n") {
            line.truncate(line.len() - 2);
            line.push(b'\n');
        }
        Ok(Some(Line::Whole(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts(text: &[u8]) -> Vec<(u64, String)> {
        let mut records = Records::new(text);
        let mut cuts = Vec::new();
        while let Some((line, cut)) = records.next().expect("bytes") {
            let told = match cut {
                Cut::Record(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                other => format!("{other:?}"),
            };
            cuts.push((line, told));
        }
        cuts
    }

    #[test]
    fn a_quote_may_span_lines_and_one_left_open_costs_its_own_line() {
        for (text, expected) in [
            ("a,b\r\nc,d", vec![(1, "a,b\n"), (2, "c,d\n")]),
            ("\n\na\n\nb\n", vec![(3, "a\n"), (5, "b\n")]),
            ("a,\"x\r\ny\"\nb\n", vec![(1, "a,\"x\ny\"\n"), (3, "b\n")]),
            ("a,\"x \"\" y\"\nb\n", vec![(1, "a,\"x \"\" y\"\n"), (2, "b\n")]),
            ("5\" disk\nb\n", vec![(1, "5\" disk\n"), (2, "b\n")]),
            ("a,\"open\nb,c\nd\n", vec![(1, "Open"), (2, "b,c\n"), (3, "d\n")]),
            ("a,\"open\nb,\"c\"\nd\n", vec![(1, "a,\"open\nb,\"c\"\n"), (3, "d\n")]),
        ] {
            let expected: Vec<(u64, String)> = expected.into_iter().map(|(line, text)| (line, text.into())).collect();
            assert_eq!(cuts(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn no_record_is_longer_than_a_bound() {
        let text = format!("a\n{}\nb,\"{}\nc\n", "x".repeat(200_000), "y\n".repeat(60));
        let found = cuts(text.as_bytes());
        assert_eq!(found[..3], [(1, "a\n".into()), (2, "TooLong".into()), (3, "Open".into())]);
        assert_eq!(found.len(), 3 + 59 + 1, "each line behind the quote is one of its own");
        let many = format!("b,\"{}\nc\"\n", "y\n".repeat(100));
        assert_eq!(cuts(many.as_bytes())[0], (1, "Open".into()));
    }
}
