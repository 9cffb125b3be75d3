//! Cuts a CSV into records, so that a quote that is never closed costs its own line and not the rest of the file, and memory stays
//! bounded whatever the file holds. Knows lines and quotes (RFC 4180 §2); cells are the CSV library's.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};

use super::super::separator;

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

/// The scanner's position within a record.
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
    /// Ends a line: LF, or CR in files of old Macs.
    end: u8,
}

impl<R: Read> Records<R> {
    /// With commas between the cells and LF behind the lines, for now.
    pub fn new(source: R) -> Self {
        let source = BufReader::with_capacity(LONGEST, source);
        Self { source, ahead: VecDeque::new(), line: 1, separator: b',', end: b'\n' }
    }

    /// Sees by the first bytes what parts cells and ends lines, and passes over a byte order mark and the line `sep=;` that some
    /// spreadsheets put before the headings.
    pub fn look(&mut self) -> io::Result<()> {
        const MARK: &[u8] = "\u{feff}".as_bytes();
        if self.source.fill_buf()?.starts_with(MARK) {
            self.source.consume(MARK.len());
        }
        let start = self.source.fill_buf()?;
        self.end = line_end(start);
        self.separator = separator::of(start);
        let first = start.split(|byte| *byte == self.end).next().unwrap_or_default();
        if let Some(separator) = separator::hinted(first.trim_ascii()) {
            let length = first.len() + usize::from(first.len() < start.len());
            self.source.consume(length);
            (self.separator, self.line) = (separator, 2);
        }
        Ok(())
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

    /// The next line with its end made LF, and an LF where the file ends without.
    fn read(&mut self) -> io::Result<Option<Line>> {
        let mut line = Vec::new();
        (&mut self.source).take(LONGEST as u64).read_until(self.end, &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        if line.len() == LONGEST && !line.ends_with(&[self.end]) {
            self.source.skip_until(self.end)?;
            return Ok(Some(Line::TooLong));
        }
        if self.end == b'\r'
            && let Some(last) = line.last_mut().filter(|last| **last == b'\r')
        {
            *last = b'\n';
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

/// What ends the lines of a file that begins so: LF, unless it has none outside quotes, and CR instead.
fn line_end(start: &[u8]) -> u8 {
    let mut quoted = false;
    let (mut cr, mut lf) = (0, 0);
    for byte in start {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' if !quoted => cr += 1,
            b'\n' if !quoted => lf += 1,
            _ => {}
        }
    }
    if cr > 0 && lf == 0 { b'\r' } else { b'\n' }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts(text: &[u8]) -> Vec<(u64, String)> {
        let mut records = Records::new(text);
        records.look().expect("a look");
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
    fn lines_may_end_as_on_old_macs_and_begin_with_a_hint() {
        for (text, expected) in [
            ("a,b\rc,d\r", vec![(1, "a,b\n"), (2, "c,d\n")]),
            ("a,\"x\ny\"\rc,d", vec![(1, "a,\"x\ny\"\n"), (2, "c,d\n")]),
            ("sep=;\r\na;b,c\r\n", vec![(2, "a;b,c\n")]),
            ("\u{feff}\"sep=|\"\na|b\n", vec![(2, "a|b\n")]),
            ("sep=\t\na\tb\n", vec![(2, "a\tb\n")]),
            ("sep=,\ra,b\r", vec![(2, "a,b\n")]),
            ("separate,b\nc,d\n", vec![(1, "separate,b\n"), (2, "c,d\n")]),
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
